package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// beyond is the search for a case outside the own queue: for one person, and
// for a reason.
type beyond struct {
	u       *Window
	query   *kit.Field
	queryOf *kit.Labeled
	reason  *kit.Field
	whyOf   *kit.Labeled
	state   *kit.Text
	ask     *fyne.Container // the button for a grant, where the day's searches are used up
	list    *kit.List
	rows    []desk.Row
	dialog  *kit.Dialog
	body    *fyne.Container
	busy    bool
	found   bool // what is written found the rows
}

func newBeyond(u *Window) *beyond {
	b := &beyond{u: u, query: kit.NewField(), reason: kit.NewField(), state: kit.NewText("", kit.TextMuted)}
	b.query.SetPlaceholder("完整姓名或拼音，或证件、手机号末四位")
	b.reason.SetPlaceholder("例如：家长来电核对进度")
	b.reason.MaxLen, b.reason.OnEnter = 100, func() { b.dialog.YesButton().Tapped(nil) }
	b.query.OnChanged = func(string) { b.another() }
	b.reason.OnChanged = func(string) { b.offer() }
	b.queryOf, b.whyOf = kit.NewLabeled("查找", true, b.query), kit.NewLabeled("原因", true, b.reason)
	b.list = kit.NewList(caseColumns(), func() int { return len(b.rows) }, func(i int) []kit.Cell { return u.caseCells(b.rows[i]) })
	b.list.TwoLines = true
	b.list.OnOpen = b.open
	b.ask = container.NewHBox(kit.NewSecondary("申请授权…", nil, b.askGrant))
	b.ask.Hide()
	b.body = container.New(&stacked{gap: 10},
		kit.NewText("只用于找一位学生的案件。谁在什么时候、因为什么查找，都记入日志。", kit.TextBody),
		b.queryOf, b.whyOf, b.state, b.ask, container.New(&tall{204}, b.list))
	b.dialog = kit.NewDialog(u.win, "查找其他案件", b.body, "查找", "关闭", func() bool {
		if b.found && b.list.Selected() >= 0 {
			b.open(b.list.Selected())
			return false
		}
		b.search()
		return false
	})
	b.dialog.SetWidth(900)
	return b
}

// offer has the blue button search what is written, now that it is another.
func (b *beyond) offer() {
	b.found = false
	b.dialog.YesButton().SetText("查找")
}

// another takes away what was found by another name.
func (b *beyond) another() {
	b.offer()
	if b.busy || b.ask.Visible() {
		return
	}
	b.rows = nil
	b.state.SetText("")
	b.list.Select(-1)
	b.list.Refresh()
	b.body.Refresh()
}

func (b *beyond) open(i int) {
	id := b.rows[i].ID
	b.dialog.Close()
	b.u.shell.open(id)
}

func (b *beyond) search() {
	if b.busy {
		return
	}
	b.queryOf.SetError("")
	b.whyOf.SetError("")
	query, reason := strings.TrimSpace(b.query.Text()), strings.TrimSpace(b.reason.Text())
	if query == "" {
		b.queryOf.SetError("请写明找谁")
		return
	}
	if reason == "" {
		b.whyOf.SetError("请写明原因")
		return
	}
	b.busy = true
	b.dialog.YesButton().SetBusy("正在查找…")
	var got desk.Beyond
	b.u.act("search beyond", func(ctx context.Context) (err error) {
		got, err = b.u.desk.FindBeyond(ctx, query, reason)
		return err
	}, func(err error) {
		b.busy = false
		b.dialog.YesButton().SetBusy("")
		b.show(got, err)
	})
}

// moreSearches is leave for more searches outside the own queue.
func moreSearches(reason string) counted {
	return counted{title: "申请继续查找", text: "由系统数据管理员批准后，可以再查找所写的次数。", unit: "最多几次", field: desk.SearchField, most: 10, reason: reason}
}

// askGrant asks a data administrator for leave to go on searching.
func (b *beyond) askGrant() {
	b.u.askCounted(moreSearches(b.reason.Text()),
		func() { b.show(desk.Beyond{}, nil); b.state.SetText("已批准，请再查找一次。") })
}

func (b *beyond) show(got desk.Beyond, err error) {
	b.rows = got.Rows
	setVisible(b.ask, fault.KindOf(err) == fault.Denied)
	b.offer()
	switch {
	case err != nil:
		b.state.SetText(sentence(err))
	case got.Matches == 0:
		b.state.SetText("本机没有符合的案件。")
	case len(got.Rows) == 0:
		b.state.SetText(fmt.Sprintf("有 %d 件符合，太多了，没有列出。请写得更具体，例如姓名加证件末四位。", got.Matches))
	default:
		b.state.SetText(fmt.Sprintf("找到 %d 件，选中后回车打开。", got.Matches))
	}
	b.list.Select(-1)
	b.list.Refresh()
	if b.found = len(b.rows) > 0; b.found {
		b.dialog.YesButton().SetText("打开")
		b.list.Select(0)
		kit.Focus(b.list)
	}
	b.body.Refresh()
}
