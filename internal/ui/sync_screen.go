package ui

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"github.com/google/uuid"
)

// syncScreen is 同步: how carriage stands and why, what waits, what waits for a
// person, and how things are to be carried. Its cards stand in one column that
// scrolls.
type syncScreen struct {
	u       *Window
	content *container.Scroll
	tick    *time.Ticker
	ended   chan struct{}

	mark     *kit.StatusLine // its dot alone
	standing *kit.Text
	words    *kit.Text
	bar      *kit.Progress
	facts    *fyne.Container
	try      *kit.Button
	pause    *kit.Button
	enrol    *kit.Button     // in view while the centre takes nothing from this laptop
	adopt    *kit.Button     // in view while the centre holds more than the laptop
	head     *fyne.Container // the standing, and the buttons
	buttons  *fyne.Container
	tall     *tall // of the list
	mend     fyne.CanvasObject
	mends    *fyne.Container
	list     *kit.List
	first    *kit.Button
	settings *syncSettings
	stick    *stickCard

	rows   []desk.WaitingRow
	ways   map[uuid.UUID]way
	listed time.Time // when the rows were last read
	shows  string    // what the mendings say now
}

// listEvery is how often, at most, the waiting cases are listed anew while
// things go.
const listEvery = time.Second

func newSyncScreen(u *Window) *syncScreen {
	s := &syncScreen{u: u, facts: container.NewVBox(), mends: container.NewVBox()}
	s.words, s.bar = kit.NewText("", kit.TextBody), kit.NewProgress()
	s.mark, s.standing = kit.NewStatusLine(kit.Info, ""), kit.NewLine("", kit.TextTitle)
	s.try = kit.NewPrimary("立即上传（F5）", kit.Icon("upload"), s.tryNow)
	s.pause = kit.NewSecondary("暂停上传（F6）", nil, s.togglePause)
	s.enrol = kit.NewPrimary("重新注册", kit.Icon("online"), func() { newEnrolAgain(u, u.carryAgain) })
	s.adopt = kit.NewSecondary("取回并继续", kit.Icon("download"), s.askAdopt)
	s.buttons = container.NewHBox(s.enrol, s.adopt, s.pause, s.try)
	s.head = container.NewBorder(nil, nil, s.mark, s.buttons, s.standing)
	s.tall = &tall{}
	s.mend = kit.Card("需要处理", kit.NewSecondary("再送一次", kit.Icon("refresh"), s.retry), s.mends)
	s.list = kit.NewList([]kit.Column{{Weight: 2}, {Weight: 3}, {Weight: 1.6, Right: true}},
		func() int { return len(s.rows) }, func(i int) []kit.Cell {
			return u.waitingCells(s.rows[i], s.state(), s.ways[s.rows[i].ID])
		})
	s.list.TwoLines = true
	s.list.Empty = "没有等待送达的案件"
	s.list.OnOpen = func(i int) { u.shell.open(s.rows[i].ID) }
	s.list.OnSelect = func(int) { s.offerFirst() }
	u.caseMenu(s.list, func() []desk.Row { return plainRows(s.rows) }, s.urged)
	s.first = kit.NewSecondary("先传这一件（F7）", kit.Icon("upload"), s.askUrgent)
	s.settings = newSyncSettings(u)
	s.stick = newStickCard(u)
	s.content = container.NewVScroll(container.New(&column{},
		heading("同步", "保存的内容自动上传到中心；没有网络时留在本机，恢复后自动继续"),
		kit.Card("", nil, s.head, s.words, s.bar, s.facts),
		s.mend,
		kit.Card("等待送达的案件", s.first, container.New(s.tall, s.list)),
		newRoomCard(u), s.stick.card, s.settings.card))
	s.refresh()
	return s
}

func (s *syncScreen) object() fyne.CanvasObject { return s.content }

func (s *syncScreen) keys() map[fyne.KeyName]func() {
	return map[fyne.KeyName]func(){fyne.KeyF5: s.tryNow, fyne.KeyF6: s.togglePause, fyne.KeyF7: s.askUrgent}
}

// shown begins to count down to the next attempt.
func (s *syncScreen) shown() {
	if len(s.rows) > 0 {
		kit.Focus(s.list)
	}
	s.tick, s.ended = time.NewTicker(time.Second), make(chan struct{})
	tick, ended := s.tick, s.ended
	s.u.works.Go(func() {
		for {
			select {
			case <-ended:
				return
			case <-s.u.ctx.Done():
				return
			case <-tick.C:
				s.u.back(func() {
					if s.u.shell != nil && s.u.shell.screen == screen(s) {
						s.refresh()
					}
				})
			}
		}
	})
}

