package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
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
	portal := &http.Server{TLSConfig: conf, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "<html>log in here</html>")
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go portal.ServeTLS(ln, "", "")
	t.Cleanup(func() { portal.Close() })
	if err := l.carry(t, "https://"+ln.Addr().String()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("got %v, want untrusted", err)
	}
	if _, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: ln.Addr().String(), Code: s.code(t)}); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("enrol: got %v, want untrusted", err)
	}
	wantAllWaiting(t, l)
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
