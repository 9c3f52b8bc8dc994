package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// A page that answers everything with 200 and HTML, over TLS of its own.
func TestCaptivePortal(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.finished(t, noise("a", 10))
	ca, err := seal.NewAuthority("portal", time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	der, err := ca.Issue(key.Public(), seal.Server, "portal", []string{"127.0.0.1"}, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	conf := seal.ServerTLS(ca.Chain(der, key), ca.Cert())
	conf.ClientAuth = 0
	var asked atomic.Int64
	portal := &http.Server{TLSConfig: conf, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		io.WriteString(w, "<html>log in here</html>")
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go portal.ServeTLS(ln, "", "")
	t.Cleanup(func() { portal.Close() })
	if err := l.carry(t, "https://"+ln.Addr().String()); fault.KindOf(err) != fault.Untrusted || !strings.Contains(fault.Sentence(err), "不是本机注册的中心") {
		t.Errorf("got %v, %q, want untrusted", err, fault.Sentence(err))
	}
	if _, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: ln.Addr().String(), Code: s.code(t)}); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("enrol: got %v, want untrusted", err)
	}
	wantAllWaiting(t, l)
	if n := asked.Load(); n > 0 {
		t.Errorf("a stranger was told something %d times", n)
	}
}

// A login page that answers without TLS, whatever is said to it.
func TestCaptivePortalWithoutTLS(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 10))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 4096))
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
				_, _ = io.Copy(io.Discard, c) // a reset would take the answer back
			})
		}
	})
	t.Cleanup(func() { ln.Close(); wg.Wait() })
	page := func(what string, err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Untrusted || !strings.Contains(fault.Sentence(err), "上网登录页面") {
			t.Errorf("%s: got %v, %q", what, err, fault.Sentence(err))
		}
	}
	page("a courier", l.carry(t, "https://"+ln.Addr().String()))
	_, err = courier.Enrol(t.Context(), courier.EnrolRequest{Server: ln.Addr().String(), Code: s.code(t)})
	page("enrolling", err)
	wantAllWaiting(t, l)
	mustCarry(t, l, "")
	if l.status(t, id) != loan.Received {
		t.Errorf("the case is %s", l.status(t, id))
	}
}

// Of all that the centre says, one answer is a page instead: it is no success of
// what was asked, the clerk is told what it may be, and later all goes.
func TestAPageInOneAnswersPlace(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	var at atomic.Value
	at.Store("")
	url := fronted(t, s, func(w http.ResponseWriter, r *http.Request) bool {
		if p := at.Load().(string); p == "" || !strings.HasPrefix(r.URL.Path, p) {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>log in here</html>")
		return true
	})
	for _, path := range []string{"/v1/receipt", "/v1/parcel", "/v1/lack", "/v1/blob", "/v1/news"} {
		t.Run(path, func(t *testing.T) {
			id := l.finished(t, noise(path, 100_000))
			at.Store(path)
			if err := l.carry(t, url); fault.KindOf(err) != fault.Untrusted || !strings.Contains(fault.Sentence(err), "上网登录页面") {
				t.Errorf("got %v, %q", err, fault.Sentence(err))
			}
			if l.status(t, id) == loan.Received && (path != "/v1/news" || !heldCase(t, s, id).Whole()) {
				t.Error("it counts as received")
			}
			at.Store("")
			mustCarry(t, l, url)
			if l.status(t, id) != loan.Received {
				t.Errorf("the case is %s", l.status(t, id))
			}
		})
	}
}

// wantAllWaiting fails unless everything is still in the outbox.
func wantAllWaiting(t *testing.T, l *laptop) {
	t.Helper()
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if box.Acked != 0 || box.Epoch != uuid.Nil || len(box.Blobs) == 0 {
		t.Errorf("acknowledged %d, %d blobs wait: something left the outbox", box.Acked, len(box.Blobs))
	}
}

// A server with the right certificate, behind something that answers for it.
func TestAnswersThatAreNotTheCentres(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	l := newLaptop(t, s)
	l.finished(t, noise("a", 10))
	s.stop()
	b, err := os.ReadFile(filepath.Join(dir, "keys", "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := seal.ParseAuthority(b)
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	der, err := ca.Issue(key.Public(), seal.Server, "x", nil, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	receipt := parcel.Receipt{Centre: uuid.New(), Epoch: uuid.New(), Device: l.Profile().Device, At: time.Now()}
	for name, answer := range map[string]struct {
		status int
		typ    string
		body   string
	}{
		"a page":                    {200, "text/html", "<html>"},
		"nothing":                   {204, "", ""},
		"a receipt that is none":    {200, "application/vnd.doorstep.receipt", "DSR1 signed by nobody"},
		"JSON in a receipt's place": {200, "application/json", `{"ok":true}`},
		"a redirect":                {302, "text/html", ""},
		"an error in HTML":          {502, "text/html", "<html>"},
		"a receipt called a page":   {200, "text/html", string(receipt.Sign(ca.Signer()))},
	} {
		t.Run(name+" is no receipt", func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			srv := &http.Server{TLSConfig: seal.ServerTLS(ca.Chain(der, key), ca.Cert()), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", answer.typ)
				w.Header().Set("Location", "/")
				w.WriteHeader(answer.status)
				io.WriteString(w, answer.body)
			})}
			go srv.ServeTLS(ln, "", "")
			defer srv.Close()
			if err := l.carry(t, ln.Addr().String()); fault.KindOf(err) != fault.Untrusted {
				t.Errorf("got %v, want untrusted", err)
			}
			wantAllWaiting(t, l)
		})
	}
}

// Something on the way takes no body of records as large as the first, however large
// this machine's speed makes it: what is sent shrinks by itself, and all goes in one
// attempt.
func TestABodyLimitOnTheWay(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.draft(t)
	for i := range 100 { // records of some 250 kB, packed
		l.commit(t, id, "practice-clerk", loan.ChangeView, loan.ViewBody{Reason: hex.EncodeToString(noise(fmt.Sprint(i), 2_500))})
	}
	whole := l.finished(t, noise("a", 200_000))
	var above, limit atomic.Int64
	url := fronted(t, s, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/parcel" {
			return false
		}
		limit.CompareAndSwap(0, r.ContentLength*2/3)
		if r.ContentLength <= limit.Load() {
			return false
		}
		above.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		io.WriteString(w, "<html>413</html>")
		return true
	})
	c := newCourier(t, l, url)
	if err := <-carryOn(t, c); err != nil {
		t.Fatal(err)
	}
	if st := c.State(); !st.AllSent || len(st.Refused)+len(st.Aside) > 0 || l.status(t, whole) != loan.Received {
		t.Errorf("all sent %v, %d records and %d blobs set aside, the case is %s", st.AllSent, len(st.Refused), len(st.Aside), l.status(t, whole))
	}
	if above.Load() == 0 {
		t.Error("nothing met the limit: the test shows nothing")
	}
}
