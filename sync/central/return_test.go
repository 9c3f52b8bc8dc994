package central

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// crowd is many light laptops that come back over streams.
type crowd struct {
	busy atomic.Int64 // times that one was sent away
	told atomic.Int64 // of these with a time to come again
	sent atomic.Int64 // bytes of blobs
	cut  bool         // each is cut off once, in the middle of its blobs
}

// come carries a case over a lane, again and again until its receipt is there.
func (m *crowd) come(r ready, unit time.Duration) error {
	cut := m.cut
	for wait := unit; ; wait = min(2*wait, 20*unit) {
		err := m.once(r, cut)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errCut):
			cut = false
			continue
		case !errors.Is(err, errAway):
			return err
		}
		m.busy.Add(1)
		time.Sleep(wait/2 + rand.N(wait))
	}
}

var (
	errAway = errors.New("sent away")
	errCut  = errors.New("cut off")
)

// once is one connection. What is no refusal of a busy centre, nor the end of
// the connection, is an error.
func (m *crowd) once(r ready, cut bool) error {
	conf := r.l.http.Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.NextProtos, conf.ServerName = []string{"http/1.1"}, "127.0.0.1"
	conn, err := tls.Dial("tcp", strings.TrimPrefix(r.l.url, "https://"), conf)
	if err != nil {
		return errAway
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n%s: %032d/0\r\n\r\n",
		parcel.StreamPath, parcel.StreamProtocol, parcel.LaneHeader, 1)
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	switch {
	case err != nil:
		return errAway
	case resp.StatusCode == http.StatusServiceUnavailable:
		if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
			m.told.Add(1)
		}
		return errAway
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	l := &light{conn, in}
	if _, err := l.ask(1, "/v1/parcel", parcel.TypeParcel, r.parcel); err != nil {
		return err
	}
	return m.blobs(l, r, cut)
}

// blobs sends what is lacking, and asks for the receipt.
func (m *crowd) blobs(l *light, r ready, cut bool) error {
	var named []parcel.BlobSize
	var hashes []loan.Hash
	for _, b := range r.blobs {
		named = append(named, parcel.BlobSize{Hash: r.l.county.Name(b), Size: int64(len(b))})
		hashes = append(hashes, r.l.county.Name(b))
	}
	if err := l.write(parcel.AppendLack(nil, 2, named)); err != nil {
		return errAway
	}
	b, err := l.next(parcel.FrameLacking)
	if err != nil {
		return errAway
	}
	lacks, err := parcel.ParseLacking(b, named)
	if err != nil {
		return err
	}
	taken := uint64(0)
	for i, lack := range lacks {
		if lack.Held {
			continue
		}
		if err := l.write(parcel.AppendBlob(nil, named[i])); err != nil {
			return errAway
		}
		for _, x := range lack.Ranges {
			part := r.blobs[i][x[0]:x[1]]
			if err := l.write(parcel.AppendData(nil, x[0], part)); err != nil {
				return errAway
			}
			taken += uint64(len(part))
			m.sent.Add(int64(len(part)))
			if cut && i == len(lacks)/2 {
				_ = l.taken(taken) // it has them
				return errCut
			}
		}
	}
	if err := l.taken(taken); err != nil {
		return errAway
	}
	q, err := json.Marshal(parcel.ReceiptRequest{Blobs: hashes})
	if err != nil {
		return err
	}
	raw, err := l.ask(3, "/v1/receipt", parcel.TypeJSON, q)
	if err != nil {
		return err
	}
	receipt, err := parcel.OpenReceipt(raw, r.l.centre)
	if err == nil && len(receipt.Blobs) != len(hashes) {
		return errAway
	}
	return err
}

// light is a laptop's one lane.
type light struct {
	conn net.Conn
	in   *bufio.Reader
}

func (l *light) write(b []byte) error {
	_, err := l.conn.Write(b)
	return err
}

// next reads a frame of a type and passes over others.
func (l *light) next(typ parcel.FrameType) ([]byte, error) {
	_ = l.conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	for {
		h, err := parcel.ReadHead(l.in, false)
		if err != nil {
			return nil, err
		}
		b := make([]byte, h.Len)
		if _, err := io.ReadFull(l.in, b); err != nil || h.Type == typ {
			return b, err
		}
	}
}

func (l *light) taken(n uint64) error {
	for have := uint64(0); have < n; {
		b, err := l.next(parcel.FrameTaken)
		if err != nil {
			return err
		}
		have = binary.BigEndian.Uint64(b)
	}
	return nil
}

func (l *light) ask(id uint32, path, typ string, body []byte) ([]byte, error) {
	b, err := (&parcel.Ask{ID: id, Method: "POST", Path: path, Type: typ, Body: body}).Append(nil)
	if err != nil {
		return nil, err
	}
	if l.write(b) != nil {
		return nil, errAway
	}
	if b, err = l.next(parcel.FrameAnswer); err != nil {
		return nil, errAway
	}
	a, err := parcel.ParseAnswer(b)
	switch {
	case err != nil:
		return nil, err
	case a.Status == http.StatusServiceUnavailable:
		return nil, errAway
	case a.Status != http.StatusOK:
		return nil, fmt.Errorf("%s: status %d", path, a.Status)
	}
	return a.Body, nil
}

// A hundred laptops come at once over streams to a centre that holds a few, each
// cut off once in the middle: all finish, and what had come is not sent again.
func TestACrowdComesBackByStream(t *testing.T) {
	c := open(t, t.TempDir())
	const laptops, places = 100, 10
	cases, bytes := pack(t, c, serve(t, c), laptops, 1, 1, 40_000)
	url := serveFew(t, c, places)
	m := &crowd{cut: true}
	var wg sync.WaitGroup
	for _, mine := range cases {
		wg.Go(func() {
			r := mine[0]
			r.l = r.l.at(url)
			if err := m.come(r, 50*time.Millisecond); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	allWhole(t, c, laptops)
	if sent := m.sent.Load(); sent > bytes*11/10 { // anew they would have been half as many again
		t.Errorf("%d bytes went up for %d", sent, bytes)
	}
	if m.busy.Load() == 0 {
		t.Error("nobody was sent away: the test shows nothing")
	}
}

// BenchmarkCentralReturnStreams is BenchmarkCentralReturn as laptops do it now:
// over streams, each of them cut off once in the middle.
func BenchmarkCentralReturnStreams(b *testing.B) {
	stores(b, func(b *testing.B, c *Central, url string) {
		for b.Loop() {
			const laptops, sessions, within = 1000, 256, 6 * time.Second
			cases, bytes := pack(b, c, url, laptops, 1, 1, 20_000)
			url := serveFew(b, c, sessions)
			m := &crowd{cut: true}
			var wg sync.WaitGroup
			start := time.Now()
			for i, mine := range cases {
				wg.Go(func() {
					time.Sleep(within * time.Duration(i) / laptops)
					r := mine[0]
					r.l = r.l.at(url)
					if err := m.come(r, time.Second); err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
			spent := time.Since(start)
			b.ReportMetric(spent.Seconds(), "s-until-all-done")
			b.ReportMetric(laptops/spent.Seconds(), "cases/s")
			b.ReportMetric(float64(m.busy.Load()), "sent-away")
			b.ReportMetric(float64(m.sent.Load())/float64(bytes), "x-bytes")
			if m.sent.Load() > bytes*11/10 {
				b.Errorf("%d bytes went up for %d: some began anew", m.sent.Load(), bytes)
			}
			allWhole(b, c, laptops)
		}
	})
}
