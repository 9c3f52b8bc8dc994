package courier

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// issued makes the road of a laptop that an authority has certified.
func issued(t testing.TB, a *seal.Authority, server string) *Peers {
	t.Helper()
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	cert, err := a.Issue(signer.Public(), seal.Device, id.String(), nil, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPeers(PeersConfig{Server: server, Profile: store.Profile{Device: id, Signer: signer, CertDER: cert, CADER: a.Cert().Raw, Centre: a.Signer().Public()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func authority(t testing.TB) *seal.Authority {
	t.Helper()
	a, err := seal.NewAuthority("test", time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A centre that lies, or another between the two, can put a laptop of its own
// at the other end of a way. It cannot make it the one that was called.
func TestAnotherAtTheOtherEndIsFound(t *testing.T) {
	ca := authority(t)
	a, b, other, stranger := issued(t, ca, "c.invalid"), issued(t, ca, "c.invalid"), issued(t, ca, "c.invalid"), issued(t, authority(t), "c.invalid")
	for name, k := range map[string]struct {
		answers *Peers
		as      uuid.UUID // whom the caller wants
		from    uuid.UUID // whom the one who answers was told
		ok      bool
	}{
		"the one who is meant":               {b, b.device, a.device, true},
		"another laptop of the county":       {other, b.device, a.device, false},
		"one of another authority":           {stranger, stranger.device, a.device, false},
		"a caller under the name of another": {b, b.device, other.device, false},
	} {
		t.Run(name, func(t *testing.T) {
			x, y := net.Pipe()
			var wg sync.WaitGroup
			var aerr, berr error
			wg.Go(func() {
				c, err := a.shake(t.Context(), x, k.as, false, true)
				if aerr = err; err == nil {
					_, aerr = io.ReadFull(c, make([]byte, 1)) // with TLS 1.3 a refusal comes with the first bytes
					c.NetConn().Close()
				}
			})
			wg.Go(func() {
				c, err := k.answers.shake(t.Context(), y, k.from, false, false)
				if berr = err; err == nil {
					c.Write([]byte("x"))
				}
			})
			wg.Wait()
			y.Close()
			if ok := aerr == nil && berr == nil; ok != k.ok {
				t.Errorf("caller %v, other %v; want joined %v", aerr, berr, k.ok)
			}
			if !k.ok && fault.KindOf(aerr) != fault.Untrusted && fault.KindOf(berr) != fault.Untrusted {
				t.Errorf("caller %v, other %v; want untrusted at one of them", aerr, berr)
			}
		})
	}
}

// relayServer answers for one session as a server of a centre would.
func relayServer(t *testing.T, a *seal.Authority, h http.HandlerFunc) string {
	t.Helper()
	key, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	der, err := a.Issue(key.Public(), seal.Server, "s", []string{"127.0.0.1"}, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.TLS = seal.ServerTLS(a.Chain(der, key), a.Cert())
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func refuse(status int, p parcel.Problem) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, _ := json.Marshal(p)
		w.Header().Set("Content-Type", parcel.TypeJSON)
		w.WriteHeader(status)
		w.Write(b)
	}
}

func TestTheRelayAtAnotherServer(t *testing.T) {
	ca := authority(t)
	here := func(w http.ResponseWriter, r *http.Request) {
		if id, _ := seal.PeerDevice(r.TLS); id == "" || r.Header.Get("Upgrade") != parcel.RelayProtocol {
			t.Errorf("asked by %q for %q", id, r.Header.Get("Upgrade"))
		}
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+parcel.RelayProtocol+"\r\n\r\n")
		io.Copy(c, rw)
	}
	at := relayServer(t, ca, here)
	elsewhere := func(address string) http.HandlerFunc {
		return refuse(http.StatusMisdirectedRequest, parcel.Problem{Kind: "conflict", Code: parcel.CodeElse, Detail: address})
	}
	for name, k := range map[string]struct {
		server string
		want   fault.Kind
	}{
		"is gone to":                          {relayServer(t, ca, elsewhere(at)), 0},
		"whose address is not known":          {relayServer(t, ca, elsewhere("")), fault.Offline},
		"that sends on is not followed twice": {relayServer(t, ca, elsewhere(relayServer(t, ca, elsewhere(at)))), fault.Offline},
		"of another authority is not trusted": {relayServer(t, ca, elsewhere(relayServer(t, authority(t), here))), fault.Untrusted},
		"that is no address":                  {relayServer(t, ca, elsewhere("http://x")), fault.Offline},
	} {
		t.Run(name, func(t *testing.T) {
			p := issued(t, ca, k.server)
			c, err := p.relay(t.Context(), uuid.New(), uuid.New())
			if k.want != 0 || err != nil {
				if err == nil {
					c.Close()
				}
				if fault.KindOf(err) != k.want {
					t.Errorf("got %v, want %v", err, k.want)
				}
				return
			}
			defer c.Close()
			echoes(t, c)
		})
	}
	t.Run("what is no answer of a centre is none", func(t *testing.T) {
		p := issued(t, ca, relayServer(t, ca, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "sign in here") }))
		if _, err := p.relay(t.Context(), uuid.New(), uuid.New()); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("got %v, want untrusted", err)
		}
	})
}

// echoes demands bytes back, and that deadlines are heeded.
func echoes(t *testing.T, c net.Conn) {
	t.Helper()
	b := make([]byte, 5)
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
		t.Fatalf("got %q, %v", b, err)
	}
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := c.Read(b)
	if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
		t.Errorf("got %v, want the deadline", err)
	}
	c.SetDeadline(time.Now().Add(-time.Second))
	if _, err := c.Write(b); err == nil {
		t.Error("a write behind its deadline went through")
	}
}

// Who carries offer and answer can join both laptops to itself. It then
// sees TLS, and can change nothing unseen.
func TestWhoCarriesTheOfferSeesTLSAlone(t *testing.T) {
	ca := authority(t)
	a, b := issued(t, ca, "c.invalid"), issued(t, ca, "c.invalid")
	o := peer.Options{Loopback: true}
	var seen strings.Builder
	var wg sync.WaitGroup
	defer wg.Wait()
	middle := func(left *peer.Conn, right *peer.Conn) {
		wg.Go(func() { io.Copy(io.MultiWriter(right, &seen), left); right.CloseWrite() })
		io.Copy(left, right)
		left.CloseWrite()
	}
	conn, err := peer.Dial(t.Context(), o, func(ctx context.Context, offer []byte) ([]byte, error) {
		answer := make(chan []byte, 1)
		wg.Go(func() {
			left, err := peer.Answer(t.Context(), o, offer, func(_ context.Context, b []byte) error { answer <- b; return nil })
			if err != nil {
				t.Error(err)
				return
			}
			defer left.Close()
			right, err := peer.Dial(t.Context(), o, func(ctx context.Context, offer []byte) ([]byte, error) {
				answer := make(chan []byte, 1)
				wg.Go(func() {
					c, err := peer.Answer(t.Context(), o, offer, func(_ context.Context, b []byte) error { answer <- b; return nil })
					if err != nil {
						t.Error(err)
						return
					}
					s, err := b.shake(t.Context(), c, a.device, false, false)
					if err != nil {
						t.Error(err)
						return
					}
					io.Copy(s, s)
					s.Close()
				})
				return <-answer, nil
			})
			if err != nil {
				t.Error(err)
				return
			}
			defer right.Close()
			middle(left, right)
		})
		return <-answer, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.shake(t.Context(), conn, b.device, false, true)
	if err != nil {
		t.Fatal(err)
	}
	const secret = "a name and a number"
	if _, err := s.Write([]byte(secret)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(secret))
	if _, err := io.ReadFull(s, got); err != nil || string(got) != secret {
		t.Errorf("got %q, %v", got, err)
	}
	s.Close()
	wg.Wait()
	if seen.Len() < len(secret) || strings.Contains(seen.String(), secret) {
		t.Errorf("the middle saw %d bytes, the secret among them: %v", seen.Len(), strings.Contains(seen.String(), secret))
	}
	if v := s.ConnectionState().Version; v != tls.VersionTLS13 {
		t.Errorf("version %x", v)
	}
}

func FuzzSignal(f *testing.F) {
	good, err := signal{uuid.New(), signalOffer, []byte(`{"type":"offer","sdp":""}`)}.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"session":"01a22010-7aa1-70d4-b09d-bc9f9cfc9493","kind":"no"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSignal(b)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Errorf("kind of %v", err)
			}
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		if s2, err := parseSignal(again); err != nil || s2.Session != s.Session || s2.Kind != s.Kind || string(s2.Body) != string(s.Body) {
			t.Errorf("%v became %v, %v", s, s2, err)
		}
	})
}

func TestSignalsThatAreNone(t *testing.T) {
	id := uuid.NewString()
	for name, text := range map[string]string{
		"no session":                `{"kind":"no"}`,
		"an unknown kind":           `{"session":"` + id + `","kind":"dance"}`,
		"an offer of nothing":       `{"session":"` + id + `","kind":"offer"}`,
		"a refusal with a body":     `{"session":"` + id + `","kind":"no","body":"AAAA"}`,
		"a field too many":          `{"session":"` + id + `","kind":"no","x":1}`,
		"an offer longer than fits": `{"session":"` + id + `","kind":"offer","body":"` + strings.Repeat("AAAA", peer.MaxMessage/3+1) + `"}`,
	} {
		if _, err := parseSignal([]byte(text)); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
