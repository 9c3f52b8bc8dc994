package central

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// stream is a laptop's lane, written by hand.
type stream struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	at   string // the name of the server
}

// lane opens a lane, or gives the status of the refusal.
func (l *laptop) lane(number int) (*stream, int) { return l.laneOf(1, number) }

// laneOf is lane, of one of several sessions.
func (l *laptop) laneOf(session, number int) (*stream, int) {
	l.t.Helper()
	conf := l.http.Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.NextProtos, conf.ServerName = []string{"http/1.1"}, "127.0.0.1"
	conn, err := tls.Dial("tcp", strings.TrimPrefix(l.url, "https://"), conf)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n%s: %032d/%d\r\n\r\n",
		parcel.StreamPath, parcel.StreamProtocol, parcel.LaneHeader, session, number)
	s := &stream{t: l.t, conn: conn, r: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(s.r, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	s.at = resp.Header.Get(parcel.ServerHeader)
	return s, resp.StatusCode
}

func (l *laptop) open(number int) *stream { return l.openOf(1, number) }

func (l *laptop) openOf(session, number int) *stream {
	l.t.Helper()
	s, status := l.laneOf(session, number)
	if status != http.StatusSwitchingProtocols {
		l.t.Fatalf("status %d", status)
	}
	return s
}

func (s *stream) write(b ...[]byte) {
	s.t.Helper()
	if _, err := s.conn.Write(bytes.Join(b, nil)); err != nil {
		s.t.Fatal(err)
	}
}

// next reads a frame of a type and passes over others; nil when the centre
// closed.
func (s *stream) next(typ parcel.FrameType) []byte {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		h, err := parcel.ReadHead(s.r, false)
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				s.t.Fatal("the centre is silent")
			}
			return nil
		}
		b := make([]byte, h.Len)
		if _, err := io.ReadFull(s.r, b); err != nil {
			return nil
		}
		if h.Type == typ {
			return b
		}
	}
}

// taken waits until the centre has n bytes of data of this lane.
func (s *stream) taken(n int) {
	s.t.Helper()
	for {
		b := s.next(parcel.FrameTaken)
		if b == nil {
			s.t.Fatal("closed")
		}
		if binary.BigEndian.Uint64(b) >= uint64(n) {
			return
		}
	}
}

// receiptOf asks over HTTP which of some blobs are held.
func (l *laptop) receiptOf(hs ...loan.Hash) []loan.Hash {
	l.t.Helper()
	b, _ := json.Marshal(parcel.ReceiptRequest{Blobs: hs})
	status, _, raw := l.do("POST", "/v1/receipt", parcel.TypeJSON, b)
	if status != http.StatusOK {
		l.t.Fatalf("receipt: status %d", status)
	}
	return l.receipt(raw).Blobs
}

func (l *laptop) named(b []byte) parcel.BlobSize {
	return parcel.BlobSize{Hash: l.county.Name(b), Size: int64(len(b))}
}

