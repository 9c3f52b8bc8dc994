package ui

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// shell is the window once someone has signed in: the rail, and one screen.
type shell struct {
	u       *Window
	content fyne.CanvasObject
	rail    *kit.Rail
	body    *fyne.Container
	net     *kit.StatusLine
	outbox  *kit.StatusLine
	savedAt *kit.StatusLine

	name    string
	screen  screen
	current *visit       // the case in hand, kept while other screens are looked at
	begins  func(*visit) // where the case that is being opened begins; nil: where its state says
	section string       // of 管理, looked at last
	audited *audited     // the last 核验; nil before one
}

// screen is one of the shell's screens.
type screen interface {
	object() fyne.CanvasObject
	keys() map[fyne.KeyName]func()
	shown() // after it was put into the window
	leave() // before another screen takes its place
}

func newShell(u *Window) *shell {
	s := &shell{u: u, section: ofPeople}
	s.rail = kit.NewRail("家门口办贷", u.desk.Place(),
		kit.RailEntry{ID: "today", Text: "今日", Icon: kit.Icon("home")},
		kit.RailEntry{ID: "cases", Text: "案件", Icon: kit.Icon("cases")},
		kit.RailEntry{ID: "visit", Text: "受理", Icon: kit.Icon("intake")},
		kit.RailEntry{ID: "sync", Text: "同步", Icon: kit.Icon("sync")},
		kit.RailEntry{ID: "manage", Text: "管理", Icon: kit.Icon("manage")},
	)
	s.rail.OnSelect = s.visit
	s.net = kit.NewStatusLine(kit.Info, "正在查看网络…")
	s.outbox = kit.NewStatusLine(kit.Info, "正在清点等待送达的案件…")
	s.savedAt = kit.NewStatusLine(kit.Good, "数据已打开")
	s.rail.SetFooter(s.net, s.outbox, s.savedAt)
	s.body = container.NewStack()
	s.content = container.NewBorder(nil, nil, s.rail, nil, s.body)
	return s
}

// visit goes to a screen by its name.
func (s *shell) visit(name string) {
	switch name {
	case "today":
		s.put(name, newToday(s.u))
	case "cases":
		s.put(name, newCases(s.u))
	case "visit":
		if s.current == nil {
			s.put(name, newNoCase(s.u))
			return
		}
		s.put(name, s.current)
	case "sync":
		s.put(name, newSyncScreen(s.u))
	case "manage":
		s.put(name, newManage(s.u))
	}
}

func (s *shell) put(name string, next screen) {
	s.u.leave()
	if s.screen != nil {
		s.screen.leave()
	}
	s.name, s.screen = name, next
	s.rail.SetActive(name)
	s.body.Objects = []fyne.CanvasObject{next.object()}
	s.body.Refresh()
	s.u.deps.Log.Info("screen", "name", name)
	keys := map[fyne.KeyName]func(){
		fyne.KeyF9:  func() { s.visit("today") },
		fyne.KeyF10: func() { s.visit("cases") },
		fyne.KeyF11: func() { s.visit("sync") },
	}
	for k, do := range next.keys() {
		keys[k] = do
	}
	s.u.root.SetKeys(keys)
	s.u.root.SetKeyAbove(fyne.KeyF12, s.u.lock) // whatever is open, nothing stays in sight
	next.shown()
}

// open takes a case in hand.
func (s *shell) open(id uuid.UUID) { s.openAt(id, nil) }

// openAt is open with where in the case to begin; nil: where its state says.
func (s *shell) openAt(id uuid.UUID, at func(*visit)) {
	s.begins = at
	if s.current != nil && s.current.id == id {
		s.inHand(at)
		return
	}
	var c *loan.Case
	s.u.act("open case", func(ctx context.Context) (err error) {
		c, err = s.u.desk.Open(ctx, id)
		return err
	}, func(err error) {
		if desk.AsksReason(err) {
			s.askReason(id)
			return
		}
		s.opened(id, c, err)
	})
}

// inHand is openAt for the case in hand.
func (s *shell) inHand(at func(*visit)) {
	v := s.current
	v.toMend()
	s.lead(v.id)
	s.visit("visit")
	step := v.at
	v.sawBack(func() {
		if at != nil && v.active && v.at == step {
			at(v) // what is told of it may have moved it
			s.visit("visit")
		}
	})
}

// lead has the case in hand begin where openAt said.
func (s *shell) lead(id uuid.UUID) {
	if s.begins != nil && s.current.id == id {
		s.begins(s.current)
	}
	s.begins = nil
}

