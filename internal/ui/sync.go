package ui

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// carrier runs the courier while someone is signed in.
type carrier struct {
	courier *courier.Courier
	stop    context.CancelFunc
	done    chan struct{}
	state   courier.State
}

// startCarrier begins to carry, and to show how it stands.
func (u *Window) startCarrier() {
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

// arrived refreshes what is on the screen after news from the centre.
func (s *shell) arrived() {
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

func networkWords(s courier.State) (kit.Kind, string) {
	switch {
	case s.Phase == courier.Paused:
		return kit.Warning, "已暂停上传"
	case s.Online:
		return kit.Good, "已连接中心"
	case s.Err == nil:
		return kit.Info, "正在连接中心…"
	case fault.KindOf(s.Err) == fault.Offline, fault.KindOf(s.Err) == fault.Cancelled:
		return kit.Warning, "离线，可继续受理"
	}
	return kit.Bad, "上传受阻，请看“同步”"
}

func outboxWords(s courier.State) (kit.Kind, string) {
	switch {
	case s.AllSent:
		return kit.Good, "全部送达"
	case s.Changes == 0 && s.Blobs == 0:
		return kit.Info, "等待与中心核对"
	case s.Phase == courier.Sending && s.Blobs > 0:
		return kit.Info, "正在上传，剩 " + size(s.Bytes)
	case s.Cases > 0:
		return kit.Warning, fmt.Sprintf("待上传 %d 件案件", s.Cases)
	}
	return kit.Warning, fmt.Sprintf("待上传 %d 条记录", s.Changes)
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

// syncScreen is 同步: how carriage stands, and what still waits.
type syncScreen struct {
	u        *Window
	content  fyne.CanvasObject
	headline *kit.StatusLine
	facts    *fyne.Container
	try      *kit.Button
	pause    *kit.Button
	adopt    *kit.Button // in view while the centre holds more than the laptop
	list     *kit.List
	rows     []desk.Row
}

func newSyncScreen(u *Window) *syncScreen {
	s := &syncScreen{u: u, facts: container.NewVBox()}
	s.headline = kit.NewStatusLine(kit.Info, "")
	s.try = kit.NewPrimary("立即上传", kit.Icon("upload"), u.wake)
	s.pause = kit.NewSecondary("暂停", kit.Icon("offline"), s.togglePause)
	s.adopt = kit.NewSecondary("取回并继续", kit.Icon("upload"), s.askAdopt)
	s.list = kit.NewList(caseColumns(), func() int { return len(s.rows) }, func(i int) []kit.Cell { return u.caseCells(s.rows[i]) })
	s.list.TwoLines = true
	s.list.Empty = "没有等待上传的案件"
	s.list.OnOpen = func(i int) { u.shell.open(s.rows[i].ID) }
	s.content = filled("同步", "办完的案件自动上传到中心；没有网络时留在本机，恢复后自动继续",
		kit.Card("现在", nil, s.headline, s.facts, container.NewHBox(s.try, s.pause, s.adopt)),
		kit.Card("等待送达的案件", kit.NewText("双击或回车打开", kit.TextCaption), container.New(&tall{160}, s.list)))
	s.refresh()
	return s
}

func (s *syncScreen) object() fyne.CanvasObject     { return s.content }
func (s *syncScreen) keys() map[fyne.KeyName]func() { return nil }
func (s *syncScreen) shown()                        {}
func (s *syncScreen) leave()                        {}

func (s *syncScreen) togglePause() {
	if k := s.u.carrier; k != nil {
		k.courier.SetPaused(k.state.Phase != courier.Paused)
	}
}

// askAdopt lets a person say that the file was set back, and not copied.
func (s *syncScreen) askAdopt() {
	kit.Confirm(s.u.win, "本机数据曾被退回旧副本？",
		"请先与县资助中心确认：只有本机数据被退回旧副本、且没有另一台电脑在用同一份数据时，才选择继续。本机将从中心取回缺少的记录和材料，并记入日志。",
		"取回并继续", "取消", func() {
			if k := s.u.carrier; k != nil {
				k.courier.Adopt(s.u.desk.Operator().ID)
			}
		})
}

func (s *syncScreen) refresh() {
	k := s.u.carrier
	if k == nil {
		s.headline.Set(kit.Bad, "上传没有运行，请锁定后重新登录")
		return
	}
	st := k.state
	s.headline.Set(headline(st, s.u.deps.Now()))
	if st.Phase == courier.Paused {
		s.pause.SetText("继续")
	} else {
		s.pause.SetText("暂停")
	}
	if st.Behind {
		s.adopt.Show()
	} else {
		s.adopt.Hide()
	}
	s.try.SetEnabled(st.Phase != courier.Paused && st.Phase != courier.Sending)
	speed := "—"
	if st.Phase == courier.Sending && st.Speed > 0 {
		speed = size(int64(st.Speed)) + "/秒"
		if st.Bytes > 0 {
			speed += "，约剩 " + wait(time.Duration(float64(st.Bytes)/st.Speed)*time.Second)
		}
	}
	s.facts.Objects = []fyne.CanvasObject{
		fact("待传记录", fmt.Sprintf("%d 条", st.Changes)),
		fact("待传影像", fmt.Sprintf("%d 件，%s", st.Blobs, size(st.Bytes))),
		fact("速度", speed),
		fact("上次联系", s.u.moment(st.LastContact)),
		fact("上次回执", s.u.moment(st.LastReceipt)),
	}
	if n := len(st.Aside); n > 0 {
		s.facts.Objects = append(s.facts.Objects, fact("中心未收", fmt.Sprintf("%d 件，留在本机，请联系县资助中心", n)))
	}
	s.facts.Refresh()
	s.rows = s.rows[:0]
	for _, r := range s.u.desk.Find("", 0) {
		if r.Status == loan.Queued {
			s.rows = append(s.rows, r)
		}
	}
	s.list.Refresh()
}

// headline says in one sentence how carriage stands, and why.
func headline(s courier.State, now time.Time) (kit.Kind, string) {
	switch {
	case s.Phase == courier.Paused:
		return kit.Warning, "已暂停。案件留在本机，点“继续”后上传。"
	case s.Err != nil:
		text := sentence(s.Err)
		if left := s.Next.Sub(now); left > time.Second {
			text += "下次重试：" + wait(left) + "后。"
		}
		return kit.Warning, text
	case s.Phase == courier.Healing:
		return kit.Info, "正在从中心取回本机缺少的数据。"
	case s.AllSent:
		return kit.Good, "全部送达，中心的清单与本机一致。"
	case s.Phase == courier.Sending && s.Blobs > 0:
		return kit.Info, "正在上传。"
	case s.Phase == courier.Connecting || s.Phase == courier.Sending:
		return kit.Info, "正在与中心核对…"
	}
	return kit.Info, "稍后与中心核对。"
}

func wait(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d 秒", int(d.Seconds()+0.5))
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
