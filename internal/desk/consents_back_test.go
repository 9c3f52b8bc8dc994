package desk_test

import (
	"encoding/json"
	"slices"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestAConsentTakenBackAfterSigningIsTold has it heard by others than whoever has the case.
func TestAConsentTakenBackAfterSigningIsTold(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	passwords := map[string]string{"clerk-1": clerkPassword, "reviewer-1": reviewPassword}
	for id, role := range map[string]guard.Role{"clerk-2": guard.Clerk, "admin-1": guard.DataAdmin, "admin-2": guard.DataAdmin} {
		passwords[id] = bothPassword
		enabled(t, d, guard.Operator{ID: id, Name: "另一人员", Roles: []guard.Role{role}, Enabled: true}, bothPassword)
	}
	as := func(id string) {
		t.Helper()
		var err error
		if d, err = signedIn(t, d, id, passwords[id]); err != nil {
			t.Fatal(err)
		}
	}
	c := must(d.Finish(ctx, sealed(t, d).ID))
	told := func(t *testing.T, id string, notices int, duties desk.Duties) {
		t.Helper()
		as(id)
		before, _ := d.Store().Head()
		n := 0
		got, err := d.Notices(ctx, 20)
		for _, of := range got {
			n += len(of.TakenBack)
		}
		if err != nil || n != notices {
			t.Errorf("%s is told of %d consents, %v, want %d", id, n, err, notices)
		}
		if got, err := d.Duties(ctx); err != nil || got != duties {
			t.Errorf("%s has %+v, %v, want %+v", id, got, err, duties)
		}
		if now, _ := d.Store().Head(); now != before {
			t.Error("the chain says something of it")
		}
	}
	none, one := desk.Duties{}, desk.Duties{TakenBack: 1, FirstBack: c.ID}
	hears := func(id string, p loan.Party, purpose string) {
		t.Helper()
		as(id)
		must(d.OpenBeyond(ctx, c.ID, "本人要求撤回"))
		must(d.Withdraw(ctx, c.ID, p, purpose))
	}
	told(t, "clerk-1", 0, none)
	told(t, "admin-1", 0, none)
	hears("clerk-2", loan.StudentParty, loan.ConsentCredit)
	t.Run("to whoever has the case, and to a data administrator as a number", func(t *testing.T) {
		told(t, "clerk-1", 1, none)
		told(t, "admin-1", 0, one)
		told(t, "clerk-2", 0, none)
		told(t, "reviewer-1", 0, none)
	})
	away := func(t *testing.T) {
		t.Helper()
		got, err := d.Notices(ctx, 20)
		if err != nil || len(got) != 1 {
			t.Fatalf("told %+v, %v", got, err)
		}
		if err := d.PutBackAway(ctx, c.ID, got[0].TakenBack); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("on, though he opened it, until he puts it away", func(t *testing.T) {
		as("clerk-1")
		must(d.Open(ctx, c.ID))
		told(t, "admin-1", 0, none)
		told(t, "clerk-1", 1, none)
		away(t)
		told(t, "clerk-1", 0, none)
		told(t, "admin-1", 0, none)
	})
	t.Run("anew of another, until whoever has it puts it away, though the administrator opened it", func(t *testing.T) {
		hears("reviewer-1", loan.CoborrowerParty, loan.ConsentShare)
		told(t, "clerk-1", 1, none)
		told(t, "admin-1", 0, one)
		as("admin-1")
		must(d.OpenBeyond(ctx, c.ID, "核对撤回同意"))
		told(t, "admin-2", 0, none)
		if err := d.PutBackAway(ctx, c.ID, must(d.Case(ctx, c.ID)).Withdrawn); err != nil {
			t.Error(err)
		}
		told(t, "clerk-1", 1, none)
		away(t)
		told(t, "clerk-1", 0, none)
	})
	t.Run("not to who heard it himself", func(t *testing.T) {
		must(d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentShare))
		told(t, "clerk-1", 0, none)
		told(t, "admin-1", 0, one)
		hears("admin-1", loan.CoborrowerParty, loan.ConsentCredit)
		told(t, "clerk-1", 1, none)
	})
	t.Run("not of a case made void", func(t *testing.T) {
		must(d.Void(ctx, c.ID, "本人不再申请"))
		told(t, "clerk-1", 0, none)
		told(t, "admin-2", 0, none)
	})
	if seen := d.Store(); seen.Setting(ctx, "desk.consents.back.seen", new(map[uuid.UUID]any)) != nil {
		t.Error("nothing of it is kept")
	}
}

// TestAConsentTakenBackElsewhereIsToldThoughItComesLate has another laptop hear one before
// whoever has the case hears and sees another here, and its word come after that: in the
// case it stands before the other.
func TestAConsentTakenBackElsewhereIsToldThoughItComesLate(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	enabled(t, d, guard.Operator{ID: "admin-1", Name: "另一人员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}, bothPassword)
	c := must(d.Finish(ctx, sealed(t, d).ID))
	raw, err := json.Marshal(loan.ConsentBody{Party: loan.StudentParty, Purpose: loan.ConsentCredit, Text: c.Consents[loan.StudentParty][loan.ConsentCredit]})
	if err != nil {
		t.Fatal(err)
	}
	late := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{15: 1}, Counter: 1, Seen: c.Heads, Operator: "clerk-9",
		Case: c.ID, Kind: loan.ChangeConsent, At: clock(), Body: raw}
	late.BodyHash = loan.BodyHashOf(d.Store().Sum, late.Salt, raw)
	must(d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentShare))
	must(d.Open(ctx, c.ID))
	if err := d.PutBackAway(ctx, c.ID, must(d.Case(ctx, c.ID)).Withdrawn); err != nil {
		t.Fatal(err)
	}
	if err := d.Store().Receive(ctx, []*loan.Change{late}); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Case(ctx, c.ID); err != nil || len(c.Withdrawn) != 2 || c.Withdrawn[0].Purpose != loan.ConsentCredit {
		t.Fatalf("the case has %+v, %v", c, err)
	}
	told := func() (out []string) {
		t.Helper()
		got, err := d.Notices(ctx, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range got {
			for _, w := range n.TakenBack {
				out = append(out, w.Purpose)
			}
		}
		return out
	}
	if got := told(); !slices.Equal(got, []string{loan.ConsentCredit}) {
		t.Errorf("told of %q", got)
	}
	if d, err = signedIn(t, d, "admin-1", bothPassword); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Duties(ctx); err != nil || got.TakenBack != 1 {
		t.Errorf("the administrator has %+v, %v", got, err)
	}
	if d, err = signedIn(t, d, "clerk-1", clerkPassword); err != nil {
		t.Fatal(err)
	}
	if err := d.PutBackAway(ctx, c.ID, must(d.Open(ctx, c.ID)).Withdrawn); err != nil {
		t.Fatal(err)
	}
	if got := told(); len(got) != 0 {
		t.Errorf("once he put it away: told of %q", got)
	}
}

// TestAConsentTakenBackBeforeSigningIsNoNotice is of a case that goes back to its author
// by it, who cannot go on without.
func TestAConsentTakenBackBeforeSigningIsNoNotice(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	enabled(t, d, guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, bothPassword)
	c := entered(t, d)
	d, err := signedIn(t, d, "clerk-2", bothPassword)
	if err != nil {
		t.Fatal(err)
	}
	must(d.OpenBeyond(ctx, c.ID, "本人要求撤回"))
	must(d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit))
	if d, err = signedIn(t, d, "clerk-1", clerkPassword); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Notices(ctx, 20); err != nil || len(got) != 0 {
		t.Errorf("told %+v, %v", got, err)
	}
}
