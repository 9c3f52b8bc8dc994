package desk_test

import (
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// comesIn is what another laptop wrote to a case, as it arrives.
func comesIn(t *testing.T, f *field, c *loan.Case, what ...loan.Change) {
	t.Helper()
	other, heads := uuid.New(), c.Heads
	var chs []*loan.Change
	for i, w := range what {
		ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: other, Counter: 2 + 2*uint64(i), Operator: "clerk-2", Case: c.ID, Kind: w.Kind, At: clock(), Seen: heads, Body: w.Body}
		ch.BodyHash = loan.BodyHashOf(f.d.Store().Sum, ch.Salt, ch.Body)
		heads, chs = []uuid.UUID{ch.ID}, append(chs, ch)
	}
	if err := f.d.Store().Receive(t.Context(), chs); err != nil {
		t.Fatal(err)
	}
}

func TestAReviewIsOfWhatTheReviewerWasShown(t *testing.T) {
	f := newField(t)
	ctx, must := t.Context(), step(t)
	shown := must(f.d.Submit(ctx, entered(t, f.d).ID))
	comesIn(t, f, shown, loan.Change{Kind: loan.ChangeEdit, Body: []byte(`{"fields":{"loan.amount":5000}}`)}, loan.Change{Kind: loan.ChangeSubmit})
	for _, pass := range []bool{true, false} {
		if _, err := f.d.Review(ctx, shown.ID, "reviewer-1", []byte(reviewPassword), pass, "已核对原件", shown.Submitted); fault.KindOf(err) != fault.Conflict {
			t.Fatalf("pass %v of what was not shown: got %v", pass, err)
		}
	}
	now := must(f.d.Case(ctx, shown.ID))
	if now.Submitted == shown.Submitted || now.App.Loan.Amount != 5000 || now.Status != loan.ToReview {
		t.Fatalf("submitted anew: got %s, %d, %s", now.Submitted, now.App.Loan.Amount, now.Status)
	}
	if got := must(f.d.Review(ctx, shown.ID, "reviewer-1", []byte(reviewPassword), true, "", now.Submitted)); got.Status != loan.ToSign {
		t.Fatalf("what is shown now: got %s", got.Status)
	}
}

func TestWhoHadThePartiesSignIsNotTheirSecondOperator(t *testing.T) {
	f := newField(t)
	ctx, must := t.Context(), step(t)
	third := guard.Operator{ID: "clerk-3", Name: "丙办", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	enabled(t, f.d, third, bothPassword)
	signed := func() *loan.Case {
		t.Helper()
		c := passed(t, f.d, renewal(t, f.d))
		_, c, err := f.d.PrepareContract(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		c = heard(t, f.d, c)
		for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
			c = must(f.d.Sign(ctx, c.ID, p, loan.InPerson, "", strokes(), ticks(t, f.d, c)...))
		}
		return c
	}
	c := signed()
	f.in("clerk-2", clerkPassword, clock())
	c = must(f.d.TakeOver(ctx, c.ID, loan.SignStation, "换人接着办"))
	people, err := f.d.Witnesses(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.ID == "clerk-1" {
			t.Errorf("who had both sign is offered: %+v", people)
		}
	}
	if _, err := f.d.Witness(ctx, c.ID, "clerk-1", []byte(clerkPassword)); fault.KindOf(err) != fault.Denied {
		t.Fatalf("who had both sign: got %v", err)
	}
	c = must(f.d.Witness(ctx, c.ID, "clerk-3", []byte(bothPassword)))
	f.in("clerk-3", bothPassword, clock())
	c = must(f.d.TakeOver(ctx, c.ID, loan.SignStation, "换人接着办"))
	if _, err := f.d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Denied {
		t.Fatalf("sealed by its second operator: got %v", err)
	}
	f.in("clerk-2", clerkPassword, clock())
	must(f.d.TakeOver(ctx, c.ID, loan.SignStation, "换人接着办"))
	if c, err = f.d.Seal(ctx, c.ID); err != nil || c.Contract.Sealed == nil {
		t.Fatalf("sealed by another: %v", err)
	}
}
