package main

import (
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestAnotherLaptopsWishTakesNoSealedContract has a laptop of the county wish, under a
// data administrator's name, that another's contract be erased: before it was sent, and
// after, also with a copy of the case that it made void.
func TestAnotherLaptopsWishTakesNoSealedContract(t *testing.T) {
	for name, k := range map[string]struct{ sent, copied bool }{
		"before it was sent":                      {},
		"after it was sent":                       {sent: true},
		"before it was sent, of a copy made void": {copied: true},
		"after it was sent, of a copy made void":  {sent: true, copied: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, t.TempDir(), "127.0.0.1:0")
			s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
			a, b := newLaptop(t, s), newLaptop(t, s)
			ctx := t.Context()
			page := noise("page", 30_000)
			id := a.finished(t, page)
			if k.sent {
				mustCarry(t, a, s.url)
			}
			if k.copied { // as in the room
				all, err := a.Changes(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Receive(ctx, all); err != nil {
					t.Fatal(err)
				}
				b.commit(t, id, "practice-clerk", loan.ChangeTake, loan.TakeBody{Station: loan.Stations()[0], Reason: "对方离开"})
				b.commit(t, id, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
			}
			b.commit(t, uuid.Nil, "admin-1", loan.ChangeErase, loan.EraseBody{Rule: loan.EraseRequest, Cases: []uuid.UUID{id}, Count: 1, Reason: "asked in person"})
			mustCarry(t, b, s.url)
			for range 2 {
				mustCarry(t, a, s.url)
			}
			if st := s.at(t, id); st == "erased" || st == "" {
				t.Errorf("at the centre the case is %q", st)
			}
			c, err := a.Case(ctx, id)
			if err != nil || c.Contract == nil || c.Contract.Sealed == nil {
				t.Fatalf("at the laptop that had it signed: %v", err)
			}
			if got, err := a.Blob(ctx, a.BlobName(page)); err != nil || len(got) != len(page) {
				t.Errorf("its page: %d bytes, %v", len(got), err)
			}
			if h := s.holdings(t); h.Blobs < len(c.Finish.Blobs) {
				t.Errorf("the centre has %d blobs of %d", h.Blobs, len(c.Finish.Blobs))
			}
			if err := a.VerifyChain(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
