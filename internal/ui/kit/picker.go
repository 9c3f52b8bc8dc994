package kit

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// mostOptions bounds what a picker shows of one query.
const mostOptions = 200

// Option is one thing to choose: what is stored, what is read, and a second
// line in grey.
type Option struct {
	ID, Text, Detail string
	Also             string // other words for it, with 、 between them: found, and not shown
}

// Picker is a field with a list of options that narrows while the person
// types. Down opens it, arrows move, Return takes, Escape closes.
type Picker struct {
	widget.BaseWidget
	// AllowFree keeps typed text that is no option, with an empty ID. Without
	// it, leaving with such text goes back to the last choice.
	AllowFree bool
	// KeepTyped leaves such text where it stands, as an Option without ID: what was
	// chosen before is not taken for what was meant, also while it is typed.
	KeepTyped bool
	OnChanged func(Option) // a choice or free text, made by the person
	OnEnter   func()       // Return with the list closed; nil goes on

	field   *Field
	options func(query string) []Option
	value   Option
	list    *dropList
	open    bool
	aimed   bool // at an option of the list, not only narrowed by typing
	held    bool
}

// NewPicker picks among options(query), asked anew at each key; the query is
// empty when the list opens. It must answer fast: it runs on Fyne's goroutine.
func NewPicker(options func(query string) []Option) *Picker {
	p := &Picker{options: options, field: NewField()}
	p.field.Placeholder = "请选择"
	p.field.trailing = newIconSlot(func() fyne.Resource { return Icon("chevron-down") }, p.toggle)
	p.list = newDropList(p.hold, p.chosen, p.left)
	p.field.OnChanged = func(string) { p.show(p.field.Text()) }
	p.field.OnFocus = p.focusChanged
	p.field.OnEnter = p.enter
	p.field.onKey = p.key
	p.field.onTap = p.tapped
	p.ExtendBaseWidget(p)
	return p
}

// NewFixedPicker picks among a fixed list; typing narrows it to the options
// whose text, detail or ID holds what was typed.
func NewFixedPicker(options []Option) *Picker {
	return NewPicker(func(query string) []Option { return Narrow(options, query) })
}

// Value is what is chosen; the zero Option is nothing.
func (p *Picker) Value() Option {
	if p.KeepTyped {
		return p.meant()
	}
	return p.value
}

// SetValue shows a choice without calling OnChanged.
func (p *Picker) SetValue(o Option) {
	p.value = o
	p.field.SetText(o.Text)
}

// Offers says whether the list has something for what was typed.
func (p *Picker) Offers(typed string) bool { return len(p.options(typed)) > 0 }

// Field is the field within, for its placeholder and focus.
func (p *Picker) Field() *Field { return p.field }

// SetInvalid reddens the edge, or takes the red away.
func (p *Picker) SetInvalid(on bool) { p.field.SetInvalid(on) }

// SetReadOnly lets the choice be read but not changed.
func (p *Picker) SetReadOnly(on bool) {
	p.field.SetReadOnly(on)
	if on {
		p.close()
	}
}

func (p *Picker) toggle() {
	if p.field.readOnly {
		return
	}
	if p.open {
		p.close()
		return
	}
	p.field.takeFocus()
	p.show("")
}

// tapped opens the list at a click anywhere on the field; what is typed next
// replaces what was chosen before.
func (p *Picker) tapped() {
	if !p.open && !p.field.readOnly {
		p.field.SelectAll()
		p.show("")
	}
}

func (p *Picker) show(query string) {
	if p.field.readOnly {
		return
	}
	found := p.options(query)
	if len(found) > mostOptions {
		found = found[:mostOptions]
	}
	if len(found) == 0 && p.AllowFree {
		p.close()
		return
	}
	p.list.set(found, p.value.ID)
	p.open, p.aimed = true, query == ""
	width := max(p.field.Size().Width, p.list.MinSize().Width)
	drop(p.field, p.list, fyne.NewSize(width, p.list.MinSize().Height))
}

func (p *Picker) close() {
	if p.open {
		p.open = false
		lift(p.field, p.list)
	}
}

func (p *Picker) key(ev *fyne.KeyEvent) bool {
	vertical := ev.Name == fyne.KeyDown || ev.Name == fyne.KeyUp
	switch {
	case vertical && (!p.open || p.KeepTyped && len(p.list.options) == 0):
		p.show("")
		return true
	case !p.open:
		return false
	}
	p.aimed = p.aimed || vertical
	switch ev.Name {
	case fyne.KeyDown:
		p.list.moveBy(1)
	case fyne.KeyUp:
		p.list.moveBy(-1)
	case fyne.KeyPageDown:
		p.list.moveBy(p.list.page())
	case fyne.KeyPageUp:
		p.list.moveBy(-p.list.page())
	case fyne.KeyEscape:
		p.close()
		p.field.SetText(p.value.Text)
		p.field.SelectAll()
	default:
		return false
	}
	return true
}

func (p *Picker) enter() {
	if p.open {
		o, ok := p.list.current()
		if p.KeepTyped && !p.aimed {
			if m := p.meant(); m.ID != "" {
				o, ok = m, true
			}
			ok = ok && (o == p.meant() || len(p.list.options) == 1)
		}
		if ok {
			p.take(o)
		}
		p.close()
	}
	if o := p.Value(); p.KeepTyped && o.ID == "" && o.Text != "" {
		// Nothing is chosen to go on with; but a password that is typed by habit must not
		// come to stand here in the clear.
		p.settle()
		p.field.goOn()
		return
	}
	if p.OnEnter != nil {
		p.OnEnter()
		return
	}
	p.field.goOn()
}

func (p *Picker) take(o Option) {
	changed := p.value != o
	p.value = o
	p.field.SetText(o.Text)
	if changed && p.OnChanged != nil {
		p.OnChanged(o)
	}
}

// hold is called when the pointer presses the list: the field is about to lose
// the focus, and the list must stay until the button is let go.
func (p *Picker) hold() { p.held = true }

func (p *Picker) chosen(o Option) {
	p.take(o)
	p.held = false
	p.close()
	p.field.takeFocus()
}

func (p *Picker) left() {
	if p.held {
		p.held = false
		p.focusChanged(p.field.focused)
	}
}

func (p *Picker) focusChanged(on bool) {
	if on || p.held {
		return
	}
	p.close()
	p.settle()
}

// settle makes a choice of what was typed and not chosen.
func (p *Picker) settle() {
	if p.field.Text() == p.value.Text {
		return
	}
	o := p.meant()
	if o.ID == "" && o.Text != "" && !p.AllowFree && !p.KeepTyped {
		o = p.value
	}
	p.take(o)
}

// meant is the option that what stands in the field is, whole; without ID where it is
// none.
func (p *Picker) meant() Option {
	typed := p.field.Text()
	if typed == p.value.Text {
		return p.value
	}
	asked := strings.TrimSpace(typed)
	if typed == "" || p.KeepTyped && asked == "" {
		return Option{}
	}
	for _, o := range p.options(asked) {
		if o.Text == asked || strings.EqualFold(o.ID, asked) || slices.Contains(strings.Split(o.Also, "、"), asked) {
			return o
		}
	}
	return Option{Text: typed}
}

func (p *Picker) children() []fyne.CanvasObject { return []fyne.CanvasObject{p.field} }

// CreateRenderer is Fyne's.
func (p *Picker) CreateRenderer() fyne.WidgetRenderer { return onlyField(p.field) }