func TestStream(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	t.Run("a blob that came by stream is held, in a pack, and comes out as it was", func(t *testing.T) {
		b := content("small", 150_000)
		s := l.open(0)
		s.write(parcel.AppendBlob(nil, l.named(b)))
		for at := 0; at < len(b); at += 50_000 {
			s.write(parcel.AppendData(nil, int64(at), b[at:at+50_000]))
		}
		s.taken(len(b))
		if got := l.receiptOf(l.named(b).Hash); len(got) != 1 {
			t.Fatalf("receipt names %d blobs", len(got))
		}
		key, _ := c.countyKey(l.enrol.County)
		if got, err := c.whole(t.Context(), l.enrol.County, l.named(b).Hash, key); err != nil || !bytes.Equal(got, b) {
			t.Errorf("got another blob, %v", err)
		}
		if packs, _ := filepath.Glob(filepath.Join(dir, "packs", "*.pack")); len(packs) != 1 && !c.shared {
			t.Errorf("%d packs", len(packs))
		}
	})
	t.Run("what a cut leaves of a frame counts, and only the rest is asked for", func(t *testing.T) {
		b := content("cut", 60_000)
		s := l.open(0)
		frame := parcel.AppendData(nil, 0, b)
		s.write(parcel.AppendBlob(nil, l.named(b)), frame[:8+33_333])
		s.taken(33_333)
		s.conn.Close()
		s = l.open(0)
		s.write(parcel.AppendLack(nil, 9, []parcel.BlobSize{l.named(b)}))
		got, err := parcel.ParseLacking(s.next(parcel.FrameLacking), []parcel.BlobSize{l.named(b)})
		if err != nil || len(got[0].Ranges) != 1 || got[0].Ranges[0] != [2]int64{33_333, 60_000} {
			t.Fatalf("lacking %v, %v", got, err)
		}
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 33_333, b[33_333:]))
		s.taken(60_000 - 33_333)
		if len(l.receiptOf(l.named(b).Hash)) != 1 {
			t.Error("not held")
		}
	})
	t.Run("a blob over two lanes, last bytes first, is whole", func(t *testing.T) {
		b := content("two", 100_000)
		one, two := l.open(0), l.open(1)
		one.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 50_000, b[50_000:]))
		two.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b[:50_000]))
		one.taken(50_000)
		two.taken(50_000)
		if len(l.receiptOf(l.named(b).Hash)) != 1 {
			t.Error("not held")
		}
	})
	t.Run("a ghost that writes after the blob was finished changes nothing", func(t *testing.T) {
		for _, size := range []int{40_000, maxPacked + 40_000} { // in a pack, in a file of its own
			b := content(fmt.Sprint("ghost", size), size)
			ghost, s := l.open(0), l.open(0)
			ghost.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b[:10_000]))
			ghost.taken(10_000)
			s.write(parcel.AppendBlob(nil, l.named(b)))
			for at := 0; at < size; at += 40_000 {
				s.write(parcel.AppendData(nil, int64(at), b[at:min(size, at+40_000)]))
			}
			s.taken(size)
			if len(l.receiptOf(l.named(b).Hash)) != 1 {
				t.Fatal("not held")
			}
			ghost.write(parcel.AppendData(nil, 10_000, make([]byte, 20_000)))
			ghost.taken(30_000)
			key, _ := c.countyKey(l.enrol.County)
			if got, err := c.whole(t.Context(), l.enrol.County, l.named(b).Hash, key); err != nil || !bytes.Equal(got, b) {
				t.Errorf("the ghost changed it: %v", err)
			}
		}
	})
	t.Run("while an old session lives, a new one is answered at once, and finishes what that began", func(t *testing.T) {
		b := content("old session", 40_000)
		for i := range 8 {
			old := l.open(i)
			old.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, int64(i*1000), b[i*1000:(i+1)*1000]))
			old.taken(1000)
		}
		s := l.openOf(2, 0)
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 8000, b[8000:]))
		s.taken(len(b) - 8000)
		if len(l.receiptOf(l.named(b).Hash)) != 1 {
			t.Error("not held")
		}
	})
	t.Run("a long blob gets a file of its own", func(t *testing.T) {
		b := content("long", maxPacked+5000)
		s := l.open(0)
		s.write(parcel.AppendBlob(nil, l.named(b)))
		for at := 0; at < len(b); at += parcel.MaxData {
			s.write(parcel.AppendData(nil, int64(at), b[at:min(len(b), at+parcel.MaxData)]))
		}
		s.taken(len(b))
		if len(l.receiptOf(l.named(b).Hash)) != 1 {
			t.Fatal("not held")
		}
		if got, err := os.ReadFile(fileOf(t, c, l.named(b).Hash)); err != nil || !bytes.Equal(got, b) && !c.shared {
			t.Errorf("another file, %v", err)
		}
	})
	t.Run("what goes packed is unpacked", func(t *testing.T) {
		b := []byte(strings.Repeat("家庭主要收入来源为务农，", 200))
		var p parcel.Packer
		packed := p.Pack(b)
		s := l.open(0)
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendHead(nil, parcel.FramePacked, len(packed)), packed)
		s.taken(len(packed))
		if len(l.receiptOf(l.named(b).Hash)) != 1 {
			t.Error("not held")
		}
	})
	t.Run("a blob with another name is refused by its name, and may come again", func(t *testing.T) {
		b := content("wrong", 20_000)
		s := l.open(0)
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, make([]byte, len(b))))
		r, err := parcel.ParseRefused(s.next(parcel.FrameRefused))
		if err != nil || r.Status != http.StatusUnprocessableEntity || !strings.Contains(string(r.Body), parcel.CodeName) {
			t.Fatalf("got %+v, %v", r, err)
		}
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b))
		s.taken(2 * len(b))
		if len(l.receiptOf(l.named(b).Hash)) != 1 {
			t.Error("not held")
		}
	})
	t.Run("a request inside a stream is answered as over HTTP", func(t *testing.T) {
		s := l.open(0)
		ask, _ := (&parcel.Ask{ID: 5, Method: "POST", Path: "/v1/receipt", Type: parcel.TypeJSON, Body: []byte(`{"blobs":[]}`)}).Append(nil)
		s.write(ask)
		a, err := parcel.ParseAnswer(s.next(parcel.FrameAnswer))
		if err != nil || a.ID != 5 || a.Status != http.StatusOK || a.Type != parcel.TypeReceipt {
			t.Fatalf("got %+v, %v", a, err)
		}
		l.receipt(a.Body)
		for path, want := range map[string]int{parcel.StreamPath: http.StatusBadRequest, "/nowhere": http.StatusNotFound} {
			ask, _ := (&parcel.Ask{ID: 6, Method: "GET", Path: path}).Append(nil)
			s.write(ask)
			if a, err := parcel.ParseAnswer(s.next(parcel.FrameAnswer)); err != nil || a.Status != want {
				t.Errorf("%s: got %+v, %v", path, a, err)
			}
		}
	})
}

