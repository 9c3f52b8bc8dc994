package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// lapsedRig is a window at the sign-in screen of a laptop whose lease is over,
// and the county's key.
func lapsedRig(t *testing.T, variant kit.Variant) (*rig, *seal.Signer) {
	t.Helper()
	ca, err := seal.NewAuthority("县资助中心", 24*time.Hour*365, testClock().AddDate(0, 0, -30))
	if err != nil {
		t.Fatal(err)
	}
	p := testProfile(t)
	p.Practice, p.CADER, p.Centre = false, ca.Cert().Raw, ca.Signer().Public()
	if p.CertDER, err = ca.Issue(p.Signer.Crypto().Public(), seal.Device, p.Device.String(), nil, 24*time.Hour*300, testClock().AddDate(0, 0, -30)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := store.Create(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock}, p, testClerk(), []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return &rig{t, testWindow(t, dir, variant)}, ca.Signer()
}

func TestALaptopWhoseTimeIsOverIsRenewedByTelephone(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r, centre := lapsedRig(t, variant)
			d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
			if err != nil {
				t.Fatal(err)
			}
			r.ui(func() { r.u.signedIn(d) })
			r.u.idle(t)
			var l *lapse
			r.ui(func() {
				if l, _ = r.u.gate.(*lapse); l == nil || r.u.shell != nil {
					t.Fatal("the work is open to a laptop whose time is over")
				}
			})
			r.snap("lapse-" + look)
			r.ui(func() { l.answer.SetText("1234"); l.try() })
			r.u.idle(t)
			r.snap("lapse-slip-" + look)
			r.ui(func() {
				if r.u.gate != l {
					t.Fatal("a slip of the pen opened it")
				}
				l.answer.SetText(renewalAnswer(t, centre, d, d.AskRenewal()))
				l.try()
			})
			r.u.idle(t)
			r.u.idle(t)
			r.ui(func() {
				if r.u.shell == nil || r.u.gate != nil {
					t.Error("the right answer did not open the work")
				}
				r.u.stopCarrier()
			})
		})
	}
}

// Where nothing may be done nobody is told to go on, whatever the network does.
func TestThePagesWhereNothingMayBeDoneTellNobodyToGoOn(t *testing.T) {
	r, _ := lapsedRig(t, kit.Light)
	d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(t)
	r.ui(func() {
		l := r.u.gate.(*lapse)
		for name, s := range map[string]courier.State{
			"no network":             {Err: fault.New("t", fault.Offline, nil), Reason: fault.Offline},
			"a network that is dead": {Online: true, Phase: courier.Sending, Stands: true},
		} {
			if l.heard(s); l.status.Text() != "现在连不上中心，正在重试。" {
				t.Errorf("%s: the page says %q", name, l.status.Text())
			}
		}
		if l.heard(courier.State{Online: true}); l.status.Text() != "已连接中心" {
			t.Errorf("connected: the page says %q", l.status.Text())
		}
		l.leave()
	})
	r.locked()
}

func TestALaptopWithoutANetworkIsRenewedByTheFilesOfTheCounty(t *testing.T) {
	r, centre := lapsedRig(t, kit.Light)
	d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(t)
	people, err := guard.EncodeListed([]guard.Operator{testClerk()})
	if err != nil {
		t.Fatal(err)
	}
	file := func(kind bulletin.Kind, name string, content []byte) string {
		at := testClock().UTC().Truncate(time.Millisecond)
		b := bulletin.Bulletin{County: d.Store().Profile().County, Kind: kind, Name: name, Version: uint64(at.UnixMilli()), Issued: at, Content: content}
		raw, err := b.Sign(centre)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "word.dsb")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	take := func(path string) {
		r.ui(func() { r.u.gate.(*lapse).take(path) })
		r.u.idle(t)
	}
	take(file(bulletin.Devices, bulletin.ShutOutName, bulletin.EncodeDevices(nil)))
	if words := r.dialogWords(); !strings.Contains(words, "7 天") || !strings.Contains(words, "人员名册") {
		t.Errorf("after the first of the two the window says %s", words)
	}
	r.ui(func() { r.dialog().Close() })
	take(file(bulletin.Operators, bulletin.OperatorsName, people))
	r.u.idle(t)
	r.ui(func() {
		if r.u.shell == nil || r.u.gate != nil {
			t.Error("the two lists did not open the work")
		}
		r.u.stopCarrier()
	})
}

func TestTheRenewalPageLocksWhenLeft(t *testing.T) {
	r, _ := lapsedRig(t, kit.Light)
	d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(t)
	r.ui(func() { r.u.idled(idleLimit) })
	r.locked()
	if _, err := d.Operators(context.Background()); err == nil {
		t.Error("the store is open after the lock")
	}
	r.ui(func() {
		if r.u.gate != nil {
			t.Error("the page stands after the lock")
		}
	})
}

func TestTheEndOfTheTenureIsToldAndRenewedAhead(t *testing.T) {
	r, centre := lapsedRig(t, kit.Light)
	d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	renew := func(code string) error { return d.Renew(t.Context(), renewalAnswer(t, centre, d, code)) }
	if err := renew(d.AskRenewal()); err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(t)
	r.ui(func() {
		r.u.stopCarrier()
		if r.u.tenureFact() == nil {
			t.Error("a laptop that is bound does not say until when")
		}
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofDevice)
		r.u.renewAhead()
	})
	r.u.idle(t)
	r.snap("renew-ahead")
	r.answer()
	if r.dialog() == nil {
		t.Error("renewed by nothing")
	}
	r.ui(func() { r.dialog().Close() })
	free := newRig(t, kit.Light)
	free.ui(func() {
		if free.u.tenureFact() != nil {
			t.Error("a laptop for practice has an end")
		}
	})
}

