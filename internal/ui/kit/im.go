package kit

import "fyne.io/fyne/v2"

// InputMethod is the program's client of the desktop's input method.
type InputMethod struct{}

// PrepareEnvironment is called once before Fyne's app.New.
func PrepareEnvironment() *InputMethod { return &InputMethod{} }

func (m *InputMethod) focusIn(*Field)                       {}
func (m *InputMethod) focusOut(*Field)                      {}
func (m *InputMethod) settle(*Field)                        {}
func (m *InputMethod) wantsTab(*Field) bool                 { return false }
func (m *InputMethod) keyDown(*Field, *fyne.KeyEvent)       {}
func (m *InputMethod) keyUp(*Field, *fyne.KeyEvent)         {}
func (m *InputMethod) typedKey(f *Field, ev *fyne.KeyEvent) { f.applyKey(ev, f.mods()) }
func (m *InputMethod) typedRune(f *Field, r rune)           { f.applyRune(r) }
func (m *InputMethod) shortcut(f *Field, sc fyne.Shortcut)  { f.applyShortcut(sc) }
