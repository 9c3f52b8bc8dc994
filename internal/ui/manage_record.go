package ui

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// recordSection is 日志: who did what, when and why, what is odd, and a report.
type recordSection struct {
	named func(account string) string
	u     *Window
	who   *kit.Picker
	id    *kit.Field
	idOf  *kit.Labeled
	why   *kit.Field
	whyOf *kit.Labeled
	kind  *kit.Choice
	days  *kit.Choice
	dated bool // the period was chosen, and is not what stands there by itself
	round int  // counts the changes of the filters: what was asked before one is not shown
	find  *kit.Button
	save  *kit.Button
	bar   *kit.Progress // of the chore under way; nil for whom the record is not
	stop  *kit.Button
	row   *fyne.Container // of the buttons
	told  *kit.Text
	list  *kit.List
	odd   *fyne.Container
	lines []desk.Line
	all   []fyne.CanvasObject
}

// mostLines is how many lines are listed.
const mostLines = 500

func newRecordSection(u *Window) *recordSection {
	s := &recordSection{u: u, id: kit.NewField(), told: kit.NewText("", kit.TextMuted), odd: container.New(&stacked{gap: 8}), named: u.namer()}
	if !u.desk.MayAudit() {
		s.all = []fyne.CanvasObject{kit.Card("日志", nil, kit.NewText("日志由系统数据管理员或审计员查看。", kit.TextMuted))}
		return s
	}
	people := []kit.Option{{ID: "", Text: "全部人员"}}
	if list, err := u.desk.Operators(u.ctx); err == nil {
		for _, o := range list {
			people = append(people, kit.Option{ID: o.ID, Text: o.Name, Detail: o.ID})
		}
	}
	people = append(people, kit.Option{ID: desk.Unknown, Text: desk.AccountLabel(desk.Unknown)})
	s.who = kit.NewFixedPicker(people)
	s.who.SetValue(people[0])
	s.id.MaxLen = 36
	s.id.SetPlaceholder("案件编号末 8 位，或身份证号")
	s.id.OnEnter = s.query
	s.idOf = kit.NewLabeled("案件或本人", false, s.id)
	s.why = kit.NewField()
	s.why.MaxLen = 100
	s.why.SetPlaceholder("查一个人的记录须写明，例如：家长投诉核查")
	s.why.OnEnter = s.query
	s.whyOf = kit.NewLabeled("查询原因", false, s.why)
	s.kind = kit.NewChoice(kit.Option{ID: "", Text: "全部"}, kit.Option{ID: "look", Text: "查看与显示"}, kit.Option{ID: "search", Text: "查找"},
		kit.Option{ID: "out", Text: "打印与导出"}, kit.Option{ID: "leave", Text: "授权"}, kit.Option{ID: "change", Text: "登记与修改"}, kit.Option{ID: "in", Text: "登录"})
	s.kind.SetValue("")
	s.days = kit.NewChoice(kit.Option{ID: "1", Text: "今天"}, kit.Option{ID: "7", Text: "7 天"}, kit.Option{ID: "30", Text: "30 天"}, kit.Option{ID: "0", Text: "不限"})
	s.days.SetValue("7")
	s.days.OnChanged = func(string) {
		s.dated = true
		s.anew()
	}
	s.who.OnChanged = func(kit.Option) { s.anew() }
	s.kind.OnChanged = func(string) { s.anew() }
	s.id.OnChanged = func(string) { s.anew() }
	s.find = kit.NewPrimary("查询", kit.Icon("search"), s.query)
	s.save = kit.NewSecondary("导出报告", kit.Icon("download"), s.report)
	s.bar = kit.NewProgress()
	s.stop = kit.NewQuiet("停止", nil, u.stopChore)
	s.row = container.NewHBox(s.find, s.save, s.stop)
	s.list = kit.NewList([]kit.Column{{Weight: 1.95}, {Weight: 3.7}, {Weight: 1.7}, {Weight: 1.5}, {Weight: 4.15}}, func() int { return len(s.lines) }, s.cells)
	s.list.Wraps = true // who did it is to be read whole
	s.list.OnOpen = s.open
	s.anew()
	s.all = []fyne.CanvasObject{
		kit.Card("查询日志", nil, kit.Columns([]float32{2, 2, 3}, kit.NewLabeled("人员", false, s.who), s.idOf, kit.NewLabeled("时间", false, s.days)),
			kit.NewLabeled("事项", false, s.kind), s.whyOf, s.row, s.bar, s.told, container.New(&tall{scaled(400)}, s.list)),
		kit.Card("值得留意", nil, s.odd),
	}
	s.refresh()
	return s
}

