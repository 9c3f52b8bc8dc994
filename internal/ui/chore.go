package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"

	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
)

// chore is the one long piece of work on the store that may run beside a
// clerk's: a backup, an erasing, an audit. It ends, and is waited for, when the
// window locks or closes.
type chore struct {
	words       string // what is being done
	done, total int64
	stop        context.CancelFunc
	stick       *stickWork // what it does with a stick, or nil
}

// keepEvery is how often housekeeping looks whether there is something to do.
const keepEvery = time.Hour

// tellEvery is the least time between two words on how far a chore is.
const tellEvery = 150 * time.Millisecond

// begins starts a chore, unless one is under way: then it says so. done runs on
// Fyne's goroutine and gets fault.Cancelled when the chore was stopped.
func (u *Window) begins(name, words string, job func(ctx context.Context, progress func(done, total int64)) error, done func(error)) bool {
	if u.chore != nil {
		kit.Notice(u.win, kit.Info, u.chore.words+"，完成后再试。")
		return false
	}
	ctx, stop := context.WithCancel(u.shift)
	c := &chore{words: words, stop: stop}
	u.chore = c
	progress := u.told(func(n, of int64) {
		c.done, c.total = n, of
		u.choreTurned(c)
	})
	u.run(name, func(context.Context) error { return job(ctx, progress) }, func(err error) {
		stop()
		u.chore = nil
		done(err)
		u.choreTurned(c)
	})
	u.choreTurned(c)
	return true
}

// told hands a piece of work's progress to Fyne's goroutine, not too often. What
// it gives is for the goroutine of the work.
func (u *Window) told(show func(done, total int64)) func(done, total int64) {
	last := time.Time{}
	return func(done, total int64) {
		if time.Since(last) < tellEvery && done < total {
			return
		}
		last = time.Now()
		u.back(func() { show(done, total) })
	}
}

// choreTurned lets the screen show how the chore stands.
func (u *Window) choreTurned(*chore) {
	if u.shell == nil {
		return
	}
	switch sc := u.shell.screen.(type) {
	case *manage:
		sc.shownNow.refresh()
	case *syncScreen:
		sc.stick.refresh()
	}
}

// stopChore asks the chore under way to end.
func (u *Window) stopChore() {
	if u.chore != nil {
		u.chore.stop()
	}
}

// housekeep does what is due, now and every hour, while someone is signed in.
// What it did, and what went wrong, is told in 管理; a stick that is not there
// is no trouble of the moment.
func (u *Window) housekeep() {
	if u.deps.Housekeeping == 0 {
		return
	}
	ctx, s := u.shift, u.shell
	u.works.Go(func() {
		wait := time.NewTimer(u.deps.Housekeeping)
		defer wait.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-wait.C:
			}
			u.back(func() {
				if u.shell == s && u.chore == nil {
					u.keep(func(error) {})
				}
			})
			wait.Reset(keepEvery)
		}
	})
}

// bar is how a chore is shown: its words and how far it is.
func (u *Window) bar(p *kit.Progress) {
	c := u.chore
	if c == nil {
		p.Hide()
		return
	}
	words, part := c.words+"…", float32(0)
	if c.total > 0 {
		part = float32(c.done) / float32(c.total)
		words += "　" + size(c.done) + " / " + size(c.total)
	}
	p.Set(words, part)
	p.Show()
}

// choreIn shows in a section how the chore under way stands, and the way to stop it in the
// row of its buttons.
func (u *Window) choreIn(bar *kit.Progress, stop *kit.Button, row *fyne.Container) {
	u.bar(bar)
	if on := u.chore != nil; stop.Visible() != on {
		setVisible(stop, on)
		row.Refresh() // else what has come into it has no place
	}
}

// keep does what is due: what is to be erased, the care of the file, the day's
// backup. Damage that it finds is said at once.
func (u *Window) keep(done func(error)) {
	d := u.desk
	u.begins("housekeeping", "正在做日常整理", func(ctx context.Context, _ func(done, total int64)) error {
		_, err := d.Keep(ctx)
		if ctx.Err() != nil {
			return err
		}
		_, also := d.BackupIfDue(ctx)
		return errors.Join(err, also)
	}, func(err error) {
		if fault.KindOf(err) == fault.Damaged && u.shell != nil {
			kit.Message(u.win, "核对时发现数据损坏", "有一部分数据与写入时不一致，程序没有使用它，其余的照常可用。办完手上的案件后请锁定（F12），在登录页点“数据有问题？”修复。", nil)
		}
		done(err)
	})
}
