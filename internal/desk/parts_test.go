package desk_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// barred says which parts in a case keep somebody who has every role from a verb about
// it: written apart from the table that it checks.
func barred(v guard.Verb) []string {
	switch v {
	case guard.Edit, guard.Resolve, guard.Attach, guard.Detach, guard.Replace, guard.Attest, guard.Consent, guard.Submit, guard.PrepareContract,
		guard.Read, guard.Sign, guard.Seal, guard.Finish, guard.Correct, guard.VoidCase:
		return []string{"another's", "another's number", "reviewed", "handled"}
	case guard.EraseSeason:
		return []string{"own", "reviewed", "handled"}
	}
	return nil
}

// everyRole is a laptop at which person-1, who has every role, is signed in, and cases
// by the part that he had in them, in several statuses.
func everyRole(t *testing.T) (*desk.Desk, map[string][]*loan.Case) {
	t.Helper()
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	enabled(t, d, guard.Operator{ID: "person-1", Name: "身兼数职", Roles: guard.Roles(), Enabled: true}, bothPassword)
	as := func(id, password string) {
		var err error
		if d, err = signedIn(t, d, id, password); err != nil {
			t.Fatal(err)
		}
	}
	pass := func(by, password string) *loan.Case {
		c := must(d.Submit(ctx, entered(t, d).ID))
		return must(d.Review(ctx, c.ID, by, []byte(password), true, ""))
	}
	witnessed := func() *loan.Case { return sealedAfter(t, d, passed(t, d, renewal(t, d)), "person-1") }
	void := func(c *loan.Case) *loan.Case { return must(d.Void(ctx, c.ID, "本人不再申请")) }
	cases := map[string][]*loan.Case{
		"another's":        {entered(t, d), pass("reviewer-1", reviewPassword), sealedAfter(t, d, pass("reviewer-1", reviewPassword), ""), void(entered(t, d))},
		"another's number": {must(d.TakeNumber(ctx, loan.First, false))},
		"reviewed":         {pass("person-1", bothPassword), sealedAfter(t, d, pass("person-1", bothPassword), ""), void(pass("person-1", bothPassword))},
		"handled":          {witnessed(), void(witnessed())},
	}
	as("person-1", bothPassword)
	cases["own"] = []*loan.Case{entered(t, d), pass("reviewer-1", reviewPassword), void(entered(t, d))}
	return d, cases
}

// aboutACase says whether a method is about one case.
func aboutACase(name string) bool {
	m, _ := reflect.TypeFor[*desk.Desk]().MethodByName(name)
	for i := range m.Type.NumIn() {
		if in := m.Type.In(i); in == reflect.TypeFor[uuid.UUID]() || in == reflect.TypeFor[*loan.Case]() {
			return true
		}
	}
	return name == "RequestedCase"
}

// TestNoMethodDoesMoreThanThePartInACaseAllows lets one who has every role call each
// method about a case on cases in which he had each part: where that part bars it, it
// is denied for that and not for the case's status alone, and the case is as it was.
func TestNoMethodDoesMoreThanThePartInACaseAllows(t *testing.T) {
	d, cases := everyRole(t)
	ctx, tried := t.Context(), map[guard.Verb]bool{}
	for name, w := range ways() {
		if w.call == nil || !aboutACase(name) {
			continue
		}
		for _, part := range barred(w.verb) {
			for _, c := range cases[part] {
				c := step(t)(d.Store().Case(ctx, c.ID))
				err := w.call(ctx, d, c)
				if fault.KindOf(err) != fault.Denied {
					t.Errorf("%s of a case that is %s, %s: got %v, want denied", name, part, c.Status, err)
				}
				var r *guard.Refusal
				if errors.As(err, &r) && r.Why != guard.WhyStatus {
					tried[w.verb] = true
				}
				after := step(t)(d.Store().Case(ctx, c.ID))
				if after.Status != c.Status || !reflect.DeepEqual(after.App, c.App) || len(after.Attachments) != len(c.Attachments) || len(after.Authors) != len(c.Authors) || len(after.Handlers) != len(c.Handlers) {
					t.Errorf("%s of a case that is %s, %s: the case changed", name, part, c.Status)
				}
			}
		}
	}
	for _, v := range guard.Verbs() {
		if len(barred(v)) > 0 && !tried[v] {
			t.Errorf("%s: no case was in a status in which the part alone bars it", v)
		}
	}
	t.Run("what the part does not bar goes on", func(t *testing.T) {
		if _, err := d.Edit(ctx, cases["own"][0].ID, map[string]any{"loan.amount": 5000}); err != nil {
			t.Errorf("his own: %v", err)
		}
		void := cases["another's"][3]
		if _, err := d.RequestedCase(ctx, void.ID.String()[28:], "本人当面要求删除"); err != nil {
			t.Errorf("another's, to erase: %v", err)
		}
	})
}

