package store

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// BenchmarkSaveField is one field saved, beside a bare bbolt put and sync of
// the same size on the same disk, turn by turn; the ratio is what matters.
func BenchmarkSaveField(b *testing.B) {
	ctx := context.Background()
	s := newTestStore(b)
	for n := range 200 {
		newCase(b, s, n)
	}
	id := newCase(b, s, 0)
	bare := must(bbolt.Open(filepath.Join(b.TempDir(), "bare"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, PageSize: pageSize}))
	defer bare.Close()
	noErr(b, bare.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("b"))
		return err
	}))
	var ours, floor time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		_, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", "平塘县大塘镇"+strconv.Itoa(i%60))}, nil)
		noErr(b, err)
		mid := time.Now()
		noErr(b, bare.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("b")).Put([]byte(strconv.Itoa(i)), make([]byte, 400))
		}))
		ours, floor = ours+mid.Sub(start), floor+time.Since(mid)
		if i%60 == 59 { // a case of the usual length, not of thousands of edits
			b.StopTimer()
			id = newCase(b, s, i)
			b.StartTimer()
		}
	}
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "save-µs")
	b.ReportMetric(float64(floor.Microseconds())/float64(b.N), "bare-µs")
	b.ReportMetric(float64(ours)/float64(floor), "ratio")
}

// BenchmarkOpenCase is reading and folding a case of 60 changes.
func BenchmarkOpenCase(b *testing.B) {
	s := newTestStore(b)
	id := newCase(b, s, 1)
	for i := range 60 {
		_, err := s.Commit(context.Background(), []Entry{editEntry(id, "student.address", strconv.Itoa(i))}, nil)
		noErr(b, err)
	}
	for b.Loop() {
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
