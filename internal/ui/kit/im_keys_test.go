package kit

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

func TestKeySymbols(t *testing.T) {
	for _, r := range "aZ~ é汉𬎆" {
		back, ok := symRune(runeSym(r, 0))
		check(t, fmt.Sprintf("%c is a character again", r), ok, true)
		check(t, "the same", back, r)
	}
	check(t, "a letter's key", nameSym("A"), uint32('a'))
	check(t, "space", nameSym(fyne.KeySpace), uint32(' '))
	check(t, "shift", nameSym(desktop.KeyShiftLeft), uint32(0xffe1))
	check(t, "Return", nameSym(fyne.KeyReturn), uint32(0xff0d))
	check(t, "an unknown key", nameSym("Whatever"), uint32(0))
	check(t, "7 of the number pad", runeSym('7', 79), uint32(0xffb7))
	check(t, "7 of the row", runeSym('7', 16), uint32('7'))
	check(t, "a control symbol is no character", func() bool { _, ok := symRune(0xff08); return ok }(), false)
	check(t, "capitals without shift are caps lock", capsOn('A', 0), true)
	check(t, "capitals with shift are not", capsOn('A', fyne.KeyModifierShift), false)
	check(t, "all modifiers", stateOf(fyne.KeyModifierShift|fyne.KeyModifierControl|fyne.KeyModifierAlt|fyne.KeyModifierSuper), uint32(1|4|8|64))
}
