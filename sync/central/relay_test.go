package central

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// safeBuffer is a log that several may write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// relay asks for a session; the connection is there when the status is 101.
func (l *laptop) relay(session, with string) (int, *tls.Conn, *bufio.Reader, string) {
	l.t.Helper()
	ca, err := x509.ParseCertificate(l.enrol.CA)
	if err != nil {
		l.t.Fatal(err)
	}
	conf := seal.DeviceTLS(tls.Certificate{Certificate: [][]byte{l.enrol.Cert}, PrivateKey: l.signer.Crypto()}, ca, time.Now)
	conf.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(l.url, "https://"), conf)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /v1/relay/%s?with=%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", session, with, parcel.RelayProtocol)
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		l.t.Error(err)
		return 0, nil, nil, ""
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, conn, in, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	conn.Close()
	return resp.StatusCode, nil, nil, string(b)
}

func TestRelay(t *testing.T) {
	var log safeBuffer
	dir := t.TempDir()
	c, err := Open(t.Context(), Options{Dir: dir, Practice: true, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	url := serve(t, c)
	a, b, other := enrol(t, c, url), enrol(t, c, url), enrol(t, c, url)
	idA, idB := a.enrol.Device.String(), b.enrol.Device.String()

	t.Run("joins two, bytes come whole, and an end is an end", func(t *testing.T) {
		session := uuid.NewString()
		st1, ca, ra, _ := a.relay(session, idB)
		st2, cb, rb, _ := b.relay(session, idA)
		if st1 != 101 || st2 != 101 {
			t.Fatalf("status %d and %d", st1, st2)
		}
		up := content("secret of the families", 3<<20)
		go func() { ca.Write(up); ca.CloseWrite() }()
		if got, err := io.ReadAll(rb); err != nil || !bytes.Equal(got, up) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		go func() { cb.Write([]byte("back")); cb.CloseWrite() }()
		if got, err := io.ReadAll(ra); err != nil || string(got) != "back" {
			t.Errorf("got %q, %v: half an end must leave the other way open", got, err)
		}
		for range 3000 {
			if n, _ := c.Relayed(); n == 1 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if n, bytes := c.Relayed(); n != 1 || bytes != int64(len(up)+4) {
			t.Errorf("counted %d sessions, %d bytes", n, bytes)
		}
		if s := log.String(); !strings.Contains(s, "msg=relayed session="+session) || strings.Contains(s, "back") {
			t.Errorf("log: %s", s)
		}
	})
	t.Run("ends both when one is gone", func(t *testing.T) {
		session := uuid.NewString()
		_, ca, _, _ := a.relay(session, idB)
		_, _, rb, _ := b.relay(session, idA)
		ca.NetConn().Close()
		if _, err := rb.ReadByte(); err == nil {
			t.Error("got a byte")
		}
	})
	t.Run("nobody else gets in", func(t *testing.T) {
		session := uuid.NewString()
		if st, _, _, _ := a.relay(session, idB); st != 101 {
			t.Fatal(st)
		}
		if st, _, _, body := other.relay(session, idA); st != http.StatusConflict {
			t.Errorf("status %d %s, want 409", st, body)
		}
		if st, _, _, _ := b.relay(session, other.enrol.Device.String()); st != http.StatusConflict {
			t.Errorf("status %d, want 409", st)
		}
		if st, _, _, _ := b.relay(session, idA); st != 101 {
			t.Errorf("the one who is meant: status %d", st)
		}
	})
	t.Run("an odd question", func(t *testing.T) {
		for _, q := range [][2]string{{"x", idB}, {uuid.NewString(), "x"}, {uuid.NewString(), idA}} {
			if st, _, _, _ := a.relay(q[0], q[1]); st != http.StatusBadRequest {
				t.Errorf("%v: status %d, want 400", q, st)
			}
		}
		if st, _, _, _ := a.relay(uuid.NewString(), uuid.NewString()); st != http.StatusNotFound {
			t.Errorf("with nobody: status %d, want 404", st)
		}
		if st, _, _ := a.do("GET", "/v1/relay/"+uuid.NewString()+"?with="+idB, parcel.TypeJSON, nil); st != http.StatusBadRequest {
			t.Errorf("without an upgrade: status %d, want 400", st)
		}
	})
	t.Run("another server sends the second to the first", func(t *testing.T) {
		_, url2 := second(t, dir, "https://never.invalid:1")
		session := uuid.NewString()
		far := *other
		far.t, far.url = t, url2
		if st, _, _, _ := far.relay(session, idB); st != 101 {
			t.Fatal(st)
		}
		st, _, _, body := b.relay(session, other.enrol.Device.String())
		if p := problemIn(t, parcel.TypeJSON, []byte(body)); st != http.StatusMisdirectedRequest || p.Code != parcel.CodeElse || p.Detail != "https://never.invalid:1" {
			t.Errorf("status %d, %+v", st, p)
		}
	})
	t.Run("only so many of one laptop", func(t *testing.T) {
		e := enrol(t, c, url)
		got := 0
		for range maxOfDevice + 1 {
			got, _, _, _ = e.relay(uuid.NewString(), idB)
		}
		if got != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", got)
		}
	})
}

func TestTheEndOfTheServerEndsWhatWaitsAndIsRelayed(t *testing.T) {
	c := open(t, t.TempDir())
	s, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	session := uuid.NewString()
	_, _, ra, _ := a.relay(session, b.enrol.Device.String())
	b.relay(session, a.enrol.Device.String())
	waited := make(chan int, 1)
	go func() { waited <- len(b.signals(parcel.SignalQuestion{})) }()
	once(t, c, b.enrol.Device, func() {})()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := <-waited; n != 0 {
		t.Errorf("got %d signals", n)
	}
	if _, err := ra.ReadByte(); err == nil {
		t.Error("the relay gave a byte")
	}
	c.board.close() // hangs if anything still runs
}
