package desk_test

import (
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
	"github.com/google/uuid"
)

// field is a laptop of a real county, not for practice, whose clock the test
// moves.
type field struct {
	t      *testing.T
	dir    string
	centre *seal.Signer
	p      store.Profile
	now    time.Time
	d      *desk.Desk
}

func newField(t *testing.T) *field {
	t.Helper()
	ca, err := seal.NewAuthority("县资助中心", 24*time.Hour*365, clock())
	if err != nil {
		t.Fatal(err)
	}
	f := &field{t: t, dir: t.TempDir(), centre: ca.Signer(), p: profile(t), now: clock()}
	f.p.Practice, f.p.Centre, f.p.CADER = false, ca.Signer().Public(), ca.Cert().Raw
	if f.p.CertDER, err = ca.Issue(f.p.Signer.Crypto().Public(), seal.Device, f.p.Device.String(), nil, 24*time.Hour*300, clock()); err != nil {
		t.Fatal(err)
	}
	f.d = laptopOf(t, f.dir, f.p)
	for _, o := range []guard.Operator{admin(), {ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}} {
		if err := f.d.Store().EnableOperator(t.Context(), o, []byte(clerkPassword)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { f.d.Close() })
	return f
}

// in signs an operator in at a moment.
func (f *field) in(who, password string, at time.Time) *desk.Desk {
	f.t.Helper()
	if err := f.d.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.now = at
	f.d = ticking(f.t, f.dir, who, password, &f.now)
	return f.d
}

// answer is what the county answers to a renewal on a day.
func (f *field) answer(code, operator string, device uuid.UUID, at time.Time) string {
	f.t.Helper()
	nonce, err := seal.ParseSpoken(code, guard.RenewalSize)
	if err != nil {
		f.t.Fatal(err)
	}
	k, err := f.centre.Agree(f.p.Signer.Public(), guard.RenewalLabel)
	if err != nil {
		f.t.Fatal(err)
	}
	r := guard.Renewal{Device: device, Operator: operator, Nonce: [guard.RenewalSize]byte(nonce)}
	return seal.Spoken(k.Answer(r.Message(guard.DayOf(at))))
}

// receipt is a word of the centre of a moment.
func (f *field) receipt(at time.Time) {
	f.t.Helper()
	n, hash := f.d.Store().Head()
	r := store.Receipt{Centre: uuid.New(), Epoch: uuid.UUID{7}, Device: f.p.Device, Through: n, Chain: hash, At: at}
	if err := f.d.Store().Acknowledge(f.t.Context(), r); err != nil {
		f.t.Fatal(err)
	}
}

// works says whether work may be done, and shuts nothing else.
func (f *field) works() error {
	_, err := f.d.NewCase(f.t.Context(), loan.First, false)
	return err
}

func TestAnAccountIsGoodForSevenDaysAndALaptopForFourteen(t *testing.T) {
	f := newField(t)
	day := 24 * time.Hour
	f.in("clerk-1", clerkPassword, clock().Add(7*day-time.Minute))
	if err := f.works(); err != nil {
		t.Fatalf("on the seventh day: %v", err)
	}
	c := entered(t, f.d)
	f.in("clerk-1", clerkPassword, clock().Add(7*day+time.Minute))
	err := f.works()
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "7 天") || !strings.Contains(fault.Sentence(err), "续期码") {
		t.Fatalf("after seven days: got %v", err)
	}
	if f.d.SeesFull(c) || len(f.d.Find("", 0)) != 0 || f.d.Shown(c).Student.Name == c.App.Student.Name {
		t.Error("names and cases are shown all the same")
	}
	if err := f.d.SwitchRoom(t.Context(), true); err != nil {
		t.Errorf("and what carries is refused: %v", err)
	}
	f.receipt(clock().Add(7 * day))
	if err := f.works(); err != nil {
		t.Errorf("after the centre's word: %v", err)
	}
	f.in("clerk-1", clerkPassword, clock().Add(21*day+time.Minute))
	if err := f.works(); !strings.Contains(fault.Sentence(err), "14 天") {
		t.Errorf("after fourteen days more: got %v", err)
	}
	if n, hash := f.d.Store().Head(); n == 0 || hash == (loan.Hash{}) {
		t.Error("the chain is gone")
	}
}

