package store

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// model is what the store must hold, kept as plainly as can be.
type model struct {
	t       *testing.T
	s       *Store
	ids     []uuid.UUID
	names   map[uuid.UUID]string
	blobs   map[loan.Hash]string
	unsent  map[loan.Hash]bool
	counter uint64
	acked   uint64
}

// TestModel does random things in random order, closing and opening in
// between, and compares the store with the model after each.
func TestModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir := t.TempDir()
		s := must(Create(context.Background(), options(dir), profile(), clerk("c1"), []byte(password)))
		m := &model{t: t, s: s, names: map[uuid.UUID]string{}, blobs: map[loan.Hash]string{}, unsent: map[loan.Hash]bool{}}
		defer func() { m.s.Close() }()
		r.Repeat(map[string]func(*rapid.T){
			"open":   m.open,
			"edit":   m.edit,
			"attach": m.attach,
			"refuse": m.refuse,
			"ack":    m.ack,
			"reopen": func(*rapid.T) { m.s = reopened(t, m.s) },
			"":       m.compare,
		})
	})
}

func (m *model) open(r *rapid.T) {
	id := must(uuid.NewV7())
	p := personOf(rapid.IntRange(0, 500).Draw(r, "person"))
	must(m.s.Commit(context.Background(), []Entry{openEntry(id, p)}, nil))
	m.ids, m.names[id], m.counter = append(m.ids, id), p.name, m.counter+1
}

func (m *model) pick(r *rapid.T) uuid.UUID {
	if len(m.ids) == 0 {
		r.Skip("no case yet")
	}
	return rapid.SampledFrom(m.ids).Draw(r, "case")
}

func (m *model) edit(r *rapid.T) {
	id := m.pick(r)
	name := personOf(rapid.IntRange(0, 500).Draw(r, "name")).name
	must(m.s.Commit(context.Background(), []Entry{editEntry(id, "student.name", name), {Case: id, Kind: loan.ChangeView, Operator: "c1", Body: loan.ViewBody{}}}, nil))
	m.names[id], m.counter = name, m.counter+2
}

func (m *model) attach(r *rapid.T) {
	id := m.pick(r)
	content := fmt.Sprint("content ", rapid.IntRange(0, 6).Draw(r, "content"))
	h := attachment(m.t, m.s, id, loan.DocSlot(loan.HukouBook), content)
	if _, ok := m.blobs[h]; !ok {
		m.blobs[h], m.unsent[h] = content, true
	}
	m.counter++
}

// refuse tries what cannot be done, behind something that can.
func (m *model) refuse(r *rapid.T) {
	id := m.pick(r)
	_, err := m.s.Commit(context.Background(), []Entry{editEntry(id, "student.name", "不该留下"),
		{Case: id, Kind: loan.ChangeSeal, Operator: "c1", Body: loan.SealBody{Blob: loan.Hash{1}, Size: 1}}}, nil)
	if fault.KindOf(err) != fault.Denied {
		r.Fatalf("got %v", err)
	}
}

func (m *model) ack(r *rapid.T) {
	if m.counter == 0 {
		r.Skip("nothing yet")
	}
	through := rapid.Uint64Range(1, m.counter).Draw(r, "through")
	var blobs []loan.Hash
	for h := range m.blobs {
		if rapid.Bool().Draw(r, "held") {
			blobs = append(blobs, h)
		}
	}
	noErr(m.t, m.s.Acknowledge(context.Background(), receipt(m.t, m.s, through, blobs...)))
	m.acked = max(m.acked, through)
	for _, h := range blobs {
		delete(m.unsent, h)
	}
}

func (m *model) compare(r *rapid.T) {
	ctx := context.Background()
	box := must(m.s.Outbox(ctx))
	if box.Last != m.counter || box.Acked != m.acked || len(box.Blobs) != len(m.unsent) {
		r.Fatalf("outbox %d/%d, %d blobs; want %d/%d, %d", box.Acked, box.Last, len(box.Blobs), m.acked, m.counter, len(m.unsent))
	}
	for h, want := range m.blobs {
		if got := must(m.s.Blob(ctx, h)); string(got) != want {
			r.Fatal("another blob")
		}
	}
	list := m.s.Search("", 0)
	if len(list) != len(m.ids) || !slices.IsSortedFunc(list, func(a, b Summary) int { return b.Updated.Compare(a.Updated) }) {
		r.Fatalf("%d cases listed, want %d, newest first", len(list), len(m.ids))
	}
	for _, row := range list {
		if c := must(m.s.Case(ctx, row.ID)); c.App.Student.Name != m.names[row.ID] || row.Name != m.names[row.ID] || len(c.Aside) != 0 {
			r.Fatal("another name")
		}
	}
	if got := must(m.s.Pending(ctx, 0, int(m.counter)+1)); uint64(len(got)) != m.counter {
		r.Fatalf("%d changes, want %d", len(got), m.counter)
	}
	noErr(m.t, m.s.VerifyChain(ctx))
}
