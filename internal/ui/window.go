package ui

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/page"
	"doorstep/internal/rulebook"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Deps is what the window works with. Every member must be set, but for those
// that say what their absence means.
type Deps struct {
	Door     *desk.Door      // the data folder's door: who may sign in
	Pages    *page.Renderer  // shows documents
	Words    *rulebook.Words // the words of the codes
	Cameras  func(context.Context) ([]capture.Camera, error)
	Phone    func(context.Context, capture.PhoneOptions) (*capture.Phone, error) // serves a phone's page; nil: capture.ServePhone
	Reader   func(context.Context) (*capture.Reader, error)                      // the ID-card reader, opened; nil: the window reads no cards
	Printing Printing                                                            // none: the system's
	Enrol    func(ctx context.Context, server, code string) (desk.Enrolment, error)
	Courier  func(*desk.Desk) (*courier.Courier, error)
	Room     Room         // laptops of one room; nil: the window has no 同室协作
	Afar     Afar         // laptops in other places; nil: the window has no 远程协作
	Log      *slog.Logger // ids and screen names only
	Now      func() time.Time
	Look     func(Look) // makes a changed look the program's; may be called at any time

	// Sleep calls soon each time before the machine sleeps or its session is
	// locked, until ctx ends. With none only the idle time locks.
	Sleep func(ctx context.Context, soon func())
	// Housekeeping is how long after signing in what is due is done in the
	// background: erasing, the day's backup. 0 is never.
	Housekeeping time.Duration
	Sticks       func() []string // the USB sticks that are in; nil: kit.Sticks
	Told         string          // what the person is to know before signing in; empty is nothing
	Left         Left            // how the run before, in whose place this one is, was left

	// Restart puts a new run of the program in the place of this one, so that
	// nothing of this one's memory is left but what it is told; it is called on Fyne's
	// goroutine when the store is closed. It does not return, or returns nil when this
	// run is about to end. With none, and where it fails, the window goes on.
	Restart func(Left) error
	// Idle tells how long nobody has touched the machine; false where that
	// cannot be told. With none the window never locks by itself.
	Idle func() (time.Duration, bool)
	// Input calls touched whenever a key, button or pointer is touched, until ctx
	// ends or that cannot be told any more. It is asked where Idle does not tell;
	// with none the window never locks by itself there.
	Input func(ctx context.Context, touched func()) error
}

// Left is how a desk was left at its last lock; the zero value is that nobody was there.
type Left struct {
	Who   string // the account that was signed in
	Alone bool   // the window locked by itself
	Why   string // why who was there may go on no more, in words; empty where he may
	Look  Look   // of the window; the zero value is the first look
}

// Worn is the look that the next run begins in.
func (l Left) Worn() Look {
	if l.Look == (Look{}) {
		return FirstLook()
	}
	return l.Look
}

// Look is how the window looks, as the operator likes it.
type Look struct {
	Variant kit.Variant `json:"variant"`
	Scale   float32     `json:"scale"`
}

// FirstLook is the look before an operator has chosen one: light, for a counter
// in daylight.
func FirstLook() Look { return Look{Variant: kit.Light, Scale: 1} }

// Window is the program's one window.
type Window struct {
	deps Deps
	win  fyne.Window
	root *kit.Root

	ctx   context.Context
	stop  context.CancelFunc
	works sync.WaitGroup // the actor, and what waits for jobs
	jobs  tally          // acts and loads under way
	acts  chan func()
	mill  mill // of what keeps a processor busy

	desk     *desk.Desk      // the last to be signed in; closed when shell is nil
	shift    context.Context // of what runs while the desk is open
	endShift context.CancelFunc
	carrier  *carrier
	touched  touches // for where Idle does not tell
	gate     gate    // nil but before a page that stands before the work
	room     *inRoom // nil while 同室协作 and 远程协作 are off
	seat     desk.Seat
	roomCard *roomCard // the last one made
	call     *call     // nil while the screen 叫号 is closed
	chore    *chore    // under way, or nil
	awaited  *awaited  // the request whose answer a dialog waits for, or nil
	stickOwn string    // the folder for the stick that was chosen by hand
	shell    *shell
	making   map[*imagesStep]bool // where pictures are at work, also of cases that were left
	look     Look
	left     Left              // how the desk was left, while nobody is signed in
	first    fyne.CanvasObject // of a front screen, where typing begins
	deserted func()            // what a front screen does once nobody was there for as long as locks the work; nil: nothing
	ear      *desk.Ear         // for the lists to choose from
}

// New fills w with the sign-in screen, or with enrolment when the data folder
// is new. im may be nil. The window works until Close.
func New(ctx context.Context, w fyne.Window, im *kit.InputMethod, d Deps) *Window {
	if d.Printing.List == nil {
		d.Printing = SystemPrinting()
	}
	u := &Window{deps: d, win: w, acts: make(chan func(), 256), mill: newMill(), look: d.Left.Worn(), left: d.Left, ear: desk.NewEar(), making: map[*imagesStep]bool{}}
	// Close ends the work, not ctx: what is typed when the program is told to
	// stop is still to be saved.
	u.ctx, u.stop = context.WithCancel(context.WithoutCancel(ctx))
	u.beginShift()
	u.works.Add(2)
	go u.actor()
	go u.watchIdle()
	if d.Sleep != nil {
		u.works.Go(func() { d.Sleep(u.ctx, func() { u.back(u.lockAlone) }) })
	}
	u.root = kit.Attach(w, im, container.NewStack())
	u.root.OnTouched = func() { u.touched.touch(time.Now()) }
	w.SetTitle(title)
	w.SetOnDropped(u.dropped)
	u.begin()
	if d.Told != "" {
		kit.Message(w, "请注意", d.Told, u.Started)
	}
	return u
}

