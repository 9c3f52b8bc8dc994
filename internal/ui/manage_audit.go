package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// audited is what an audit found, and when: it stays while its operator works.
type audited struct {
	report desk.AuditReport
	at     time.Time
}

// auditSection is 审计核验: whether the chains of changes hold, device by
// device.
type auditSection struct {
	u      *Window
	bar    *kit.Progress
	begin  *kit.Button
	stop   *kit.Button
	row    *fyne.Container // of the buttons
	result *fyne.Container
	all    []fyne.CanvasObject
}

func newAuditSection(u *Window) *auditSection {
	s := &auditSection{u: u, bar: kit.NewProgress(), result: container.New(&stacked{gap: between})}
	s.begin = kit.NewPrimary("开始核验", kit.Icon("search"), s.verify)
	s.stop = kit.NewQuiet("停止", nil, u.stopChore)
	s.row = container.NewHBox(s.begin, s.stop)
	s.all = []fyne.CanvasObject{kit.Card("审计核验", nil,
		kit.NewText("每次登记、修改、查看、打印、清除都记在本机的日志里，一条扣着一条。核验会从头读一遍，指出有没有被改过、删过，以及按规则清除了什么；影像和文件也逐件核对。资料多时要几分钟，可以照常办理。", kit.TextBody),
		s.bar, s.row), s.result}
	if !u.desk.MayAudit() {
		s.result.Add(kit.Card("", nil, kit.NewText("核验由系统数据管理员或审计员进行。", kit.TextMuted)))
	} else if a := u.shell.audited; a != nil {
		s.show(*a)
	}
	s.refresh()
	return s
}

func (s *auditSection) cards() []fyne.CanvasObject { return s.all }

func (s *auditSection) refresh() {
	s.u.choreIn(s.bar, s.stop, s.row)
	s.begin.SetEnabled(s.u.chore == nil && s.u.desk.MayAudit())
	s.u.arranged()
}

func (s *auditSection) verify() {
	var report desk.AuditReport
	s.u.begins("audit", "正在核验", func(ctx context.Context, progress func(done, total int64)) (err error) {
		report, err = s.u.desk.Audit(ctx, progress)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			s.found(audited{report, s.u.deps.Now()})
		case fault.KindOf(err) == fault.Cancelled:
		default:
			kit.Message(s.u.win, "核验没有完成", sentence(err), nil)
		}
	})
}

// found keeps what an audit found, and tells it: where the section is looked at no more,
// in a word.
func (s *auditSection) found(a audited) {
	s.u.shell.audited = &a
	m, ok := s.u.shell.screen.(*manage)
	switch kind, words := s.verdict(a.report); {
	case ok && m.shownNow == section(s):
		s.show(a)
	case kind == kit.TextOK:
		kit.Notice(s.u.win, kit.Good, words)
	default:
		kit.Message(s.u.win, "审计核验完成", words+"各项见“管理”的“审计核验”。", nil)
	}
}

// verdict is what an audit found, in a word.
func verdict(r desk.AuditReport) (kit.TextKind, string) {
	if r.Sound() {
		return kit.TextOK, "核验通过：日志、影像和文件都与写入时一致，没有缺失，也没有来历不明的清除。"
	}
	return kit.TextBad, "发现问题，请保留这台电脑和数据，联系县资助中心。"
}

// show tells what an audit found: in a word, then what is wrong, then what is not.
func (s *auditSection) show(a audited) {
	r := a.report
	kind, words := s.verdict(r)
	wrong, whole := []fyne.CanvasObject{kit.Card("结果　"+desk.RecordTime(a.at), nil, kit.NewText(words, kind))}, []fyne.CanvasObject(nil)
	tell := func(bad bool, card fyne.CanvasObject) {
		if bad {
			wrong = append(wrong, card)
		} else {
			whole = append(whole, card)
		}
	}
	if r.Spoilt {
		tell(true, kit.Card("影像和文件", kit.NewStatusLine(kit.Bad, "有改动"), kit.NewText(spoiltWords(r.SpoiltOf), kit.TextBad)))
	}
	if n := len(r.Lists); n > 0 {
		tell(true, kit.Card("案件目录", nil, kit.NewText(fmt.Sprintf("%d 件案件的目录与日志对不上：%s", n, shortIDs(r.Lists)), kit.TextBad)))
	}
	for _, c := range r.Chains {
		tell(len(c.Wrong) > 0, chainCard(c))
	}
	if len(r.Blobs) > 0 {
		unexplained := slices.ContainsFunc(r.Blobs, func(b desk.BlobsErased) bool { return b.Unexplained > 0 })
		tell(unexplained, kit.Card("按规则清除的影像和文件", nil, blobRows(r.Blobs)...))
	}
	s.result.Objects = append(wrong, whole...)
	s.result.Refresh()
	s.u.arranged()
}

