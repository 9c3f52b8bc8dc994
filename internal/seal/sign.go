package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"doorstep/internal/fault"
)

// Signer is a private key: it signs, and opens what was encrypted to its
// public key. It may be used from many goroutines at once.
type Signer struct {
	suite  Suite
	p256   *ecdsa.PrivateKey // International
	sm2    *sm2.PrivateKey   // National
	public PublicKey
}

// PublicKey is the public half of a Signer. The zero PublicKey verifies nothing.
type PublicKey struct {
	suite Suite
	key   *ecdsa.PublicKey
}

// NewSigner makes a key of the International suite.
func NewSigner() (*Signer, error) { return NewSignerOf(International) }

// NewSignerOf makes a key of a known suite; another is fault.Unsupported.
func NewSignerOf(s Suite) (*Signer, error) {
	const op = "seal.NewSigner"
	switch s {
	case International:
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fault.New(op, fault.Other, err)
		}
		return signerP256(k), nil
	case National:
		k, err := sm2.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fault.New(op, fault.Other, err)
		}
		return signerSM2(k), nil
	}
	return nil, fault.New(op, fault.Unsupported, errors.New("unknown suite"))
}

func signerP256(k *ecdsa.PrivateKey) *Signer {
	return &Signer{suite: International, p256: k, public: PublicKey{International, &k.PublicKey}}
}

func signerSM2(k *sm2.PrivateKey) *Signer {
	return &Signer{suite: National, sm2: k, public: PublicKey{National, &k.PublicKey}}
}

// ParseSigner is the inverse of Marshal; fault.Input when b is no PKCS #8
// private key on P-256 or the SM2 curve.
func ParseSigner(b []byte) (*Signer, error) {
	const op = "seal.ParseSigner"
	k, err := smx509.ParsePKCS8PrivateKey(b)
	if err != nil {
		return nil, fault.New(op, fault.Input, errors.New("not a PKCS #8 key"))
	}
	switch k := k.(type) {
	case *sm2.PrivateKey:
		return signerSM2(k), nil
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P256() {
			return signerP256(k), nil
		}
	}
	return nil, fault.New(op, fault.Input, errors.New("key of another sort"))
}

// Marshal gives the secret key as PKCS #8 DER, to be sealed; the caller wipes it.
func (s *Signer) Marshal() ([]byte, error) {
	var b []byte
	var err error
	if s.suite == National {
		b, err = smx509.MarshalPKCS8PrivateKey(s.sm2)
	} else {
		b, err = x509.MarshalPKCS8PrivateKey(s.p256)
	}
	if err != nil {
		return nil, fault.New("seal.Signer.Marshal", fault.Other, err)
	}
	return b, nil
}

// Suite is the key's suite.
func (s *Signer) Suite() Suite { return s.suite }

// Public is the public half.
func (s *Signer) Public() PublicKey { return s.public }

// Crypto is the key for TLS, certificates and CMS.
func (s *Signer) Crypto() crypto.Signer {
	if s.suite == National {
		return s.sm2
	}
	return s.p256
}

// Sign signs msg for one purpose. A signature for one context never verifies
// for another. A context is at most 255 bytes of program text.
func (s *Signer) Sign(context string, msg []byte) []byte {
	sig, err := s.signRaw(frame(context, msg))
	if err != nil {
		panic(err) // only keys not on their curve, and no constructor lets one in
	}
	return sig
}

// signRaw signs bytes as they are.
func (s *Signer) signRaw(b []byte) ([]byte, error) {
	if s.suite == National {
		return s.sm2.SignWithSM2(rand.Reader, nil, b)
	}
	sum := International.Sum(b)
	return ecdsa.SignASN1(rand.Reader, s.p256, sum[:])
}

func frame(context string, msg []byte) []byte {
	if len(context) > 255 {
		panic("seal: context too long")
	}
	b := append(make([]byte, 0, 4+len(context)+len(msg)), "DSS"...)
	b = append(append(b, byte(len(context))), context...)
	return append(b, msg...)
}

// ParsePublicKey is the inverse of PublicKey.Marshal; fault.Input when b is no
// PKIX public key on P-256 or the SM2 curve.
func ParsePublicKey(b []byte) (PublicKey, error) {
	const op = "seal.ParsePublicKey"
	k, err := smx509.ParsePKIXPublicKey(b)
	if err != nil {
		return PublicKey{}, fault.New(op, fault.Input, errors.New("not a PKIX key"))
	}
	p, err := PublicKeyOf(k)
	return p, fault.Wrap(op, err)
}

