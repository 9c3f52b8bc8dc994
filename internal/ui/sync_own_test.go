package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

// another makes an operator of a role and signs him in, in place of who was.
func (r *rig) another(id string, role guard.Role) *desk.Desk {
	r.t.Helper()
	o := guard.Operator{ID: id, Name: id, Roles: []guard.Role{role}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(r.t.Context(), o, []byte(reviewPassword)); err != nil {
		r.t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	d, err := r.u.deps.Door.SignIn(r.t.Context(), id, []byte(reviewPassword))
	if err != nil {
		r.t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(r.t)
	return d
}

// TestAnothersCaseWaitsWithoutItsPeople has a clerk with no case of his own look at what
// waits, and put what he sees there first.
func TestAnothersCaseWaitsWithoutItsPeople(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	short := "编号" + id.String()[28:]
	d := r.another("clerk-2", guard.Clerk)
	r.ui(func() { r.u.shell.visit("sync") })
	r.u.idle(t)
	r.ui(func() {
		text := tags.ReplaceAllString(test.RenderToMarkup(r.u.win.Canvas()), "")
		if !strings.Contains(text, short) || strings.Contains(text, "证件尾号") || strings.Contains(text, "未填姓名") {
			t.Errorf("it shows %s", text)
		}
		if got := r.u.nameOf(id); got != "编号 "+id.String()[28:]+" 的案件" {
			t.Errorf("what waits for a person calls it %q", got)
		}
		if got := r.u.nameOf(uuid.New()); got != "本机记录" {
			t.Errorf("what is not here is called %q", got)
		}
		s := r.u.shell.screen.(*syncScreen)
		s.list.Select(0)
		s.keys()[fyne.KeyF7]()
	})
	r.u.idle(t)
	r.ui(func() {
		asks, ok := r.u.win.Canvas().Overlays().Top().(*kit.Dialog)
		if !ok {
			t.Fatal("nobody asks for the reason")
		}
		if text := tags.ReplaceAllString(test.RenderToMarkup(r.u.win.Canvas()), ""); !strings.Contains(text, "先传"+short+"的案件") {
			t.Error("the question does not name the case by its id")
		}
		asks.YesButton().OnTapped()
	})
	r.u.idle(t)
	if row, ok := d.RowOf(id); !ok || row.Urgency != loan.Urgent {
		t.Errorf("it goes first: %v, %q", ok, row.Urgency)
	}
}

// TestAnAuditorCarries: his account is renewed by it, and how things are carried is not
// his to say.
func TestAnAuditorCarries(t *testing.T) {
	r := newRig(t, kit.Light)
	r.u.deps.Courier = func(d *desk.Desk) (*courier.Courier, error) {
		return courier.New(courier.Config{Store: d.Store(), Now: testClock})
	}
	d := r.another("auditor-1", guard.Auditor)
	carries := func() (on bool) {
		r.ui(func() { on = r.u.carrier != nil })
		return on
	}
	if err := d.MayCarry(t.Context()); err != nil || !carries() {
		t.Fatalf("got %v, carries %v", err, carries())
	}
	if err := d.MaySync(t.Context()); fault.KindOf(err) != fault.Denied {
		t.Errorf("what is the desk's to say: got %v", err)
	}
	if _, err := d.Store().KeepRoster(t.Context(), []store.RosterEntry{{ID: "auditor-1", Name: "auditor-1", Roles: []string{"auditor"}, Off: true}}); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		r.u.stopCarrier()
		r.u.startCarrier()
	})
	if carries() {
		t.Error("who was switched off carries")
	}
}
