package neighbour

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// restored closes a laptop and opens it again as its backup has it.
func (l *laptop) restored(stick string) *laptop {
	l.t.Helper()
	l.end()
	dir := l.t.TempDir()
	if err := store.Restore(l.t.Context(), stick, dir); err != nil {
		l.t.Fatal(err)
	}
	return l.again(dir)
}

func (l *laptop) end() {
	l.t.Helper()
	l.stop()
	if err := l.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// again opens a laptop's folder.
func (l *laptop) again(dir string) *laptop {
	l.t.Helper()
	o := store.Options{Dir: dir, Cost: seal.CheapCost()}
	locked, err := store.Open(l.t.Context(), o)
	if err != nil {
		l.t.Fatal(err)
	}
	s, _, err := locked.Unlock(l.t.Context(), "c1", []byte(testPassword))
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

// A laptop whose file was mended gets from its neighbour, with no centre in
// reach, the images that the damage took.
func TestALaptopGetsLostImagesFromANeighbour(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	id := a.open()
	whole, torn := noise(3, 90_000), noise(4, 90_000)
	a.scan(id, whole)
	a.scan(id, torn)
	a.meet(b)
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds it", func() bool { return b.holds(id) })
	b.pass(id, a, loan.EntryStation)
	until(t, "a holds it again", func() bool { return a.holds(id) })
	lost := a.BlobName(torn)

	dir := a.Dir()
	a.end()
	spoilBlob(t, filepath.Join(dir, "store.bolt"), lost)
	report, err := store.Repair(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()}, "c1", []byte(testPassword))
	if err != nil || len(report.Blobs) != 1 || report.Blobs[0] != lost || len(report.Own) != 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	a = a.again(dir).on()
	if _, err := a.Blob(t.Context(), lost); fault.KindOf(err) != fault.Missing && fault.KindOf(err) != fault.Damaged {
		t.Fatalf("nothing is lost: %v", err)
	}
	a.meet(b)
	until(t, "the image is home", func() bool {
		got, err := a.Blob(t.Context(), lost)
		box, berr := a.Outbox(t.Context()) // known a moment after the content is there
		return err == nil && bytes.Equal(got, torn) && berr == nil && len(box.Blobs) == 2
	})
	if got, err := a.Blob(t.Context(), a.BlobName(whole)); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("the other image: %v", err)
	}
	if w, err := a.Wanted(t.Context()); err != nil || len(w.Blobs) != 0 {
		t.Errorf("still wanted %+v, %v", w, err)
	}
	if err := a.VerifyLedger(t.Context()); err != nil {
		t.Error(err)
	}
}

// spoilBlob turns bytes of what is kept of a blob.
func spoilBlob(t *testing.T, path string, h loan.Hash) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, n := append(bytes.Clone(h[:]), 0, 0, 0, 1), 0
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], key)
		if i < 0 {
			break
		}
		at += i
		for j := range 100 {
			b[at+len(key)+5000+j] ^= 0xff
		}
		n++
	}
	if n == 0 {
		t.Fatal("the blob is not in the file")
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
