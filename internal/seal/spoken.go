package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/subtle"
	"errors"
	"strings"

	"doorstep/internal/fault"
)

// AnswerSize is how many bytes an answer has: 80 bits.
const AnswerSize = 10

// Agree makes the key that two signers share without a word between them; both
// get the same of a label, and nobody else does. fault.Input for a key of
// another suite. The caller wipes it.
func (s *Signer) Agree(other PublicKey, label string) (*Key, error) {
	const op = "seal.Agree"
	if other.Zero() || other.suite != s.suite {
		return nil, fault.New(op, fault.Input, errors.New("no key, or one of another suite"))
	}
	theirs, err := other.point()
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	own, err := s.public.point()
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	shared, err := s.shared(theirs)
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	defer Wipe(shared)
	salt := append(bytes.Clone(own), theirs...)
	if bytes.Compare(own, theirs) > 0 {
		salt = append(bytes.Clone(theirs), own...)
	}
	b, err := hkdf.Key(s.suite.Hash, shared, salt, "doorstep agreed 1\x00"+label, keySize)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	defer Wipe(b)
	return &Key{suite: s.suite, secret: [keySize]byte(b)}, nil
}

// Answer is the short proof of a message that is read out by telephone: the
// beginning of a MAC under the key.
func (k *Key) Answer(message []byte) []byte {
	sum := k.Derive("doorstep answer 1").mac(message)
	return bytes.Clone(sum[:AnswerSize])
}

// Answers says whether an answer is that of a message.
func (k *Key) Answers(message, answer []byte) bool {
	return subtle.ConstantTimeCompare(k.Answer(message), answer) == 1
}

// Spoken is the text of bytes for people to read out and type: symbols of which
// none is like another, two of them to check the rest, in groups of four.
func Spoken(b []byte) string {
	s := alphabet().EncodeToString(b) + spokenCheck(b)
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), "-")
}

func spokenCheck(b []byte) string {
	sum := International.Sum(append([]byte("doorstep spoken 1\x00"), b...))
	return alphabet().EncodeToString(sum[:5])[:checkLen]
}

// ParseSpoken reads what Spoken wrote, of size bytes, as people type it: case,
// spaces and dashes do not matter, O is read as 0, I and L as 1. fault.Input
// with a sentence for anything else.
func ParseSpoken(text string, size int) ([]byte, error) {
	bad := func(why string) ([]byte, error) {
		return nil, fault.Say("seal.ParseSpoken", fault.Input, "这串码不完整或有输错的字符，请对照着重新输入。", errors.New(why))
	}
	if len(text) > 1024 {
		return bad("too long")
	}
	s := folded(text)
	if len(s) != alphabet().EncodedLen(size)+checkLen {
		return bad("of another length")
	}
	body, check := s[:len(s)-checkLen], s[len(s)-checkLen:]
	if !symbols(body, size) {
		return bad("not a symbol")
	}
	b, err := alphabet().DecodeString(body)
	if err != nil || check != spokenCheck(b) {
		return bad("check symbols")
	}
	return b, nil
}
