package seal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
)

const year = 365 * 24 * time.Hour

type party struct {
	key  *Signer
	cert tls.Certificate
}

func issue(a *Authority, kind CertKind, id string, now time.Time) party {
	k := must(NewSigner())
	return party{k, a.Chain(must(a.Issue(k.Public(), kind, id, []string{"localhost", "127.0.0.1"}, year, now)), k)}
}

// shake makes a real TLS connection over loopback and gives both ends' errors
// and what the server saw.
func shake(t *testing.T, server, client *tls.Config) (tls.ConnectionState, error, error) {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	type end struct {
		state tls.ConnectionState
		err   error
	}
	done := make(chan end)
	go func() {
		c, err := l.Accept()
		if err != nil {
			done <- end{err: err}
			return
		}
		s := tls.Server(c, server)
		err = s.HandshakeContext(context.Background())
		if err == nil {
			_, err = s.Write([]byte("k"))
		}
		done <- end{s.ConnectionState(), err}
		s.Close()
	}()
	c := must(net.Dial("tcp", l.Addr().String()))
	client.ServerName = "127.0.0.1"
	k := tls.Client(c, client)
	err := k.HandshakeContext(context.Background())
	if err == nil {
		_, err = k.Read(make([]byte, 1))
	}
	k.Close()
	e := <-done
	return e.state, e.err, err
}

func TestTLS(t *testing.T) {
	now := time.Now()
	ca := must(NewAuthority("县资助中心", 10*year, now))
	ca = must(ParseAuthority(must(ca.Marshal())))
	other := must(NewAuthority("县资助中心", 10*year, now))
	server, device := issue(ca, Server, "centre", now), issue(ca, Device, "d-1", now)
	at := func(t time.Time) func() time.Time { return func() time.Time { return t } }

	t.Run("server and device know each other, by TLS 1.3", func(t *testing.T) {
		s, serr, cerr := shake(t, ServerTLS(server.cert, ca.Cert()), DeviceTLS(device.cert, ca.Cert(), time.Now))
		if serr != nil || cerr != nil {
			t.Fatal(serr, cerr)
		}
		if id, ok := PeerDevice(&s); !ok || id != "d-1" || s.Version != tls.VersionTLS13 {
			t.Fatalf("got %q %v %x", id, ok, s.Version)
		}
	})
	t.Run("an enrolling laptop knows the server by fingerprint and is nobody", func(t *testing.T) {
		s, serr, cerr := shake(t, ServerTLS(server.cert, ca.Cert()), EnrolTLS(ca.Fingerprint()))
		if serr != nil || cerr != nil {
			t.Fatal(serr, cerr)
		}
		if id, ok := PeerDevice(&s); ok || id != "" {
			t.Fatalf("a device %q without a certificate", id)
		}
	})
	t.Run("an enrolling laptop refuses another centre", func(t *testing.T) {
		_, _, err := shake(t, ServerTLS(server.cert, ca.Cert()), EnrolTLS(other.Fingerprint()))
		wantKind(t, err, fault.Untrusted)
	})
	t.Run("sending the right authority along does not help another server", func(t *testing.T) {
		liar := issue(other, Server, "centre", now)
		liar.cert.Certificate = [][]byte{liar.cert.Certificate[0], ca.Cert().Raw}
		_, _, err := shake(t, ServerTLS(liar.cert, ca.Cert()), EnrolTLS(ca.Fingerprint()))
		wantKind(t, err, fault.Untrusted)
	})
	t.Run("a device refuses a server of another authority", func(t *testing.T) {
		liar := issue(other, Server, "centre", now)
		_, _, err := shake(t, ServerTLS(liar.cert, other.Cert()), DeviceTLS(device.cert, ca.Cert(), time.Now))
		wantKind(t, err, fault.Untrusted)
		if ClockWrong(err) {
			t.Fatal("blames the clock")
		}
	})
	t.Run("a device cannot pose as the server", func(t *testing.T) {
		_, _, err := shake(t, ServerTLS(device.cert, ca.Cert()), DeviceTLS(device.cert, ca.Cert(), time.Now))
		wantKind(t, err, fault.Untrusted)
	})
	t.Run("the server refuses a device of another authority", func(t *testing.T) {
		stranger := issue(other, Device, "d-1", now)
		_, serr, cerr := shake(t, ServerTLS(server.cert, ca.Cert()), DeviceTLS(stranger.cert, ca.Cert(), time.Now))
		if serr == nil || cerr == nil {
			t.Fatal("let in")
		}
	})
	t.Run("a clock of 2001 is told apart and says so", func(t *testing.T) {
		cfg := DeviceTLS(device.cert, ca.Cert(), at(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)))
		_, _, err := shake(t, ServerTLS(server.cert, ca.Cert()), cfg)
		wantKind(t, err, fault.Untrusted)
		if !ClockWrong(err) || !strings.Contains(fault.Sentence(err), "2001年") || !strings.Contains(fault.Sentence(err), "校准") {
			t.Fatalf("got %q", fault.Sentence(err))
		}
	})
	t.Run("a server certificate out of its time is not the clock", func(t *testing.T) {
		_, _, err := shake(t, ServerTLS(server.cert, ca.Cert()), DeviceTLS(device.cert, ca.Cert(), at(now.Add(2*year))))
		wantKind(t, err, fault.Untrusted)
		if ClockWrong(err) {
			t.Fatal("blames the clock for sure")
		}
	})
}

