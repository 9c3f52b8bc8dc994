package central

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"doorstep/sync/parcel"
)

func TestSpans(t *testing.T) {
	var s spans
	for _, r := range [][2]int64{{10, 20}, {30, 40}, {20, 25}, {0, 5}, {4, 12}, {38, 50}} {
		s = s.add(r[0], r[1])
	}
	if fmt.Sprint(s) != "[[0 25] [30 50]]" || fmt.Sprint(s.gaps(60)) != "[[25 30] [50 60]]" || !s.has(3, 25) || s.has(24, 31) {
		t.Errorf("got %v, gaps %v", s, s.gaps(60))
	}
}

// FuzzStream feeds a lane whatever a laptop may send. It must end, and nothing
// may count as held that does not have its name.
func FuzzStream(f *testing.F) {
	c, err := Open(context.Background(), Options{Dir: f.TempDir(), Practice: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { c.Close() })
	key, _ := c.countyKey(practiceCounty)
	small := []byte("a small blob")
	named := parcel.BlobSize{Hash: key.Name(small), Size: int64(len(small))}
	ask, _ := (&parcel.Ask{ID: 1, Method: "GET", Path: "/healthz"}).Append(nil)
	f.Add(parcel.AppendData(parcel.AppendBlob(nil, named), 0, small))
	f.Add(parcel.AppendLack(nil, 1, []parcel.BlobSize{named}))
	f.Add(append(ask, parcel.AppendNumber(nil, parcel.FramePing, 3)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		here, there := net.Pipe()
		r, _ := http.NewRequest("GET", "https://x"+parcel.StreamPath, nil)
		l := &lane{c: c, device: &device{county: practiceCounty}, conn: there, r: bufio.NewReaderSize(there, laneBuffer), tls: r,
			answers: c.Handler(), checked: time.Now().Add(time.Hour), asks: make(chan struct{}, laneAsks), wake: make(chan struct{}, 1)}
		l.wrote.L = &l.mu
		var wg sync.WaitGroup
		wg.Go(l.run)
		wg.Go(func() { _, _ = io.Copy(io.Discard, here) })
		_, _ = here.Write(b)
		here.Close()
		wg.Wait()
	})
}
