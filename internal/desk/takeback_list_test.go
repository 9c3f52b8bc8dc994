package desk_test

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

func TestWhatWasApprovedOverTheNetworkIsTakenBackWhereItWasApproved(t *testing.T) {
	a := newAnswering(t)
	if err := a.plea(true); err != nil {
		t.Fatal(err)
	}
	all := a.leaves()
	if len(all) != 1 || all[0].Where != a.end() || all[0].Operator != "clerk-2" || all[0].Case != a.c.ID.String()[28:] {
		t.Fatalf("got %+v", all)
	}
	if err := a.d.TakeBack(t.Context(), all[0].Grant, "看错了申请人"); err != nil || len(a.leaves()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestNobodyIsOfferedToTakeHisOwnGrantBack(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	other := admin()
	other.ID = "admin-2"
	enabled(t, f.d, other, clerkPassword)
	f.in("admin-1", clerkPassword, clock())
	a, err := f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-2", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	if all := f.leaves(); len(all) != 0 {
		t.Errorf("his own: %+v", all)
	}
	f.in("admin-2", clerkPassword, clock())
	if all := f.leaves(); len(all) != 1 {
		t.Errorf("to another: %+v", all)
	}
}

func TestAGrantForAnotherLaptopIsNotHeardOfHere(t *testing.T) {
	f, _, a := askedFor(t)
	for name, want := range map[uuid.UUID]int{uuid.New(): 0, f.p.Device: 1} {
		f.grantsAt(name, a, "reviewer-1")
		var here []desk.Given
		all, err := f.d.GrantsHeard(t.Context())
		for _, g := range all {
			if g.Grant.Device == name && g.By != guard.Emergency {
				here = append(here, g)
			}
		}
		if err != nil || len(here) != want {
			t.Errorf("heard of %+v, %v, want %d", all, err, want)
		}
	}
}
