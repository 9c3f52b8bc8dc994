package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// patient is a closed store to be damaged, and all that must come out of it.
type patient struct {
	o      Options
	path   string
	good   []byte
	cases  map[uuid.UUID]string // address
	blobs  map[loan.Hash][]byte
	brings map[loan.Hash]*loan.Change // what attached it
	last   uint64                     // own counter
	acked  uint64
	device uuid.UUID
}

// newPatient works as a laptop does, so that the file is full of what earlier
// transactions left behind.
func newPatient(t testing.TB, cases int) *patient {
	t.Helper()
	ctx := context.Background()
	s := newTestStore(t)
	m := &patient{o: s.o, path: s.dataPath(), cases: map[uuid.UUID]string{}, blobs: map[loan.Hash][]byte{},
		brings: map[loan.Hash]*loan.Change{}, device: s.Profile().Device}
	noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
	other := newTestStore(t)
	var ids []uuid.UUID
	for n := range cases {
		id := newCase(t, s, n)
		ids, m.cases[id] = append(ids, id), ""
		content := bytes.Repeat([]byte{byte(n), 7, byte(n >> 8)}, 1000+5000*(n%7))
		m.blobs[attachment(t, s, id, loan.PortraitStudent, string(content))] = content
		if n%5 == 0 {
			noErr(t, s.SetSetting(ctx, "setting"+string(rune('a'+n%26)), n))
		}
		if n%4 == 3 {
			from := newCase(t, other, 1000+n)
			must(other.Commit(ctx, []Entry{editEntry(from, "student.address", "there")}, nil))
			noErr(t, s.Receive(ctx, must(other.Changes(ctx, from))))
			m.cases[from] = "there"
		}
		for range 3 {
			to := ids[rand.IntN(len(ids))]
			m.cases[to] = "at " + id.String()
			must(s.Commit(ctx, []Entry{editEntry(to, "student.address", m.cases[to])}, nil))
		}
	}
	var sent []loan.Hash
	for h := range m.blobs {
		if len(sent) < cases/2 {
			sent = append(sent, h)
		}
	}
	for _, ch := range must(s.Pending(ctx, 0, 10000)) {
		for _, b := range brought(ch) {
			m.brings[b.Hash] = ch
		}
	}
	m.last, _ = s.Head()
	m.acked = m.last / 2
	noErr(t, s.Acknowledge(ctx, receipt(t, s, m.acked, sent...)))
	noErr(t, s.VerifyLedger(ctx))
	noErr(t, s.Close())
	m.good = must(os.ReadFile(m.path))
	return m
}

// harm puts a damaged file in the place of the good one.
func (m *patient) harm(t testing.TB, b []byte) {
	t.Helper()
	left := must(filepath.Glob(m.path + "*"))
	for _, path := range append(left, filepath.Join(m.o.Dir, attemptsFile)) {
		_ = os.Remove(path)
	}
	noErr(t, os.WriteFile(m.path, b, 0o600))
}

// examine opens a repaired store and demands that everything is there or in the
// report, that no content is another, and that work can go on.
func (m *patient) examine(t testing.TB, r RepairReport) {
	t.Helper()
	ctx := context.Background()
	s := unlocked(t, m.o)
	defer s.Close()
	want := must(s.Wanted(ctx))
	loose := r.Astray > 0 || r.Through < m.last // then the report says that it cannot name them all
	for id, address := range m.cases {
		lost := slices.Contains(r.Incomplete, id) || slices.Contains(r.Unopened, id)
		c, err := s.Case(ctx, id)
		switch {
		case err != nil && !slices.Contains(r.Unopened, id) && !loose:
			t.Fatalf("case %s is gone without a word: %v", id, err)
		case err == nil && !lost && (c.App.Student.Address != address && !loose || len(c.Aside) != 0):
			t.Fatalf("case %s is another without a word", id)
		case err == nil && lost && len(c.Aside) == 0:
			t.Fatalf("case %s does not say that it is not complete", id)
		case lost && !slices.Contains(want.Cases, id):
			t.Fatalf("case %s is not asked for", id)
		}
		if row, ok := s.Summary(id); err == nil && (!ok || row.Problems > 0 != lost && !loose) {
			t.Fatalf("case %s in the list: %d problems, lost %v", id, row.Problems, lost)
		}
	}
	var unnamed []loan.Hash
	for h, content := range m.blobs {
		got, err := s.Blob(ctx, h)
		if err == nil && !bytes.Equal(got, content) {
			t.Fatal("another blob")
		}
		if err == nil || slices.Contains(r.Blobs, h) && slices.Contains(want.Blobs, h) || loose {
			continue
		}
		if _, lost := gapAt(r.Own, m.brings[h].Counter); !lost {
			t.Fatalf("a blob is gone without a word: %v", err)
		}
		unnamed = append(unnamed, h)
	}
	m.examineChain(t, s, r)
	m.examineUnnamed(t, s, unnamed)
}