func TestARenewalByTelephone(t *testing.T) {
	f := newField(t)
	at := clock().Add(20 * 24 * time.Hour)
	f.in("clerk-1", clerkPassword, at)
	ctx := t.Context()
	if err := f.d.Renew(ctx, seal.Spoken(make([]byte, seal.AnswerSize))); fault.KindOf(err) != fault.Missing {
		t.Errorf("before a request: got %v", err)
	}
	code := f.d.AskRenewal()
	for name, c := range map[string]struct {
		answer string
		kind   fault.Kind
	}{
		"a slip of the pen":    {"1234", fault.Input},
		"a guess":              {seal.Spoken([]byte("guessguess")), fault.Untrusted},
		"another operator's":   {f.answer(code, "clerk-2", f.p.Device, at), fault.Untrusted},
		"another laptop's":     {f.answer(code, "clerk-1", uuid.New(), at), fault.Untrusted},
		"another request's":    {f.answer(seal.Spoken([]byte{1, 2, 3, 4, 5}), "clerk-1", f.p.Device, at), fault.Untrusted},
		"one of ten days ago":  {f.answer(code, "clerk-1", f.p.Device, at.AddDate(0, 0, -10)), fault.Input},
		"one of ten years off": {f.answer(code, "clerk-1", f.p.Device, at.AddDate(11, 0, 0)), fault.Untrusted},
	} {
		if err := f.d.Renew(ctx, c.answer); fault.KindOf(err) != c.kind {
			t.Errorf("%s: got %v, want %v", name, err, c.kind)
		}
	}
	if _, b := lastLook(t, f.d, loan.ChangeSetting); b.Detail != "renewal refused" {
		t.Errorf("the chain says %q of what was refused", b.Detail)
	}
	if err := f.works(); err == nil {
		t.Fatal("one of them opened")
	}
	good := f.answer(code, "clerk-1", f.p.Device, at)
	if err := f.d.Renew(ctx, good); err != nil {
		t.Fatal(err)
	}
	if err := f.works(); err != nil {
		t.Errorf("renewed: %v", err)
	}
	if _, b := lastLook(t, f.d, loan.ChangeSetting); b.Detail != "renewed by code" {
		t.Errorf("the chain says %q", b.Detail)
	}
	if err := f.d.Renew(ctx, good); fault.KindOf(err) != fault.Missing {
		t.Errorf("the same code again: got %v", err)
	}
	f.d.AskRenewal()
	if err := f.d.Renew(ctx, good); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("the same code for another request: got %v", err)
	}
	t.Run("renews that account, and the laptop for all", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, at.Add(time.Hour))
		if err := f.works(); !strings.Contains(fault.Sentence(err), "7 天") {
			t.Errorf("another account: got %v", err)
		}
		f.in("clerk-1", clerkPassword, at.Add(6*24*time.Hour))
		if err := f.works(); err != nil {
			t.Errorf("six days on: %v", err)
		}
		if _, err := f.d.Review(t.Context(), entered(t, f.d).ID, "reviewer-1", []byte(reviewPassword), true, ""); !strings.Contains(fault.Sentence(err), "7 天") {
			t.Errorf("a reviewer whose time is over: got %v", err)
		}
		if _, err := f.d.Witness(t.Context(), entered(t, f.d).ID, "reviewer-1", []byte(reviewPassword)); !strings.Contains(fault.Sentence(err), "7 天") {
			t.Errorf("a second operator whose time is over: got %v", err)
		}
	})
}

