package ui

import (
	"encoding/hex"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

func TestAnAdministratorIsToldThatAnAnswerTookNoEffect(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	stands, err := guard.EncodeStandings([]guard.Standing{{ID: "admin-1", Level: guard.CountyLevel, Org: "522727"}, {ID: "reviewer-1", Level: guard.PointLevel, Org: r.u.desk.Laptop().Point}})
	if err != nil {
		t.Fatal(err)
	}
	r.send(bulletin.Standing, bulletin.StandingName, stands)
	id, device := uuid.MustParse("0190a000-0000-7000-8000-0000000000a1"), uuid.MustParse("0190a000-0000-7000-8000-0000000000d1")
	raw, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 2, Case: guard.TagOf(id)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	w := guard.Waiting{Device: device, Operator: "reviewer-1", Ask: hex.EncodeToString(raw), Case: id}
	p, err := w.Plea()
	if err != nil {
		t.Fatal(err)
	}
	grant, err := p.ID()
	if err != nil {
		t.Fatal(err)
	}
	list, err := guard.EncodeAnswersBack([]guard.AnswerBack{{Operator: "admin-1", Answer: guard.SaidNo, Why: guard.WhyApproved, By: "admin-9", Device: device, Asker: w.Operator, Ask: w.Ask,
		Grant: grant, Case: id, At: testClock().UTC()}})
	if err != nil {
		t.Fatal(err)
	}
	r.send(bulletin.Answers, bulletin.AnswersName, list)
	if got := r.duties(); len(got) != 0 {
		t.Errorf("who answers nothing is told %+v", got)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	got := r.duties()
	if len(got) != 1 || !strings.Contains(got[0].words, "1 份") || !strings.Contains(got[0].words, "没有生效") {
		t.Fatalf("今日 tells %+v", got)
	}
	r.deals(0)
	var s *grantSection
	r.ui(func() { s = r.u.shell.screen.(*manage).shownNow.(*grantSection) })
	r.until("it is listed", func() bool { return len(s.back.Objects) == 1 && s.backCard.Visible() })
	r.settle()
	r.snap("manage-back")
	r.ui(func() {
		words := textsIn(s.back)
		for _, want := range []string{"reviewer-1", "手机号码", "2 小时", "您没有批准", "没有生效", "已由admin-9批准过", "撤销授权"} {
			if !strings.Contains(words, want) {
				t.Errorf("it says %q, want %q in it", words, want)
			}
		}
		fyneTap(findButtons(s.back)[0])
	})
	r.answer()
	if words := r.dialogWords(); !strings.Contains(words, "下次同步") {
		t.Fatalf("taken back without a reason: %q", words)
	}
	r.ui(func() { r.u.win.Canvas().Focused().(*kit.Field).SetText("没有必要查看") })
	r.snap("manage-take-back")
	r.answer()
	r.until("it left the list", func() bool { return len(s.back.Objects) == 0 && !s.backCard.Visible() })
	if got := r.duties(); len(got) != 0 {
		t.Errorf("afterwards 今日 tells %+v", got)
	}
}

func TestEveryAnswerWithoutEffectSaysWhyAndWhatNext(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	s := &grantSection{u: r.u, named: func(id string) string { return id }}
	said := map[string]string{}
	for _, a := range []desk.Answer{desk.SaidYes, desk.SaidNo, desk.SaidBack} {
		for _, why := range []desk.BackWhy{desk.BackApproved, desk.BackDeclined, desk.BackGone, desk.BackOver, desk.BackMayNot, desk.BackDamaged} {
			words := s.backWords(desk.AnswerBack{AnswerBack: guard.AnswerBack{Answer: a, Why: why, By: "admin-9"}})
			if strings.Contains(words, "：。") || !strings.HasSuffix(words, "。") || strings.HasSuffix(words, "。。") || said[words] != "" {
				t.Errorf("%s, %s: says %q", a, why, words)
			}
			said[words] = string(a)
		}
	}
	if words := s.backWords(desk.AnswerBack{AnswerBack: guard.AnswerBack{Answer: desk.SaidNo, Why: desk.BackApproved, By: r.u.desk.Operator().ID}}); !strings.Contains(words, "您自己") {
		t.Errorf("of one's own word: %q", words)
	}
}

func TestAnAdministratorTakesBackAGrantOfThisLaptop(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		r := newRig(t, variant)
		leave(t, r)
		r.another("admin-1", guard.DataAdmin)
		var s *grantSection
		r.ui(func() { r.u.shell.manages(ofGrants) })
		r.ui(func() { s = r.u.shell.screen.(*manage).shownNow.(*grantSection) })
		r.until("it is listed", func() bool { return len(findButtons(s.leaves)) == 1 })
		r.settle()
		r.snap("manage-leaves-" + look)
		r.ui(func() {
			if words := textsIn(s.leaves); !strings.Contains(words, "本机，到 08-05 12:00；") || !strings.Contains(words, "（admin-2）批准，申请理由：核对家长投诉") {
				t.Errorf("it says %q", words)
			}
			fyneTap(findButtons(s.leaves)[0])
		})
		if words := r.dialogWords(); !strings.Contains(words, "本机立即停用") {
			t.Errorf("the dialog says %q", words)
		}
		r.ui(func() { r.u.win.Canvas().Focused().(*kit.Field).SetText("申请人不是本人") })
		r.answer()
		r.until("it left the list", func() bool { return len(findButtons(s.leaves)) == 0 })
	}
}

func TestOfAGrantAtAnotherLaptopTheEndIsTheLatest(t *testing.T) {
	r := asAdmin(t)
	clerk := guard.Operator{ID: "clerk-2", Name: "测乙", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := r.u.desk.Store().AddOperator(t.Context(), clerk); err != nil {
		t.Fatal(err)
	}
	raw, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 2, Case: [4]byte{1, 2, 3, 4}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.u.desk.AnswerAsk(t.Context(), "a1b2c3d4", "clerk-2", seal.Spoken(raw), "电话核对过本人"); err != nil {
		t.Fatal(err)
	}
	s := inManage[*grantSection](r, ofGrants)
	r.until("it is listed", func() bool { return len(findButtons(s.leaves)) == 1 })
	r.ui(func() {
		if words := textsIn(s.leaves); !strings.Contains(words, "电脑 a1b2c3d4，对方取得授权后 2 小时内有效，最迟到 08-08 12:00；") {
			t.Errorf("it says %q", words)
		}
	})
}

// leave is a grant that a clerk has at this laptop, by an administrator's word at it.
func leave(t *testing.T, r *rig) {
	t.Helper()
	admin := testAdmin()
	admin.ID = "admin-2"
	if err := r.u.desk.Store().EnableOperator(t.Context(), admin, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Count: 2, Hours: 2, Reason: "核对家长投诉"})
	if err == nil {
		_, err = r.u.desk.ApproveAsk(t.Context(), a.Code, "admin-2", []byte(reviewPassword), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}