func TestStreamHostile(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	b := content("b", 1000)
	for name, frames := range map[string][]byte{
		"a frame of a type that there is not": {77, 0, 0, 1, 1},
		"a frame of a great length":           parcel.AppendHead(nil, parcel.FrameData, 1<<24-1),
		"data of no blob":                     parcel.AppendData(nil, 0, b),
		"data behind the blob's end":          parcel.AppendData(parcel.AppendBlob(nil, l.named(b)), 500, b),
		"a blob of no length":                 append(parcel.AppendHead(nil, parcel.FrameBlob, 36), make([]byte, 36)...),
		"a blob past the limit":               parcel.AppendBlob(nil, parcel.BlobSize{Hash: loan.Hash{1}, Size: parcel.MaxBlob + 1}),
		"an answer":                           parcel.AppendNumber(nil, parcel.FrameTaken, 1),
		"something packed that is not":        append(parcel.AppendBlob(nil, l.named(b)), append(parcel.AppendHead(nil, parcel.FramePacked, 4), 1, 2, 3, 4)...),
		"HTTP":                                []byte("GET /healthz HTTP/1.1\r\n\r\n"),
	} {
		t.Run("a laptop that sends "+name+" is cut off", func(t *testing.T) {
			s := l.open(0)
			s.write(frames)
			if got := s.next(200); got != nil {
				t.Error("it lives on")
			}
		})
	}
	t.Run("who does not read what it asks for is not read from either", func(t *testing.T) {
		s := l.open(0)
		ping := bytes.Repeat(parcel.AppendNumber(nil, parcel.FramePing, 1), 5000)
		_ = s.conn.SetWriteDeadline(time.Now().Add(3 * time.Second))
		n := 0
		for range 2000 { // 120 MB of pings, had they been taken
			m, err := s.conn.Write(ping)
			n += m
			if err != nil {
				break
			}
		}
		if n > 60<<20 {
			t.Errorf("%d bytes were taken from one who reads nothing", n)
		}
	})
	t.Run("a laptop without a certificate, or one that was revoked, gets no stream", func(t *testing.T) {
		other := enrol(t, c, l.url)
		s := other.open(0)
		if err := c.Revoke(t.Context(), other.enrol.Device); err != nil {
			t.Fatal(err)
		}
		if _, status := other.lane(0); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
		_ = s.conn.Close()
		r, err := http.NewRequest("GET", "http://x"+parcel.StreamPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := newAnswer()
		c.Handler().ServeHTTP(w, r)
		if w.status != http.StatusForbidden {
			t.Errorf("status %d", w.status)
		}
	})
	t.Run("ghosts do not keep a laptop out", func(t *testing.T) {
		for i := range maxDeviceLanes + 5 {
			l.open(i % 60)
		}
		s := l.open(0)
		s.write(parcel.AppendNumber(nil, parcel.FramePing, 42))
		if got := s.next(parcel.FramePong); got == nil || binary.BigEndian.Uint64(got) != 42 {
			t.Error("no answer")
		}
	})
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestHalfBlobsOverAnEnd(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	b := content("half", 200_000)
	s := l.open(0)
	s.write(parcel.AppendBlob(nil, l.named(b)))
	for at := 0; at < 150_000; at += 50_000 {
		s.write(parcel.AppendData(nil, int64(at), b[at:at+50_000]))
	}
	s.taken(150_000)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, dir)
	got, err := c.lack(t.Context(), l.enrol.County, []parcel.BlobSize{l.named(b)})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Held || len(got[0].Ranges) != 1 || got[0].Ranges[0][0] < 150_000-parcel.ChunkSize {
		t.Errorf("after the centre's end %v is lacking", got[0].Ranges)
	}
}

func TestMemoryOfHalfBlobs(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	s := l.open(0)
	var all [][]byte
	var named []parcel.BlobSize
	for i := range 40 { // 40 MiB of blobs, a part of each
		b := content(fmt.Sprint("m", i), maxPacked)
		all, named = append(all, b), append(named, l.named(b))
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b[:50_000]))
	}
	s.taken(40 * 50_000)
	c.arrivals.mu.Lock()
	inMemory := 0
	for _, a := range c.arrivals.all {
		a.mu.Lock()
		inMemory += cap(a.block)
		a.mu.Unlock()
	}
	room := c.arrivals.rooms.left()
	c.arrivals.mu.Unlock()
	if int64(inMemory)+room != roomBytes {
		t.Errorf("%d bytes in memory, room %d", inMemory, room)
	}
	s.write(parcel.AppendLack(nil, 1, named))
	lacks, err := parcel.ParseLacking(s.next(parcel.FrameLacking), named)
	if err != nil {
		t.Fatal(err)
	}
	var names []loan.Hash
	n, again := 40*50_000, int64(0)
	for i, b := range all {
		s.write(parcel.AppendBlob(nil, named[i]))
		names = append(names, named[i].Hash)
		for _, r := range lacks[i].Ranges {
			again += max(50_000-r[0], 0)
			for at := r[0]; at < r[1]; at += parcel.MaxData {
				part := b[at:min(r[1], at+parcel.MaxData)]
				s.write(parcel.AppendData(nil, at, part))
				n += len(part)
			}
		}
	}
	s.taken(n)
	if got := l.receiptOf(names...); len(got) != 40 {
		t.Errorf("%d of 40 held", len(got))
	}
	// What moves to a file keeps its whole chunks.
	if again > 40*parcel.ChunkSize {
		t.Errorf("%d bytes again", again)
	}
}

