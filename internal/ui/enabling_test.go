package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/ui/kit"
)

const lentPassword = "chosen by another 7"

// fieldRig is a window of a laptop of a real county, a clerk signed in, with a
// reviewer on the roster who never signed in here; centre is the county's key, and
// recovery its other.
func fieldRig(t *testing.T, variant kit.Variant) (r *rig, centre, recovery *seal.Signer) {
	t.Helper()
	ca, err := seal.NewAuthority("县资助中心", 24*time.Hour*365, testClock())
	if err != nil {
		t.Fatal(err)
	}
	if recovery, err = seal.NewSigner(); err != nil {
		t.Fatal(err)
	}
	p := testProfile(t)
	p.Practice, p.CADER, p.Centre, p.Recovery, p.Server = false, ca.Cert().Raw, ca.Signer().Public(), recovery.Public(), "https://127.0.0.1:1"
	if p.CertDER, err = ca.Issue(p.Signer.Crypto().Public(), seal.Device, p.Device.String(), nil, 24*time.Hour*300, testClock()); err != nil {
		t.Fatal(err)
	}
	r = &rig{t, testWindow(t, settledFolderOf(t, p, 0), variant)}
	r.enter("clerk-1", clerkPassword)
	if err := r.u.desk.Store().AddOperator(t.Context(), guard.Operator{ID: "rev-7", Name: "韦复核", Roles: []guard.Role{guard.Reviewer}, Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return r, ca.Signer(), recovery
}

// asksFor opens 管理 and asks the county to enable rev-7.
func (r *rig) asksFor() *manage {
	r.t.Helper()
	var m *manage
	r.ui(func() {
		r.u.shell.section = ofPeople
		r.u.shell.visit("manage")
		m = r.u.shell.screen.(*manage)
	})
	r.settle()
	r.ui(func() {
		for _, b := range findButtons(m.people) {
			if b.Text() == "申请启用…" {
				b.Tapped(nil)
				return
			}
		}
		r.t.Fatal("nobody can be asked for")
	})
	r.until("the digits are shown", func() bool { return r.dialog() != nil })
	return m
}

// digits are those that the dialog shows.
func (r *rig) digits() (code string) {
	for _, line := range strings.Split(r.dialogWords(), "\n") {
		if d, err := guard.ParseDigits(line); err == nil {
			code = d
		}
	}
	if code == "" {
		r.t.Fatal("no digits are shown")
	}
	return code
}

func TestAClerkAsksTheCountyToEnableAReviewer(t *testing.T) {
	for look, variant := range looks() {
		t.Run(look, func(t *testing.T) {
			r, centre, _ := fieldRig(t, variant)
			r.asksFor()
			r.until("it is said that nobody is reached", func() bool { return strings.Contains(wordsOf(r.dialog()), "连不上县资助中心") })
			r.snap("enabling-" + look)
			code := r.digits()
			r.answer()
			field := func(text string) {
				r.ui(func() {
					f := r.u.win.Canvas().Focused().(*kit.Field)
					f.SetText(text)
				})
			}
			field("1234")
			r.answer()
			if r.u.desk.CanSignIn("rev-7") {
				t.Fatal("a slip of the pen let somebody in")
			}
			k, err := centre.Agree(r.u.desk.Store().Profile().Signer.Public(), guard.EnableLabel)
			if err != nil {
				t.Fatal(err)
			}
			say := func(operator string) string {
				return seal.Spoken(k.Answer(guard.Enabling{Device: r.u.desk.Device(), Operator: operator, Digits: code}.Message(guard.DayOf(testClock()))))
			}
			field(say("clerk-1"))
			r.answer()
			if strings.Contains(r.dialogWords(), "再输一次密码") {
				t.Fatal("an answer for another was taken")
			}
			field(say("rev-7"))
			r.answer()
			r.until("the password is asked for", func() bool { return r.dialog() != nil && strings.Contains(wordsOf(r.dialog()), "复核员") })
			r.snap("enabling-password-" + look)
			r.typeLines(lentPassword, lentPassword)
			r.until("enabled", func() bool { return r.dialog() == nil })
			if !r.u.desk.CanSignIn("rev-7") {
				t.Fatal("cannot sign in")
			}
			r.takesOwnPassword(look)
		})
	}
}

// takesOwnPassword signs rev-7 in by the password that another chose.
func (r *rig) takesOwnPassword(look string) {
	r.t.Helper()
	r.ui(r.u.lock)
	r.locked()
	r.enter("rev-7", lentPassword)
	var p *ownPassword
	r.ui(func() {
		if p, _ = r.u.gate.(*ownPassword); p == nil || r.u.shell != nil {
			r.t.Fatal("the work is open to a temporary password")
		}
	})
	r.snap("own-password-" + look)
	r.typeLines("not the one 77", "an own choice 77", "an own choice 77")
	r.ui(func() {
		if p.oldOf.Error() == "" || r.u.shell != nil {
			r.t.Error("a wrong password was taken")
		}
		p.set.wipe()
	})
	r.typeLines(lentPassword, lentPassword, lentPassword)
	r.ui(func() {
		if p.set.firstOf.Error() == "" || r.u.shell != nil {
			r.t.Error("the same password was taken")
		}
		p.old.SetText("")
		p.set.wipe()
		kit.Focus(p.old)
	})
	r.typeLines(lentPassword, "an own choice 77", "an own choice 77")
	r.until("the work is open", func() bool { return r.u.shell != nil })
	r.ui(func() { r.u.stopCarrier() })
	if r.u.desk.MustChange() {
		r.t.Error("it is temporary still")
	}
}

func TestAPersonIsEnabledByAFileOfTheCounty(t *testing.T) {
	r, centre, recovery := fieldRig(t, kit.Light)
	r.asksFor()
	first := r.dialog()
	r.ui(first.Close)
	r.settle()
	m := r.asksFor()
	// What the stick would carry there and back.
	plea, err := r.u.desk.AskEnabling(t.Context(), "rev-7")
	if err != nil {
		t.Fatal(err)
	}
	request, err := seal.OpenRecoveryRequest(plea.Request(), recovery)
	if err != nil {
		t.Fatal(err)
	}
	approval, err := request.Approve(plea.Request(), recovery, centre, [16]byte{1}, testClock(), testClock().Add(72*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "approval.dsg")
	reads := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r.pressIn(r.dialog(), "读取批准文件")
		r.chooses(path)
	}
	reads([]byte("not an approval"))
	reads(approval) // of another request than the dialog's
	if r.u.desk.CanSignIn("rev-7") || !strings.Contains(r.dialogWords(), "核对码") {
		t.Fatal("an approval of another request was taken")
	}
	r.ui(r.dialog().Close)
	r.settle()
	e := &enabling{m: m, who: desk.Operator{ID: "rev-7", Name: "韦复核"}, plea: plea, stop: func() {}}
	r.ui(e.show)
	reads(approval)
	r.until("the password is asked for", func() bool { return r.dialog() != nil && !strings.Contains(wordsOf(r.dialog()), "核对码") })
	r.typeLines(lentPassword, lentPassword)
	r.until("enabled", func() bool { return r.dialog() == nil })
	if !r.u.desk.CanSignIn("rev-7") || !plea.Spent() {
		t.Error("cannot sign in, or the request is not spent")
	}
}

func TestAnAdministratorIsToldWhomHeMayNotEnable(t *testing.T) {
	r, _, _ := fieldRig(t, kit.Light)
	if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	own := guard.Operator{ID: "rev-7", Name: "韦复核", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
	above := guard.Operator{ID: "prov-1", Name: "省管理", Roles: []guard.Role{guard.DataAdmin}, Enabled: true, Level: guard.ProvinceLevel, Org: "52"}
	const anybody, why = "启用账号须由系统数据管理员在本机登录办理", "省管理属于省级（52），不归您管理，您不能启用，须由县资助中心批准。"
	words := func(o guard.Operator) string { return (&manage{u: r.u}).enablingWords(o) }
	if got := words(above); !strings.HasPrefix(got, anybody) {
		t.Errorf("a clerk is told %q", got)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	if got := words(above); got != why {
		t.Errorf("an administrator is told %q, want %q", got, why)
	}
	if got := words(own); !strings.HasPrefix(got, anybody) {
		t.Errorf("of whom he may enable he is told %q", got)
	}
}

func TestTheOwnPasswordPageSignsOutWhenLeft(t *testing.T) {
	r, _, _ := fieldRig(t, kit.Light)
	r.ui(r.u.lock)
	r.locked()
	d, err := r.u.deps.Door.SignIn(t.Context(), "reviewer-1", []byte(reviewPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.desk = d; r.u.beginShift(); r.u.showOwnPassword(d) })
	r.ui(func() { r.u.gate.leave() })
	r.locked()
	r.ui(func() {
		if r.u.gate != nil {
			t.Error("the page is there still")
		}
	})
}

func TestTheCountyEnablesAPersonWhileTheWindowWaits(t *testing.T) {
	k := newCounty(t)
	r := k.laptop()
	r.enter("practice-clerk", clerkPassword)
	if err := r.u.desk.Store().AddOperator(t.Context(), guard.Operator{ID: "practice-reviewer", Name: "练习复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).askEnabling(desk.Operator{ID: "practice-reviewer", Name: "练习复核员"})
	})
	r.until("the centre has it", func() bool { return r.dialog() != nil && strings.Contains(wordsOf(r.dialog()), "等待批准") })
	list, err := k.c.Recoveries(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := k.c.ApproveRecovery(t.Context(), list[0].ID, r.digits()); err != nil {
		t.Fatal(err)
	}
	r.until("the password is asked for", func() bool { return r.dialog() != nil && !strings.Contains(wordsOf(r.dialog()), "核对码") })
	r.typeLines(lentPassword, lentPassword)
	r.until("enabled", func() bool { return r.dialog() == nil })
	if !r.u.desk.CanSignIn("practice-reviewer") {
		t.Error("cannot sign in")
	}
}

func TestTheRecordSaysInChineseWhatBecameOfAPassword(t *testing.T) {
	for detail, want := range map[string]string{
		"change": "修改密码", "reset rev-7": "重设密码，账号 rev-7", "approval 01": "忘记密码，凭县资助中心的批准重设", "enable rev-7": "启用账号 rev-7",
		"enabling rev-7 asked, request 0123456789": "申请启用账号 rev-7，核对码 0123456789", "enabling rev-7 refused: a wrong answer": "启用账号 rev-7 的批准码不对",
		"enable rev-7 as data administrator": "系统数据管理员启用账号 rev-7", "enable rev-7 for practice": "练习时启用账号 rev-7",
		"enable rev-7 by the county's answer of 2023-08-05 to request 0123456789": "经县资助中心批准启用账号 rev-7，核对码 0123456789",
		"enabling rev-7 refused: a wrong answer; 12 times more":                   "启用账号 rev-7 的批准码不对，另有 12 次",
	} {
		if got := detailWords(desk.Line{Kind: loan.ChangeRecover, Detail: detail}); got != want {
			t.Errorf("%s: got %q, want %q", detail, got, want)
		}
	}
}
