package neighbour

import (
	"bytes"
	"slices"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// restored closes a laptop and opens it again as its backup has it.
func (l *laptop) restored(stick string) *laptop {
	l.t.Helper()
	l.stop()
	if err := l.Close(); err != nil {
		l.t.Fatal(err)
	}
	o := store.Options{Dir: l.t.TempDir()}
	if err := store.Restore(l.t.Context(), stick, o.Dir); err != nil {
		l.t.Fatal(err)
	}
	locked, err := store.Open(l.t.Context(), o)
	if err != nil {
		l.t.Fatal(err)
	}
	s, _, err := locked.Unlock(l.t.Context(), "c1", []byte("a password of a test"))
	if err != nil {
		l.t.Fatal(err)
	}
	out := &laptop{Store: s, t: l.t, stop: func() {}}
	l.t.Cleanup(func() {
		out.stop()
		out.Close()
	})
	return out
}

// A laptop that was made again out of a backup gets from its neighbour, with no
// centre in reach, what it wrote since and the neighbour has.
func TestALaptopGetsItsOwnLostWorkFromANeighbour(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	early := a.open()
	stick := t.TempDir()
	if _, err := a.Backup(t.Context(), stick, nil); err != nil {
		t.Fatal(err)
	}
	late := a.open()
	scan := noise(9, 70_000)
	a.edit(early, "student.phone", "13800000000")
	a.edit(late, "student.name", "韦小花")
	a.scan(late, scan)
	a.meet(b)
	a.pass(early, b, loan.CheckStation)
	a.pass(late, b, loan.CheckStation)
	until(t, "b holds both", func() bool { return b.holds(early) && b.holds(late) })
	b.edit(late, "student.phone", "13900000000")
	b.pass(late, a, loan.EntryStation)
	until(t, "a holds it again", func() bool { return a.holds(late) })
	never := a.open() // was passed to nobody

	a = a.restored(stick).on()
	if a.get(late) != nil || len(a.Gaps()) == 0 {
		t.Fatal("nothing was lost")
	}
	a.meet(b)
	until(t, "what b has is home", func() bool { return a.holds(late) && a.get(early).App.Student.Phone != "" })
	k := a.get(late)
	if k.App.Student.Name != "韦小花" || k.App.Student.Phone != "13900000000" || len(k.Aside) != 0 {
		t.Errorf("got %q, %d aside", k.App.Student.Name, len(k.Aside))
	}
	if got, err := a.Blob(t.Context(), a.BlobName(scan)); err != nil || !bytes.Equal(got, scan) {
		t.Errorf("the image did not come: %v", err)
	}
	if a.get(never) != nil {
		t.Error("a case that nobody has")
	}
	if w, err := a.Wanted(t.Context()); err != nil || slices.Contains(w.Blobs, a.BlobName(scan)) {
		t.Errorf("the image is asked for still: %v", err)
	}
	for _, l := range []*laptop{a, b} {
		if err := l.VerifyChain(t.Context()); err != nil {
			t.Error(err)
		}
		if err := l.VerifyLedger(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