// spoiltWords say that pictures or files were changed, of which cases, and what is to be done.
func spoiltWords(cases []uuid.UUID) string {
	of := "有影像或文件与写入时不一致"
	if n := len(cases); n > 0 {
		of = fmt.Sprintf("%d 件案件的影像或文件与写入时不一致：%s", n, shortIDs(cases))
	}
	return of + "。程序没有使用改动过的内容。请先向县资助中心报告，再锁定（F12），在登录页点“数据有问题？”修复。"
}

func chainCard(c desk.ChainAudit) fyne.CanvasObject {
	end := loan.ShortID(c.Device) // the beginning is the time, and the same for laptops made in one hour
	title := "设备 " + end
	absent := "属于其他受理点的案件"
	switch {
	case c.Own:
		title = "本机（" + end + "）"
	case c.Centre:
		title, absent = "县资助中心（"+end+"）", "不关本机的案件，在中心核验"
	}
	rows := []fyne.CanvasObject{fact("记录", fmt.Sprintf("%d 条", c.Changes))}
	for _, e := range c.Erased {
		rows = append(rows, fact("已清除", fmt.Sprintf("%d 条的内容，依据“%s”；日志仍然连续", e.Bodies, ruleLabel(e.Rule))))
	}
	if c.Returned > 0 {
		rows = append(rows, fact("又出现", fmt.Sprintf("%d 条清除过的内容又在文件里", c.Returned)))
	}
	if len(c.Gaps) > 0 {
		rows = append(rows, fact("空缺", fmt.Sprintf("%d 处，因修复或从备份恢复而登记在案", len(c.Gaps))))
	}
	if len(c.Absent) > 0 {
		rows = append(rows, fact("不在本机", fmt.Sprintf("%d 段，%s", len(c.Absent), absent)))
	}
	const most = 20
	for i, w := range c.Wrong {
		if i == most {
			rows = append(rows, kit.NewText(fmt.Sprintf("另有 %d 处", len(c.Wrong)-most), kit.TextBad))
			break
		}
		at := fmt.Sprintf("第 %d 条", w.From)
		if w.To > w.From {
			at = fmt.Sprintf("第 %d 至 %d 条", w.From, w.To)
		}
		rows = append(rows, kit.NewText(at+"："+tamperLabel(w.What), kit.TextBad))
	}
	state := kit.NewStatusLine(kit.Good, "完整")
	if len(c.Wrong) > 0 {
		state = kit.NewStatusLine(kit.Bad, fmt.Sprintf("%d 处有问题", len(c.Wrong)))
	}
	return kit.Card(title, state, rows...)
}

func blobRows(all []desk.BlobsErased) []fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for _, b := range all {
		words := fmt.Sprintf("%d 个，%s", b.Blobs, size(b.Bytes))
		if !b.First.IsZero() {
			words += "，" + b.First.Format("2006-01-02")
			if last := b.Last.Format("2006-01-02"); !strings.HasSuffix(words, last) {
				words += " 至 " + last
			}
		}
		rows = append(rows, fact(ruleLabel(b.Rule), words))
		if b.Unexplained > 0 {
			rows = append(rows, kit.NewText(fmt.Sprintf("其中 %d 个没有清除记录", b.Unexplained), kit.TextBad))
		}
	}
	return rows
}

// ruleLabel is a rule of erasing on screen.
func ruleLabel(rule string) string {
	switch rule {
	case loan.EraseImages:
		return "回执满 7 天"
	case loan.EraseSeason:
		return "学年清除"
	case loan.EraseRequest:
		return "应本人要求删除"
	}
	return rule
}

// tamperLabel says what is wrong at a place of a chain.
func tamperLabel(w desk.Tamper) string {
	if l, ok := map[desk.Tamper]string{
		desk.TamperGone: "记录不见了，也没有登记过空缺", desk.TamperAltered: "记录被改动过",
		desk.TamperMoved: "记录被挪动过位置", desk.TamperBody: "内容与当时记下的不符",
		desk.TamperOrder: "与前一条接不上", desk.TamperErased: "内容被清除，但没有清除记录",
		desk.TamperEnd: "日志的结尾与记下的不符",
	}[w]; ok {
		return l
	}
	return string(w)
}