// texts are what the window says, but for its buttons, and each line of it.
func (r *rig) texts() string {
	content := r.u.win.Canvas().Content()
	words := textsIn(content)
	for _, o := range test.LaidOutObjects(content) {
		if line, ok := o.(*canvas.Text); ok {
			words += line.Text + "\n"
		}
	}
	return words
}

// renewalAnswer is what the county reads out for a code by telephone.
func renewalAnswer(t *testing.T, centre *seal.Signer, d *desk.Desk, code string) string {
	t.Helper()
	nonce, err := seal.ParseSpoken(code, guard.RenewalSize)
	if err != nil {
		t.Fatal(err)
	}
	k, err := centre.Agree(d.Store().Profile().Signer.Public(), guard.RenewalLabel)
	if err != nil {
		t.Fatal(err)
	}
	m := guard.Renewal{Device: d.Device(), Operator: "clerk-1", Nonce: [guard.RenewalSize]byte(nonce)}
	return seal.Spoken(k.Answer(m.Message(guard.DayOf(testClock()))))
}

func TestALaptopThatIsShutOutInTheMiddleOfACaseStops(t *testing.T) {
	r, centre := lapsedRig(t, kit.Light)
	d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Renew(t.Context(), renewalAnswer(t, centre, d, d.AskRenewal())); err != nil {
		t.Fatal(err)
	}
	c, err := d.NewCase(t.Context(), loan.First, false)
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(t)
	r.ui(func() {
		r.u.stopCarrier()
		r.u.shell.open(c.ID)
	})
	r.u.idle(t)
	at := testClock().UTC()
	b := bulletin.Bulletin{County: d.Store().Profile().County, Kind: bulletin.Devices, Name: bulletin.ShutOutName, Version: uint64(at.UnixMilli()), Issued: at,
		Content: bulletin.EncodeDevices([]bulletin.ShutOut{{Device: d.Store().Profile().Device, At: at, Lost: true}})}
	raw, err := b.Sign(centre)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Store().TakeBulletin(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.takeUp() })
	r.u.idle(t)
	r.until("the page that says why", func() bool { _, ok := r.u.gate.(*lapse); return ok })
	r.ui(func() {
		if r.u.shell != nil || r.u.carrier != nil {
			t.Error("the work goes on")
		}
	})
	if c, _, err := inHand(t.Context(), d); err != nil || len(c) != 1 {
		t.Errorf("the case in hand is not kept: %v, %v", c, err)
	}
	r.settle()
	r.u.idle(t)
	r.snap("lapse-shut-out")
	r.ui(func() {
		page := r.texts()
		for _, want := range []string{"本机已被停用", "县资助中心已停用本机", "1 件案件，都留在本机", "重新注册码"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page says %q, want %q in it", page, want)
			}
		}
		if strings.Contains(page, "续期") {
			t.Errorf("it asks for a code that the centre refuses: %q", page)
		}
		r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	if words, id := r.dialogWords(), d.Store().Profile().Device.String(); !strings.Contains(words, id) || !strings.Contains(words, "重新注册码") {
		t.Fatalf("the way back says %q", words)
	}
	r.ui(func() { r.dialog().Close() })
	t.Run("and goes on once the county lets it in again", func(t *testing.T) {
		later := at.Add(time.Second)
		b.Version, b.Issued, b.Content = uint64(later.UnixMilli()), later, bulletin.EncodeDevices(nil)
		raw, err := b.Sign(centre)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "word.dsb")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { r.u.gate.(*lapse).take(path) })
		r.u.idle(t)
		r.u.idle(t)
		r.ui(func() {
			if r.u.shell == nil || r.u.gate != nil {
				t.Errorf("the work is not open: %q", r.texts())
			}
			r.u.stopCarrier()
		})
	})
}

func TestThePageOfALaptopThatIsLetInAgainButWhoseTimeIsOverAsksForACode(t *testing.T) {
	r, centre := lapsedRig(t, kit.Light)
	d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	send := func(day int, out []bulletin.ShutOut) {
		t.Helper()
		at := testClock().UTC().AddDate(0, 0, -day)
		b := bulletin.Bulletin{County: d.Store().Profile().County, Kind: bulletin.Devices, Name: bulletin.ShutOutName, Version: uint64(at.UnixMilli()), Issued: at, Content: bulletin.EncodeDevices(out)}
		raw, err := b.Sign(centre)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Store().TakeBulletin(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		_ = d.Recheck(t.Context()) // refuses, which the page says
	}
	send(21, []bulletin.ShutOut{{Device: d.Store().Profile().Device, At: testClock().UTC()}})
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(t)
	send(20, nil)
	r.ui(func() {
		l := r.u.gate.(*lapse)
		if !l.shut {
			t.Errorf("shut out, the page says %q", r.texts())
		}
		l.still(d.Lapsed())
		if got := r.texts(); l.shut || !strings.Contains(got, "需要续期") || strings.Contains(got, "停用") && strings.Contains(got, "本机已被停用") {
			t.Errorf("let in again, the page says %q", got)
		}
		l.leave()
	})
	r.locked()
}
