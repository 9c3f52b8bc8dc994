package loan

import (
	"strings"
	"unicode"
)

// MiddleDot joins the segments of a name: U+00B7.
const MiddleDot = '·'

// NormalizeName turns every character used for the middle dot into U+00B7 and
// says whether it found one.
func NormalizeName(s string) (string, bool) {
	changed := false
	out := strings.Map(func(r rune) rune {
		switch r {
		case '•', '．', '・', '‧', '∙':
			changed = true
			return MiddleDot
		}
		return r
	}, s)
	return out, changed
}

// nameHasPlaceholder says whether a character was replaced by ? or a box.
func nameHasPlaceholder(s string) bool { return strings.ContainsAny(s, "?？□") }

// nameWellFormed says whether it is Han segments joined by single dots.
func nameWellFormed(s string) bool {
	for seg := range strings.SplitSeq(s, string(MiddleDot)) {
		if seg == "" {
			return false
		}
		for _, r := range seg {
			if !han(r) {
				return false
			}
		}
	}
	return true
}

func han(r rune) bool {
	switch {
	case r == '〇',
		r >= 0x3400 && r <= 0x4DBF,
		r >= 0x4E00 && r <= 0x9FFF,
		r >= 0xF900 && r <= 0xFAFF && unicode.Is(unicode.Han, r),
		r >= 0x20000 && r <= 0x3FFFD:
		return true
	}
	return false
}

// nameRare says whether a character is of Extension A, of plane 2 or 3, or
// late in the basic block, where old fonts and printers fail.
func nameRare(s string) bool {
	for _, r := range s {
		if r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x3FFFF || r >= 0x9FA6 && r <= 0x9FFF {
			return true
		}
	}
	return false
}
