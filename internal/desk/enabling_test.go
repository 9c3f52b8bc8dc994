package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

const lentPassword = "chosen by another 7"

// enablingField is a laptop of a real county that has the county's recovery key,
// and on whose roster stand a reviewer and an administrator who never signed in.
type enablingField struct {
	*field
	recovery *seal.Signer
}

func newEnablingField(t *testing.T) *enablingField {
	t.Helper()
	f := newField(t)
	k, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.Store().SetRecovery(t.Context(), k.Public()); err != nil {
		t.Fatal(err)
	}
	for _, o := range []guard.Operator{{ID: "reviewer-7", Name: "新复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true},
		{ID: "admin-7", Name: "新管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}} {
		if err := f.d.Store().AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	return &enablingField{f, k}
}

// say is the county's answer to an enabling.
func (f *enablingField) say(e guard.Enabling, at time.Time) string {
	f.t.Helper()
	k, err := f.centre.Agree(f.p.Signer.Public(), guard.EnableLabel)
	if err != nil {
		f.t.Fatal(err)
	}
	return seal.Spoken(k.Answer(e.Message(guard.DayOf(at))))
}

func (f *enablingField) asked(who string) *desk.Enabling {
	f.t.Helper()
	e, err := f.d.AskEnabling(f.t.Context(), who)
	if err != nil {
		f.t.Fatal(err)
	}
	return e
}

// approval is what the county makes of a request that reached it.
func (f *enablingField) approval(e *desk.Enabling) []byte {
	f.t.Helper()
	r, err := seal.OpenRecoveryRequest(e.Request(), f.recovery)
	if err != nil {
		f.t.Fatal(err)
	}
	b, err := r.Approve(e.Request(), f.recovery, f.centre, [16]byte{1}, clock(), clock().Add(30*time.Minute))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

func TestWhatWasAskedIsForgottenAsTheDeskCloses(t *testing.T) {
	f := newEnablingField(t)
	e, approved := f.asked("reviewer-7"), f.asked("admin-7")
	if err := approved.Take(f.approval(approved), true); err != nil {
		t.Fatal(err)
	}
	if e.Spent() || approved.Spent() {
		t.Fatal("a request is spent before")
	}
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	if !e.Spent() || !approved.Spent() || approved.Approved() {
		t.Error("a request outlives the desk")
	}
}

// TestAClerkLetsNobodyInByHisOwnWord is the hole: a clerk gives a reviewer or an
// administrator of the roster a password and passes for them.
func TestAClerkLetsNobodyInByHisOwnWord(t *testing.T) {
	f := newEnablingField(t)
	for _, id := range []string{"reviewer-7", "admin-7"} {
		err := f.d.EnableOperator(t.Context(), guard.Operator{ID: id}, []byte(lentPassword))
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "系统数据管理员") || !strings.Contains(fault.Sentence(err), "申请启用") {
			t.Errorf("%s: got %v: %s", id, err, fault.Sentence(err))
		}
		if f.d.Store().CanSignIn(id) {
			t.Errorf("%s can sign in", id)
		}
	}
	if f.d.MayEnable() {
		t.Error("the window offers it")
	}
	t.Run("nor by a request that the county did not answer", func(t *testing.T) {
		e := f.asked("reviewer-7")
		wantKind(t, f.d.Admit(t.Context(), e, []byte(lentPassword)), fault.Refused)
		if f.d.Store().CanSignIn("reviewer-7") {
			t.Error("can sign in")
		}
	})
}

func TestTheCountyLetsAPersonInByTelephone(t *testing.T) {
	f := newEnablingField(t)
	ctx := t.Context()
	e := f.asked("reviewer-7")
	right := guard.Enabling{Device: f.p.Device, Operator: "reviewer-7", Digits: e.Code()}
	other := f.asked("admin-7")
	for name, answer := range map[string]string{
		"another day":      f.say(right, clock().AddDate(0, 0, -2)),
		"another operator": f.say(guard.Enabling{Device: f.p.Device, Operator: "admin-7", Digits: e.Code()}, clock()),
		"another laptop":   f.say(guard.Enabling{Operator: "reviewer-7", Digits: e.Code()}, clock()),
		"another request":  f.say(guard.Enabling{Device: f.p.Device, Operator: "reviewer-7", Digits: other.Code()}, clock()),
	} {
		if err := f.d.TakeAnswer(ctx, e, answer); fault.KindOf(err) != fault.Untrusted || e.Admitted() {
			t.Errorf("an answer of %s: got %v", name, err)
		}
	}
	wantKind(t, f.d.TakeAnswer(ctx, e, "1234"), fault.Input)
	if err := f.d.TakeAnswer(ctx, e, guard.AnswerScan(f.say(right, clock()))); err != nil {
		t.Fatal(err)
	}
	wantKind(t, f.d.Admit(ctx, e, []byte("short")), fault.Input)
	if err := f.d.Admit(ctx, e, []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	if got, want := lastNote(t, f.d), `clerk-1 {"detail":"enable reviewer-7 by the county's answer of 2023-08-05 to request `+e.Code()+`"}`; got != want {
		t.Errorf("the chain says %q, want %q", got, want)
	}
	t.Run("and serves once", func(t *testing.T) {
		if err := f.d.Admit(ctx, e, []byte(lentPassword)); fault.KindOf(err) != fault.Refused {
			t.Errorf("got %v", err)
		}
		wantKind(t, f.d.TakeAnswer(ctx, e, f.say(right, clock())), fault.Refused)
		again := f.asked("admin-7")
		if err := f.d.TakeAnswer(ctx, again, f.say(guard.Enabling{Device: f.p.Device, Operator: "admin-7", Digits: other.Code()}, clock())); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("the answer to a former request: got %v", err)
		}
	})
	t.Run("and five wrong answers end a request", func(t *testing.T) {
		e := f.asked("admin-7")
		wrong := f.say(right, clock())
		for range 4 {
			wantKind(t, f.d.TakeAnswer(ctx, e, wrong), fault.Untrusted)
		}
		wantKind(t, f.d.TakeAnswer(ctx, e, wrong), fault.Refused)
		wantKind(t, f.d.TakeAnswer(ctx, e, f.say(guard.Enabling{Device: f.p.Device, Operator: "admin-7", Digits: e.Code()}, clock())), fault.Refused)
	})
}

func TestTheCountyLetsAPersonInOverTheNetwork(t *testing.T) {
	f := newEnablingField(t)
	ctx := t.Context()
	e, other := f.asked("reviewer-7"), f.asked("admin-7")
	wantKind(t, e.Take(f.approval(other), true), fault.Refused)
	if err := e.Take(f.approval(e), true); err != nil {
		t.Fatal(err)
	}
	if err := f.d.Admit(ctx, e, []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	if got := lastNote(t, f.d); !strings.Contains(got, "enable reviewer-7 by the county's approval 01000000") {
		t.Errorf("the chain says %q", got)
	}
	wantKind(t, f.d.Admit(ctx, e, []byte(lentPassword)), fault.Refused)
	t.Run("not after its time", func(t *testing.T) {
		if err := other.Take(f.approval(other), false); err != nil {
			t.Fatal(err)
		}
		f.now = clock()
		d := f.in("clerk-1", clerkPassword, clock())
		late, err := d.AskEnabling(ctx, "admin-7")
		if err != nil {
			t.Fatal(err)
		}
		if err := late.Take(f.approval(late), true); err != nil {
			t.Fatal(err)
		}
		f.now = clock().Add(time.Hour)
		wantKind(t, d.Admit(ctx, late, []byte(lentPassword)), fault.Refused)
	})
}

func TestAnAdministratorAtTheLaptopLetsAPersonIn(t *testing.T) {
	f := newEnablingField(t)
	d := f.in("admin-1", clerkPassword, clock())
	if err := d.EnableOperator(t.Context(), guard.Operator{ID: "reviewer-7"}, []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	if got, want := lastNote(t, d), `admin-1 {"detail":"enable reviewer-7 as data administrator"}`; got != want {
		t.Errorf("the chain says %q, want %q", got, want)
	}
}

// TestAPasswordThatAnotherChoseOpensNothing lets the person in call every method
// that asks guard: none does anything before the password is changed.
func TestAPasswordThatAnotherChoseOpensNothing(t *testing.T) {
	d := laptop(t, t.TempDir())
	c := entered(t, d)
	if err := d.Store().AddOperator(t.Context(), admin()); err != nil {
		t.Fatal(err)
	}
	if err := d.EnableOperator(t.Context(), admin(), []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	d, err := signedIn(t, d, "admin-1", lentPassword)
	if err != nil {
		t.Fatal(err)
	}
	if !d.MustChange() {
		t.Fatal("nothing says that it is temporary")
	}
	for name, w := range ways() {
		if w.call == nil {
			continue
		}
		if err := w.call(t.Context(), d, c); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "临时密码") {
			t.Errorf("%s: got %v: %s", name, err, fault.Sentence(err))
		}
	}
	if len(d.Find("", 0)) > 0 {
		t.Error("shows cases")
	}
	if _, err := d.Review(t.Context(), c.ID, "reviewer-1", []byte(reviewPassword), false, "不清楚"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "临时密码") {
		t.Errorf("a second person acts at this desk: got %v", err)
	}
	wantKind(t, d.ChangePassword(t.Context(), []byte(lentPassword), []byte(lentPassword)), fault.Input)
	if err := d.ChangePassword(t.Context(), []byte(lentPassword), []byte("an own choice 77")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Record(t.Context(), desk.Sought{}); err != nil || d.MustChange() {
		t.Errorf("after the change: %v", err)
	}
	if d, err = signedIn(t, d, "admin-1", "an own choice 77"); err != nil || d.MustChange() {
		t.Errorf("at the next signing in: %v", err)
	}
}

func TestASecondPersonDoesNotActByATemporaryPassword(t *testing.T) {
	d := laptop(t, t.TempDir())
	c := entered(t, d)
	if _, err := d.Submit(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	enabled(t, d, admin(), "administrators own")
	d, err := signedIn(t, d, "admin-1", "administrators own")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ResetPassword(t.Context(), "reviewer-1", []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	if d, err = signedIn(t, d, "clerk-1", clerkPassword); err != nil {
		t.Fatal(err)
	}
	_, err = d.Review(t.Context(), c.ID, "reviewer-1", []byte(lentPassword), true, "")
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "临时密码") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
}

func TestAPasswordSetByTheCountysRecoveryIsOnesOwn(t *testing.T) {
	f := newEnablingField(t)
	d := f.in("admin-1", clerkPassword, clock())
	if err := d.EnableOperator(t.Context(), guard.Operator{ID: "reviewer-7"}, []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := door.AskRecovery("reviewer-7")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Take(f.approval(&desk.Enabling{Recovery: r}), true); err != nil {
		t.Fatal(err)
	}
	d, err = door.Recover(context.Background(), r, []byte("an own choice 77"))
	if err != nil {
		t.Fatal(err)
	}
	f.d = d
	if d.MustChange() {
		t.Error("the own choice counts as another's")
	}
}

// TestWhatEnablingRefusesRecoveryRefusesToo asks the county by the way of a forgotten
// password for people who could not be let in.
func TestWhatEnablingRefusesRecoveryRefusesToo(t *testing.T) {
	for name, x := range map[string]struct {
		who     string
		enabled bool
		stand   guard.Standing
		want    string
	}{
		"who was never enabled here":          {"admin-7", false, guard.Standing{}, "从未在本机启用"},
		"who belongs to another organisation": {"reviewer-7", true, guard.Standing{ID: "reviewer-7", Level: guard.PointLevel, Org: "别处受理点"}, "别处受理点"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newEnablingField(t)
			if x.stand.ID != "" {
				f.stands(clock(), x.stand)
			}
			if x.enabled {
				who, err := f.d.Store().Account(t.Context(), x.who)
				if err != nil {
					t.Fatal(err)
				}
				if err := f.d.Store().EnableOperator(t.Context(), who, []byte(lentPassword)); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.d.Close(); err != nil {
				t.Fatal(err)
			}
			door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
			if err != nil {
				t.Fatal(err)
			}
			defer door.Close()
			r, err := door.AskRecovery(x.who)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Take(f.approval(&desk.Enabling{Recovery: r}), true); err != nil {
				t.Fatal(err)
			}
			d, err := door.Recover(t.Context(), r, []byte("an own choice 77"))
			if err == nil {
				d.Close()
			}
			if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), x.want) {
				t.Errorf("got %v: %s", err, fault.Sentence(err))
			}
			if d, err := door.SignIn(t.Context(), x.who, []byte("an own choice 77")); err == nil {
				d.Close()
				t.Error("signs in by the password that was refused")
			}
		})
	}
}

func TestAnApprovalOfOneSortIsNoneOfTheOther(t *testing.T) {
	f := newEnablingField(t)
	e := f.asked("reviewer-7")
	if r, err := seal.OpenRecoveryRequest(e.Request(), f.recovery); err != nil || r.Sort != seal.RecoveryEnabling || r.By != "clerk-1" {
		t.Fatalf("the request says %+v, %v", r, err)
	}
	if err := e.Take(f.approval(e), true); err != nil {
		t.Fatal(err)
	}
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	d, err := door.Recover(t.Context(), e.Recovery, []byte("an own choice 77"))
	if err == nil {
		d.Close()
	}
	if fault.KindOf(err) != fault.Refused {
		t.Errorf("an enabling as a forgotten password: %v", err)
	}
}
