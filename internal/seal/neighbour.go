package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"doorstep/internal/fault"
)

// neighbourProto is spoken between two laptops and by nobody else.
const neighbourProto = "doorstep-neighbour/1"

// NeighbourTLS is either side of a connection between two laptops of one
// county: TLS 1.3, and at the other end a device's certificate issued by ca,
// in its time by now, that may says yes to; may's error comes back as it is.
// The handshake fails with fault.Untrusted; a clock outside the time of ca is
// told apart by its sentence, and by ClockWrong.
func NeighbourTLS(cert tls.Certificate, ca *x509.Certificate, now func() time.Time, may func(device string) error) *tls.Config {
	const op = "seal.NeighbourTLS"
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{neighbourProto}, SessionTicketsDisabled: true,
		Certificates:       []tls.Certificate{cert},
		ClientAuth:         tls.RequireAnyClientCert,
		InsecureSkipVerify: true, // verified below, against one authority and this clock
		VerifyConnection: func(s tls.ConnectionState) error {
			if s.NegotiatedProtocol != neighbourProto {
				return fault.New(op, fault.Untrusted, errors.New("another protocol"))
			}
			if err := clockWithin(op, ca, now()); err != nil {
				return err
			}
			if len(s.PeerCertificates) == 0 {
				return fault.New(op, fault.Untrusted, errors.New("no certificate"))
			}
			device, _, err := deviceOf(op, s.PeerCertificates[0], ca, now())
			if err != nil {
				return err
			}
			return may(device)
		},
	}
}

// NeighbourDevice is the id and key of the device at the other end of a
// connection made with NeighbourTLS.
func NeighbourDevice(s *tls.ConnectionState) (string, PublicKey, error) {
	const op = "seal.NeighbourDevice"
	if len(s.PeerCertificates) == 0 {
		return "", PublicKey{}, fault.New(op, fault.Untrusted, errors.New("no certificate"))
	}
	c := s.PeerCertificates[0]
	key, err := PublicKeyOf(c.PublicKey)
	return c.Subject.CommonName, key, fault.Wrap(op, err)
}

// VerifyDevice reads a device's certificate and tells whose it is and its key;
// fault.Untrusted unless ca issued it. Its time is not asked for: what a device
// signed while its certificate was good stays signed.
func VerifyDevice(der []byte, ca *x509.Certificate) (device string, key PublicKey, err error) {
	const op = "seal.VerifyDevice"
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return "", PublicKey{}, fault.New(op, fault.Untrusted, errors.New("not a certificate"))
	}
	return deviceOf(op, c, ca, c.NotAfter)
}