func (s *syncScreen) leave() {
	if s.tick != nil {
		s.tick.Stop()
		close(s.ended)
		s.tick = nil
	}
}

// state is how carriage stands; with no carrier it is the zero value.
func (s *syncScreen) state() courier.State {
	if s.u.carrier == nil {
		return courier.State{}
	}
	return s.u.carrier.state
}

func (s *syncScreen) tryNow() {
	if s.try.Disabled() || !s.try.Visible() || s.u.carrier == nil {
		return
	}
	s.u.carrier.courier.Hear()
}

func (s *syncScreen) togglePause() {
	if s.u.carrier == nil {
		return
	}
	v := s.state().Settings
	v.Paused = !v.Paused
	s.u.carryBy(v)
}

// carryBy keeps how things are to be carried, and works by it.
func (u *Window) carryBy(v desk.SyncSettings) {
	k := u.carrier
	if k == nil {
		return
	}
	u.act("sync settings", func(ctx context.Context) error { return u.desk.SetSyncSettings(ctx, v) }, func(err error) {
		if err != nil {
			u.fail(err)
		} else {
			k.courier.Obey(v)
		}
		if u.shell == nil {
			return
		}
		if sc, ok := u.shell.screen.(*syncScreen); ok {
			sc.refresh() // also after a refusal: the choice goes back
		}
	})
}

// retry sends again what was set aside. What is damaged here and was taken anew
// meanwhile is given up first.
func (s *syncScreen) retry() {
	k, d := s.u.carrier, s.u.desk
	if k == nil {
		return
	}
	aside := k.state.Aside
	s.u.act("send again", func(ctx context.Context) error {
		for _, a := range aside {
			if !damagedHere(a.Err) {
				continue
			}
			if err := d.LetGo(ctx, a.Case, a.Blob); err != nil && fault.KindOf(err) != fault.Denied {
				return err
			}
		}
		return nil
	}, func(err error) {
		if err != nil {
			s.u.fail(err)
		}
		k.courier.Retry()
	})
}

// askAdopt lets a person say that the file was set back, and not copied.
func (s *syncScreen) askAdopt() {
	kit.Confirm(s.u.win, "本机数据曾被退回旧副本？",
		"请先与县资助中心确认：只有本机数据被退回旧副本、且没有另一台电脑在用同一份数据时，才选择继续。本机将从中心取回缺少的记录和材料，并记入日志。",
		"取回并继续", "取消", func() {
			d := s.u.desk
			s.u.act("may adopt", d.MaySync, func(err error) {
				if err != nil {
					s.u.fail(err)
				} else if k := s.u.carrier; k != nil && s.u.desk == d {
					k.courier.Adopt(d.Operator().ID)
				}
			})
		})
}

// plainRows are the rows of cases that wait.
func plainRows(waiting []desk.WaitingRow) []desk.Row {
	out := make([]desk.Row, len(waiting))
	for i, w := range waiting {
		out[i] = w.Row
	}
	return out
}

// chosen is the case selected in the list.
func (s *syncScreen) chosen() (desk.WaitingRow, bool) {
	if i := s.list.Selected(); i >= 0 && i < len(s.rows) {
		return s.rows[i], true
	}
	return desk.WaitingRow{}, false
}

func (s *syncScreen) offerFirst() {
	r, ok := s.chosen()
	s.first.SetEnabled(ok)
	s.first.SetText(urgeWord(r.Urgency, "F7"))
}

// askUrgent lets the selected case go before others, with the reason, or no
// longer.
func (s *syncScreen) askUrgent() {
	if r, ok := s.chosen(); ok {
		s.u.askUrgent(r.ID, urgedName(r.Row), r.Urgency, s.urged)
	}
}

// urged shows the order of sending anew.
func (s *syncScreen) urged() {
	s.listed = time.Time{}
	s.refresh()
}

