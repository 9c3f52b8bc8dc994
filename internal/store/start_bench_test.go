package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/seal"
)

// fillCases writes cases of so many changes each, chained and sealed as Commit
// does, but thousands in one transaction.
func fillCases(t testing.TB, s *Store, cases, changes int) {
	t.Helper()
	ctx := context.Background()
	r, at := rand.New(rand.NewPCG(3, 4)), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	const batch = 2000
	for done := 0; done < cases; done += batch {
		s.write.Lock()
		w := &work{s: s, tip: s.tip}
		noErr(t, s.update(ctx, "fill", func(tx *bbolt.Tx) error {
			w.tx = tx
			for n := range min(batch, cases-done) {
				w.at = at.Add(time.Duration(done+n) * time.Minute)
				if err := fillCase(w, realRow(r, w.at), changes); err != nil {
					return err
				}
			}
			return s.putTip(tx, s.profile.Device, w.tip)
		}))
		s.tip = w.tip
		s.write.Unlock()
	}
	noErr(t, s.reopen())
}

func fillCase(w *work, r *row, changes int) error {
	var seen []uuid.UUID
	for n := range changes {
		e := editEntry(r.ID, "student.address", fmt.Sprintf("平塘县大塘镇新场村%d组", n))
		if n == 0 {
			e = openEntry(r.ID, person{r.Name, r.IDNo, r.Phone})
		}
		ch, err := w.change(e)
		if err != nil {
			return err
		}
		ch.Seen = seen
		w.tip, seen = tip{ch.Counter, ch.HeaderHash(w.s.Sum)}, []uuid.UUID{ch.ID}
		if err := w.s.keep(w.tx, ch); err != nil {
			return err
		}
	}
	r.changes, r.last = uint32(changes), w.tip.counter
	return w.s.put(w.tx, bSummaries, r.ID[:], r.encode())
}

// BenchmarkStart is all from the begin of Open to the end of Unlock, part by
// part, beside the bare work: the password's Argon2id at the cost of today.
func BenchmarkStart(b *testing.B) {
	for _, size := range []struct{ cases, changes int }{{10_000, 20}, {100_000, 20}} {
		b.Run(fmt.Sprintf("%d cases", size.cases), func(b *testing.B) {
			o := options(b.TempDir())
			o.Cost = seal.Calibrate(calibrated)
			s, err := Create(context.Background(), o, profile(), clerk("c1"), []byte(password))
			noErr(b, err)
			fillCases(b, s, size.cases, size.changes)
			noErr(b, s.Close())
			benchStart(b, o, size.cases)
		})
	}
}

func benchStart(b *testing.B, o Options, cases int) {
	ctx := context.Background()
	var check, open, unlock, bare time.Duration
	for b.Loop() {
		start := time.Now()
		_, err := inspect(o.Dir+"/"+dataFile, true)
		noErr(b, err)
		check += time.Since(start)
		start = time.Now()
		l, err := Open(ctx, o)
		noErr(b, err)
		open += time.Since(start)
		start = time.Now()
		s, _, err := l.Unlock(ctx, "c1", []byte(password))
		noErr(b, err)
		unlock += time.Since(start)
		if n := s.Count().Cases; n != cases {
			b.Fatalf("%d cases of %d", n, cases)
		}
		start = time.Now()
		data, err := s.keys.Unlock("c1", []byte(password))
		noErr(b, err)
		data.Wipe()
		bare += time.Since(start)
		b.StopTimer()
		noErr(b, s.Close())
		b.StartTimer()
	}
	n := time.Duration(b.N)
	st, err := os.Stat(o.Dir + "/" + dataFile)
	noErr(b, err)
	b.ReportMetric(ms(check/n), "check-ms")
	b.ReportMetric(ms(open/n), "open-ms")
	b.ReportMetric(ms(unlock/n), "unlock-ms")
	b.ReportMetric(ms(bare/n), "argon2id-ms")
	b.ReportMetric(ms((open+unlock)/n), "start-ms")
	b.ReportMetric(float64(open+unlock)/float64(bare), "start/argon2id")
	b.ReportMetric(float64(st.Size())/1e6, "file-MB")
}
