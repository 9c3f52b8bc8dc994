package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"hash"
	"sync/atomic"

	"doorstep/internal/fault"
)

const keySize = 32

// KeyBytes is the length of a key's bytes: its suite and 32 secret bytes.
const KeyBytes = 1 + keySize

// Key is a symmetric key of one suite. It may be used from many goroutines at
// once, but not while Wipe runs.
type Key struct {
	suite  Suite
	secret [keySize]byte
	ready  atomic.Pointer[cipher.AEAD] // made at first use: it costs as much as a small box
}

// NewKey makes a random key of the International suite.
func NewKey() *Key { return NewKeyOf(International) }

// NewKeyOf makes a random key of a known suite.
func NewKeyOf(s Suite) *Key {
	if !s.Known() {
		panic("seal: a key of an unknown suite")
	}
	k := &Key{suite: s}
	_, _ = rand.Read(k.secret[:]) // never fails: the program ends first
	return k
}

// KeyFromBytes is the inverse of Bytes. It copies b. A wrong length is
// fault.Input, an unknown suite fault.Newer.
func KeyFromBytes(b []byte) (*Key, error) {
	const op = "seal.KeyFromBytes"
	if len(b) != KeyBytes {
		return nil, fault.New(op, fault.Input, errors.New("wrong length"))
	}
	if !Suite(b[0]).Known() {
		return nil, fault.New(op, fault.Newer, errors.New("unknown suite"))
	}
	return &Key{suite: Suite(b[0]), secret: [keySize]byte(b[1:])}, nil
}

// Bytes gives the secret itself, KeyBytes long, to be sealed under another
// key; the caller wipes it.
func (k *Key) Bytes() []byte {
	k.alive()
	return append([]byte{byte(k.suite)}, k.secret[:]...)
}

// Suite is the key's suite.
func (k *Key) Suite() Suite { return k.suite }

// Wipe clears the secret; the key must not be used afterwards. Nil is fine.
func (k *Key) Wipe() {
	if k != nil {
		Wipe(k.secret[:])
		k.suite = 0
		k.ready.Store(nil)
	}
}

func (k *Key) alive() {
	if !k.suite.Known() {
		panic("seal: a wiped key was used")
	}
}

func (k *Key) aead() cipher.AEAD {
	if a := k.ready.Load(); a != nil {
		return *a
	}
	a := k.suite.aead(&k.secret)
	k.ready.Store(&a)
	return a
}

// Seal appends to dst the box that holds plain, bound to ad, and returns it.
func (k *Key) Seal(dst, plain, ad []byte) []byte {
	k.alive()
	dst = append(append(dst, byte(k.suite)), make([]byte, nonceSize)...)
	nonce := dst[len(dst)-nonceSize:]
	_, _ = rand.Read(nonce)
	return k.aead().Seal(dst, nonce, plain, ad)
}

// Open appends to dst the content of a box made by Seal with the same key and
// ad. Anything else is fault.Damaged, a suite not known here fault.Newer, and
// nothing is appended.
func (k *Key) Open(dst, box, ad []byte) ([]byte, error) {
	const op = "seal.Open"
	k.alive()
	if len(box) < Overhead {
		return nil, fault.New(op, fault.Damaged, errors.New("box too short"))
	}
	if s := Suite(box[0]); s != k.suite {
		if !s.Known() {
			return nil, fault.New(op, fault.Newer, errors.New("unknown suite"))
		}
		return nil, fault.New(op, fault.Damaged, errors.New("box of another suite"))
	}
	out, err := k.aead().Open(dst, box[1:1+nonceSize], box[1+nonceSize:], ad)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("box does not open"))
	}
	return out, nil
}

// Derive gives the subkey of a label: HKDF of the suite's hash, no salt, the
// label as info. Different labels give keys that tell nothing of each other.
func (k *Key) Derive(label string) *Key {
	k.alive()
	b, err := hkdf.Key(k.suite.Hash, k.secret[:], nil, label, keySize)
	if err != nil {
		panic(err) // only lengths HKDF cannot give, and this one it can
	}
	defer Wipe(b)
	return &Key{suite: k.suite, secret: [keySize]byte(b)}
}

// Name is the keyed hash of content: the same for all holders of the key,
// and telling others nothing.
func (k *Key) Name(content []byte) [HashSize]byte {
	n := k.NameKey()
	defer n.Wipe()
	return n.mac(content)
}

// NameKey is the key of Name: its MAC is a Namer. The caller wipes it.
func (k *Key) NameKey() *Key { return k.Derive("doorstep name v1") }

// Namer gives a hash whose sum is the Name of what is written to it: for
// content that need not be in memory as a whole.
func (k *Key) Namer() hash.Hash {
	n := k.NameKey()
	defer n.Wipe()
	return n.MAC()
}

// MAC gives a new keyed hash: HMAC of the suite's hash under the key itself,
// which must be used for nothing else. It is for one goroutine at a time.
func (k *Key) MAC() hash.Hash {
	k.alive()
	return hmac.New(k.suite.Hash, k.secret[:])
}

func (k *Key) mac(b []byte) [HashSize]byte {
	m := hmac.New(k.suite.Hash, k.secret[:])
	m.Write(b)
	return [HashSize]byte(m.Sum(nil))
}

// Wipe overwrites b with zeroes.
func Wipe(b []byte) { clear(b) }