func (s *syncScreen) refresh() {
	k := s.u.carrier
	if k == nil {
		s.mark.Set(kit.Bad, "")
		s.standing.SetText("上传没有运行")
		s.words.SetText("材料都在本机，可以继续受理。请锁定（F12）后重新登录，再看是否恢复。")
		for _, o := range []fyne.CanvasObject{s.bar, s.adopt, s.enrol, s.try, s.pause} {
			setVisible(o, false)
		}
		s.relist()
		relay(s.content)
		return
	}
	st := k.state
	kind, text := headline(st, s.u.deps.Now())
	s.mark.Set(kind, "")
	s.standing.SetText(stateWords(kind, st))
	s.words.SetText(text)
	words, part := progressWords(st)
	setVisible(s.bar, words != "")
	s.bar.Set(words, part)
	if st.Phase == courier.Paused {
		s.pause.SetText("继续上传（F6）")
	} else {
		s.pause.SetText("暂停上传（F6）")
	}
	setVisible(s.adopt, st.Behind)
	setVisible(s.enrol, shutOut(st))
	setVisible(s.try, !shutOut(st))
	setVisible(s.pause, true)
	s.buttons.Refresh()
	s.head.Refresh()
	s.try.SetEnabled(st.Phase != courier.Paused && st.Phase != courier.Sending)
	s.facts.Objects = []fyne.CanvasObject{kit.Columns(nil,
		fact("待传记录", fmt.Sprintf("%d 条", st.Changes)),
		fact("待传材料", fmt.Sprintf("%d 件，%s", st.Blobs, size(st.Bytes))),
		fact("上次联系", s.u.moment(st.EverContact)),
		fact("上次回执", s.u.moment(st.EverReceipt)))}
	s.facts.Refresh()
	s.settings.show(st)
	if time.Since(s.listed) >= listEvery || st.Phase != courier.Sending {
		s.relist()
	}
	relay(s.content)
}

// stateWords is the headline's one word for how it stands.
func stateWords(kind kit.Kind, st courier.State) string {
	switch {
	case st.Phase == courier.Paused:
		return "已暂停"
	case st.AllSent && st.Err == nil:
		return "全部送达"
	case shutOut(st):
		return "须重新注册"
	case kind == kit.Bad:
		return "需要处理"
	case st.NoRoom:
		return "中心收不下材料"
	case st.Err != nil && st.Phase == courier.Waiting:
		return "等待重试"
	case st.Hold == courier.HeldMetered && kind == kit.Warning:
		return "等换网络"
	case stands(st):
		return "等网络"
	case st.Phase == courier.Sending:
		return "正在上传"
	}
	return "正在核对"
}

// relist reads what waits anew; the case that is selected stays selected.
func (s *syncScreen) relist() {
	was, _ := s.chosen()
	s.listed = time.Now()
	s.rows, s.ways = s.u.desk.Waiting(), nil
	if k := s.u.carrier; k != nil {
		s.ways = waysOf(s.rows, k.state, k.courier.Underway(), k.courier.Pace())
	}
	s.tall.height = s.list.MinSize().Height / 3 * min(max(float32(len(s.rows)), leastRows), mostInView)
	at := -1
	for i, r := range s.rows {
		if was.ID != uuid.Nil && r.ID == was.ID {
			at = i
		}
	}
	if was.ID != uuid.Nil {
		s.list.Select(at)
	} else {
		s.list.Refresh()
	}
	s.offerFirst()
	s.showMendings(s.state())
}

// How many rows of the list are in view, at least and at most; the half row
// shows that there are more. The list asks for three.
const (
	leastRows  = 3
	mostInView = 5.5
)

// mostMendings is how many of what waits for a person are shown at once.
const mostMendings = 5

// showMendings lists what waits for a person, each with the way to its case.
func (s *syncScreen) showMendings(st courier.State) {
	all := mendings(st, s.u.desk.SentBack(), s.u.nameOf)
	setVisible(s.mend, len(all) > 0)
	now := fmt.Sprint(all)
	if now == s.shows {
		return
	}
	s.shows = now
	s.mends.Objects = nil
	for i, m := range all {
		if i == mostMendings {
			s.mends.Add(kit.NewText(fmt.Sprintf("还有 %d 件，处理完上面的再列出。", len(all)-i), kit.TextMuted))
			break
		}
		open := kit.NewSecondary("打开案件", kit.Icon("cases"), func() { s.u.shell.open(m.id) })
		if m.id == uuid.Nil {
			open.SetEnabled(false)
		}
		s.mends.Add(container.NewBorder(nil, nil, nil, container.NewCenter(open), container.NewVBox(layout.NewSpacer(), kit.NewText(m.what, kit.TextBody), layout.NewSpacer())))
	}
	s.mends.Refresh()
}

// nameOf is how a case is called on a screen: the masked name and the ID's tail, or the
// end of its id where those are not for the operator.
func (u *Window) nameOf(id uuid.UUID) string {
	r, ok := u.desk.RowOf(id)
	switch {
	case !ok:
		return "本机记录"
	case r.Veiled:
		return rowName(r) + " 的案件"
	case r.Name == "":
		return "未填姓名的案件"
	case r.IDTail != "":
		return r.Name + "（证件尾号 " + r.IDTail + "）"
	}
	return r.Name
}
