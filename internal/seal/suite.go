package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"hash"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// Suite names the set of algorithms that a key, a box or a signature is of.
// Its number is written in front of every box, so it never changes meaning.
type Suite byte

// The suites.
const (
	International Suite = 1 // AES-256-GCM, SHA-256, ECDSA and ECDH on P-256
	National      Suite = 2 // SM4-GCM, SM3, SM2
)

// Sizes that are the same in every suite.
const (
	HashSize  = 32
	nonceSize = 12
	tagSize   = 16

	// Overhead is how many bytes a box is longer than its content.
	Overhead = 1 + nonceSize + tagSize
)

// Suites lists the suites that this program knows.
func Suites() []Suite { return []Suite{International, National} }

// Known says whether this program knows the suite.
func (s Suite) Known() bool { return s == International || s == National }

// String is the suite's algorithms in words.
func (s Suite) String() string {
	switch s {
	case International:
		return "AES-256-GCM/SHA-256/P-256"
	case National:
		return "SM4-GCM/SM3/SM2"
	}
	return "unknown suite"
}

// Hash gives a new hash of the suite; SHA-256 when the suite is unknown.
func (s Suite) Hash() hash.Hash {
	if s == National {
		return sm3.New()
	}
	return sha256.New()
}

// Sum is the suite's hash of b.
func (s Suite) Sum(b []byte) [HashSize]byte {
	if s == National {
		return sm3.Sum(b)
	}
	return sha256.Sum256(b)
}

// aead gives the suite's cipher under a 32-byte secret; SM4 takes the first
// half of it.
func (s Suite) aead(secret *[keySize]byte) cipher.AEAD {
	var block cipher.Block
	var err error
	if s == National {
		block, err = sm4.NewCipher(secret[:16])
	} else {
		block, err = aes.NewCipher(secret[:])
	}
	if err != nil {
		panic(err) // only a wrong key length, and the length is fixed above
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only a wrong block length, and both ciphers have 16
	}
	return a
}
