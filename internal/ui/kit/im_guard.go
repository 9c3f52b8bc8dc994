package kit

import (
	"unicode"

	"fyne.io/fyne/v2"
)

// imGuard keeps keys that belong to a composition of the window system's own
// input method away from the field. That method tells nothing, but a letter
// key whose character does not follow at once was taken by it: until its
// commit arrives, the keys that edit a composition are not the field's.
type imGuard struct {
	expecting bool
	letters   int
}

func (g *imGuard) end() { *g = imGuard{} }

// look settles whether the character of the last letter key came.
func (g *imGuard) look() {
	if g.expecting {
		g.expecting = false
		g.letters++
	}
}

func (g *imGuard) composing() bool {
	g.look()
	return g.letters > 0
}

func (g *imGuard) keyDown() { g.look() }

// typedRune is a plain character or a commit: either way nothing is composed.
func (g *imGuard) typedRune() { g.end() }

// takesKey reports whether a key is the composition's.
func (g *imGuard) takesKey(name fyne.KeyName, mods fyne.KeyModifier) bool {
	g.look()
	runes := []rune(string(name))
	plain := mods&^fyne.KeyModifierShift == 0
	if len(runes) == 1 && unicode.IsLetter(runes[0]) && plain {
		g.expecting = true
		return false
	}
	if g.letters == 0 {
		return false
	}
	switch name {
	case fyne.KeyBackspace:
		g.letters--
		return true
	case fyne.KeyEscape:
		g.end()
		return true
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyTab, fyne.KeyDelete, fyne.KeySpace,
		fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown,
		fyne.KeyHome, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeyPageDown:
		return true
	}
	return false
}