// TestWhatWaitsNamesNobodyToWhoMayNotSearch: how much waits is told all the same.
func TestWhatWaitsNamesNobodyToWhoMayNotSearch(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	shown := func(want bool) {
		t.Helper()
		rows := f.d.Waiting()
		if len(rows) != 1 || rows[0].ID != c.ID || rows[0].Status != loan.Draft || !rows[0].Records {
			t.Fatalf("waiting are %+v", rows)
		}
		r := rows[0]
		if got := r.Name != "" || r.IDTail != "" || r.PhoneTail != "" || r.School != "" || r.Amount != 0 || r.Ticket != "" || r.Kind != ""; got != want {
			t.Errorf("says more than that it waits: %v, want %v: %+v", got, want, r.Row)
		}
	}
	shown(true)
	f.in("clerk-1", clerkPassword, clock().Add(8*24*time.Hour))
	if f.d.Lapsed() == nil {
		t.Fatal("open")
	}
	shown(false)
}

// TestWhatWaitsNamesNobodyOutsideTheOwnQueue: an id, a state and a size are enough to
// carry a case and to put it first.
func TestWhatWaitsNamesNobodyOutsideTheOwnQueue(t *testing.T) {
	c, as := staffed(t)
	for _, r := range guard.Roles() {
		d := as(r)
		rows := d.Waiting()
		i := slices.IndexFunc(rows, func(w desk.WaitingRow) bool { return w.ID == c.ID })
		if i < 0 || rows[i].Status != loan.Draft || !rows[i].Records {
			t.Fatalf("%s: waiting are %+v", r, rows)
		}
		one, ok := d.RowOf(c.ID)
		if !ok {
			t.Errorf("%s: the case is not there", r)
		}
		for name, got := range map[string]desk.Row{"waiting": rows[i].Row, "row": one} {
			if got.Name != "" || got.IDTail != "" || got.PhoneTail != "" || got.School != "" || got.Amount != 0 || got.Kind != "" || !got.Veiled {
				t.Errorf("%s, %s: tells of the people: %+v", r, name, got)
			}
		}
	}
	d := as(guard.DataAdmin)
	if _, err := d.Urge(t.Context(), c.ID, loan.Urgent); err != nil || d.Waiting()[0].Urgency != loan.Urgent {
		t.Errorf("put first by who may: %v", err)
	}
}

func TestNoRowIsShownToWhoMayNotSearch(t *testing.T) {
	f := newField(t)
	c := step(t)(f.d.TakeNumber(t.Context(), loan.First, false))
	shown := func(d *desk.Desk) bool {
		_, ok := d.RowOf(c.ID)
		return ok || len(d.AtStations()) > 0
	}
	if !shown(f.d) {
		t.Fatal("the clerk sees no row")
	}
	if f.in("clerk-1", clerkPassword, clock().Add(8*24*time.Hour)); f.d.Lapsed() == nil || shown(f.d) {
		t.Error("shown after the account's time is over")
	}
	d := laptop(t, t.TempDir())
	c = step(t)(d.TakeNumber(t.Context(), loan.First, false))
	if err := d.Store().AddOperator(t.Context(), admin()); err != nil {
		t.Fatal(err)
	}
	if err := d.EnableOperator(t.Context(), admin(), []byte(lentPassword)); err != nil {
		t.Fatal(err)
	}
	d, err := signedIn(t, d, "admin-1", lentPassword)
	if err != nil || !d.MustChange() {
		t.Fatal(err)
	}
	if shown(d) {
		t.Error("shown by a temporary password")
	}
}

// TestACasePassedOnIsNoStationsOnceTheCentreHasIt has a clerk of the station that it was
// passed on to try what he might until then.
func TestACasePassedOnIsNoStationsOnceTheCentreHasIt(t *testing.T) {
	f := newField(t)
	ctx, must := t.Context(), step(t)
	c := must(f.d.Finish(ctx, sealed(t, f.d).ID))
	must(f.d.PassOn(ctx, c.ID, f.p.Device, "A", loan.ReceiptStation))
	f.in("clerk-2", clerkPassword, clock())
	c = must(f.d.Case(ctx, c.ID))
	if err := f.d.Handles(c); err != nil {
		t.Fatalf("before: %v", err)
	}
	for _, s := range []loan.Status{loan.Received, loan.Accepted} {
		got := c.Clone()
		got.Status = s
		if err := f.d.Handles(got); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: the window offers work on it: %v", s, err)
		}
		if err := f.d.CouldHandle(got); err != nil {
			t.Errorf("%s: not even once he took it over: %v", s, err)
		}
	}
	f.in("clerk-1", clerkPassword, clock())
	for _, s := range []loan.Status{loan.Received, loan.Accepted} {
		got := must(f.d.Case(ctx, c.ID)).Clone()
		got.Status = s
		if err := f.d.Handles(got); err != nil {
			t.Errorf("%s: who entered it: %v", s, err)
		}
	}
}
