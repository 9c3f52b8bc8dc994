package desk_test

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestACaseThatStaysThoughTheCentreErasedItIsTold(t *testing.T) {
	k := newKeeper(t)
	ctx := t.Context()
	c := entered(t, k.d)
	gone := entered(t, k.d)
	var blobs []loan.Hash
	for _, a := range gone.Attachments {
		blobs = append(blobs, a.Blob)
	}
	all, err := k.d.Store().Changes(ctx, gone.ID)
	if err != nil {
		t.Fatal(err)
	}
	k.acknowledged(blobs...)
	for id, knew := range map[uuid.UUID]uuid.UUID{c.ID: {1}, gone.ID: all[len(all)-1].ID} {
		if _, err := k.d.Store().EraseTold(ctx, []uuid.UUID{id}, []uuid.UUID{knew}, "admin-1", "asked in person"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := k.d.Notices(ctx, 20)
	if err != nil || len(got) != 1 || got[0].ID != c.ID || got[0].Erased != desk.WhyUnsent || len(told(got[0].Row)) > 0 {
		t.Fatalf("notices %+v, %v, want the case that stays", got, err)
	}
	step(t)(k.d.Void(ctx, c.ID, "本人不再申请"))
	k.as("admin-1", reviewPassword)
	if out, err := k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); err != nil || out.Cases != 1 {
		t.Errorf("a person decides that it goes: %+v, %v", out, err)
	}
	if got, err := k.d.Notices(ctx, 20); err != nil || len(got) != 0 {
		t.Errorf("notices %+v, %v", got, err)
	}
}