// anew empties the lists as a filter changes: what another query found would be taken for
// what this one did.
func (s *recordSection) anew() {
	s.round++
	s.lines = nil
	s.told.SetText("")
	s.list.Empty = "选好条件，按“查询”列出"
	s.list.Select(-1)
	s.list.Refresh()
	s.odd.Objects = []fyne.CanvasObject{kit.NewText("查询后列出。", kit.TextMuted)}
	s.odd.Refresh()
}

func (s *recordSection) cards() []fyne.CanvasObject { return s.all }

func (s *recordSection) refresh() {
	if s.bar == nil {
		return
	}
	s.u.choreIn(s.bar, s.stop, s.row)
	s.save.SetEnabled(s.u.chore == nil)
	s.u.arranged()
}

// sought is what the filters say. Of one person or case all of the record is wanted
// where no period was chosen, and the screen says so.
func (s *recordSection) sought() desk.Sought {
	q := desk.Sought{Operator: s.who.Value().ID, Case: asTyped(s.id.Text())}
	q.Reason = strings.TrimSpace(s.why.Text())
	if len(q.Case) == 18 {
		q.Case, q.Person = "", q.Case
	}
	if !s.dated {
		s.days.SetValue(map[bool]string{true: "0", false: "7"}[q.Case != "" || q.Person != ""])
	}
	now := s.u.deps.Now()
	switch s.days.Value() {
	case "1":
		q.From = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	case "7":
		q.From = now.AddDate(0, 0, -7)
	case "30":
		q.From = now.AddDate(0, 0, -30)
	}
	switch s.kind.Value() {
	case "look":
		q.Seen = true
	case "leave":
		q.Leave = true
	case "search":
		q.Kinds = []loan.ChangeKind{loan.ChangeSearch}
	case "out":
		q.Kinds = []loan.ChangeKind{loan.ChangePrint, loan.ChangeExport, loan.ChangeBackup}
	case "in":
		q.Kinds = []loan.ChangeKind{loan.ChangeSignIn, loan.ChangeRecover}
	case "change":
		q.Kinds = []loan.ChangeKind{loan.ChangeOpen, loan.ChangeEdit, loan.ChangeResolve, loan.ChangeAttach, loan.ChangeDetach, loan.ChangeArrange, loan.ChangeReplace, loan.ChangeCard,
			loan.ChangeAttest, loan.ChangeConsent, loan.ChangeSubmit, loan.ChangeReview, loan.ChangeContract, loan.ChangeRead, loan.ChangeSign, loan.ChangeWitness, loan.ChangeSeal, loan.ChangeFinish,
			loan.ChangeCorrect, loan.ChangeVoid, loan.ChangePass, loan.ChangeTake, loan.ChangeSetting}
	}
	return q
}

// asTyped is an id or a number without spaces, and in plain digits and letters.
func asTyped(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= '！' && r <= '～': // full width
			return r - '！' + '!'
		}
		return r
	}, s)
}

func (s *recordSection) query() {
	if s.find.Busy() {
		return
	}
	s.idOf.SetError("")
	s.whyOf.SetError("")
	q := s.sought()
	if q.Person != "" && q.Reason == "" {
		s.whyOf.SetError("请写明原因")
		return
	}
	q.Limit = mostLines
	s.find.SetBusy("正在查询…")
	round := s.round
	var r desk.Record
	s.u.act("record", func(ctx context.Context) (err error) {
		r, err = s.u.desk.Record(ctx, q)
		return err
	}, func(err error) {
		s.find.SetBusy("")
		switch {
		case round != s.round:
		case err != nil:
			s.idOf.SetError(sentence(err))
		default:
			s.show(r)
		}
	})
}

func (s *recordSection) show(r desk.Record) {
	s.lines = r.Lines
	words := fmt.Sprintf("共 %d 条", r.Total)
	s.list.Empty = "没有符合的记录"
	if r.Nobody {
		words = "本机的案件里没有这个证件号，请核对号码"
		s.list.Empty = words
	}
	if r.Total > len(r.Lines) {
		words += fmt.Sprintf("，列出最近的 %d 条", len(r.Lines))
	}
	if r.Unread > 0 {
		words += fmt.Sprintf("；另有 %d 条读不出来，请做审计核验", r.Unread)
	}
	if r.Erased > 0 {
		words += fmt.Sprintf("；另有 %d 件有人看过的案件已清除，本机不再知道是谁的：请填回执或申请表上的受理编号查询，学季结束清除的也可由县资助中心按身份证号查", r.Erased)
	}
	s.told.SetText(words)
	s.list.Select(-1)
	s.list.Refresh()
	s.odd.Objects = nil
	for _, o := range r.Odd {
		s.odd.Add(kit.Columns([]float32{2, 2, 6}, kit.NewLine(o.Label(), kit.TextBold), kit.NewLine(strings.TrimSpace(s.named(o.Operator)+" "+string(o.Day)), kit.TextBody),
			kit.NewText(oddWords(o), kit.TextCaption)))
	}
	if len(r.Odd) == 0 {
		s.odd.Add(kit.NewText("没有发现异常情况。", kit.TextMuted))
	}
	s.u.arranged()
}

