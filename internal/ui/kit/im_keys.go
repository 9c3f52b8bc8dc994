package kit

import (
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// The state bits and key symbols are X11's, which fcitx and ibus speak.
const (
	stateShift   = 1 << 0
	stateLock    = 1 << 1
	stateControl = 1 << 2
	stateAlt     = 1 << 3
	stateSuper   = 1 << 6

	symLeftTab = 0xfe20
	symKeypad0 = 0xffb0
	symF1      = 0xffbe
	symUnicode = 0x01000000
)

func stateOf(mods fyne.KeyModifier) (state uint32) {
	if mods&fyne.KeyModifierShift != 0 {
		state |= stateShift
	}
	if mods&fyne.KeyModifierControl != 0 {
		state |= stateControl
	}
	if mods&fyne.KeyModifierAlt != 0 {
		state |= stateAlt
	}
	if mods&fyne.KeyModifierSuper != 0 {
		state |= stateSuper
	}
	return state
}

// capsOn infers caps lock, which Fyne does not tell, from a letter's case.
func capsOn(r rune, mods fyne.KeyModifier) bool {
	shift := mods&fyne.KeyModifierShift != 0
	return unicode.IsUpper(r) && !shift || unicode.IsLower(r) && shift
}

// specialSyms are the keys that no character follows.
func specialSyms() map[fyne.KeyName]uint32 {
	return map[fyne.KeyName]uint32{
		fyne.KeyBackspace: 0xff08, fyne.KeyTab: 0xff09, fyne.KeyReturn: 0xff0d,
		fyne.KeyEnter: 0xff8d, fyne.KeyEscape: 0xff1b, fyne.KeyDelete: 0xffff,
		fyne.KeyInsert: 0xff63, fyne.KeyHome: 0xff50, fyne.KeyEnd: 0xff57,
		fyne.KeyLeft: 0xff51, fyne.KeyUp: 0xff52, fyne.KeyRight: 0xff53, fyne.KeyDown: 0xff54,
		fyne.KeyPageUp: 0xff55, fyne.KeyPageDown: 0xff56, desktop.KeyMenu: 0xff67,
		fyne.KeyF1: symF1, fyne.KeyF2: symF1 + 1, fyne.KeyF3: symF1 + 2, fyne.KeyF4: symF1 + 3,
		fyne.KeyF5: symF1 + 4, fyne.KeyF6: symF1 + 5, fyne.KeyF7: symF1 + 6, fyne.KeyF8: symF1 + 7,
		fyne.KeyF9: symF1 + 8, fyne.KeyF10: symF1 + 9, fyne.KeyF11: symF1 + 10, fyne.KeyF12: symF1 + 11,
	}
}

func isModifierKey(name fyne.KeyName) bool { return modifierSym(name) != 0 }

func modifierSym(name fyne.KeyName) uint32 {
	switch name {
	case desktop.KeyShiftLeft:
		return 0xffe1
	case desktop.KeyShiftRight:
		return 0xffe2
	case desktop.KeyControlLeft:
		return 0xffe3
	case desktop.KeyControlRight:
		return 0xffe4
	case desktop.KeyCapsLock:
		return 0xffe5
	case desktop.KeyAltLeft:
		return 0xffe9
	case desktop.KeyAltRight:
		return 0xffea
	case desktop.KeySuperLeft:
		return 0xffeb
	case desktop.KeySuperRight:
		return 0xffec
	}
	return 0
}

func modifierOf(name fyne.KeyName) fyne.KeyModifier {
	switch name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight:
		return fyne.KeyModifierShift
	case desktop.KeyControlLeft, desktop.KeyControlRight:
		return fyne.KeyModifierControl
	case desktop.KeyAltLeft, desktop.KeyAltRight:
		return fyne.KeyModifierAlt
	case desktop.KeySuperLeft, desktop.KeySuperRight:
		return fyne.KeyModifierSuper
	}
	return 0
}

// nameSym is the symbol of a key by its name: a letter's is the small one.
func nameSym(name fyne.KeyName) uint32 {
	if sym := modifierSym(name); sym != 0 {
		return sym
	}
	if sym, ok := specialSyms()[name]; ok {
		return sym
	}
	if name == fyne.KeySpace {
		return ' '
	}
	if runes := []rune(string(name)); len(runes) == 1 {
		return runeSym(unicode.ToLower(runes[0]), 0)
	}
	return 0
}

// runeSym is the symbol that makes a character; digits of the number pad, by
// their X11 key code, have their own.
func runeSym(r rune, code int) uint32 {
	if r >= '0' && r <= '9' && code >= 79 && code <= 90 {
		return symKeypad0 + uint32(r-'0')
	}
	if r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xff {
		return uint32(r)
	}
	return symUnicode | uint32(r)
}

// symRune is the character a symbol makes, where it makes one.
func symRune(sym uint32) (rune, bool) {
	switch {
	case sym >= 0x20 && sym <= 0x7e, sym >= 0xa0 && sym <= 0xff:
		return rune(sym), true
	case sym >= symKeypad0 && sym <= symKeypad0+9:
		return '0' + rune(sym-symKeypad0), true
	case sym >= symUnicode|0x100 && sym <= symUnicode|0x10ffff:
		return rune(sym &^ symUnicode), true
	}
	return 0, false
}
