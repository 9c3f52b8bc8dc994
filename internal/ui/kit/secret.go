package kit

import (
	"slices"
	"unicode/utf8"
)

// Secret is a password field's text in memory of its own, which the caller
// wipes. Text would make a string, and a string cannot be wiped.
func (f *Field) Secret() []byte {
	b := make([]byte, 0, utf8.UTFMax*len(f.text))
	for _, r := range f.text {
		b = utf8.AppendRune(b, r)
	}
	return b
}

// Same says whether both fields hold the same text.
func (f *Field) Same(other *Field) bool { return slices.Equal(f.text, other.text) }

// Empty says whether nothing has been entered.
func (f *Field) Empty() bool { return len(f.text) == 0 }

// forget wipes what a password field no longer holds.
func (f *Field) forget(runes []rune) {
	if f.Password {
		clear(runes)
	}
}

// asEntered is the text to compare with later; a password is not kept twice,
// so that leaving its field is never OnLeave.
func (f *Field) asEntered() string {
	if f.Password {
		return ""
	}
	return string(f.text)
}
