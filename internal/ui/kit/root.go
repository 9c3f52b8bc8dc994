package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Root is the whole content of a window made of this package. Fields find the
// window's input method and key table through it.
type Root struct {
	widget.BaseWidget
	window  fyne.Window
	back    *fyne.Container
	content fyne.CanvasObject
	im      *InputMethod
	keys    map[fyne.KeyName]func()
	above   map[fyne.KeyName]func() // also over a dialog
	last    fyne.CanvasObject
	float   *floatLayer
	toasts  *toasts

	// OnTouched is called at every key, button and movement of the pointer that
	// reaches the window.
	OnTouched func()

	copied    string // the last text a field put on the clipboard
	clipboard fyne.Clipboard
}

// Attach makes content what w shows, inside a Root, and gives its fields the
// input method; im may be nil (plain typing). Keys pressed while nothing has
// focus reach the Root's key table.
func Attach(w fyne.Window, im *InputMethod, content fyne.CanvasObject) *Root {
	r := &Root{window: w, im: im, content: content, keys: map[fyne.KeyName]func(){}, above: map[fyne.KeyName]func(){}}
	r.back = container.NewStack(content)
	r.float = newFloatLayer()
	r.toasts = newToasts()
	r.ExtendBaseWidget(r)
	w.SetPadded(false)
	w.SetContent(r)
	w.Canvas().SetOnTypedKey(r.unfocusedKey)
	return r
}

// SetContent replaces what the window shows; focus goes to nothing.
func (r *Root) SetContent(content fyne.CanvasObject) {
	r.window.Canvas().Unfocus()
	r.content, r.last = content, nil
	r.back.Objects = []fyne.CanvasObject{content}
	r.back.Refresh()
}

// Close stops what the window still has running: the timers of its notices.
func (r *Root) Close() { r.toasts.clear() }

// Clear takes away what the window shows above its content, dialogs and
// notices, and from the clipboard what a field of it put there.
func (r *Root) Clear() {
	overlays := r.window.Canvas().Overlays()
	for top := overlays.Top(); top != nil; top = overlays.Top() {
		if d, ok := top.(*Dialog); ok {
			d.Close()
		} else {
			overlays.Remove(top)
		}
	}
	r.toasts.clear()
	r.Forget()
}

// Forget takes from the clipboard what a field of the window put there, if it is
// there still.
func (r *Root) Forget() {
	if r.copied != "" && r.clipboard.Content() == r.copied {
		r.clipboard.SetContent("")
	}
	r.copied = ""
}

// Window is the window the Root was attached to.
func (r *Root) Window() fyne.Window { return r.window }

// SetKey makes a key (F1…F12, Escape, PageDown and the like) call do from
// anywhere in the window, unless what has focus uses it or a dialog is open.
// A nil do frees the key.
func (r *Root) SetKey(name fyne.KeyName, do func()) {
	if do == nil {
		delete(r.keys, name)
		return
	}
	r.keys[name] = do
}

// SetKeyAbove is SetKey for a key that works over an open dialog too, until the next
// SetKeys.
func (r *Root) SetKeyAbove(name fyne.KeyName, do func()) { r.above[name] = do }

// SetKeys replaces the whole key table.
func (r *Root) SetKeys(keys map[fyne.KeyName]func()) {
	r.keys, r.above = map[fyne.KeyName]func(){}, map[fyne.KeyName]func(){}
	for name, do := range keys {
		r.SetKey(name, do)
	}
}

func (r *Root) floatLayer() *floatLayer { return r.float }

func (r *Root) children() []fyne.CanvasObject { return []fyne.CanvasObject{r.content} }

// CreateRenderer is Fyne's.
func (r *Root) CreateRenderer() fyne.WidgetRenderer {
	return &drawn{
		objects: []fyne.CanvasObject{r.back, r.float.box, r.toasts},
		layout: func(s fyne.Size) {
			place(r.back, 0, 0, s.Width, s.Height)
			place(r.float.box, 0, 0, s.Width, s.Height)
			place(r.toasts, 0, 0, s.Width, s.Height)
		},
		min:     func() fyne.Size { return r.back.MinSize() },
		refresh: func() { r.back.Refresh(); r.toasts.Refresh() },
	}
}

// MouseIn is Fyne's.
func (r *Root) MouseIn(*desktop.MouseEvent) { r.touched() }

// MouseMoved is Fyne's: the pointer is where nothing else wants to know of it.
func (r *Root) MouseMoved(*desktop.MouseEvent) { r.touched() }

// MouseOut is Fyne's.
func (r *Root) MouseOut() {}

func (r *Root) touched() {
	if r != nil && r.OnTouched != nil {
		r.OnTouched()
	}
}

// touch tells the window that o was touched by a person.
func touch(o fyne.CanvasObject) { rootOf(o).touched() }

func (r *Root) unfocusedKey(ev *fyne.KeyEvent) {
	r.touched()
	if ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter {
		if d := topDialog(r.window.Canvas()); d != nil {
			d.entered()
			return
		}
	}
	r.pressed(ev)
}

// pressed offers a key that no widget wanted to the open dialog, else to the
// key table.
func (r *Root) pressed(ev *fyne.KeyEvent) bool {
	if do := r.above[ev.Name]; do != nil {
		do()
		return true
	}
	if top := r.window.Canvas().Overlays().Top(); top != nil {
		if k, ok := top.(keyTaker); ok {
			return k.takeKey(ev)
		}
		return false
	}
	if do := r.keys[ev.Name]; do != nil {
		do()
		return true
	}
	return false
}

// keyTaker is an overlay that uses keys its focused widget does not want.
type keyTaker interface{ takeKey(*fyne.KeyEvent) bool }

// rootOf is the Root of the window that shows o, or nil.
func rootOf(o fyne.CanvasObject) *Root {
	c := canvasOf(o)
	if c == nil {
		return nil
	}
	r, _ := c.Content().(*Root)
	return r
}

// PassKey offers a key that o did not want to its window, and says whether anything
// there took it.
func PassKey(o fyne.CanvasObject, ev *fyne.KeyEvent) bool {
	if r := rootOf(o); r != nil {
		return r.pressed(ev)
	}
	return false
}
