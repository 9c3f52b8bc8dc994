package store

import (
	"context"
	"strconv"
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// BenchmarkOpenCase is reading and folding a case of 60 changes.
func BenchmarkOpenCase(b *testing.B) {
	s := newTestStore(b)
	id := newCase(b, s, 1)
	for i := range 60 {
		_, err := s.Commit(context.Background(), []Entry{editEntry(id, "student.address", strconv.Itoa(i))}, nil)
		noErr(b, err)
	}
	for b.Loop() {
		s.mu.Lock()
		s.kept = nil
		s.mu.Unlock()
		must(s.Case(context.Background(), id))
	}
}

func rowOf(i int, at time.Time) *row {
	p := personOf(i)
	r := &row{Summary: Summary{ID: must(uuid.NewV7()), Name: p.name, Coborrower: personOf(i + 7).name, IDNo: p.idNo, Phone: p.phone,
		School: "贵州大学", Kind: loan.First, Amount: 12000, Opened: at, Updated: at, Operator: "c1"}, changes: 1}
	r.tails()
	return r
}