func TestAuthority(t *testing.T) {
	now := time.Now()
	ca := must(NewAuthority("中心", year, now))
	t.Run("issues nothing that outlives it", func(t *testing.T) {
		c := must(x509.ParseCertificate(must(ca.Issue(must(NewSigner()).Public(), Device, "d", nil, 9*year, now))))
		if c.NotAfter.After(ca.Cert().NotAfter) {
			t.Fatal("outlives")
		}
		if c.KeyUsage&x509.KeyUsageContentCommitment == 0 {
			t.Fatal("a device signs contracts")
		}
	})
	t.Run("refuses keys TLS cannot use and kinds it does not know", func(t *testing.T) {
		_, err := ca.Issue(must(NewSignerOf(National)).Public(), Device, "d", nil, year, now)
		wantKind(t, err, fault.Unsupported)
		_, err = ca.Issue(must(NewSigner()).Public(), 9, "d", nil, year, now)
		wantKind(t, err, fault.Input)
		_, err = ca.Issue("no key", Device, "d", nil, year, now)
		wantKind(t, err, fault.Input)
	})
	t.Run("does not parse with another's key", func(t *testing.T) {
		a, b := string(must(ca.Marshal())), string(must(must(NewAuthority("中心", year, now)).Marshal()))
		cut := strings.Index(a, "-----BEGIN CERT")
		_, err := ParseAuthority([]byte(a[:cut] + b[strings.Index(b, "-----BEGIN CERT"):]))
		wantKind(t, err, fault.Damaged)
		_, err = ParseAuthority(nil)
		wantKind(t, err, fault.Damaged)
	})
}

func TestEnrolCode(t *testing.T) {
	e := NewEnrolCode(must(NewAuthority("中心", year, time.Now())).Fingerprint())
	text := e.String()
	t.Run("reads what people type", func(t *testing.T) {
		spaced := ""
		for i, r := range text {
			if i > 4 && i%5 == 0 {
				spaced += " "
			}
			spaced += string(r)
		}
		for _, in := range []string{text, strings.ToLower(text), "  " + text + "\r\n", spaced,
			strings.ReplaceAll(text, "-", ""), "DS1" + strings.ReplaceAll(text[3:], "0", "O"), "DSI" + strings.ReplaceAll(text[3:], "1", "l")} {
			if got, err := ParseEnrolCode(in); err != nil || got != e {
				t.Errorf("got %v, %v for %q", got, err, in)
			}
		}
	})
	t.Run("notices one wrong symbol nearly always", func(t *testing.T) {
		missed := 0
		for i := 4; i < len(text); i++ {
			b := []byte(text)
			if b[i] == '-' {
				continue
			}
			b[i] = "23"[min(1, strings.Index("2", string(b[i]))+1)]
			if string(b) == text {
				continue
			}
			if _, err := ParseEnrolCode(string(b)); err == nil {
				missed++
			}
		}
		if missed > 2 {
			t.Fatalf("missed %d", missed)
		}
	})
	t.Run("refuses what is no code", func(t *testing.T) {
		for _, in := range []string{"", "DS1", "DS2" + text[3:], text + "0", text[:len(text)-1], strings.Repeat("A", 5000)} {
			_, err := ParseEnrolCode(in)
			wantKind(t, err, fault.Input)
		}
	})
}

func FuzzParseEnrolCode(f *testing.F) {
	f.Add(EnrolCode{Code: "0123456789ABCDEF", Fingerprint: "0123456789ABCDEFGHJKMNPQR0"}.String())
	f.Add("DS1-x-y")
	f.Fuzz(func(t *testing.T, in string) {
		if e, err := ParseEnrolCode(in); err == nil {
			if again := must(ParseEnrolCode(e.String())); again != e {
				t.Fatal("not stable")
			}
		}
	})
}
