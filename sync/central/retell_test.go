package central

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// TestASetBackCentreSaysAgainWhatIsErased has a running centre learn that it was set
// back, while a laptop has not heard of an erasing.
func TestASetBackCentreSaysAgainWhatIsErased(t *testing.T) {
	c, _ := administered(t)
	l := enrol(t, c, serve(t, c))
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	l.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	l.send(l.changes)
	if err := c.EraseCase(t.Context(), id, "practice-admin", "asked in person"); err != nil {
		t.Fatal(err)
	}
	said := func() (n int) {
		t.Helper()
		for _, ch := range l.news(0).Changes {
			if ch.Case == id && ch.Kind == loan.ChangeErase && ch.Device == c.ID() {
				n++
			}
		}
		return n
	}
	if n := said(); n != 1 {
		t.Fatalf("said %d times, want once", n)
	}
	d, err := c.device(t.Context(), l.enrol.Device.String())
	if err != nil {
		t.Fatal(err)
	}
	before := c.ID()
	more := &parcel.Receipt{Centre: c.ID(), Epoch: c.Epoch(), Device: l.enrol.Device, Through: 1000, Chain: loan.Hash{1}, At: c.now()}
	if err := c.setBack(t.Context(), d, more.Sign(c.authority.Signer())); err != nil {
		t.Fatal(err)
	}
	if c.ID() == before {
		t.Fatal("it has the name of before")
	}
	for range 2 { // at each start it is looked again
		if n := said(); n != 1 {
			t.Errorf("said %d times under the new name, want once", n)
		}
		if err := c.commits.do(t.Context(), c.retellErased); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatWasErasedIsNoSignOfASetBack(t *testing.T) {
	c, _ := administered(t)
	l := enrol(t, c, serve(t, c))
	paper := content("paper", 3_000)
	id, blobs := l.draftedAfter(func(uuid.UUID) {}, paper)
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	n := len(l.changes)
	l.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	l.send(l.since(n))
	receipt := func(names ...loan.Hash) []byte {
		_, chain, err := chainOf(t.Context(), c.db, l.enrol.Device)
		if err != nil {
			t.Fatal(err)
		}
		r := &parcel.Receipt{Centre: c.ID(), Epoch: c.Epoch(), Device: l.enrol.Device, Through: uint64(len(l.changes)), Chain: chain, At: c.now(), Blobs: names}
		return r.Sign(c.authority.Signer())
	}
	last := receipt(l.county.Name(paper))
	if err := c.EraseCase(t.Context(), id, "practice-admin", "asked in person"); err != nil {
		t.Fatal(err)
	}
	if l.holds(c, paper) {
		t.Fatal("the paper is held still")
	}
	d, err := c.device(t.Context(), l.enrol.Device.String())
	if err != nil {
		t.Fatal(err)
	}
	before := c.Epoch()
	if err := c.setBack(t.Context(), d, last); err != nil {
		t.Fatal(err)
	}
	if c.Epoch() != before {
		t.Error("a new epoch begins for what was erased")
	}
	if err := c.setBack(t.Context(), d, receipt(l.county.Name([]byte("lost")))); err != nil {
		t.Fatal(err)
	}
	if c.Epoch() == before {
		t.Error("what was lost is not noticed")
	}
}
