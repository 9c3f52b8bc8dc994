package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// bareDB is bbolt alone, as the store opens it.
func bareDB(b *testing.B) *bbolt.DB {
	db := must(bbolt.Open(filepath.Join(b.TempDir(), "bare"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, PageSize: pageSize}))
	b.Cleanup(func() { db.Close() })
	return db
}

// wrote is how many bytes this process has handed to the operating system to
// write; 0 where that is not told.
func wrote() int64 {
	text, _ := os.ReadFile("/proc/self/io")
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "wchar: "); ok {
			return must(strconv.ParseInt(strings.TrimSpace(n), 10, 64))
		}
	}
	return 0
}

// halfFree fills a file with blobs and takes half of them out again.
func halfFree(b *testing.B, s *Store, n int) {
	ctx := context.Background()
	var names []loan.Hash
	for i := range n {
		id := newCase(b, s, i)
		content := make([]byte, 150_000)
		_, _ = rand.Read(content)
		names = append(names, attachment(b, s, id, loan.PortraitStudent, string(content)))
	}
	s.write.Lock()
	defer s.write.Unlock()
	noErr(b, s.update(ctx, "halve", func(tx *bbolt.Tx) error {
		for _, h := range names[:n/2] {
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
}

// BenchmarkSaveField is one field saved as the desk saves it, reading the case
// first and giving it back afterwards, beside two bare syncs of a page on the
// same disk, turn by turn. Goal: at most 2 ms over the two syncs, 100 KB written.
func BenchmarkSaveField(b *testing.B) {
	for _, in := range []struct {
		name string
		fill func(*testing.B, *Store)
	}{
		{"a small file", func(b *testing.B, s *Store) { fillCases(b, s, 200, 5) }},
		{"half the file free", func(b *testing.B, s *Store) { halfFree(b, s, 400) }},
		{"100,000 cases", func(b *testing.B, s *Store) { fillCases(b, s, 100_000, 5) }},
	} {
		b.Run(in.name, func(b *testing.B) {
			s := newTestStore(b)
			in.fill(b, s)
			saveField(b, s)
		})
	}
}

func saveField(b *testing.B, s *Store) {
	ctx := context.Background()
	f := must(os.OpenFile(filepath.Join(b.TempDir(), "bare"), os.O_RDWR|os.O_CREATE, 0o600))
	defer f.Close()
	page := make([]byte, pageSize)
	must(f.WriteAt(make([]byte, 64*pageSize), 0))
	noErr(b, f.Sync())
	var id uuid.UUID
	var ours, floor []time.Duration
	var bytes, grown int64
	size := func() int64 { return must(os.Stat(s.dataPath())).Size() }
	for i := 0; b.Loop(); i++ {
		if i%60 == 0 { // a case of the usual length, not of thousands of edits
			id = newCase(b, s, i)
		}
		before, sized := wrote(), size()
		start := time.Now()
		must(s.Case(ctx, id))
		_, err := s.CommitCase(ctx, []Entry{editEntry(id, "student.address", "平塘县大塘镇"+strconv.Itoa(i%60))}, nil)
		noErr(b, err)
		mid := time.Now()
		bytes += wrote() - before
		if size() != sized {
			grown++
		}
		for n := range int64(2) {
			must(f.WriteAt(page, n*pageSize))
			noErr(b, f.Sync())
		}
		ours, floor = append(ours, mid.Sub(start)), append(floor, time.Since(mid))
	}
	a, z := middle(ours), middle(floor)
	b.ReportMetric(float64(a)/float64(z), "save/2-fsyncs")
	b.ReportMetric(ms(a-z), "ms-over-2-fsyncs")
	b.ReportMetric(2+float64(grown)/float64(b.N), "fsyncs")
	b.ReportMetric(float64(bytes)/1000/float64(b.N), "KB-written")
}

func middle(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkWholeCase is a case with 460 KB of portraits, scans and contract in
// one transaction, beside bare bbolt that puts the same keys and as many bytes
// into buckets of the same names, turn by turn. Goal: at most 1.3 times.
func BenchmarkWholeCase(b *testing.B) {
	s := newTestStore(b)
	bare := bareDB(b)
	noErr(b, bare.Update(func(tx *bbolt.Tx) error {
		for _, name := range sealedBuckets() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}))
	w := &watch{}
	defer s.listen(w)()
	var ours, floor []time.Duration
	for b.Loop() {
		entries, blobs := wholeCase(s)
		w.log = nil
		runtime.GC() // the garbage of the bench itself is nobody's time
		start := time.Now()
		_, err := s.Commit(context.Background(), entries, blobs)
		noErr(b, err)
		ours = append(ours, time.Since(start))
		puts := written(b, s, w.log)
		runtime.GC()
		start = time.Now()
		noErr(b, bare.Update(func(tx *bbolt.Tx) error {
			for _, p := range puts {
				bucket := tx.Bucket([]byte(p.bucket))
				if inOrderOfKeys(p.bucket) {
					bucket.FillPercent = 0.9
				}
				if err := bucket.Put(p.key, p.value); err != nil {
					return err
				}
			}
			return nil
		}))
		floor = append(floor, time.Since(start))
	}
	b.ReportMetric(float64(middle(ours))/float64(middle(floor)), "case/bare-bbolt")
	b.ReportMetric(ms(middle(ours)), "case-ms")
	b.ReportMetric(ms(middle(floor)), "bare-ms")
}

// wholeCase is a new case with all that hangs on it.
func wholeCase(s *Store) (entries []Entry, blobs []Blob) {
	id := must(uuid.NewV7())
	entries = append(entries, openEntry(id, personOf(1)))
	for _, size := range []int{40_000, 40_000, 180_000, 90_000, 110_000} {
		content := make([]byte, size)
		_, _ = rand.Read(content)
		h := s.BlobName(content)
		entries = append(entries, Entry{Case: id, Kind: loan.ChangeAttach, Operator: "c1",
			Body: loan.AttachBody{Attachment: loan.Attachment{Slot: loan.PortraitStudent, Blob: h, Media: "image/jpeg", Size: int64(size)}}})
		blobs = append(blobs, Blob{h, content})
	}
	return entries, blobs
}

type put struct {
	bucket     string
	key, value []byte
}

// written gives what is now on disk of what a transaction wrote, and in which
// order it did.
func written(b *testing.B, s *Store, log []delta) (puts []put) {
	noErr(b, s.view(context.Background(), "bench", func(tx *bbolt.Tx) error {
		for _, d := range append(slices.Clone(log), delta{bucket: bMeta, key: ledgerKey}) {
			v := tx.Bucket([]byte(d.bucket)).Get([]byte(d.key))
			if v == nil {
				return fmt.Errorf("%s is not there", d.bucket)
			}
			puts = append(puts, put{d.bucket, []byte(d.key), slices.Clone(v)})
		}
		return nil
	}))
	return puts
}