func (s *recordSection) cells(i int) []kit.Cell {
	l := s.lines[i]
	return []kit.Cell{{Text: desk.RecordTime(l.At)[len("2006-"):]}, {Text: l.Who(s.named)}, {Text: l.Label(), Bold: true}, {Text: l.CaseEnd()}, {Text: l.Named(lineWords(l, 4), s.named)}}
}

// open shows a line whole: the list cuts what is long.
func (s *recordSection) open(i int) {
	l := s.lines[i]
	facts := []fyne.CanvasObject{fact("时间", desk.RecordTime(l.At)), fact("人员", l.Who(s.named)), fact("事项", l.Label())}
	switch {
	case l.Case != uuid.Nil:
		facts = append(facts, fact("案件", l.Case.String()))
	case l.CaseEnd() != "":
		facts = append(facts, fact("案件", "编号末 8 位 "+l.CaseEnd()))
	}
	if words := l.Named(lineWords(l, len(l.Fields)), s.named); words != "" {
		facts = append(facts, fact("内容", words))
	}
	d := kit.NewDialog(s.u.win, "日志记录", container.New(&stacked{gap: 8}, facts...), "关闭", "", nil)
	d.SetWidth(620)
	d.Open()
}

// lineWords is what was done, of so many fields at most, why, and what else is told.
func lineWords(l desk.Line, fields int) string {
	var more []string
	if len(l.Fields) > 0 {
		names := l.FieldNames()
		more = append(more, strings.Join(names[:min(len(names), fields)], "、"))
	}
	for _, w := range []string{l.Reason, detailWords(l)} {
		if w != "" {
			more = append(more, w)
		}
	}
	return strings.Join(more, "；")
}

// report asks where what the filters choose is to be saved as a signed file.
func (s *recordSection) report() {
	name := "日志报告-" + strings.NewReplacer("-", "", ":", "", " ", "-").Replace(desk.RecordTime(s.u.deps.Now())) + ".csv"
	kit.NewChooser(s.u.win, "导出日志报告", kit.ChooserOptions{Save: true, Name: name, Suffixes: []string{".csv"}}, s.reportTo).Show()
}

// reportTo saves the report there. It reads all pictures and files of the laptop, which
// takes its time: work goes on beside it, and a lock does not wait for its end.
func (s *recordSection) reportTo(path string) {
	n := 0
	q := s.sought()
	s.u.begins("record report", "正在核验并导出日志报告", func(ctx context.Context, progress func(done, total int64)) error {
		b, lines, err := s.u.desk.Report(ctx, q, progress)
		if err != nil {
			return err
		}
		n = lines
		if err := writeWhole(path, b); err != nil {
			return fault.Say("save report", fault.KindOf(err), "报告没有存下来，请检查这个文件夹能不能写入。", err)
		}
		return nil
	}, func(err error) {
		switch {
		case err == nil:
			kit.Notice(s.u.win, kit.Good, fmt.Sprintf("已导出 %d 条，报告带本机签名。原因按填写的原话列出，其中的号码已遮盖。", n))
		case fault.KindOf(err) == fault.Cancelled:
			kit.Notice(s.u.win, kit.Info, "已停止，日志报告没有导出。")
		default:
			kit.Message(s.u.win, "没有导出", sentence(err), nil)
		}
	})
}

// detailWords is what a line adds, on screen.
func detailWords(l desk.Line) string { return l.Words(rulebook.TextWords) }

// oddWords say how often something odd was done, what was said of it, and in which cases where it was in any.
func oddWords(o desk.Oddity) string {
	words := fmt.Sprintf("%d %s", o.Count, o.Unit())
	if judged := o.Judged(); judged != "" {
		words += "，" + judged
	}
	if len(o.Cases) > 0 {
		words += "；案件 " + shortIDs(o.Cases)
	}
	return words
}
