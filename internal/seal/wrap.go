package seal

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"errors"

	gmecdh "github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/sm2"

	"doorstep/internal/fault"
)

const pointSize = 65 // an uncompressed point of either curve

// Encrypt gives a box that only the Signer of p opens, with the same ad:
// a fresh key agrees with p (ECDH), HKDF makes a key of it. The zero key is
// fault.Input.
func (p PublicKey) Encrypt(plain, ad []byte) ([]byte, error) {
	const op = "seal.Encrypt"
	if p.Zero() {
		return nil, fault.New(op, fault.Input, errors.New("no key"))
	}
	eph, err := NewSignerOf(p.suite)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	ephPoint, err := eph.public.point()
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	own, err := p.point()
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	k, err := eph.agree(own, ephPoint, own)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	defer k.Wipe()
	return k.Seal(append([]byte{byte(p.suite)}, ephPoint...), plain, ad), nil
}

// Decrypt opens what was encrypted to the public half with the same ad;
// anything else is fault.Damaged.
func (s *Signer) Decrypt(box, ad []byte) ([]byte, error) {
	const op = "seal.Decrypt"
	if len(box) < 1+pointSize+Overhead || Suite(box[0]) != s.suite || Suite(box[1+pointSize]) != s.suite {
		return nil, fault.New(op, fault.Damaged, errors.New("not a box for this key"))
	}
	ephPoint := box[1 : 1+pointSize]
	own, err := s.public.point()
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	k, err := s.agree(ephPoint, ephPoint, own)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("point not on the curve"))
	}
	defer k.Wipe()
	out, err := k.Open(nil, box[1+pointSize:], ad)
	return out, fault.Wrap(op, err)
}

func (p PublicKey) point() ([]byte, error) {
	if p.suite == National {
		k, err := sm2.PublicKeyToECDH(p.key)
		if err != nil {
			return nil, err
		}
		return k.Bytes(), nil
	}
	k, err := p.key.ECDH()
	if err != nil {
		return nil, err
	}
	return k.Bytes(), nil
}

// agree makes the key shared with the holder of other; both points go into it
// so that a box cannot be moved to another pair of keys.
func (s *Signer) agree(other, ephemeral, recipient []byte) (*Key, error) {
	shared, err := s.shared(other)
	if err != nil {
		return nil, err
	}
	defer Wipe(shared)
	salt := append(append([]byte{}, ephemeral...), recipient...)
	b, err := hkdf.Key(s.suite.Hash, shared, salt, "doorstep wrap v1", keySize)
	if err != nil {
		return nil, err
	}
	defer Wipe(b)
	return &Key{suite: s.suite, secret: [keySize]byte(b)}, nil
}

func (s *Signer) shared(other []byte) ([]byte, error) {
	if s.suite == National {
		pub, err := gmecdh.P256().NewPublicKey(other)
		if err != nil {
			return nil, err
		}
		own, err := s.sm2.ECDH()
		if err != nil {
			return nil, err
		}
		return own.ECDH(pub)
	}
	pub, err := ecdh.P256().NewPublicKey(other)
	if err != nil {
		return nil, err
	}
	own, err := s.p256.ECDH()
	if err != nil {
		return nil, err
	}
	return own.ECDH(pub)
}
