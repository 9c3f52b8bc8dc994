package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// longestText bounds a field that sets no MaxLen, against a hostile paste.
const longestText = 4000

// Field is the text field of the whole program. The exported members may be
// set before it is shown; after that call Refresh.
//
// While a person composes with an input method, the preedit is drawn
// underlined at the caret and is no part of Text until it is committed.
type Field struct {
	widget.BaseWidget

	Placeholder string
	MultiLine   bool            // Return breaks the line; Ctrl+Return goes on
	Rows        int             // lines shown when MultiLine; 0 is 3
	MaxLen      int             // in characters; 0 is 4000
	Filter      func(rune) rune // maps each character entered; 0 drops it
	Password    bool            // drawn as dots, never copied, no input method
	Icon        fyne.Resource   // at the left, for instance a magnifier

	OnChanged func(string) // after each change by the person
	OnLeave   func(string) // focus leaves and the text is not what it was on entering
	OnEnter   func()       // Return; nil goes to the next field
	OnEscape  func()       // Escape; nil offers the key to the window
	OnFocus   func(bool)   // after focus is gained or lost

	text          []rune
	caret, anchor int
	entered       string
	focused       bool
	shift         bool
	readOnly      bool
	invalid       bool
	undo, redo    []snapshot
	typing        bool

	preedit      []rune
	preeditCaret int
	preeditMark  span

	click      time.Time
	clickAt    fyne.Position
	clicks     int
	byMouse    bool
	trailing   fyne.CanvasObject
	onKey      func(*fyne.KeyEvent) bool
	onTap      func() // after a click
	mask       func(string) string
	plain      bool
	alignRight bool
	look       *fieldLook
}

type snapshot struct {
	text          string
	caret, anchor int
}

// NewField is an empty field of one line.
func NewField() *Field {
	f := &Field{}
	f.ExtendBaseWidget(f)
	return f
}

// Text is what has been committed.
func (f *Field) Text() string { return string(f.text) }

// SetText replaces the text without calling OnChanged or OnLeave; the undo
// history is dropped, for it belonged to the other text.
func (f *Field) SetText(s string) {
	if s == string(f.text) {
		return
	}
	old := f.text
	f.text = f.admit([]rune(s), f.limit())
	f.forget(old)
	f.caret, f.anchor = len(f.text), len(f.text)
	if !f.focused {
		f.caret, f.anchor = 0, 0
	}
	f.entered = f.asEntered()
	f.undo, f.redo, f.typing = nil, nil, false
	f.Refresh()
}

// SetPlaceholder sets what an empty field shows.
func (f *Field) SetPlaceholder(s string) {
	f.Placeholder = s
	f.Refresh()
}

// SetReadOnly lets the text be selected and copied but not changed; Tab passes
// over the field.
func (f *Field) SetReadOnly(on bool) {
	f.readOnly = on
	f.Refresh()
}

// Disable is SetReadOnly(true); it makes the field a fyne.Disableable.
func (f *Field) Disable() { f.SetReadOnly(true) }

// Enable is SetReadOnly(false).
func (f *Field) Enable() { f.SetReadOnly(false) }

// Disabled reports whether the field is read only.
func (f *Field) Disabled() bool { return f.readOnly }

// SetInvalid reddens the edge, or takes the red away.
func (f *Field) SetInvalid(on bool) {
	if f.invalid == on {
		return
	}
	f.invalid = on
	f.Refresh()
}

// SelectedText is the selected part of the text; nothing for a password.
func (f *Field) SelectedText() string {
	if f.Password || f.masked() {
		return ""
	}
	from, to := f.selection()
	return string(f.text[from:to])
}

// SelectAll selects the whole text.
func (f *Field) SelectAll() {
	f.anchor, f.caret = 0, len(f.text)
	f.typing = false
	f.Refresh()
}

// Focused reports whether the field has the focus.
func (f *Field) Focused() bool { return f.focused }

// Composing reports whether an input method holds letters not yet committed.
func (f *Field) Composing() bool { return len(f.preedit) > 0 }

func (f *Field) selection() (from, to int) {
	return min(f.anchor, f.caret), max(f.anchor, f.caret)
}

func (f *Field) limit() int {
	if f.MaxLen > 0 {
		return f.MaxLen
	}
	return longestText
}

func (f *Field) masked() bool { return f.mask != nil && (!f.focused || f.readOnly) }

// FocusGained is Fyne's. Entering by keyboard selects the whole text; coming
// back with the window leaves the selection as it was.
func (f *Field) FocusGained() {
	if f.focused {
		return
	}
	f.focused, f.shift = true, false
	returned := noteFocus(f, f.byMouse)
	if !returned {
		f.entered = f.asEntered()
		if !f.byMouse && !f.MultiLine {
			f.anchor, f.caret = 0, len(f.text)
		}
	}
	f.byMouse = false
	if s := f.session(); s != nil {
		s.focusIn(f)
	}
	f.Refresh()
	if f.OnFocus != nil {
		f.OnFocus(true)
	}
}

// FocusLost is Fyne's; OnLeave is called here.
func (f *Field) FocusLost() {
	if !f.focused {
		return
	}
	if s := f.session(); s != nil {
		s.focusOut(f)
	}
	f.setPreedit(nil, 0, span{})
	f.focused, f.shift, f.typing = false, false, false
	f.Refresh()
	if now := f.asEntered(); now != f.entered {
		f.entered = now
		if f.OnLeave != nil {
			f.OnLeave(now)
		}
	}
	if f.OnFocus != nil {
		f.OnFocus(false)
	}
}

// session is the input method of the window, or nil where it has none or the
// field must not be composed into.
func (f *Field) session() *InputMethod {
	if f.readOnly {
		return nil
	}
	if r := rootOf(f); r != nil {
		return r.im
	}
	return nil
}
