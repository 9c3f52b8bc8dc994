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

// imLink is the conversation with one input method: it is joined in the
// background, and again whenever the input method comes back.
type imLink struct {
	engine  imEngine
	on      imHooks
	display *xDisplay

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	conn *dbus.Conn // join's and run's alone

	mu      sync.Mutex
	context dbus.BusObject
	inbox   []imEvent
	gone    chan struct{}
}

// imHooks are run on Fyne's goroutine: when news has arrived, and when the
// input method has been joined and has gone.
type imHooks struct{ arrived, joined, parted func() }

func newIMLink(e imEngine) *imLink {
	l := &imLink{engine: e, display: &xDisplay{}, gone: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.join()
	return l
}

// start keeps the link joined from now on.
func (l *imLink) start(on imHooks) {
	l.on = on
	l.running.Go(l.run)
}

// join makes the connection and the input context.
func (l *imLink) join() bool {
	ctx, cancel := context.WithTimeout(l.ctx, joinWithin)
	defer cancel()
	conn, err := l.engine.dial(ctx, l)
	if err != nil {
		return false
	}
	obj, err := l.engine.create(ctx, conn)
	if err != nil {
		conn.Close()
		return false
	}
	l.conn = conn
	l.mu.Lock()
	l.context, l.inbox = obj, nil
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
	l.context = nil
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

func (l *imLink) ready() bool { return l.object() != nil }

func (l *imLink) object() dbus.BusObject {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.context
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
	obj := l.object()
	if obj == nil || s.Path != obj.Path() {
		return
	}
	news := l.engine.read(s)
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

func (l *imLink) tell(method string, args ...any) {
	if obj := l.object(); obj != nil {
		obj.Go(method, dbus.FlagNoReplyExpected, nil, args...)
	}
}

func (l *imLink) focus(password bool) {
	method, arg := l.engine.capability(password)
	l.tell(method, arg)
	l.tell(l.engine.method(verbFocusIn))
}

// blur leaves the field; what the input method still says about it is dropped.
func (l *imLink) blur() { l.settled(verbFocusOut) }

func (l *imLink) reset() { l.settled(verbReset) }

func (l *imLink) settled(verb imVerb) {
	obj := l.object()
	if obj == nil {
		return
	}
	ctx, cancel := context.WithTimeout(l.ctx, settleWithin)
	defer cancel()
	obj.CallWithContext(ctx, l.engine.method(verb), 0)
	l.take()
}

// key offers a key; the answer is false where none can come.
func (l *imLink) key(k imKey) <-chan bool {
	answer := make(chan bool, 1)
	obj := l.object()
	if obj == nil {
		answer <- false
		return answer
	}
	done := make(chan *dbus.Call, 1)
	obj.Go(l.engine.method(verbKey), 0, done, l.engine.key(k)...)
	gone := l.closed()
	l.running.Go(func() {
		taken := false
		select {
		case call := <-done:
			if call.Store(&taken) != nil {
				taken = false
			}
		case <-gone:
		case <-l.ctx.Done():
		}
		answer <- taken
	})
	return answer
}

func (l *imLink) place(r imRect) {
	l.tell(l.engine.method(verbPlace), r.x, r.y, r.w, r.h)
}

// origin is where the window's content begins on the screen, in pixels.
func (l *imLink) origin(w fyne.Window) (x, y int, ok bool) {
	native, isNative := w.(driver.NativeWindow)
	if !isNative {
		return 0, 0, false
	}
	var id uintptr
	native.RunNative(func(ctx any) {
		if c, isX := ctx.(driver.X11WindowContext); isX {
			id = c.WindowHandle
		}
	})
	if id == 0 {
		return 0, 0, false
	}
	return l.display.origin(uint32(id))
}

// onWindow runs do on Fyne's goroutine, once there is one.
func onWindow(do func()) {
	if do != nil && fyne.CurrentApp() != nil {
		fyne.Do(do)
	}
}
