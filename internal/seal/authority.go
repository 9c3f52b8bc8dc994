package seal

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"

	"doorstep/internal/fault"
)

// CertKind is what a certificate is for.
type CertKind byte

// The kinds of certificate an Authority issues.
const (
	Server CertKind = 1 // the centre: TLS server
	Device CertKind = 2 // a laptop: TLS client, and signing of contracts
)

// backdate is how far before its making a certificate is valid already, so
// that a laptop whose clock is a little slow can use it at once.
const backdate = 48 * time.Hour

// Authority is a centre's own certificate authority: its key and its
// self-signed certificate.
type Authority struct {
	signer *Signer
	cert   *x509.Certificate
}

// NewAuthority makes an authority, valid from two days before now.
func NewAuthority(name string, validFor time.Duration, now time.Time) (*Authority, error) {
	const op = "seal.NewAuthority"
	s, err := NewSigner()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(validFor),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, s.Public().Crypto(), s.Crypto())
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	return &Authority{signer: s, cert: cert}, nil
}

func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[0] = b[0]&0x7f | 0x40 // positive, and always 16 bytes
	return new(big.Int).SetBytes(b[:])
}

// Cert is the authority's own certificate.
func (a *Authority) Cert() *x509.Certificate { return a.cert }

// Signer is the authority's key: the centre also signs receipts with it.
func (a *Authority) Signer() *Signer { return a.signer }

// Fingerprint names the authority in an enrolment code: 128 bits of the
// SHA-256 of its certificate, as 26 letters and digits.
func (a *Authority) Fingerprint() string { return FingerprintOf(a.cert) }

// FingerprintOf is the fingerprint of any certificate.
func FingerprintOf(c *x509.Certificate) string {
	sum := International.Sum(c.Raw)
	return alphabet().EncodeToString(sum[:16])
}

// Issue certifies pub as the server or device id. hosts are the names and
// addresses of a server. A key of the National suite is fault.Unsupported:
// TLS here speaks P-256.
func (a *Authority) Issue(pub crypto.PublicKey, kind CertKind, id string, hosts []string, valid time.Duration, now time.Time) ([]byte, error) {
	const op = "seal.Issue"
	if p, ok := pub.(PublicKey); ok {
		pub = p.Crypto()
	}
	if p, err := PublicKeyOf(pub); err != nil {
		return nil, fault.Wrap(op, err)
	} else if p.Suite() != International {
		return nil, fault.New(op, fault.Unsupported, errors.New("key of the national suite"))
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: id},
		NotBefore: now.Add(-backdate), NotAfter: earlier(now.Add(valid), a.cert.NotAfter),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	switch kind {
	case Server:
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		for _, h := range hosts {
			if ip := net.ParseIP(h); ip != nil {
				t.IPAddresses = append(t.IPAddresses, ip)
			} else {
				t.DNSNames = append(t.DNSNames, h)
			}
		}
	case Device:
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		t.KeyUsage |= x509.KeyUsageContentCommitment
	default:
		return nil, fault.New(op, fault.Input, errors.New("unknown kind"))
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, pub, a.signer.Crypto())
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	return der, nil
}

// IssuedAt is when the authority issued a certificate, by its clock.
func IssuedAt(c *x509.Certificate) time.Time { return c.NotBefore.Add(backdate) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Chain joins an issued certificate, the authority's own and the key of the
// former for TLS; the authority's must go along, so that a device that is
// enrolling can compare its fingerprint.
func (a *Authority) Chain(der []byte, key *Signer) tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key.Crypto()}
}

// Marshal gives key and certificate as two PEM blocks. They hold the secret
// key in the open: the caller seals or guards them.
func (a *Authority) Marshal() ([]byte, error) {
	key, err := a.signer.Marshal()
	if err != nil {
		return nil, fault.Wrap("seal.Authority.Marshal", err)
	}
	defer Wipe(key)
	b := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})...), nil
}

// ParseAuthority is the inverse of Marshal; fault.Damaged when the two blocks
// are not there or do not belong together.
func ParseAuthority(b []byte) (*Authority, error) {
	const op = "seal.ParseAuthority"
	kb, rest := pem.Decode(b)
	cb, rest := pem.Decode(rest)
	if kb == nil || cb == nil || kb.Type != "PRIVATE KEY" || cb.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) != 0 {
		return nil, fault.New(op, fault.Damaged, errors.New("not a key and a certificate"))
	}
	s, err := ParseSigner(kb.Bytes)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	c, err := x509.ParseCertificate(cb.Bytes)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	if p, err := PublicKeyOf(c.PublicKey); err != nil || !p.Equal(s.Public()) || !c.IsCA {
		return nil, fault.New(op, fault.Damaged, errors.New("key and certificate do not belong together"))
	}
	return &Authority{signer: s, cert: c}, nil
}
