package ui

import (
	"context"
	"fmt"
	"sync"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

const (
	// idleLimit is how long nobody may touch the machine before the window
	// locks itself, and idleWarning how long before that it says so.
	idleLimit   = 4*time.Minute + 30*time.Second
	idleWarning = 30 * time.Second
	// idleLook is how often that is looked at.
	idleLook = 5 * time.Second
)

// beginShift opens the time in which work beside the acts may run; lock and
// Close end it.
func (u *Window) beginShift() {
	if u.endShift != nil {
		u.endShift()
	}
	u.shift, u.endShift = context.WithCancel(u.ctx)
	u.chore = nil               // that of the work before ended with it
	u.touched.touch(time.Now()) // who begins is there
}

// lock closes the store and begins afresh at the sign-in screen. Work in hand
// has been saved field by field; the store is closed, its keys wiped, when all
// that was asked for is done. Of what was open only the case's id and step are kept,
// sealed, for the same operator.
func (u *Window) lock() { u.lockAs(false) }

// lockAlone is lock where nobody asked for it, which the sign-in screen says.
func (u *Window) lockAlone() { u.lockAs(true) }

func (u *Window) lockAs(alone bool) {
	switch {
	case u.gate != nil:
		u.left.Alone = alone
		u.gate.leave()
		return
	case u.shell == nil:
		if alone && u.deserted != nil {
			u.deserted()
		}
		return
	}
	u.left.Alone = alone
	v, dropped := u.shell.current, u.droppedWords()
	if v != nil {
		v.lost.Store(false) // what was refused before was told then
	}
	d, stop := u.desk, u.leaveWork()
	u.left.Who = d.Operator().ID
	u.show("locking", front("正在锁定", lockingWords(len(d.Waiting()), u.chore), container.NewVBox()))
	u.closing("lock", d, stop, func(err error) {
		switch {
		case v.leftOut():
			u.left.Alone, u.left.Why = false, v.leftWords()
		case dropped != "":
			u.left.Alone, u.left.Why = false, dropped+"，请登录后重做。"
			if alone {
				u.left.Why = "已自动锁定。" + u.left.Why
			}
		}
		u.afresh(err)
	})
}

// closing closes the store once all that was asked for is done and stop has ended what
// runs beside it, and then goes on with what that led to.
func (u *Window) closing(name string, d *desk.Desk, stop func(), then func(error)) {
	var err error
	u.onceDone(func() {
		stop()
		err = d.Close()
		u.note(name, err)
	}, func() { then(err) })
}

// onceDone does last when all that was asked for is done, and then goes on with then on
// Fyne's goroutine.
func (u *Window) onceDone(last, then func()) {
	u.works.Add(1)
	go func() {
		defer u.works.Done()
		u.jobs.wait()
		last()
		u.back(then)
	}()
}

// leaveWork ends the work on the screens, with what is in hand saved and remembered.
// What runs beside them is ended by stop, once all that was asked for is done.
func (u *Window) leaveWork() (stop func()) {
	at, step := uuid.Nil, 0
	if v := u.shell.current; v != nil {
		at, step = v.id, v.at
	}
	unkept := u.unkept()
	u.rest()
	u.root.Clear() // a notice of one operator is not for the next
	clear(u.making)
	u.keepUnkept(unkept)
	u.remember(at, step)
	u.keepStick()
	u.endShift()
	u.stickOwn = ""
	k, r := u.carrier, u.room
	u.carrier, u.shell, u.room = nil, nil, nil
	u.closeCall()
	return func() {
		if r != nil {
			r.close()
		}
		if k != nil {
			k.close()
		}
	}
}

// lockingWords says what is being done, and what becomes of what was not sent
// and of a chore under way.
func lockingWords(waiting int, c *chore) string {
	words := "正在保存并锁定数据…"
	if waiting > 0 {
		words += fmt.Sprintf("还有 %d 件案件没有全部送达，都留在本机；任何操作员登录后自动接着上传。", waiting)
	}
	switch {
	case c == nil:
	case c.stick != nil:
		words += "U盘读写在安全处停下，已写完的部分有效；请不要拔出，您再登录后自动接着做。要拔U盘，请等登录页出现。"
	default:
		words += "正在进行的备份等先停下；登录后可以再做一次。"
	}
	return words
}

// afresh begins at the sign-in screen: in a new run of the program where that
// can be had, else in this one.
func (u *Window) afresh(failed error) {
	if failed == nil && u.deps.Restart != nil {
		left := u.left
		left.Look = u.look
		failed = u.deps.Restart(left)
		if failed == nil {
			return
		}
		u.note("restart", failed)
	}
	u.beginShift()
	u.act("reopen", u.deps.Door.Reopen, func(err error) {
		if err != nil {
			u.fail(err)
		}
		u.begin()
	})
}

// watchIdle locks the window when nobody has touched the machine for a while,
// and when the machine has slept for as long.
func (u *Window) watchIdle() {
	defer u.works.Done()
	if u.deps.Idle == nil {
		return
	}
	tick := time.NewTicker(idleLook)
	defer tick.Stop()
	for before := time.Now(); ; {
		select {
		case <-u.ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		if since, ok := u.untouched(now, before); ok {
			u.back(func() { u.idled(since) })
		}
		before = now
	}
}

// untouched is how long nobody has touched the machine, as the system tells, or
// else as the window counted; the machine's sleep is part of it. ok is false where
// nothing tells.
func (u *Window) untouched(now, before time.Time) (since time.Duration, ok bool) {
	// the wall's time goes on while the machine sleeps, the other stands still
	slept := now.Round(0).Sub(before.Round(0))
	since, ok = u.deps.Idle()
	if !ok && u.deps.Input != nil {
		u.watchInput()
		since, ok = u.touched.since(now), true
	}
	return max(since, slept), ok || slept >= idleLimit
}

// watchInput begins to count input, where it does not run: also anew where it
// ended by itself. While it does not run, what reaches the window counts alone, and
// that is said once.
func (u *Window) watchInput() {
	if !u.touched.begin() {
		return
	}
	u.works.Go(func() {
		defer u.touched.end()
		err := u.deps.Input(u.ctx, func() {
			if u.touched.blind(false) {
				u.deps.Log.Info("input of the machine is told again")
			}
			u.touched.touch(time.Now())
		})
		if u.ctx.Err() == nil && u.touched.blind(true) {
			u.deps.Log.Warn("nothing tells input of the machine: what reaches this window counts alone", "error", fmt.Sprint(err))
		}
	})
}

// touches keeps when someone last touched the machine.
type touches struct {
	mu      sync.Mutex
	last    time.Time
	running bool
	unseen  bool // nothing tells of input but the window itself
}

// blind keeps whether nothing tells of input but the window itself, and says
// whether that is new.
func (t *touches) blind(is bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.unseen
	t.unseen = is
	return was != is
}

func (t *touches) isBlind() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unseen
}

func (t *touches) touch(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = now
}

func (t *touches) since(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.last)
}

func (t *touches) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.running
	t.running = true
	return !was
}

func (t *touches) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = false
}

// idled does what is to be done when nobody has touched the machine for so
// long.
func (u *Window) idled(since time.Duration) {
	switch {
	case since >= idleLimit:
		u.lockAlone()
	case u.shell == nil && u.gate == nil:
	case since >= idleLimit-idleWarning:
		words := "锁定前会保存案件里已填的内容"
		if dropped := u.droppedWords(); dropped != "" {
			words = dropped
		}
		kit.NoticeOver(u.win, kit.Warning, "即将自动锁定，"+words+"。动一下鼠标或按任意键可继续使用。")
	}
}
