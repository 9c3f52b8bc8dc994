package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// codeFor is a code with which a laptop enrols again.
func (s *server) codeFor(t testing.TB, device uuid.UUID) string {
	t.Helper()
	path := s.dir + ".again"
	os.Remove(path)
	verbOK(t, "code", "new", "--data", s.dir, "--code-file", path, "--again", device.String())
	return await(t, path)
}

// enrolAgain lets the laptop in anew by a code that is for it.
func (l *laptop) enrolAgain(t testing.TB, server, code string) error {
	t.Helper()
	p, err := courier.Reenrol(t.Context(), l.Profile(), courier.EnrolRequest{Server: server, Code: code})
	if err != nil {
		return err
	}
	return l.SetProfile(t.Context(), p, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{Detail: "enrolled again"}})
}

func TestALaptopEnrolsAgainAndLosesNothing(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, other := newLaptop(t, s), newLaptop(t, s)
	first := l.finished(t, noise("a", 100_000))
	mustCarry(t, l, "")
	was := l.Profile()
	verbOK(t, "device", "revoke", "--data", s.dir, "--id", was.Device.String())
	second := l.finished(t, noise("b", 100_000))
	if err := l.carry(t, ""); fault.KindOf(err) != fault.Denied {
		t.Fatalf("shut out: got %v", err)
	}
	ask := func(p store.Profile, code string) (store.Profile, error) {
		return courier.Reenrol(t.Context(), p, courier.EnrolRequest{Code: code})
	}
	for name, try := range map[string]func() error{
		"a code for a new laptop":   func() error { _, err := ask(was, s.code(t)); return err },
		"a code for another laptop": func() error { _, err := ask(was, s.codeFor(t, other.Profile().Device)); return err },
		"its code, by one that enrols as new": func() error {
			_, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: s.codeFor(t, was.Device)})
			return err
		},
		"another laptop, with this one's code": func() error { _, err := ask(other.Profile(), s.codeFor(t, was.Device)); return err },
	} {
		if err := try(); fault.KindOf(err) != fault.Refused || fault.Sentence(err) == fault.Refused.Sentence() {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(s.holdings(t).Devices); n != 2 {
		t.Errorf("%d devices, want the two there were", n)
	}
	p, err := ask(was, s.codeFor(t, was.Device))
	if err != nil {
		t.Fatal(err)
	}
	e := store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{Detail: "enrolled again"}}
	if err := l.SetProfile(t.Context(), other.Profile(), e); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another laptop's profile: %v", err)
	}
	if err := l.SetProfile(t.Context(), p, e); err != nil {
		t.Fatal(err)
	}
	mustCarry(t, l, "")
	third := l.finished(t, noise("c", 1000))
	l.reopen(t)
	mustCarry(t, l, "")
	for _, id := range []uuid.UUID{first, second, third} {
		if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
			t.Errorf("case %s is not received on both sides", id)
		}
	}
	if h := s.holdings(t); len(h.Cases) != 3 || h.Refused != 0 || len(h.Devices) != 2 || len(h.Devices[0].Lost) != 0 {
		t.Errorf("centre: %d cases, %d refused, devices %+v", len(h.Cases), h.Refused, h.Devices)
	}
	for path, want := range map[string]int{"/v1/news?after=0": http.StatusOK, parcel.StreamPath: http.StatusSwitchingProtocols} {
		if code := knock(t, s, was, path); code != http.StatusForbidden {
			t.Errorf("%s with the certificate of before: status %d, want forbidden", path, code)
		}
		if code := knock(t, s, p, path); code != want {
			t.Errorf("%s with the new one: status %d", path, code)
		}
	}
}

// knock asks for news, or for a stream, with a profile's certificate.
func knock(t testing.TB, s *server, p store.Profile, path string) int {
	t.Helper()
	ca, err := x509.ParseCertificate(p.CADER)
	if err != nil {
		t.Fatal(err)
	}
	var own tls.Certificate // none: a stranger
	if len(p.CertDER) > 0 {
		own = tls.Certificate{Certificate: [][]byte{p.CertDER}, PrivateKey: p.Signer.Crypto()}
	}
	conf := seal.DeviceTLS(own, ca, time.Now)
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: conf}}
	defer h.CloseIdleConnections()
	q, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if path == parcel.StreamPath {
		q.Header.Set("Connection", "Upgrade")
		q.Header.Set("Upgrade", parcel.StreamProtocol)
		q.Header.Set(parcel.LaneHeader, strings.Repeat("0", 32)+"/0")
	}
	r, err := h.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

func TestALaptopOfTheNationalSuiteEnrolsAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	settle(t, dir)
	c, err := central.Open(t.Context(), central.Options{Dir: dir, Practice: true, Suite: seal.National})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s := startServer(t, dir, "127.0.0.1:0")
	l := newLaptop(t, s)
	l.finished(t, noise("a", 1000))
	mustCarry(t, l, "")
	was := l.Profile()
	verbOK(t, "device", "revoke", "--data", s.dir, "--id", was.Device.String())
	id := l.finished(t, noise("b", 1000))
	p, err := courier.Reenrol(t.Context(), was, courier.EnrolRequest{Code: s.codeFor(t, was.Device)})
	if err != nil {
		t.Fatal(err)
	}
	if was.Chain == nil || p.Chain == nil || p.Signer == was.Signer {
		t.Fatal("it is no laptop of the National suite with a new key")
	}
	if err := l.SetProfile(t.Context(), p, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{}}); err != nil {
		t.Fatal(err)
	}
	l.reopen(t)
	mustCarry(t, l, "")
	if l.status(t, id) != loan.Received {
		t.Errorf("got %s", l.status(t, id))
	}
}

