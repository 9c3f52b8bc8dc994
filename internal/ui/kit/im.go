package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

const (
	// patience is how long a key press holds the window up for the input
	// method's answer; a slower answer is awaited in the background while
	// later keys queue behind it.
	patience = 60 * time.Millisecond
	// deadAfter is when an input method that does not answer is given up, and
	// the keys queued behind it are typed plainly.
	deadAfter = 3 * time.Second
)

// InputMethod is the program's client of the desktop's input method: every key
// pressed in a Field is offered to it first, what it composes is drawn in the
// field, and its candidates stand at the caret. No key is lost or reordered:
// keys pressed while it thinks wait for it.
//
// Where no input method can be reached this way but the window system's own
// may compose, a guard keeps the keys that belong to the composition from
// acting on the field.
type InputMethod struct {
	link  *imLink
	guard *imGuard

	field   *Field
	queue   []imItem
	code    int
	swallow fyne.KeyName
	placed  imRect
	began   time.Time
	keep    string
}

// imKey is one key event as input methods want it.
type imKey struct {
	sym     uint32
	code    uint32
	state   uint32
	release bool
}

// imItem is a key on its way: plain is what it does when not taken.
type imItem struct {
	key    imKey
	plain  func()
	answer <-chan bool
	taken  func()
}

type imRect struct{ x, y, w, h int32 }

// imEvent is news from the input method.
type imEvent struct {
	commit  string
	preedit *imPreedit
	forward *imKey
}

// imPreedit is what is being composed; keep is what of it is committed when
// the composition is cut short.
type imPreedit struct {
	text  []rune
	caret int
	mark  span
	keep  string
}

// Close ends the conversation with the input method and waits for its
// goroutines; fields then take plain typing.
func (m *InputMethod) Close() {
	if m.link != nil {
		m.link.close()
		m.link = nil
	}
}

func (m *InputMethod) live() bool { return m.link != nil && m.link.ready() }

func (m *InputMethod) focusIn(f *Field) {
	m.field = f
	m.swallow = ""
	if m.link != nil {
		m.link.focus(f.Password)
		m.placed = imRect{}
		m.settlePlace()
	}
	if m.guard != nil {
		m.guard.end()
	}
}

func (m *InputMethod) focusOut(f *Field) {
	if m.guard != nil {
		m.guard.end()
	}
	if m.link == nil {
		return
	}
	m.finish(f)
	m.link.blur()
	if m.field == f {
		m.field = nil
	}
}

// settle ends a composition because the person pressed elsewhere in the field.
func (m *InputMethod) settle(f *Field) {
	if m.link != nil && f.Composing() {
		m.finish(f)
		m.link.reset()
	}
}

// finish commits what is being composed as it stands.
func (m *InputMethod) finish(f *Field) {
	m.drain()
	f.setPreedit(nil, 0, span{})
	if rest := m.keep; rest != "" {
		m.keep = ""
		f.insert(rest, false)
	}
}

func (m *InputMethod) wantsTab(f *Field) bool {
	if m.guard != nil {
		return m.guard.composing()
	}
	return m.live()
}

func (m *InputMethod) keyDown(f *Field, ev *fyne.KeyEvent) {
	m.code = ev.Physical.ScanCode
	m.swallow = ""
	if m.guard != nil {
		m.guard.keyDown()
		return
	}
	if !m.live() || f.Password {
		return
	}
	mods := f.mods()
	if isModifierKey(ev.Name) {
		m.submit(imItem{key: imKey{sym: nameSym(ev.Name), code: m.keycode(), state: stateOf(mods &^ modifierOf(ev.Name))}})
		return
	}
	if mods&(fyne.KeyModifierControl|fyne.KeyModifierAlt|fyne.KeyModifierSuper) == 0 {
		return
	}
	name := ev.Name
	m.submit(imItem{
		key:   imKey{sym: nameSym(name), code: m.keycode(), state: stateOf(mods)},
		taken: func() { m.swallow = name },
	})
}

func (m *InputMethod) keyUp(f *Field, ev *fyne.KeyEvent) {
	m.swallow = ""
	if !m.live() || f.Password {
		return
	}
	m.code = ev.Physical.ScanCode
	mods := f.mods() | modifierOf(ev.Name)
	m.submit(imItem{key: imKey{sym: nameSym(ev.Name), code: m.keycode(), state: stateOf(mods), release: true}})
}

func (m *InputMethod) typedKey(f *Field, ev *fyne.KeyEvent) {
	mods := f.mods()
	if m.guard != nil && m.guard.takesKey(ev.Name, mods) {
		return
	}
	copied := *ev
	plain := func() { f.applyKey(&copied, mods) }
	if !m.live() || f.Password {
		plain()
		return
	}
	m.code = ev.Physical.ScanCode
	sym, special := specialSyms()[ev.Name]
	if !special {
		// a character follows and is offered then, with the symbol it made
		return
	}
	if ev.Name == fyne.KeyTab && mods&fyne.KeyModifierShift != 0 {
		sym = symLeftTab
	}
	m.submit(imItem{key: imKey{sym: sym, code: m.keycode(), state: stateOf(mods)}, plain: plain})
}

