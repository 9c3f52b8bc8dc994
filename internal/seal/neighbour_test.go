package seal

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
)

func yesTo(string) error { return nil }

func TestNeighbourTLS(t *testing.T) {
	now := time.Now()
	long := now.Add(-3 * year)
	ca, other := must(NewAuthority("县资助中心", 10*year, long)), must(NewAuthority("县资助中心", 10*year, long))
	a, b := issue(ca, Device, "d-a", now), issue(ca, Device, "d-b", now)
	side := func(p party, may func(string) error) *tls.Config { return NeighbourTLS(p.cert, ca.Cert(), time.Now, may) }

	t.Run("two laptops of a county know each other, by TLS 1.3", func(t *testing.T) {
		var seen string
		s, serr, cerr := shake(t, side(a, yesTo), side(b, func(d string) error { seen = d; return nil }))
		if serr != nil || cerr != nil {
			t.Fatal(serr, cerr)
		}
		id, key, err := NeighbourDevice(&s)
		if err != nil || id != "d-b" || seen != "d-a" || !key.Equal(b.key.Public()) || s.Version != tls.VersionTLS13 {
			t.Fatalf("got %q, %q, %v", id, seen, err)
		}
	})
	for name, stranger := range map[string]*tls.Config{
		"without a certificate":     {MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, NextProtos: []string{neighbourProto}},
		"of another county":         NeighbourTLS(issue(other, Device, "d-c", now).cert, other.Cert(), time.Now, yesTo),
		"with an expired one":       side(issue(ca, Device, "d-d", now.Add(-2*year)), yesTo),
		"the centre is no laptop":   side(issue(ca, Server, "centre", now), yesTo),
		"a browser by another road": {MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, Certificates: []tls.Certificate{b.cert}},
	} {
		t.Run("a stranger gets nothing: "+name, func(t *testing.T) {
			if _, serr, cerr := shake(t, side(a, yesTo), stranger); serr == nil || cerr == nil {
				t.Errorf("as client: %v, %v", serr, cerr)
			}
			if len(stranger.Certificates) == 0 {
				return
			}
			if _, serr, cerr := shake(t, stranger, side(a, yesTo)); cerr == nil {
				t.Errorf("as server: %v, %v", serr, cerr)
			}
		})
	}
	t.Run("who was revoked is refused by name", func(t *testing.T) {
		revoked := errors.New("revoked")
		if _, serr, _ := shake(t, side(a, func(string) error { return revoked }), side(b, yesTo)); !errors.Is(serr, revoked) {
			t.Errorf("got %v", serr)
		}
	})
	t.Run("a wrong clock says so", func(t *testing.T) {
		past := NeighbourTLS(b.cert, ca.Cert(), func() time.Time { return time.Unix(1e9, 0) }, yesTo)
		if _, _, cerr := shake(t, side(a, yesTo), past); !ClockWrong(cerr) {
			t.Errorf("got %v", cerr)
		}
	})
	t.Run("a device's certificate is read after its time, and not of another county", func(t *testing.T) {
		old := issue(ca, Device, "d-old", now.Add(-2*year))
		if id, key, err := VerifyDevice(old.cert.Certificate[0], ca.Cert()); err != nil || id != "d-old" || !key.Equal(old.key.Public()) {
			t.Errorf("got %q, %v", id, err)
		}
		for _, der := range [][]byte{nil, issue(other, Device, "x", now).cert.Certificate[0], issue(ca, Server, "x", now).cert.Certificate[0]} {
			if _, _, err := VerifyDevice(der, ca.Cert()); fault.KindOf(err) != fault.Untrusted {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestKnock(t *testing.T) {
	ours, theirs := NewKey(), NewKey()
	try := func(dial *Key) (dialled, answered error) {
		a, b := net.Pipe()
		done := make(chan error, 1)
		go func() { done <- NewRoom(ours).Answer(b); b.Close() }()
		dialled = NewRoom(dial).Knock(a)
		return dialled, <-done
	}
	if d, a := try(ours); d != nil || a != nil {
		t.Errorf("a laptop of the county: %v, %v", d, a)
	}
	if _, a := try(theirs); fault.KindOf(a) != fault.Untrusted {
		t.Errorf("a stranger: %v", a)
	}
}

func TestAnnouncement(t *testing.T) {
	county := NewKey()
	r := NewRoom(county)
	one, two := r.Announce([]byte("device and port")), r.Announce([]byte("device and port"))
	if bytes.Equal(one[4:], two[4:]) || bytes.Contains(one, []byte("device")) {
		t.Error("an announcement tells strangers something")
	}
	if got := must(NewRoom(county).Hear(one)); string(got) != "device and port" {
		t.Errorf("got %q", got)
	}
	if _, err := NewRoom(NewKey()).Hear(one); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("another county: %v", err)
	}
	for i := range one {
		bad := bytes.Clone(one)
		bad[i] ^= 1
		if _, err := r.Hear(bad); fault.KindOf(err) != fault.Untrusted {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

func TestSpot(t *testing.T) {
	for _, addr := range []string{"192.168.43.5:17310", "[fe80::1:2]:9"} {
		s := Spot{Addr: netip.MustParseAddrPort(addr), Fingerprint: SpotFingerprint([]byte("cert"))}
		text := s.String()
		if got := must(ParseSpot(text)); got != s {
			t.Errorf("%s: got %v", text, got)
		}
		if got := must(ParseSpot(" " + strings.ToLower(strings.ReplaceAll(text, "-", " ")) + "\n")); got != s {
			t.Errorf("typed badly: got %v", got)
		}
		wrong := 0
		for i := len("DN1-"); i < len(text); i++ {
			c := byte('7')
			if text[i] == c {
				c = '8'
			}
			if _, err := ParseSpot(text[:i] + string(c) + text[i+1:]); err == nil && text[i] != '-' {
				wrong++
			}
		}
		if wrong > 2 { // one check byte lets one in 256 through
			t.Errorf("%d of %d wrong letters went unnoticed", wrong, len(text))
		}
	}
	for _, bad := range []string{"", "DN1", "DN1-00000", "DS1-ABC", Spot{Addr: netip.MustParseAddrPort("0.0.0.0:1")}.String(),
		Spot{Addr: netip.MustParseAddrPort("10.0.0.1:0")}.String(), Spot{Addr: netip.MustParseAddrPort("224.0.0.1:1")}.String()} {
		if _, err := ParseSpot(bad); fault.KindOf(err) != fault.Input {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseSpot(f *testing.F) {
	f.Add(Spot{Addr: netip.MustParseAddrPort("192.168.43.5:17310")}.String())
	f.Add("dn1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpot(text)
		if err != nil {
			return
		}
		if again, err := ParseSpot(s.String()); err != nil || again != s {
			t.Fatalf("not stable: %v", err)
		}
	})
}

func FuzzHear(f *testing.F) {
	county := NewKey()
	r := NewRoom(county)
	f.Add(r.Announce([]byte("x")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := r.Hear(b); err == nil && string(plain) != "x" {
			t.Fatal("heard what was never said")
		}
	})
}