// fronted is a real centre in front of which requests are answered that do says it
// answered.
func fronted(t testing.TB, s *server, do func(http.ResponseWriter, *http.Request) bool) (url string) {
	t.Helper()
	s.stop()
	c, err := central.Open(context.Background(), central.Options{Dir: s.dir, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == parcel.StreamPath { // what goes through one is not seen here
			http.NotFound(w, r)
		} else if !do(w, r) {
			next.ServeHTTP(w, r)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.ServeTLS(ln, "", "") }()
	t.Cleanup(func() {
		srv.Close()
		<-ended
		c.Close()
	})
	return "https://" + ln.Addr().String()
}

// picky is a real centre in front of which parcels are refused by their content.
func picky(t testing.TB, l *laptop, s *server, refuses func(*loan.Change) bool) (url string) {
	t.Helper()
	return fronted(t, s, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/parcel" {
			return false
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return true
		}
		who := l.Profile()
		key := who.ChainKey().Public()
		p, err := parcel.Open(b, func(uuid.UUID) (seal.PublicKey, error) { return key, nil })
		if err != nil {
			t.Errorf("parcel: %v", err)
			return true
		}
		for _, ch := range p.Changes {
			if refuses(ch) {
				w.Header().Set("Content-Type", parcel.TypeJSON)
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, `{"kind":"input","code":"rule"}`)
				return true
			}
		}
		r.Body = io.NopCloser(strings.NewReader(string(b)))
		return false
	})
}

func TestARefusedRecordIsSetAsideAndTheRestFlows(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	good := l.finished(t, noise("a", 10_000))
	bad := l.draft(t, noise("b", 10_000))
	l.commit(t, bad, "practice-clerk", loan.ChangeEdit, map[string]any{"fields": map[string]any{"study.major": "不收"}})
	marked, _ := l.Head()
	for i := range 40 {
		l.draft(t, noise(string(rune('c'+i)), 1000))
	}
	behind := l.finished(t, noise("z", 10_000))
	var strict atomic.Bool
	strict.Store(true)
	url := picky(t, l, s, func(ch *loan.Change) bool { return strict.Load() && ch.Counter == marked })

	c, err := courier.New(courier.Config{Store: l.Store, Server: url})
	if err != nil {
		t.Fatal(err)
	}
	var said atomic.Bool
	c.Watch(func(s courier.State) {
		if s.AllSent {
			said.Store(true)
		}
	})
	if err := c.RunUntilEmpty(t.Context()); fault.KindOf(err) != fault.Refused || said.Load() {
		t.Errorf("got %v, want refused; said that all is sent: %v", err, said.Load())
	}
	st := c.State()
	if len(st.Refused) != 1 || st.Refused[0].Counter != marked || st.Refused[0].Case != bad || st.Refused[0].Reason != "input rule" ||
		st.AllSent || st.Changes != 0 || st.Blobs != 0 {
		t.Errorf("refused %+v, all sent %v, %d changes and %d blobs wait", st.Refused, st.AllSent, st.Changes, st.Blobs)
	}
	if l.status(t, good) != loan.Received || l.status(t, behind) != loan.Received {
		t.Error("the rest did not flow")
	}
	if n, lost := deviceHeld(t, s, l); len(lost) != 1 || lost[0] != (loan.Range{From: marked, To: marked}) {
		t.Errorf("the centre holds %d and knows of %v to be lacking", n, lost)
	}

	t.Run("after a restart it is tried again, and still set aside", func(t *testing.T) {
		l.reopen(t)
		if err := l.carry(t, url); fault.KindOf(err) != fault.Refused {
			t.Errorf("got %v", err)
		}
	})
	t.Run("mended by another edit, the centre has what is right", func(t *testing.T) {
		l.commit(t, bad, "practice-clerk", loan.ChangeEdit, map[string]any{"fields": map[string]any{"study.major": "计算机"}})
		_ = l.carry(t, url)
		// Opened, a paper, and the edit that mends it: all but the one that was refused.
		if k := heldCase(t, s, bad); k.Aside != 0 || k.Conflicts != 0 || k.Changes != 3 {
			t.Errorf("centre: %+v", k)
		}
	})
	t.Run("sent again where it is taken, nothing is lacking", func(t *testing.T) {
		strict.Store(false)
		c, err := courier.New(courier.Config{Store: l.Store, Server: url})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RunUntilEmpty(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := c.State(); len(st.Refused) != 0 || !st.AllSent {
			t.Errorf("refused %+v, all sent %v", st.Refused, st.AllSent)
		}
		if _, lost := deviceHeld(t, s, l); len(lost) != 0 {
			t.Errorf("the centre still lacks %v", lost)
		}
	})
}

func TestTheChainsLastRecordIsRefused(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 10_000))
	last, _ := l.Head()
	url := picky(t, l, s, func(ch *loan.Change) bool { return ch.Counter == last })
	if err := l.carry(t, url); fault.KindOf(err) != fault.Refused {
		t.Errorf("got %v", err)
	}
	if h := s.holdings(t); h.Blobs != 1 || h.Devices[0].Changes != last-1 {
		t.Errorf("%d blobs, %d records there", h.Blobs, h.Devices[0].Changes)
	}
}

// A centre that takes nothing at all stops the batch: that is no record's fault.
func TestACentreThatRefusesEverything(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	for range 20 {
		l.draft(t)
	}
	var asked atomic.Int64
	url := picky(t, l, s, func(*loan.Change) bool { asked.Add(1); return true })
	err := l.carry(t, url)
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(box.Refused) > 3 || asked.Load() > 20 || box.Acked != 0 {
		t.Errorf("%d set aside after %d questions, %d acknowledged", len(box.Refused), asked.Load(), box.Acked)
	}
}
