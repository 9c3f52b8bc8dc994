package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// cases is 案件: the operator's own queue, found as one types.
type cases struct {
	u       *Window
	content fyne.CanvasObject
	query   *kit.Field
	count   *kit.Text
	list    *kit.List
	rows    []desk.Row
	total   int                     // found, also those not listed
	timer   *time.Timer             // until one rests on what is typed; nil where nothing is to be noted
	typed   typedSearch             // the search that goes on
	menu    map[fyne.KeyName]func() // what keys do to the case selected
}

// mostRows is how many cases are listed; to go further back one searches.
const mostRows = 1000

// settled is how long after the last key a search counts as made.
const settled = 1500 * time.Millisecond

func newCases(u *Window) *cases {
	s := &cases{u: u}
	s.query = kit.NewField()
	s.query.Icon = kit.Icon("search")
	s.query.SetPlaceholder("姓名、拼音、首字母、证件尾号、手机尾号")
	s.query.OnChanged = func(string) { s.search() }
	s.query.OnEnter = func() {
		if len(s.rows) == 1 {
			u.shell.open(s.rows[0].ID)
			return
		}
		kit.Focus(s.list)
	}
	s.count = kit.NewLine("", kit.TextMuted)
	s.list = kit.NewList(caseColumns(), func() int { return len(s.rows) }, func(i int) []kit.Cell { return u.caseCells(s.rows[i]) })
	s.list.TwoLines = true
	s.list.OnOpen = func(i int) { u.shell.open(s.rows[i].ID) }
	others := kit.NewQuiet("查找其他案件…", kit.Icon("search"), func() { newBeyond(u).dialog.Open() })
	s.menu = u.caseMenu(s.list, func() []desk.Row { return s.rows }, s.refresh)
	s.content = filled("案件", "我经办和等我办理的案件；姓名已遮盖，打开后由经办人查看全文",
		container.NewVBox(s.query, container.NewBorder(nil, nil, nil, others, s.count)), kit.Card("", nil, container.New(&tall{200}, s.list)))
	s.search()
	return s
}

func (s *cases) object() fyne.CanvasObject     { return s.content }
func (s *cases) keys() map[fyne.KeyName]func() { return s.menu }
func (s *cases) shown()                        { kit.Focus(s.query) }

// leave also notes a search that nobody waited for.
func (s *cases) leave() { s.noteSearch(s.timer) }

// typedSearch is a search as far as it was typed on: its longest term, and what that found.
type typedSearch struct {
	term  string
	found int
	noted bool
}

// goesOn says whether a text is a term, or one with something typed into it at one place.
func goesOn(term, text string) bool {
	n := 0
	for n < min(len(term), len(text)) && term[n] == text[n] {
		n++
	}
	return len(text) >= len(term) && strings.HasSuffix(text, term[n:])
}

// noteSearch notes the search that a timer was set for, unless that is done, or more was
// typed since: the longest term, and what was left of it to rest on.
func (s *cases) noteSearch(of *time.Timer) {
	if of == nil || s.timer != of {
		return
	}
	of.Stop()
	s.timer = nil
	s.noteTyped()
	if left := s.query.Text(); left != "" && left != s.typed.term {
		s.typed = typedSearch{term: left, found: s.total}
		s.noteTyped()
	}
}

// noteTyped notes the search that goes on, once.
func (s *cases) noteTyped() {
	if s.typed.noted || s.typed.term == "" {
		return
	}
	s.typed.noted = true
	rows, d := s.typed.found, s.u.desk
	s.u.act("note search", func(ctx context.Context) error { return d.NoteSearch(ctx, rows) }, func(error) {})
}

// search lists what the query finds, from the top. It is noted in the log once the
// person has stopped typing, or begins another: what is typed on is one search, and so
// is what is taken back of it.
func (s *cases) search() {
	s.list.ScrollToTop()
	s.list.Select(-1)
	s.refresh()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	text := s.query.Text()
	switch {
	case text == "":
		s.noteTyped()
		s.typed = typedSearch{}
		return
	case goesOn(s.typed.term, text):
		s.typed = typedSearch{term: text, found: s.total}
	case !goesOn(text, s.typed.term):
		s.noteTyped()
		s.typed = typedSearch{term: text, found: s.total}
	}
	var t *time.Timer
	t = time.AfterFunc(settled, func() { s.u.back(func() { s.noteSearch(t) }) })
	s.timer = t
}

// refresh shows what the query finds by now; the case that is selected stays
// selected, wherever it has moved to.
func (s *cases) refresh() {
	chosen := chosenRow(s.list, s.rows)
	s.rows = s.u.desk.Find(s.query.Text(), mostRows)
	s.total = len(s.rows)
	text := fmt.Sprintf("共 %d 件", s.total)
	if s.total == mostRows {
		s.total = s.u.desk.Matches(s.query.Text())
		text = fmt.Sprintf("共 %d 件，列出最近的 %d 件", s.total, mostRows)
	}
	s.count.SetText(text)
	s.list.Empty = "没有符合的案件"
	if s.query.Text() == "" {
		s.list.Empty = "还没有案件"
	}
	choose(s.list, s.rows, chosen)
}

// chosenRow is the case selected in a list of rows, or uuid.Nil.
func chosenRow(list *kit.List, rows []desk.Row) uuid.UUID {
	if i := list.Selected(); i >= 0 && i < len(rows) {
		return rows[i].ID
	}
	return uuid.Nil
}

// choose shows a list anew, with the case that was selected selected still: a
// Return must never open another that has taken its place.
func choose(list *kit.List, rows []desk.Row, chosen uuid.UUID) {
	if chosen == uuid.Nil {
		list.Refresh()
		return
	}
	list.Select(slices.IndexFunc(rows, func(r desk.Row) bool { return r.ID == chosen }))
}
