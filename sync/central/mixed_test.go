package central

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"doorstep/sync/parcel"
)

// in is the laptop in a sub-test.
func (l *laptop) in(t *testing.T) *laptop {
	m := *l
	m.t = t
	return &m
}

// A laptop that was cut off in the midst of a stream may go on by requests, and
// the other way round: what came either way counts, and is asked for no more.
func TestHalfByStreamHalfByRequests(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	const k = parcel.ChunkSize
	for _, size := range []int{7*k + 100, maxPacked + 10} { // in memory, in a file
		t.Run(fmt.Sprintf("the rest of %d bytes by requests", size), func(t *testing.T) {
			l := l.in(t)
			b := content(fmt.Sprint("requests", size), size)
			s := l.open(0)
			s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b[:k+10]), parcel.AppendData(nil, 3*k-5, b[3*k-5:4*k]), parcel.AppendData(nil, 4*k, b[4*k:5*k+1]))
			s.taken(k + 10 + 2*k + 6)
			r := l.lack(l.named(b))[0].Ranges
			if len(r) != 2 || r[0] != [2]int64{k, 3 * k} || r[1] != [2]int64{5 * k, int64(size)} {
				t.Fatalf("lacking %v, want whole chunks, those alone that lack bytes", r)
			}
			last := 0
			for _, x := range r {
				for at := x[0]; at < x[1]; at += k {
					if last = l.chunk(l.named(b).Hash, b, int(at/k)); last != http.StatusCreated && last != http.StatusNoContent {
						t.Fatalf("status %d", last)
					}
				}
			}
			if last != http.StatusCreated {
				t.Errorf("status %d for the last chunk, want 201", last)
			}
			if got := l.receiptOf(l.named(b).Hash); len(got) != 1 {
				t.Error("not held")
			}
		})
		t.Run(fmt.Sprintf("the rest of %d bytes by a stream", size), func(t *testing.T) {
			l := l.in(t)
			b := content(fmt.Sprint("stream", size), size)
			s := l.open(0)
			s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b[:10]))
			s.taken(10)
			for _, i := range []int{1, 3} {
				if status := l.chunk(l.named(b).Hash, b, i); status != http.StatusNoContent {
					t.Fatalf("status %d", status)
				}
			}
			s.write(parcel.AppendLack(nil, 1, []parcel.BlobSize{l.named(b)}))
			lacks, err := parcel.ParseLacking(s.next(parcel.FrameLacking), []parcel.BlobSize{l.named(b)})
			if err != nil {
				t.Fatal(err)
			}
			left := int64(0)
			for _, r := range lacks[0].Ranges {
				for at := r[0]; at < r[1]; at += parcel.MaxData {
					end := min(r[1], at+parcel.MaxData)
					s.write(parcel.AppendData(nil, at, b[at:end]))
					left += end - at
				}
			}
			// Of what did not fill a chunk nothing counts once it is in a file.
			if left > int64(size)-2*k {
				t.Errorf("%d bytes lacking, want %d at most", left, size-2*k)
			}
			s.taken(10 + int(left))
			if got := l.receiptOf(l.named(b).Hash); len(got) != 1 {
				t.Error("not held")
			}
		})
	}
	t.Run("both ways at once, the same bytes twice", func(t *testing.T) {
		l := l.in(t)
		for round := range 10 {
			b := content(fmt.Sprint("both", round), 6*k+7)
			s := l.open(round % 4)
			var wg sync.WaitGroup
			wg.Go(func() {
				s.write(parcel.AppendBlob(nil, l.named(b)))
				for at := 0; at < len(b); at += 10_000 {
					s.write(parcel.AppendData(nil, int64(at), b[at:min(len(b), at+10_000)]))
				}
			})
			last := 0
			for i := range chunks(int64(len(b))) {
				if last = l.chunk(l.named(b).Hash, b, i); last != http.StatusCreated && last != http.StatusNoContent {
					t.Errorf("status %d", last)
				}
			}
			wg.Wait()
			if got := l.receiptOf(l.named(b).Hash); len(got) != 1 || last != http.StatusCreated {
				t.Errorf("round %d: status %d, %d held", round, last, len(got))
			}
		}
	})
	t.Run("bytes of another under the name spoil it once", func(t *testing.T) {
		l := l.in(t)
		b := content("spoilt", 2*k)
		s := l.open(0)
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, make([]byte, 10)))
		s.taken(10)
		if status := l.chunk(l.named(b).Hash, b, 1); status != http.StatusNoContent {
			t.Fatalf("status %d", status)
		}
		s.write(parcel.AppendData(nil, 10, b[10:k]))
		s.taken(k)
		if got := l.receiptOf(l.named(b).Hash); len(got) != 0 {
			t.Error("held under a false name")
		}
		l.blob(b)
	})
	if n, bad, err := c.Verify(t.Context(), false); n == 0 || len(bad) != 0 || err != nil {
		t.Error(n, bad, err)
	}
	if left := halves(t, c.dir); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}