func (m *InputMethod) typedRune(f *Field, r rune) {
	if m.guard != nil {
		m.guard.typedRune()
	}
	plain := func() { f.applyRune(r) }
	if !m.live() || f.Password {
		plain()
		return
	}
	state := stateOf(f.mods())
	if capsOn(r, f.mods()) {
		state |= stateLock
	}
	m.submit(imItem{key: imKey{sym: runeSym(r, m.code), code: m.keycode(), state: state}, plain: plain})
}

func (m *InputMethod) shortcut(f *Field, sc fyne.Shortcut) {
	if c, ok := sc.(*desktop.CustomShortcut); ok && m.swallow == c.KeyName || m.swallow != "" {
		return
	}
	if f.Composing() || m.guard != nil && m.guard.composing() {
		return
	}
	if n := len(m.queue); n > 0 {
		m.queue[n-1].plain = func() { f.applyShortcut(sc) }
		return
	}
	f.applyShortcut(sc)
}

func (m *InputMethod) keycode() uint32 { return uint32(max(m.code, 0)) }

// submit offers a key to the input method, behind those not yet answered.
func (m *InputMethod) submit(it imItem) {
	m.queue = append(m.queue, it)
	if len(m.queue) == 1 {
		m.pump()
	}
}

// pump offers the queued keys in turn until one is not answered in time.
func (m *InputMethod) pump() {
	for len(m.queue) > 0 {
		it := &m.queue[0]
		if it.answer == nil {
			it.answer = m.link.key(it.key)
			m.began = time.Now()
		}
		timer := time.NewTimer(patience)
		select {
		case taken := <-it.answer:
			timer.Stop()
			m.answered(taken)
		case <-timer.C:
			m.await(it.answer)
			return
		}
	}
	m.settlePlace()
}

// answered finishes the first queued key.
func (m *InputMethod) answered(taken bool) {
	it := m.queue[0]
	m.queue = m.queue[1:]
	m.drain()
	switch {
	case taken && it.taken != nil:
		it.taken()
	case !taken && it.plain != nil:
		it.plain()
	}
}

// await waits in the background for an answer that is late.
func (m *InputMethod) await(answer <-chan bool) {
	limit := max(deadAfter-time.Since(m.began), patience)
	m.link.background(func() {
		taken, dead := false, false
		select {
		case taken = <-answer:
		case <-time.After(limit):
			dead = true
		case <-m.link.closed():
			dead = true
		}
		fyne.Do(func() { m.resume(taken, dead) })
	})
}

func (m *InputMethod) resume(taken, dead bool) {
	if len(m.queue) == 0 {
		return
	}
	if !dead {
		m.answered(taken)
		m.pump()
		return
	}
	m.link.lost()
	if m.field != nil {
		m.finish(m.field)
	}
	for len(m.queue) > 0 {
		m.answered(false)
	}
}

// drain does what the input method has asked for so far.
func (m *InputMethod) drain() {
	if m.link == nil {
		return
	}
	f := m.field
	for _, ev := range m.link.take() {
		if f == nil {
			continue
		}
		switch {
		case ev.commit != "":
			m.keep = ""
			f.setPreedit(nil, 0, span{})
			f.insert(ev.commit, false)
		case ev.preedit != nil:
			m.keep = ev.preedit.keep
			f.setPreedit(ev.preedit.text, ev.preedit.caret, ev.preedit.mark)
		case ev.forward != nil:
			m.forwarded(f, *ev.forward)
		}
	}
}

// arrived is run when news came without a key: a candidate was clicked.
func (m *InputMethod) arrived() {
	m.drain()
	m.settlePlace()
}

// forwarded does what a key that the input method gives back means.
func (m *InputMethod) forwarded(f *Field, k imKey) {
	if k.release {
		return
	}
	for name, sym := range specialSyms() {
		if sym == k.sym {
			f.applyKey(&fyne.KeyEvent{Name: name}, f.mods())
			return
		}
	}
	if r, ok := symRune(k.sym); ok && k.state&(stateControl|stateAlt|stateSuper) == 0 {
		f.applyRune(r)
	}
}

// settlePlace tells the input method where the caret stands on the screen.
func (m *InputMethod) settlePlace() {
	f := m.field
	if f == nil || f.look == nil || !m.live() {
		return
	}
	r, ok := m.caretOnScreen(f)
	if !ok || r == m.placed {
		return
	}
	m.placed = r
	m.link.place(r)
}

func (m *InputMethod) caretOnScreen(f *Field) (imRect, bool) {
	root := rootOf(f)
	c := canvasOf(f)
	if root == nil || c == nil {
		return imRect{}, false
	}
	at, size := f.look.caretArea()
	at = at.Add(fyne.CurrentApp().Driver().AbsolutePositionForObject(f))
	x, y := c.PixelCoordinateForPosition(at)
	x1, y1 := c.PixelCoordinateForPosition(at.Add(size))
	ox, oy, ok := m.link.origin(root.window)
	return imRect{int32(x + ox), int32(y + oy), int32(x1 - x), int32(y1 - y)}, ok
}