const title = "家门口办贷 · 国家助学贷款受理台"

// begin shows the first screen.
func (u *Window) begin() {
	if why := u.deps.Door.Trouble(); why != nil {
		u.mendPage(why)
		return
	}
	if u.deps.Door.New() {
		e := newEnrol(u)
		u.first = e.server
		u.show("enrol", e.content)
		return
	}
	s := newSignIn(u)
	u.first = s.begins()
	u.show("signin", s.content)
}

// show replaces all the window shows.
func (u *Window) show(name string, o fyne.CanvasObject) {
	u.deps.Log.Info("screen", "name", name)
	u.deserted = nil
	u.root.SetKeys(nil)
	u.root.SetContent(o)
	u.Started()
}

// Started puts the caret where typing begins on a front screen; the program
// calls it once more when the window has come up.
func (u *Window) Started() {
	if u.first != nil {
		kit.Focus(u.first)
	}
}

// actor does acts in the order they were asked for.
func (u *Window) actor() {
	defer u.works.Done()
	for {
		select {
		case <-u.ctx.Done():
			for {
				select {
				case do := <-u.acts: // what was asked for before the end is still saved
					do()
				default:
					return
				}
			}
		case do := <-u.acts:
			do()
		}
	}
}

// act runs job after all acts asked for before it, and then done with its
// error on Fyne's goroutine, unless the work in which it was asked for has ended
// meanwhile. Acts are not cut short by the window's end: what was asked to be saved
// is saved.
func (u *Window) act(name string, job func(ctx context.Context) error, done func(error)) {
	u.jobs.begin()
	s := u.shell
	u.acts <- func() {
		err := job(context.WithoutCancel(u.ctx))
		u.note(name, err)
		u.jobs.end()
		u.backTo(s, func() { done(err) })
	}
}

// run does job beside everything else, and then done on Fyne's goroutine, unless the
// work in which it was begun has ended meanwhile. The context ends when the window
// locks or closes.
func (u *Window) run(name string, job func(ctx context.Context) error, done func(error)) {
	u.jobs.begin()
	ctx, s := u.shift, u.shell
	go func() {
		err := job(ctx)
		u.note(name, err)
		u.jobs.end()
		u.backTo(s, func() { done(err) })
	}()
}

// backTo is back for what was asked for on the screens of one operator's work, s; they
// are gone once it ended, and whoever works then did not ask. nil is before any work.
func (u *Window) backTo(s *shell, do func()) {
	u.back(func() {
		if s == nil || u.shell == s {
			do()
		}
		u.ended()
	})
}

// back is the one seam to Fyne's goroutine.
func (u *Window) back(do func()) {
	if u.ctx.Err() != nil {
		return
	}
	fyne.Do(do)
}

func (u *Window) note(name string, err error) {
	if err != nil {
		u.deps.Log.Warn("act", "name", name, "error", err.Error())
		return
	}
	u.deps.Log.Info("act", "name", name)
}

// fail tells the person what went wrong and what to do next.
func (u *Window) fail(err error) {
	kit.Notice(u.win, kit.Bad, sentence(err))
}

// Close saves what was asked for, stops all work and locks the store. It
// returns when nothing of the window runs any more.
func (u *Window) Close() {
	u.keepUnkept(u.unkept())
	u.rest()
	u.root.Clear()
	u.stop()
	u.jobs.wait()
	u.works.Wait()
	u.stopRoom()
	u.closeCall()
	u.stopCarrier()
	if u.shell != nil || u.gate != nil {
		if err := u.desk.Close(); err != nil {
			u.deps.Log.Warn("close", "error", err.Error())
		}
	}
	u.deps.Door.Close()
}

// rest ends what the screens run, and saves what is being typed.
func (u *Window) rest() {
	u.leave()
	if s := u.shell; s != nil && s.screen != nil {
		s.screen.leave()
		if s.current != nil {
			s.current.close()
		}
	}
}

// End saves what is typed, waits until all that was asked for is saved, and
// then calls closed on Fyne's goroutine.
func (u *Window) End(closed func()) {
	u.leave()
	u.jobs.begin()
	u.acts <- func() {
		u.jobs.end()
		u.back(closed) // also where the work ended meanwhile
	}
}

// Wait fills w with the word that the data is being opened; tell shows for how
// long already.
func Wait(w fyne.Window) (tell func(time.Duration)) {
	state := kit.NewStatusLine(kit.Info, "请稍候……")
	w.SetTitle(title)
	kit.Attach(w, nil, front("正在打开本机数据", "上次没有正常退出，正在把数据检查一遍。数据很多时要等一两分钟，请不要关机。", state))
	return func(d time.Duration) { state.Set(kit.Info, fmt.Sprintf("已用 %d 秒", int(d.Seconds()))) }
}

// Refuse fills w with why the program cannot open its data, and what to do.
func Refuse(w fyne.Window, err error, quit func()) {
	w.SetTitle(title)
	kit.Attach(w, nil, front("不能打开", sentence(err),
		container.NewVBox(kit.NewPrimary("关闭", kit.Icon("close"), quit))))
}

// leave takes the focus away, so that a field being typed in saves itself.
func (u *Window) leave() { u.win.Canvas().Unfocus() }