// examineUnnamed brings home the lost changes that alone named some lost blobs:
// these are asked for then.
func (m *patient) examineUnnamed(t testing.TB, s *Store, blobs []loan.Hash) {
	t.Helper()
	for _, h := range blobs {
		noErr(t, s.Heal(context.Background(), []*loan.Change{m.brings[h]}))
		if want := must(s.Wanted(context.Background())); !slices.Contains(want.Blobs, h) {
			t.Fatal("a blob is not asked for though the change that names it came back")
		}
	}
}

func (m *patient) examineChain(t testing.TB, s *Store, r RepairReport) {
	t.Helper()
	ctx := context.Background()
	have, want := map[uint64]bool{}, must(s.Wanted(ctx))
	var end *loan.Change
	for after := uint64(0); ; after = end.Counter {
		part := must(s.Pending(ctx, after, 1000))
		if len(part) == 0 {
			break
		}
		for _, ch := range part {
			have[ch.Counter], end = true, ch
		}
	}
	for n := uint64(1); n <= m.last; n++ {
		_, lost := gapAt(r.Own, n)
		_, asked := gapAt(want.Own, n)
		if lost == have[n] && n <= r.Through || !have[n] && !asked {
			t.Fatalf("own change %d of %d: here %v, reported lost %v, asked for %v", n, r.Through, have[n], lost, asked)
		}
	}
	if r.Exact && r.Through != m.last {
		t.Fatalf("said to end with %d, and it was %d", r.Through, m.last)
	}
	if end.Kind != loan.ChangeRepair || end.Counter <= m.last {
		t.Fatalf("the chain ends with %s under %d", end.Kind, end.Counter)
	}
	if box := must(s.Outbox(ctx)); box.Acked > m.acked {
		t.Fatalf("acknowledged to %d, want %d", box.Acked, m.acked)
	}
	if _, err := s.Operators(ctx); err != nil {
		t.Fatal(err)
	}
	id := newCase(t, s, 77)
	must(s.Case(ctx, id))
	noErr(t, s.VerifyLedger(ctx))
	noErr(t, s.VerifyChain(ctx))
}

// heads counts for every page of the good file the values that lie on it with
// their bytes or with their place in a table.
func (m *patient) heads(t testing.TB) map[int]int {
	t.Helper()
	out := map[int]int{}
	keys := must(readKeys(m.o.Dir, nil))
	f := must(os.Open(m.path))
	defer f.Close()
	from := must(newSalvage(context.Background(), f, newVault(keys.ID(), must(keys.Unlock("c1", []byte(password)))), func(int) {}))
	for page := 2; page < len(m.good)/pageSize; page++ {
		head, run, flags := from.page(uint64(page))
		if flags != flagLeaf {
			continue
		}
		for _, e := range entries(head, run, from.behind(int64(page)*pageSize)) {
			on := map[int]bool{page: true}
			for at := e.off; at < e.off+e.size; at++ {
				on[page+at/pageSize] = true
			}
			for p := range on {
				switch {
				case e.flags == 1: // a small bucket within its entry
					out[p] += 20
				case len(e.key) == chunkKeySize: // without a piece, the blob's record is of no use
					out[p] += 2
				default:
					out[p]++
				}
			}
		}
	}
	return out
}

// differing counts the pages in which two files are not the same.
func differing(a, b []byte) int {
	if len(a) != len(b) {
		return max(len(a), len(b))
	}
	n := 0
	for at := 0; at < len(a); at += pageSize {
		if !bytes.Equal(a[at:at+pageSize], b[at:at+pageSize]) {
			n++
		}
	}
	return n
}

// TestRepairAnyPage destroys pages of a store, one at a time: no repair loses
// more than what the page held.
func TestRepairAnyPage(t *testing.T) {
	ctx := context.Background()
	m := newPatient(t, 100)
	held := m.heads(t)
	pages := len(m.good) / pageSize
	stride := 61
	if testing.Short() {
		stride = 97
	}
	kinds := map[string]int{}
	values, lost, worst := 0, 0, 0
	for page := rand.IntN(stride); page < pages; page += stride {
		b := bytes.Clone(m.good)
		for i := range pageSize {
			b[page*pageSize+i] = byte(rand.Uint32())
		}
		m.harm(t, b)
		r, err := Repair(ctx, m.o, "c1", []byte(password))
		if err != nil {
			t.Fatalf("page %d: %v", page, err)
		}
		if r.Whole {
			kinds["not in use"]++
			continue
		}
		kinds["repaired"]++
		gone := r.Values - r.Saved
		values, lost, worst = values+r.Values, lost+gone, max(worst, gone)
		if gone > held[page] {
			t.Fatalf("page %d held a part of %d values, and %d are lost", page, held[page], gone)
		}
		// To open it wrote the pages of a transaction that said so, no more.
		if got := must(os.ReadFile(filepath.Join(m.o.Dir, r.Kept))); differing(got, b) > 8 {
			t.Fatal("the damaged file was not kept as it was")
		}
		m.examine(t, r)
	}
	share := 100 * float64(lost) / float64(max(values, 1))
	t.Logf("%v; of %d values %d lost (%.3f %%), at most %d by one page", kinds, values, lost, share, worst)
	if kinds["repaired"] == 0 || share > 0.4 {
		t.Fatalf("%.3f %% lost", share)
	}
}

