package store

import (
	"context"
	"crypto/rand"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// fillBlobs writes images of 200 KB until the file holds so many bytes of
// them, as kept and long at the centre.
func fillBlobs(t testing.TB, s *Store, bytes int64) {
	t.Helper()
	ctx, content := context.Background(), make([]byte, 200_000)
	_, _ = rand.Read(content)
	noErr(t, s.needKey(ctx))
	for left := bytes; left > 0; {
		s.write.Lock()
		noErr(t, s.update(ctx, "fill", func(tx *bbolt.Tx) error {
			for range 200 {
				var h loan.Hash
				_, _ = rand.Read(h[:])
				u := unsent{class: classImage, size: uint64(len(content)), order: 1, id: uuid.New()}
				if err := s.putBlob(tx, h, content, &blobInfo{unsent: u}); err != nil {
					return err
				}
				left -= int64(len(content))
			}
			return nil
		}))
		s.write.Unlock()
	}
}

// BenchmarkBigFile is a start, a save, a search and a whole case in a file of
// 5,000 cases with many images, each as a ratio to the same in one without
// images. DOORSTEP_BENCH_GB is how many gigabytes of images; 20 is a season.
func BenchmarkBigFile(b *testing.B) {
	gb, err := strconv.ParseFloat(os.Getenv("DOORSTEP_BENCH_GB"), 64)
	if err != nil {
		gb = 2
	}
	small := timesOf(b, 0)
	big := timesOf(b, int64(gb*1e9))
	for b.Loop() {
		// The times are of many turns each; b.N says nothing here.
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range []string{"start", "check", "save", "search", "case", "close"} {
		b.ReportMetric(ms(big[i]), name+"-ms")
		b.ReportMetric(float64(big[i])/float64(small[i]), name+"-big/small")
	}
	b.ReportMetric(gb, "GB")
}

// timesOf fills a store and gives the middle times of what one does in it.
func timesOf(b *testing.B, images int64) (out [6]time.Duration) {
	ctx := context.Background()
	o := options(b.TempDir())
	o.Cost = seal.Calibrate(calibrated)
	s, err := Create(ctx, o, profile(), clerk("c1"), []byte(password))
	noErr(b, err)
	fillCases(b, s, 5000, 20)
	fillBlobs(b, s, images)
	noErr(b, s.Close())
	var all [6][]time.Duration
	timed := func(i int, fn func()) {
		start := time.Now()
		fn()
		all[i] = append(all[i], time.Since(start))
	}
	for range 5 {
		timed(0, func() { s = unlocked(b, o) })
		id := newCase(b, s, 1)
		for n := range 40 {
			timed(2, func() {
				must(s.CommitCase(ctx, []Entry{editEntry(id, "student.address", strconv.Itoa(n))}, nil))
			})
			timed(3, func() { s.Search("wangw", 50) })
			entries, blobs := wholeCase(s)
			timed(4, func() { must(s.Commit(ctx, entries, blobs)) })
		}
		timed(5, func() { noErr(b, s.Close()) })
		timed(1, func() { must(inspect(s.dataPath(), true)) })
	}
	for i := range out {
		out[i] = middle(all[i])
	}
	st := must(os.Stat(s.dataPath()))
	b.Logf("file %.2f GB", math.Round(float64(st.Size())/1e7)/100)
	return out
}

// BenchmarkFileSize is the file as a ratio to the keys and values in it: after
// cases were entered field by field with their images, after half of the
// images were taken out, and after the compaction that is then due. Goal: at
// most 1.5, where a compaction is due.
func BenchmarkFileSize(b *testing.B) {
	ctx := context.Background()
	s := newTestStore(b)
	var names []loan.Hash
	for range 120 {
		entries, blobs := wholeCase(s)
		must(s.Commit(ctx, entries, blobs))
		for n := range 20 {
			must(s.Commit(ctx, []Entry{editEntry(entries[0].Case, "student.address", strconv.Itoa(n))}, nil))
		}
		for _, blob := range blobs {
			names = append(names, blob.Hash)
		}
	}
	entered := sizeOfLive(b, s)
	s.write.Lock()
	noErr(b, s.update(ctx, "halve", func(tx *bbolt.Tx) error {
		for _, h := range names[:len(names)/2] {
			info, err := s.blobInfo(tx, h[:])
			if err != nil {
				return err
			}
			if err := s.dropChunks(tx, h, info); err != nil {
				return err
			}
		}
		return nil
	}))
	s.write.Unlock()
	halved := sizeOfLive(b, s)
	if due, err := s.CompactDue(ctx); err != nil || !due {
		b.Fatalf("no compaction is due: %v", err)
	}
	noErr(b, s.Compact(ctx, nil))
	for b.Loop() {
		// What is measured is no time.
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(entered, "file/live")
	b.ReportMetric(halved, "half-erased-file/live")
	b.ReportMetric(sizeOfLive(b, s), "compacted-file/live")
}

func sizeOfLive(b *testing.B, s *Store) float64 {
	live := 0
	noErr(b, s.view(context.Background(), "bench", func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(k, v []byte) error {
				live += len(k) + len(v)
				return nil
			})
		})
	}))
	return float64(must(os.Stat(s.dataPath())).Size()) / float64(live)
}