func deviceOf(op string, c, ca *x509.Certificate, now time.Time) (string, PublicKey, error) {
	_, err := c.Verify(x509.VerifyOptions{Roots: poolOf(ca), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "", PublicKey{}, fault.Say(op, fault.Untrusted, "对方电脑的证书在本机时间 "+now.Format("2006年1月2日")+" 不在有效期内，请核对两台电脑的时间，或联系县资助中心重新注册。", errors.New("device certificate out of its time"))
	case err != nil:
		return "", PublicKey{}, fault.Say(op, fault.Untrusted, "对方不是本县注册的电脑，没有连接。", errors.New("certificate of another authority"))
	}
	key, err := PublicKeyOf(c.PublicKey)
	return c.Subject.CommonName, key, fault.Wrap(op, err)
}

// Room is what the laptops of a county know one another by before they show
// certificates: keys derived from the county's.
type Room struct{ knock, announce *Key }

// NewRoom derives a room's keys. Forget wipes them.
func NewRoom(county *Key) *Room {
	return &Room{county.Derive("doorstep neighbour knock v1"), county.Derive("doorstep neighbour announce v1")}
}

// Forget wipes the keys.
func (r *Room) Forget() {
	r.knock.Wipe()
	r.announce.Wipe()
}

const (
	knockSize = 32
	// MaxAnnouncement bounds what Announce gives.
	MaxAnnouncement = 512
	announceMagic   = "DSA1"
)

// Answer waits at the door for who dials: it sends a question and demands the
// answer that only a laptop of the county can give, so that strangers get not
// even a certificate to look at. fault.Untrusted for another answer.
func (r *Room) Answer(c io.ReadWriter) error {
	const op = "seal.Room.Answer"
	var q, a [knockSize]byte
	_, _ = rand.Read(q[:])
	if _, err := c.Write(q[:]); err != nil {
		return fault.New(op, fault.Offline, errors.New("connection broke off"))
	}
	if _, err := io.ReadFull(c, a[:]); err != nil {
		return fault.New(op, fault.Offline, errors.New("connection broke off"))
	}
	want := r.knock.Name(q[:])
	if !hmac.Equal(a[:], want[:]) {
		return fault.New(op, fault.Untrusted, errors.New("a stranger knocked"))
	}
	return nil
}

// Knock is the side of who dials.
func (r *Room) Knock(c io.ReadWriter) error {
	const op = "seal.Room.Knock"
	var q [knockSize]byte
	if _, err := io.ReadFull(c, q[:]); err != nil {
		return fault.New(op, fault.Offline, errors.New("connection broke off"))
	}
	a := r.knock.Name(q[:])
	if _, err := c.Write(a[:]); err != nil {
		return fault.New(op, fault.Offline, errors.New("connection broke off"))
	}
	return nil
}

// Announce seals what a laptop calls into the room: only laptops of the county
// can read it, and no two are alike.
func (r *Room) Announce(plain []byte) []byte {
	return r.announce.Seal([]byte(announceMagic), plain, []byte(announceMagic))
}

// Hear opens an announcement; fault.Untrusted for what is none of the county's.
func (r *Room) Hear(b []byte) ([]byte, error) {
	const op = "seal.Room.Hear"
	if len(b) > MaxAnnouncement || len(b) < len(announceMagic) || string(b[:len(announceMagic)]) != announceMagic {
		return nil, fault.New(op, fault.Untrusted, errors.New("not an announcement"))
	}
	plain, err := r.announce.Open(nil, b[len(announceMagic):], []byte(announceMagic))
	if err != nil {
		return nil, fault.New(op, fault.Untrusted, errors.New("not of this county"))
	}
	return plain, nil
}

// Spot is where a laptop can be reached, and the first bytes of the SHA-256 of
// its certificate: what stands in a QR code, or is typed.
type Spot struct {
	Addr        netip.AddrPort
	Fingerprint [6]byte
}

const spotPrefix = "DN1"

// SpotFingerprint is the fingerprint of a device's certificate in a Spot.
func SpotFingerprint(der []byte) (f [6]byte) {
	sum := International.Sum(der)
	copy(f[:], sum[:])
	return f
}

// String is the text on screen: DN1- and groups of five letters and digits.
func (s Spot) String() string {
	b := binary.BigEndian.AppendUint16(s.Addr.Addr().AsSlice(), s.Addr.Port())
	b = append(b, s.Fingerprint[:]...)
	text := alphabet().EncodeToString(append(b, spotCheck(b)))
	out := spotPrefix
	for len(text) > 0 {
		n := min(5, len(text))
		out += "-" + text[:n]
		text = text[n:]
	}
	return out
}

func spotCheck(b []byte) byte {
	sum := International.Sum(b)
	return sum[0]
}

// ParseSpot reads the text as people type it: case, spaces and dashes do not
// matter, O is read as 0, I and L as 1. fault.Input when it is none or its
// check does not agree.
func ParseSpot(text string) (Spot, error) {
	bad := func(why string) (Spot, error) {
		return Spot{}, fault.Say("seal.ParseSpot", fault.Input, "连接码不完整或有输错的字符，请对照对方屏幕重新输入。", errors.New(why))
	}
	if len(text) > 256 {
		return bad("too long")
	}
	s, ok := strings.CutPrefix(folded(text), spotPrefix)
	if !ok {
		return bad("not a code of this version")
	}
	b, err := alphabet().DecodeString(s)
	if err != nil || alphabet().EncodeToString(b) != s || len(b) != 4+2+6+1 && len(b) != 16+2+6+1 {
		return bad("not a code")
	}
	if spotCheck(b[:len(b)-1]) != b[len(b)-1] {
		return bad("check")
	}
	ip, _ := netip.AddrFromSlice(b[:len(b)-9])
	out := Spot{Addr: netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[len(b)-9:]))}
	copy(out.Fingerprint[:], b[len(b)-7:])
	if out.Addr.Port() == 0 || ip.IsUnspecified() || ip.IsMulticast() {
		return bad("address")
	}
	return out, nil
}