// A bit that turned at the centre is found by the blob's name, and the blob is
// asked for again.
func TestFlippedBit(t *testing.T) {
	for _, size := range []int{50_000, maxPacked + 10} {
		dir := t.TempDir()
		c := open(t, dir)
		l := enrol(t, c, serve(t, c))
		b := content("flip", size)
		send := func() {
			s := l.open(0)
			s.write(parcel.AppendBlob(nil, l.named(b)))
			for at := 0; at < len(b); at += parcel.MaxData {
				s.write(parcel.AppendData(nil, int64(at), b[at:min(len(b), at+parcel.MaxData)]))
			}
			s.taken(len(b))
			if len(l.receiptOf(l.named(b).Hash)) != 1 {
				t.Fatal("not held")
			}
		}
		send()
		path, head := fileOf(t, c, l.named(b).Hash), int64(0)
		if size <= maxPacked && !c.shared {
			path, head = filepath.Join(dir, "packs", "00000001.pack"), packHead
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		was := make([]byte, 1)
		if _, err := f.ReadAt(was, 10_000+head); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte{was[0] ^ 1}, 10_000+head); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if n, bad, err := c.Verify(t.Context(), false); n != 1 || len(bad) != 1 || bad[0].Why != "damaged" || err != nil {
			t.Errorf("%d bytes: verify read %d, found %v, %v", size, n, bad, err)
		}
		key, _ := c.countyKey(l.enrol.County)
		if _, err := c.whole(t.Context(), l.enrol.County, l.named(b).Hash, key); fault.KindOf(err) != fault.Damaged {
			t.Errorf("%d bytes: got %v, want damaged", size, err)
		}
		if got := l.lack(l.named(b)); got[0].Held {
			t.Errorf("%d bytes: still held", size)
		}
		send()
		if got, err := c.whole(t.Context(), l.enrol.County, l.named(b).Hash, key); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%d bytes: not mended: %v", size, err)
		}
	}
}
