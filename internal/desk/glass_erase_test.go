package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// emergency has another clerk break the glass of a case, and signs the keeper's first
// operator in again.
func (k *keeper) emergency(ids ...uuid.UUID) {
	k.t.Helper()
	ctx := k.t.Context()
	if _, err := k.d.Store().Account(ctx, "clerk-7"); err != nil {
		o := guard.Operator{ID: "clerk-7", Name: "另一", Roles: []guard.Role{guard.Clerk}, Enabled: true}
		enabled(k.t, k.d, o, "correct horse of clerk-7")
	}
	k.as("clerk-7", "correct horse of clerk-7")
	for _, id := range ids {
		if _, err := k.d.BreakGlass(ctx, id, "洪水断网"); err != nil {
			k.t.Fatal(err)
		}
	}
	k.as("clerk-1", clerkPassword)
}

func TestACaseIsNotErasedWhileAnEmergencyWaitsForItsReview(t *testing.T) {
	k := newKeeper(t)
	ctx, must := t.Context(), step(t)
	c := entered(t, k.d)
	k.emergency(c.ID)
	must(k.d.Void(ctx, c.ID, "本人不再申请"))
	k.as("admin-1", reviewPassword)
	if _, err := k.d.RequestedCase(ctx, c.ID.String()[28:], "本人当面要求删除"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "复查") {
		t.Errorf("found: %v: %s", err, fault.Sentence(err))
	}
	if _, err := k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "复查") {
		t.Errorf("erased: %v: %s", err, fault.Sentence(err))
	}
	all, err := k.d.Glasses(ctx)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d wait, %v", len(all), err)
	}
	if err := k.d.ReviewGlass(ctx, all[0].ID, true, "核对过了"); err != nil {
		t.Fatal(err)
	}
	if out, err := k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); err != nil || out.Cases != 1 {
		t.Errorf("after its review: %+v, %v", out, err)
	}
	n := 0
	for _, ch := range chain(t, k.d) {
		b, err := loan.Body[loan.ViewBody](ch)
		if w, ok := guard.GlassOf(b.Detail); err == nil && ok && w.ID == all[0].ID && ch.Case == c.ID {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d lines tell of the emergency and its review, want both", n)
	}
}

// TestAnEmergencyInAnErasedCaseIsReviewed has the centre erase cases in which an
// emergency waits.
func TestAnEmergencyInAnErasedCaseIsReviewed(t *testing.T) {
	k := newKeeper(t)
	ctx := t.Context()
	var ids []uuid.UUID
	var blobs []loan.Hash
	for range 3 {
		c := entered(t, k.d)
		for _, a := range c.Attachments {
			blobs = append(blobs, a.Blob)
		}
		ids = append(ids, c.ID)
	}
	other := entered(t, k.d)
	k.emergency(ids...)
	k.acknowledged(blobs...)
	for _, id := range ids {
		of, err := k.d.Store().Changes(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := k.d.Store().EraseTold(ctx, []uuid.UUID{id}, []uuid.UUID{of[len(of)-1].ID}, "admin-9", "asked in person"); err != nil || out.Cases != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	k.as("admin-1", reviewPassword)
	all, err := k.d.Glasses(ctx)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d wait, %v, want 3", len(all), err)
	}
	for _, g := range all {
		if err := k.d.ReviewGlass(ctx, g.ID, false, "不应使用"); err != nil {
			t.Errorf("reviewed: %v", err)
		}
	}
	for _, ch := range chain(t, k.d) {
		b, err := loan.Body[loan.ViewBody](ch)
		if w, ok := guard.GlassOf(b.Detail); err == nil && ok {
			all = slices.DeleteFunc(all, func(g desk.Glass) bool { return w.Reviewed && w.ID == g.ID })
		}
	}
	if left, err := k.d.Glasses(ctx); len(all) != 0 || err != nil || len(left) != 0 {
		t.Errorf("%d without a line, %d left, %v", len(all), len(left), err)
	}
	k.emergency(other.ID)
	if err := k.d.Store().VerifyChain(ctx); err != nil {
		t.Error(err)
	}
}