func TestRepair(t *testing.T) {
	ctx := context.Background()
	m := newPatient(t, 12)
	t.Run("leaves a whole store alone", func(t *testing.T) {
		m.harm(t, m.good)
		r, err := Repair(ctx, m.o, "c1", []byte(password))
		noErr(t, err)
		if !r.Whole || len(must(filepath.Glob(m.path+"*"))) != 1 {
			t.Fatalf("got %+v", r)
		}
	})
	t.Run("wants the password", func(t *testing.T) {
		b := bytes.Clone(m.good)
		clear(b[:2*pageSize])
		m.harm(t, b)
		_, err := Repair(ctx, m.o, "c1", []byte("a wrong one"))
		wantKind(t, err, fault.Password)
		_, err = Repair(ctx, m.o, "nobody", []byte(password))
		wantKind(t, err, fault.Password)
		a := newAttempts(m.o.Dir)
		if c1, none := a.by["c1"], a.by[guard.Unknown]; len(a.by) != 2 || c1.Failures != 1 || c1.Missed != 1 || none.Missed != 1 || none.Failures != 0 {
			t.Fatalf("counted: %+v", a.by)
		}
		if !bytes.Equal(b, must(os.ReadFile(m.path))) {
			t.Fatal("the file was changed")
		}
	})
	t.Run("does without either meta page, and without the key file", func(t *testing.T) {
		b := bytes.Clone(m.good)
		clear(b[:2*pageSize])
		m.harm(t, b)
		keys := must(os.ReadFile(filepath.Join(m.o.Dir, keysFile)))
		noErr(t, os.Remove(filepath.Join(m.o.Dir, keysFile)))
		if names := must(People(ctx, m.o.Dir)); len(names) != 2 || names[0].ID != "c1" || names[0].Name != "操作员c1" {
			t.Fatalf("got %v", names)
		}
		r, err := Repair(ctx, m.o, "c1", []byte(password))
		noErr(t, err)
		if len(r.Own)+len(r.Blobs)+len(r.Incomplete)+r.Receipts+r.Settings != 0 {
			t.Fatalf("lost %+v", r)
		}
		if !bytes.Equal(keys, must(os.ReadFile(filepath.Join(m.o.Dir, keysFile)))) {
			t.Fatal("the key file did not come back")
		}
		m.examine(t, r)
	})
	t.Run("says what it may mend and what not", func(t *testing.T) {
		b := bytes.Clone(m.good)
		clear(b[:pageSize])
		m.harm(t, b)
		_, err := Open(ctx, m.o)
		if !Repairable(err) {
			t.Fatalf("%v is not repairable", err)
		}
		noErr(t, os.Remove(m.path))
		_, err = Open(ctx, m.o)
		if Repairable(err) {
			t.Fatalf("%v is repairable", err)
		}
		_, err = Repair(ctx, m.o, "c1", []byte(password))
		wantKind(t, err, fault.Damaged)
		m.harm(t, make([]byte, 64<<10))
		_, err = Repair(ctx, m.o, "c1", []byte(password))
		wantKind(t, err, fault.Damaged)
		if len(must(filepath.Glob(m.path+"*"))) != 1 {
			t.Fatal("something was left behind")
		}
	})
	t.Run("stopped anywhere it has lost nothing, and goes through when run again", func(t *testing.T) {
		b := bytes.Clone(m.good)
		clear(b[len(b)/2 : len(b)/2+9*pageSize])
		clear(b[:pageSize])
		m.harm(t, b)
		stopped := 0
		for after := 1; ; after += 1 + stopped/4 {
			r, err := Repair(&countdown{ctx, after}, m.o, "c1", []byte(password))
			if err == nil {
				m.examine(t, r)
				break
			}
			wantKind(t, err, fault.Cancelled)
			stopped++
			if !bytes.Equal(b, must(os.ReadFile(m.path))) {
				t.Fatal("the damaged file was changed")
			}
			wantNoLeftover(t, m.o.Dir)
		}
		t.Logf("stopped at %d places", stopped)
	})
	t.Run("mends a file of format 1 too", func(t *testing.T) {
		o := sampleOf(t, "format1")
		path := filepath.Join(o.Dir, dataFile)
		b := must(os.ReadFile(path))
		clear(b[pageSize : 2*pageSize])
		noErr(t, os.WriteFile(path, b, 0o600))
		r, err := Repair(ctx, o, "c1", []byte(password))
		noErr(t, err)
		s := unlocked(t, o)
		for n := range 5 {
			id := s.Search(personOf(n).name, 0)[0].ID
			if c := must(s.Case(ctx, id)); len(c.Attachments) != 1 || len(must(s.Blob(ctx, c.Attachments[0].Blob))) != 1000+20000*n {
				t.Fatalf("case %d is another", n)
			}
		}
		if r.Cases != 6 || len(r.Own)+len(r.Blobs) != 0 {
			t.Fatalf("got %+v", r)
		}
	})
}