func TestAClockThatRunsBackwardsPastTheChain(t *testing.T) {
	f := newField(t)
	day := 24 * time.Hour
	f.in("clerk-1", clerkPassword, clock().Add(6*day))
	if err := f.works(); err != nil {
		t.Fatal(err)
	}
	f.in("clerk-1", clerkPassword, clock().Add(6*day-23*time.Hour))
	if err := f.works(); err != nil {
		t.Errorf("a time zone back: %v", err)
	}
	f.in("clerk-1", clerkPassword, clock().Add(4*day))
	if err := f.works(); !strings.Contains(fault.Sentence(err), "校正电脑的日期") {
		t.Fatalf("two days back: got %v", err)
	}
	f.in("clerk-1", clerkPassword, clock().Add(4*day))
	if err := f.works(); err == nil {
		t.Error("what was written meanwhile hides how late it was")
	}
	f.in("clerk-1", clerkPassword, clock().Add(6*day))
	if err := f.works(); err != nil {
		t.Errorf("set right: %v", err)
	}
	t.Run("also while signed in", func(t *testing.T) {
		f.now = clock().Add(-5 * day)
		if err := f.works(); !strings.Contains(fault.Sentence(err), "校正电脑的日期") {
			t.Fatalf("got %v", err)
		}
		f.in("clerk-1", clerkPassword, clock().Add(-4*day))
		if err := f.works(); err == nil {
			t.Error("turned back while signed in, and opened")
		}
	})
	t.Run("a clock that stood years ahead for a moment, and was set right", func(t *testing.T) {
		g := newField(t)
		g.in("clerk-1", clerkPassword, clock().AddDate(9, 0, 0))
		if err := g.works(); err == nil {
			t.Fatal("years ahead, and open")
		}
		g.in("clerk-1", clerkPassword, clock().Add(2*time.Hour))
		if err := g.works(); err != nil {
			t.Errorf("set right: %v", err)
		}
		g.in("clerk-1", clerkPassword, clock().Add(-2*day))
		if err := g.works(); err == nil {
			t.Error("and turned back then, it is forgotten how late it was")
		}
	})
	t.Run("a clock that stood years ahead is set right by a code", func(t *testing.T) {
		f.in("clerk-1", clerkPassword, clock().AddDate(9, 0, 0))
		code := f.d.AskRenewal()
		right := clock().Add(6 * day)
		err := f.d.Renew(t.Context(), f.answer(code, "clerk-1", f.p.Device, right))
		if fault.KindOf(err) != fault.Input || !strings.Contains(fault.Sentence(err), guard.DayName(guard.DayOf(right))) {
			t.Fatalf("got %v", err)
		}
		f.now = right
		if err := f.d.Renew(t.Context(), f.answer(code, "clerk-1", f.p.Device, right)); err != nil {
			t.Fatal(err)
		}
		f.in("clerk-1", clerkPassword, right.Add(time.Hour))
		if err := f.works(); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestALaptopThatWasShutOutOpensByTheCountysWordAlone(t *testing.T) {
	f := newField(t)
	list := bulletin.EncodeDevices([]bulletin.ShutOut{{Device: f.p.Device, At: clock().Add(time.Hour).UTC(), Lost: true}})
	b := bulletin.Bulletin{County: "522727", Kind: bulletin.Devices, Name: bulletin.ShutOutName, Version: 1, Issued: clock().Add(time.Hour).UTC(), Content: list}
	b.Version = uint64(b.Issued.UnixMilli())
	raw, err := b.Sign(f.centre)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.TakeFile(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	f.in("clerk-1", clerkPassword, clock().Add(2*time.Hour))
	if err := f.works(); !strings.Contains(fault.Sentence(err), "停用") {
		t.Fatalf("got %v", err)
	}
	code := f.d.AskRenewal()
	if err := f.d.Renew(t.Context(), f.answer(code, "clerk-1", f.p.Device, f.now)); err != nil {
		t.Fatal(err)
	}
	if err := f.works(); err != nil {
		t.Errorf("renewed after that: %v", err)
	}
}

func TestALaptopForPracticeNeverLapses(t *testing.T) {
	dir := t.TempDir()
	d := laptop(t, dir)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	now := clock().AddDate(3, 0, 0)
	r := ticking(t, dir, "clerk-1", clerkPassword, &now)
	if _, _, free, err := r.Tenure(t.Context()); !free || err != nil || r.Lapsed() != nil {
		t.Errorf("free %v, %v, %v", free, err, r.Lapsed())
	}
}
