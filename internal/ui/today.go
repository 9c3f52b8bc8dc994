package ui

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// today is 今日: what has been done, what waits, and the way to a new case.
type today struct {
	u       *Window
	content *container.Scroll
	figures *fyne.Container
	list    *kit.List
	rows    []desk.Row
	others  int                     // cases that wait here, whoever has them
	menu    map[fyne.KeyName]func() // what keys do to the case selected

	stations *stations
	notices  *notices
	duties   *duties
	idle     *fyne.Container
	how      *kit.Text // how a row is opened, where there is one
}

func newToday(u *Window) *today {
	t := &today{u: u}
	t.figures = container.NewStack()
	t.list = kit.NewList(caseColumns(), func() int { return len(t.rows) }, func(i int) []kit.Cell { return u.caseCells(t.rows[i]) })
	t.list.TwoLines = true
	t.list.Empty = "没有等着办的案件"
	t.list.OnOpen = func(i int) { u.shell.open(t.rows[i].ID) }
	t.menu = u.caseMenu(t.list, func() []desk.Row { return t.rows }, t.refresh)
	t.how = kit.NewText("双击或回车打开", kit.TextCaption)
	waiting := kit.Card("接着办", t.how, container.New(&tall{140}, t.list))
	t.stations, t.notices, t.duties, t.idle = newStations(u), newNotices(u), newDuties(u), newIdle()
	// Where notices and stations both tell something, a low window scrolls.
	t.content = container.NewVScroll(filled("今日", day(u.deps.Now())+" · "+u.desk.Operator().Name, t.parts(startCard(u), waiting)...))
	t.notices.onTold, t.duties.onTold = t.show, t.showIdle
	t.notices.changed = func() { relay(t.content) }
	t.refresh()
	return t
}

func (t *today) object() fyne.CanvasObject { return t.content }
func (t *today) shown()                    {}
func (t *today) leave()                    {}

func (t *today) keys() map[fyne.KeyName]func() {
	keys := startKeys(t.u)
	maps.Copy(keys, t.menu)
	return keys
}

func (t *today) refresh() {
	n := t.u.desk.Count()
	count := func(ss ...loan.Status) int {
		sum := 0
		for _, s := range ss {
			sum += n.ByStatus[s]
		}
		return sum
	}
	t.figures.Objects = []fyne.CanvasObject{kit.Columns(nil,
		figure("今天新建", n.Today, kit.TextTitle),
		figure("正在填写", count(loan.Draft, loan.Corrected), kit.TextTitle),
		figure("待复核", count(loan.ToReview), kit.TextTitle),
		figure("待签署", count(loan.ToSign, loan.Signed), kit.TextTitle),
		figure("待上传", count(loan.Queued), kit.TextTitle),
		figure("已送达", count(loan.Received, loan.Accepted), kit.TextTitle),
		figure("退回", count(loan.Returned), kit.TextTitle),
	)}
	t.figures.Refresh()
	if t.stations.refresh() {
		relay(t.content)
	}
	t.others = count(loan.Draft, loan.ToReview, loan.ToSign, loan.Signed, loan.Returned, loan.Corrected)
	t.show()
	t.notices.refresh()
	t.duties.refresh(func() { relay(t.content) })
}

// show lists what waits, but for what the card above tells of more fully.
func (t *today) show() {
	chosen := chosenRow(t.list, t.rows)
	t.rows = t.u.desk.Find("", 200, loan.Draft, loan.ToReview, loan.ToSign, loan.Signed, loan.Returned, loan.Corrected)
	others := t.others - len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(r desk.Row) bool {
		return heldElsewhere(r) || (r.Status == loan.Returned || r.Status == loan.Draft) && slices.ContainsFunc(t.notices.rows, func(n desk.Notice) bool {
			return n.ID == r.ID && (n.Returned != nil || n.SentBack != nil)
		})
	})
	t.list.Empty = "没有等着办的案件"
	if others > 0 {
		t.list.Empty = fmt.Sprintf("您没有等着办的案件；上面的数字里有 %d 件由本机其他人员经办", others)
	}
	choose(t.list, t.rows, chosen)
	setVisible(t.how, len(t.rows) > 0)
	t.showIdle()
}

func figure(label string, n int, kind kit.TextKind) fyne.CanvasObject {
	number := kit.NewLine(strconv.Itoa(n), kind)
	return kit.Card("", nil, number, kit.NewLine(label, kit.TextMuted))
}

func caseColumns() []kit.Column {
	return []kit.Column{{Weight: 2}, {Weight: 3}, {Weight: 1.4, Right: true}}
}

// caseCells is a row of a case list, masked.
func (u *Window) caseCells(r desk.Row) []kit.Cell {
	name := r.Name
	if name == "" {
		name = "（未填姓名）"
	}
	detail := kindLabel(r.Kind, r.Supplement)
	if r.IDTail != "" {
		detail += " · 证件尾号 " + r.IDTail
	}
	if room := roomWordsOf(r); room != "" {
		detail = room + " · " + detail
	}
	if l := r.Urgency.Label(); l != "" {
		detail = l + " · " + detail
	}
	school := r.School
	if school == "" {
		school = "（未填高校）"
	}
	amount := ""
	if r.Amount > 0 {
		amount = "¥" + strconv.Itoa(r.Amount)
	}
	return []kit.Cell{
		{Text: name, Detail: detail, Bold: true},
		{Text: school, Detail: amount},
		{Text: r.Status.Label(), Detail: r.Updated.In(u.deps.Now().Location()).Format("01-02 15:04"), Color: statusColor(r.Status)},
	}
}

func statusColor(s loan.Status) fyne.ThemeColorName {
	switch s {
	case loan.Received, loan.Accepted:
		return kit.ColorOK
	case loan.Returned, loan.Void:
		return kit.ColorBad
	case loan.Draft, loan.Corrected, loan.ToReview, loan.ToSign, loan.Signed, loan.Queued:
		return kit.ColorWarn
	}
	return kit.ColorText
}
