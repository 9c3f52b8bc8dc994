package desk_test

import (
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// BenchmarkOwnDataOfASeason shows a person's own data at a laptop with 200,000 lines of
// other cases and sessions, beside one bare pass over all of them.
func BenchmarkOwnDataOfASeason(b *testing.B) {
	const lines, at = 200_000, 1000
	d := laptop(b, b.TempDir())
	defer d.Close()
	c := entered(b, d)
	others := make([]uuid.UUID, 1500)
	for i := range others {
		others[i] = uuid.Must(uuid.NewV7())
		open := store.Entry{Case: others[i], Kind: loan.ChangeOpen, Operator: "clerk-1", Body: loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}}}
		if _, err := d.Store().Commit(b.Context(), []store.Entry{open}, nil); err != nil {
			b.Fatal(err)
		}
	}
	for n := 0; n < lines; n += at {
		var entries []store.Entry
		for i := range at {
			e := store.Entry{Case: others[(n+i/20)%len(others)], Kind: loan.ChangeView, Operator: "clerk-1", Body: loan.ViewBody{Detail: "case"}}
			if i%20 == 0 {
				e.Case, e.Kind, e.Body = uuid.Nil, loan.ChangeSearch, loan.ViewBody{Detail: "12"}
			}
			entries = append(entries, e)
		}
		if _, err := d.Store().Commit(b.Context(), entries, nil); err != nil {
			b.Fatal(err)
		}
	}
	var own, bare time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := d.OwnData(b.Context(), c.ID, loan.StudentParty); err != nil {
			b.Fatal(err)
		}
		own += time.Since(start)
		start = time.Now()
		if _, err := d.Store().EachChange(b.Context(), func(*loan.Change) {}); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(start)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(own.Milliseconds())/float64(b.N), "ms/own")
	b.ReportMetric(float64(own)/float64(bare), "own/pass")
}
