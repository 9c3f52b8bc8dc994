package kit

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/godbus/dbus/v5"
)

const (
	// retryAfter is the pause before an input method that went is sought again.
	retryAfter = 2 * time.Second
	// joinWithin bounds one attempt to join; the window does not open before
	// the first has ended.
	joinWithin = time.Second
	// settleWithin bounds the calls that end a composition.
	settleWithin = 150 * time.Millisecond
)

// imEngine speaks the D-Bus language of one input method.
type imEngine interface {
	dial(ctx context.Context, h dbus.SignalHandler) (*dbus.Conn, error)
	create(ctx context.Context, conn *dbus.Conn) (dbus.BusObject, error)
	method(verb imVerb) string
	capability(password bool) (method string, arg any)
	key(k imKey) []any
	taken(answer *dbus.Call) bool
	read(s *dbus.Signal) []imEvent
}

type imVerb uint8

const (
	verbFocusIn imVerb = iota
	verbFocusOut
	verbReset
	verbKey
	verbPlace
)

// imSeat is a place at an input method: its language and the input context.
type imSeat struct {
	engine imEngine
	object dbus.BusObject
}

// imLink is the conversation with the input method, the first of its engines
// that answers: it is joined in the background, and again whenever one comes
// back.
type imLink struct {
	engines []imEngine
	on      imHooks
	display *xDisplay

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	conn *dbus.Conn // join's and run's alone

	mu    sync.Mutex
	seat  *imSeat // nil while none is joined
	inbox []imEvent
	gone  chan struct{}
}

// imHooks are run on Fyne's goroutine: when news has arrived, and when the
// input method has been joined and has gone.
type imHooks struct{ arrived, joined, parted func() }

func newIMLink(engines ...imEngine) *imLink {
	l := &imLink{engines: engines, display: &xDisplay{}, gone: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.join()
	return l
}

// start keeps the link joined from now on.
func (l *imLink) start(on imHooks) {
	l.on = on
	l.running.Go(l.run)
}

// join makes the connection and the input context, at the first engine that
// answers.
func (l *imLink) join() bool {
	for _, e := range l.engines {
		if l.joinOne(e) {
			return true
		}
	}
	return false
}

func (l *imLink) joinOne(e imEngine) bool {
	ctx, cancel := context.WithTimeout(l.ctx, joinWithin)
	defer cancel()
	conn, err := e.dial(ctx, l)
	if err != nil {
		return false
	}
	obj, err := e.create(ctx, conn)
	if err != nil {
		conn.Close()
		return false
	}
	l.conn = conn
	l.mu.Lock()
	l.seat, l.inbox = &imSeat{e, obj}, nil
	l.gone = make(chan struct{})
	l.mu.Unlock()
	return true
}

// run joins again after each loss until the link is closed.
func (l *imLink) run() {
	joined := l.ready()
	for {
		if joined {
			select {
			case <-l.conn.Context().Done():
			case <-l.closed():
			case <-l.ctx.Done():
			}
			l.leave()
			l.conn.Close()
			onWindow(l.on.parted)
		}
		select {
		case <-l.ctx.Done():
			return
		case <-time.After(retryAfter):
		}
		if joined = l.join(); joined {
			onWindow(l.on.joined)
		}
	}
}

func (l *imLink) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seat = nil
	select {
	case <-l.gone:
	default:
		close(l.gone)
	}
}

func (l *imLink) close() {
	l.stop()
	l.running.Wait()
	l.display.close()
}

// lost gives up an input method that does not answer; it is sought again.
func (l *imLink) lost() { l.leave() }

func (l *imLink) closed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *imLink) ready() bool { return l.sits() != nil }

func (l *imLink) sits() *imSeat {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seat
}

func (l *imLink) background(do func()) { l.running.Go(do) }

// DeliverSignal is called by the connection's reader before it hands out the
// answer of any later message, so news is never overtaken by an answer.
func (l *imLink) DeliverSignal(_, _ string, s *dbus.Signal) {
	if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
		if len(s.Body) == 3 && s.Body[2] == "" {
			l.leave()
		}
		return
	}
	seat := l.sits()
	if seat == nil || s.Path != seat.object.Path() {
		return
	}
	news := seat.engine.read(s)
	if len(news) == 0 {
		return
	}
	l.mu.Lock()
	l.inbox = append(l.inbox, news...)
	l.mu.Unlock()
	onWindow(l.on.arrived)
}

func (l *imLink) take() []imEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	news := l.inbox
	l.inbox = nil
	return news
}

// tell calls the input context and waits for no answer.
func (s *imSeat) tell(method string, args ...any) {
	s.object.Go(method, dbus.FlagNoReplyExpected, nil, args...)
}

func (l *imLink) focus(password bool) {
	if s := l.sits(); s != nil {
		method, arg := s.engine.capability(password)
		s.tell(method, arg)
		s.tell(s.engine.method(verbFocusIn))
	}
}

// blur leaves the field; what the input method still says about it is dropped.
func (l *imLink) blur() { l.settled(verbFocusOut) }

func (l *imLink) reset() { l.settled(verbReset) }

func (l *imLink) settled(verb imVerb) {
	s := l.sits()
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(l.ctx, settleWithin)
	defer cancel()
	s.object.CallWithContext(ctx, s.engine.method(verb), 0)
	l.take()
}

// key offers a key; the answer is false where none can come.
func (l *imLink) key(k imKey) <-chan bool {
	answer := make(chan bool, 1)
	s := l.sits()
	if s == nil {
		answer <- false
		return answer
	}
	done := make(chan *dbus.Call, 1)
	s.object.Go(s.engine.method(verbKey), 0, done, s.engine.key(k)...)
	gone := l.closed()
	l.running.Go(func() {
		select {
		case call := <-done:
			answer <- s.engine.taken(call)
		case <-gone:
			answer <- false
		case <-l.ctx.Done():
			answer <- false
		}
	})
	return answer
}

func (l *imLink) place(r imRect) {
	if s := l.sits(); s != nil {
		s.tell(s.engine.method(verbPlace), r.x, r.y, r.w, r.h)
	}
}

// origin is where the window's content begins on the screen, in pixels.
func (l *imLink) origin(w fyne.Window) (x, y int, ok bool) {
	id := xWindow(w)
	if id == 0 {
		return 0, 0, false
	}
	return l.display.origin(id)
}

// xWindow is the number of a window at the X server; 0 where it has none.
func xWindow(w fyne.Window) uint32 {
	native, isNative := w.(driver.NativeWindow)
	if !isNative {
		return 0
	}
	var id uintptr
	native.RunNative(func(ctx any) {
		if c, isX := ctx.(driver.X11WindowContext); isX {
			id = c.WindowHandle
		}
	})
	return uint32(id)
}

// onWindow runs do on Fyne's goroutine, once there is one.
func onWindow(do func()) {
	if do != nil && fyne.CurrentApp() != nil {
		fyne.Do(do)
	}
}
