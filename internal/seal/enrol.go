package seal

import (
	"crypto/rand"
	"errors"
	"strings"

	"doorstep/internal/fault"
)

const (
	enrolPrefix = "DS1"
	codeSize    = 10 // 80 bits: 16 symbols
	codeLen     = 16
	printLen    = 26 // a fingerprint
	checkLen    = 2
)

// EnrolCode lets one laptop enrol: a one-time secret, and the fingerprint by
// which the laptop knows the centre.
type EnrolCode struct {
	Code        string // 16 letters and digits
	Fingerprint string // of the centre's authority, 26 letters and digits
}

// NewEnrolCode makes a random code for the centre of this fingerprint.
func NewEnrolCode(fingerprint string) EnrolCode {
	var b [codeSize]byte
	_, _ = rand.Read(b[:])
	return EnrolCode{Code: alphabet().EncodeToString(b[:]), Fingerprint: fingerprint}
}

// String is the text on paper: DS1-code-fingerprint and two check symbols.
func (e EnrolCode) String() string {
	return enrolPrefix + "-" + e.Code + "-" + e.Fingerprint + e.check()
}

func (e EnrolCode) check() string {
	sum := International.Sum([]byte(e.Code + "-" + e.Fingerprint))
	return alphabet().EncodeToString(sum[:5])[:checkLen]
}

// ParseEnrolCode reads a code as people type it: case, spaces and dashes do not
// matter, O is read as 0, I and L as 1. fault.Input when it is no code or its
// check symbols do not agree.
func ParseEnrolCode(text string) (EnrolCode, error) {
	bad := func(why string) (EnrolCode, error) {
		return EnrolCode{}, fault.Say("seal.ParseEnrolCode", fault.Input,
			"注册码不完整或有输错的字符，请对照原件重新输入。", errors.New(why))
	}
	if len(text) > 1024 {
		return bad("too long")
	}
	s, ok := strings.CutPrefix(folded(text), enrolPrefix)
	if !ok || len(s) != codeLen+printLen+checkLen {
		return bad("not a code of this version")
	}
	e := EnrolCode{Code: s[:codeLen], Fingerprint: s[codeLen : codeLen+printLen]}
	if !symbols(e.Code, codeSize) || !symbols(e.Fingerprint, 16) {
		return bad("not a symbol")
	}
	if s[codeLen+printLen:] != e.check() {
		return bad("check symbols")
	}
	return e, nil
}

// folded takes out of a typed text what does not matter.
func folded(text string) string {
	fold := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "\u3000", "", "\ufeff", "", "-", "", "O", "0", "I", "1", "L", "1")
	return fold.Replace(strings.ToUpper(text))
}

func symbols(s string, size int) bool {
	b, err := alphabet().DecodeString(s)
	return err == nil && len(b) == size && alphabet().EncodeToString(b) == s
}