// PublicKeyOf takes the key of a certificate; fault.Input for other sorts.
func PublicKeyOf(k crypto.PublicKey) (PublicKey, error) {
	if e, ok := k.(*ecdsa.PublicKey); ok {
		switch {
		case e.Curve == elliptic.P256():
			return PublicKey{International, e}, nil
		case sm2.IsSM2PublicKey(e):
			return PublicKey{National, e}, nil
		}
	}
	return PublicKey{}, fault.New("seal.PublicKeyOf", fault.Input, errors.New("key of another sort"))
}

// Zero says whether there is no key.
func (p PublicKey) Zero() bool { return p.key == nil }

// Suite is the key's suite; 0 for the zero key.
func (p PublicKey) Suite() Suite { return p.suite }

// Crypto is the key for certificates: an *ecdsa.PublicKey.
func (p PublicKey) Crypto() crypto.PublicKey { return p.key }

// Equal says whether both are the same key; two zero keys are not.
func (p PublicKey) Equal(o PublicKey) bool {
	return p.key != nil && o.key != nil && p.suite == o.suite && p.key.Equal(o.key)
}

// Marshal gives the key as PKIX DER; nil for the zero key.
func (p PublicKey) Marshal() []byte {
	if p.Zero() {
		return nil
	}
	b, err := smx509.MarshalPKIXPublicKey(p.key)
	if err != nil {
		panic(err) // only curves that no constructor lets in
	}
	return b
}

// ID is a short name of the key for people and logs: 16 letters and digits.
func (p PublicKey) ID() string {
	sum := International.Sum(p.Marshal())
	return strings.ToLower(alphabet().EncodeToString(sum[:10]))
}

// Verify fails with fault.Untrusted unless sig is the key's signature of msg
// for this context.
func (p PublicKey) Verify(context string, msg, sig []byte) error {
	if !p.holds(frame(context, msg), sig) {
		return fault.New("seal.Verify", fault.Untrusted, errors.New("signature does not hold"))
	}
	return nil
}

// holds says whether sig is the key's signature of bytes as they are.
func (p PublicKey) holds(b, sig []byte) bool {
	switch p.suite {
	case International:
		sum := International.Sum(b)
		return ecdsa.VerifyASN1(p.key, sum[:], sig)
	case National:
		return sm2.VerifyASN1WithSM2(p.key, nil, b, sig)
	}
	return false
}

// SignDocument signs a whole file so that programs of others verify it: SM2
// with SM3 and the default user id, or ECDSA with SHA-256, as ASN.1 (r, s), of
// the bytes as they are. A document begins unlike any message of Sign.
func (s *Signer) SignDocument(doc []byte) ([]byte, error) {
	const op = "seal.SignDocument"
	if bytes.HasPrefix(doc, []byte("DSS")) {
		return nil, fault.New(op, fault.Input, errors.New("not a document"))
	}
	sig, err := s.signRaw(doc)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	return sig, nil
}

// VerifyDocument fails with fault.Untrusted unless sig is the key's signature
// of the file.
func (p PublicKey) VerifyDocument(doc, sig []byte) error {
	if !p.holds(doc, sig) || bytes.HasPrefix(doc, []byte("DSS")) {
		return fault.New("seal.VerifyDocument", fault.Untrusted, errors.New("signature does not hold"))
	}
	return nil
}

// NationalSigner derives an SM2 key from the key: always the same for the same
// key and label, so that it needs no place to be kept.
func (k *Key) NationalSigner(label string) (*Signer, error) {
	const op = "seal.NationalSigner"
	for try := range 16 { // a secret past the curve's order comes once in 2^32
		d := k.Derive(fmt.Sprintf("%s %d", label, try))
		priv, err := sm2.NewPrivateKey(d.secret[:])
		d.Wipe()
		if err == nil {
			return signerSM2(priv), nil
		}
	}
	return nil, fault.New(op, fault.Other, errors.New("no key found"))
}

// alphabet is Crockford's: no I, L, O or U to misread.
func alphabet() *base32.Encoding {
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
}