// opened takes a case in hand that was read, or says why it was not.
func (s *shell) opened(id uuid.UUID, c *loan.Case, err error) {
	if fault.KindOf(err) == fault.Erased {
		s.u.tellErased(id, err)
		return
	}
	if fault.KindOf(err) == fault.Full {
		kit.Notice(s.u.win, kit.Bad, "磁盘空间不足，打不开"+shortCase(id)+"：打开须记入日志。请清出空间后再打开；此前已保存的内容不受影响。")
		return
	}
	if err != nil {
		s.u.fail(err)
		return
	}
	s.take(c)
}

// askReason opens a case of others, for a reason.
func (s *shell) askReason(id uuid.UUID) {
	words := shortCase(id) + " 不在您的待办里。写明原因后打开；计入当天的查找次数，并记入日志。"
	s.u.askWhy(false, "打开其他案件", words, "原因", "打开", "", "例如：家长来电核对进度", func(reason string) {
		var c *loan.Case
		s.u.act("open case for a reason", func(ctx context.Context) (err error) {
			c, err = s.u.desk.OpenBeyond(ctx, id, reason)
			return err
		}, func(err error) {
			if desk.NeedsGrant(err) {
				s.askToOpen(id, err, reason)
				return
			}
			s.opened(id, c, err)
		})
	})
}

// askToOpen says that the day's searches are used up, and leads to a grant for more.
func (s *shell) askToOpen(id uuid.UUID, err error, reason string) {
	kit.Confirm(s.u.win, "打开其他案件", sentence(err), "申请授权…", "取消", func() {
		s.u.askCounted(moreSearches(reason), func() { s.open(id) })
	})
}

// start opens a new case of a kind.
func (s *shell) start(kind loan.Kind, supplement bool) {
	numbers := s.u.givesNumbers()
	var c *loan.Case
	s.u.act("new case", func(ctx context.Context) (err error) {
		if numbers {
			c, err = s.u.desk.TakeNumber(ctx, kind, supplement)
		} else {
			c, err = s.u.desk.NewCase(ctx, kind, supplement)
		}
		return err
	}, func(err error) {
		if err != nil {
			s.u.fail(err)
			return
		}
		s.u.saved(c.Updated)
		s.begins = nil // of a case that was not opened
		s.take(c)
		if c.Ticket != nil {
			kit.Notice(s.u.win, kit.Good, "号码 "+c.TicketLabel()+"，请告诉来办的家庭。")
		}
	})
}

func (s *shell) take(c *loan.Case) {
	if s.current != nil {
		s.current.close()
	}
	s.current = newVisit(s.u, c)
	s.lead(c.ID)
	s.visit("visit")
}

// saved shows the time of the latest durable save.
func (u *Window) saved(at time.Time) {
	if u.shell != nil {
		u.shell.savedAt.Set(kit.Good, "已保存 "+at.In(u.deps.Now().Location()).Format("15:04:05"))
		if u.room != nil {
			u.room.room.Wake()
		}
	}
}

// noCase is 受理 with no case in hand.
type noCase struct {
	u       *Window
	content fyne.CanvasObject
}

func newNoCase(u *Window) *noCase {
	n := &noCase{u: u}
	n.content = framed("受理", "现在没有打开的案件", startCard(u))
	return n
}

func (n *noCase) object() fyne.CanvasObject     { return n.content }
func (n *noCase) keys() map[fyne.KeyName]func() { return startKeys(n.u) }
func (n *noCase) shown()                        {}
func (n *noCase) leave()                        {}

// startCard offers the three kinds of a new case, or says who may take one in.
func startCard(u *Window) fyne.CanvasObject {
	if err := u.desk.MayOpen(u.ctx); err != nil {
		return kit.Card("新建案件", nil, kit.NewText(sentence(err), kit.TextMuted))
	}
	return kit.Card("新建案件", nil,
		kit.NewText("来的是第一次贷款的家庭，选首贷；以前年度贷过，选续贷；本学年已贷、额度还有剩余，选补充申请。", kit.TextMuted),
		container.NewHBox(
			kit.NewPrimary("首贷（F2）", kit.Icon("plus"), func() { u.shell.start(loan.First, false) }),
			kit.NewSecondary("续贷（F3）", kit.Icon("refresh"), func() { u.shell.start(loan.Renewal, false) }),
			kit.NewSecondary("补充申请（F4）", kit.Icon("document"), func() { u.shell.start(loan.First, true) }),
		))
}

func startKeys(u *Window) map[fyne.KeyName]func() {
	return map[fyne.KeyName]func(){
		fyne.KeyF2: func() { u.shell.start(loan.First, false) },
		fyne.KeyF3: func() { u.shell.start(loan.Renewal, false) },
		fyne.KeyF4: func() { u.shell.start(loan.First, true) },
	}
}

// day is a date with its weekday.
func day(t time.Time) string {
	names := [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}
	return fmt.Sprintf("%d年%d月%d日 %s", t.Year(), t.Month(), t.Day(), names[t.Weekday()])
}
