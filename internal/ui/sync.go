package ui

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
)

// carrier runs the courier while someone is signed in.
type carrier struct {
	courier *courier.Courier
	stop    context.CancelFunc
	done    chan struct{}
	state   courier.State
}

// startCarrier begins to carry where the operator may, and to show how it stands.
func (u *Window) startCarrier() {
	if err := u.desk.MayCarry(u.ctx); err != nil {
		u.fail(err)
		return
	}
	c, err := u.deps.Courier(u.desk)
	if err != nil {
		u.fail(err)
		return
	}
	ctx, stop := context.WithCancel(u.ctx)
	k := &carrier{courier: c, stop: stop, done: make(chan struct{})}
	u.carrier = k
	c.Watch(func(s courier.State) { u.back(func() { u.carried(k, s) }) })
	u.carried(k, c.State())
	go func() {
		defer close(k.done)
		if err := c.Run(ctx); err != nil && ctx.Err() == nil {
			u.note("courier", err)
		}
	}()
}

// close stops the courier and waits for it.
func (k *carrier) close() {
	k.stop()
	<-k.done
}

// stopCarrier stops carrying; it waits no longer than one exchange takes to
// notice.
func (u *Window) stopCarrier() {
	if u.carrier != nil {
		u.carrier.close()
		u.carrier = nil
	}
}

// wake lets the courier try at once.
func (u *Window) wake() {
	if u.carrier != nil {
		u.carrier.courier.Wake()
	}
}

// carried shows a new state of the courier, unless it is a former one's.
func (u *Window) carried(k *carrier, s courier.State) {
	if u.carrier != k || u.shell == nil {
		return
	}
	before := k.state
	k.state = s
	kind, text := networkWords(s)
	u.shell.net.Set(kind, text)
	u.shell.outbox.Set(outboxWords(s))
	if s.LastReceipt != before.LastReceipt || s.AllSent != before.AllSent {
		u.deps.Log.Info("receipt", "all_sent", s.AllSent)
		u.shell.arrived()
		if u.room != nil {
			u.room.room.Wake() // what the centre said may be for others of the room
		}
	}
	if s.Copied && !before.Copied {
		u.tellCopied()
	}
	if len(s.Aside) != len(before.Aside) || s.Copied != before.Copied || s.Behind != before.Behind {
		u.shell.setAside()
	}
	if s.LastBulletin != before.LastBulletin {
		u.takeUp()
	}
	if s.Recovery && !before.Recovery {
		kit.Notice(u.win, kit.Good, "县资助中心的找回密钥已到：以后忘记密码，可以在登录页申请找回。")
	}
	if sc, ok := u.shell.screen.(*syncScreen); ok {
		sc.refresh()
	}
}

// tellCopied notes that another machine uses this laptop's identity, and tells the
// person once what to do; the page 同步 goes on saying it.
func (u *Window) tellCopied() {
	fresh := false
	u.act("note a copy", func(ctx context.Context) (err error) {
		fresh, err = u.desk.NoteCopied(ctx)
		return err
	}, func(err error) {
		if err != nil || !fresh || u.shell == nil {
			return
		}
		kit.Message(u.win, "另有一台电脑在用本机的身份", "县资助中心持有的本机记录与本机的不同：本机的数据可能被复制过，另一台电脑用同一编号上传了。"+
			"本机的材料都在本机，没有丢失，也没有覆盖中心的；在县资助中心处理之前，本机不再上传。\n\n下一步：打电话告诉县资助中心，设备编号末 8 位 "+shortDevice(u.desk)+
			"，请他们查清另一台电脑。其间可以继续受理。已记入本机日志。", nil)
	})
}

// arrived refreshes what is on the screen after news from the centre.
func (s *shell) arrived() {
	s.u.awaited.hear()
	switch sc := s.screen.(type) {
	case *today:
		sc.refresh()
	case *cases:
		sc.refresh()
	}
	if s.current != nil {
		s.current.refreshCase()
	}
}

// setAside tells of what cannot be sent where it is looked for.
func (s *shell) setAside() {
	if sc, ok := s.screen.(*today); ok {
		sc.refresh()
	}
	if s.current != nil {
		s.current.findLosses()
	}
}

func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func wait(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d 秒", max(int(d.Seconds()+0.5), 1))
	}
	if d < time.Hour {
		return fmt.Sprintf("%d 分钟", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%.1f 小时", d.Hours())
}

func (u *Window) moment(t time.Time) string {
	if t.IsZero() {
		return "还没有"
	}
	return t.In(u.deps.Now().Location()).Format("01-02 15:04:05")
}
