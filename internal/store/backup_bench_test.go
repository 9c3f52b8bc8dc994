package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

// BenchmarkCommitDuringBackup saves a field again and again, first alone and
// then while a whole first backup runs beside it, and says how much longer the
// slowest in a hundred, and the slowest of all, took.
func BenchmarkCommitDuringBackup(b *testing.B) {
	ctx := context.Background()
	s := newTestStore(b)
	var id uuid.UUID
	for n := range 200 {
		id = newCase(b, s, n)
		content := make([]byte, 512<<10)
		_, _ = rand.Read(content)
		attachment(b, s, id, loan.DocSlot(loan.HukouBook), string(content))
		edits := make([]Entry, 50)
		for i := range edits {
			edits[i] = editEntry(id, "student.phone", fmt.Sprintf("154%08d", i))
		}
		must(s.Commit(ctx, edits, nil))
	}
	save := func() time.Duration {
		start := time.Now()
		must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000002")}, nil))
		return time.Since(start)
	}
	for b.Loop() {
		id = newCase(b, s, 1)
		stick, ended := b.TempDir(), make(chan struct{})
		var alone, beside []time.Duration
		go func() {
			defer close(ended)
			must(s.Backup(ctx, stick, nil))
		}()
		for running := true; running; {
			select {
			case <-ended:
				running = false
			default:
				beside = append(beside, save())
			}
		}
		id = newCase(b, s, 1)
		for range beside {
			alone = append(alone, save())
		}
		slices.Sort(alone)
		slices.Sort(beside)
		n := len(beside)
		b.ReportMetric(float64(beside[n*99/100])/float64(alone[n*99/100]), "p99/alone")
		b.ReportMetric(float64(beside[n-1].Microseconds())/1000, "ms-slowest")
		b.ReportMetric(float64(alone[n-1].Microseconds())/1000, "ms-slowest-alone")
		b.ReportMetric(float64(n), "saves")
	}
}
