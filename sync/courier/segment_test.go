package courier

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// dumb is a connection whose other end takes everything and never answers, or
// is not there any more.
func dumb(t *testing.T, there bool) *tls.Conn {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	if !there {
		far.Close()
	} else {
		go func() {
			b := make([]byte, 4096)
			for err := error(nil); err == nil; {
				_, err = far.Read(b)
			}
		}()
	}
	return tls.Client(near, &tls.Config{InsecureSkipVerify: true})
}

func TestHandshakesThatNobodyAnswers(t *testing.T) {
	where := "home"
	fresh := func() *hands {
		return &hands{holes: &holes{network: func() string { return where }, until: map[string]time.Time{}}}
	}
	given, cancel := context.WithCancel(t.Context())
	cancel()
	unanswered := func(h *hands, small bool) { _ = h.shake(given, dumb(t, true), small) }
	answered := func(h *hands, small bool) error {
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it is not said goodbye to
		srv.StartTLS()
		defer srv.Close()
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return h.shake(t.Context(), tls.Client(c, &tls.Config{InsecureSkipVerify: true}), small)
	}
	t.Run("two whole ones, and the next goes small", func(t *testing.T) {
		h := fresh()
		for i := range 3 {
			if got := h.small(); got != (i == 2) {
				t.Errorf("handshake %d: small %v", i, got)
			}
			unanswered(h, h.small())
		}
	})
	t.Run("where small ones are not answered either whole ones are tried again", func(t *testing.T) {
		h := fresh()
		var got [2]int
		for range 8 {
			small := h.small()
			got[map[bool]int{true: 1}[small]]++
			unanswered(h, small)
		}
		if got != [2]int{4, 4} {
			t.Errorf("%d whole and %d small, want as many", got[0], got[1])
		}
	})
	t.Run("one that was refused was not swallowed", func(t *testing.T) {
		h := fresh()
		for range 4 {
			if err := h.shake(t.Context(), dumb(t, false), false); err == nil || h.small() {
				t.Fatalf("got %v, and small %v", err, h.small())
			}
		}
	})
	t.Run("the network is known by a small one that comes through, for a while", func(t *testing.T) {
		h := fresh()
		where = "home"
		unanswered(h, false)
		unanswered(h, false)
		if err := answered(h, true); err != nil || !h.holes.here() {
			t.Fatalf("got %v, known %v", err, h.holes.here())
		}
		next := &hands{holes: h.holes}
		if !next.small() {
			t.Error("the next connection is not small")
		}
		if where = "office"; next.small() {
			t.Error("another network is small too")
		}
		where = "home"
		h.holes.until[where] = time.Now()
		if next.small() {
			t.Error("it is small for ever")
		}
	})
	t.Run("it is not known by one alone", func(t *testing.T) {
		h := fresh()
		unanswered(h, false)
		if err := answered(h, true); err != nil || h.holes.here() {
			t.Fatalf("got %v, known %v", err, h.holes.here())
		}
	})
	t.Run("nor by a whole one that comes through late", func(t *testing.T) {
		h := fresh()
		unanswered(h, false)
		unanswered(h, false)
		if err := answered(h, false); err != nil || h.holes.here() {
			t.Fatalf("got %v, known %v", err, h.holes.here())
		}
	})
}

// counting counts the bytes of the first flight.
type counting struct {
	net.Conn
	first int
	heard atomic.Bool
}

func (c *counting) Write(b []byte) (int, error) {
	if !c.heard.Load() {
		c.first += len(b)
	}
	return c.Conn.Write(b)
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.heard.Store(true)
	return n, err
}

// What is learnt of handshakes alone must be true of what follows: the laptop's
// first words fill a packet of 1500 bytes, those of TCP's header and times among
// them.
func TestAHandshakeFillsAPacket(t *testing.T) {
	r, ctx := centreOf(t, func(http.ResponseWriter, *http.Request) {})
	r.stream.MinVersion = tls.VersionTLS13 // as towards a centre
	conn, err := r.dialTCP(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{Conn: conn}
	w, err := r.secure(ctx, c, &hands{holes: &r.holes}, false, "a/0")
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if c.first < 1448 {
		t.Errorf("the first flight has %d bytes", c.first)
	}
}
