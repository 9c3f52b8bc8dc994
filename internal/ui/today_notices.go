package ui

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// maxNotices is how many cases of a sort 今日 tells of.
const maxNotices = 20

// mostNotices is how many of them are in view at once.
const mostNotices = 2.5

// notices is the card of 今日 that tells what the centre said of cases, and what
// of them is lost; it is not in view while there is nothing to tell.
type notices struct {
	u       *Window
	content *fyne.Container
	list    *kit.List
	away    *kit.Button // puts away that a consent was taken back
	tall    *tall       // of the list
	rows    []desk.Notice
	heard   bool   // what there is was found out once
	onTold  func() // it is known what there is to tell
	changed func() // the card came into view, went, or has another height
}

func newNotices(u *Window) *notices {
	n := &notices{u: u}
	n.list = kit.NewList(caseColumns(), // so that they stand above those of the list below
		func() int { return len(n.rows) }, func(i int) []kit.Cell { return n.cells(n.rows[i]) })
	n.list.TwoLines = true
	n.tall = &tall{}
	n.list.OnOpen = func(i int) { u.shell.openAt(n.rows[i].ID, beginsAt(n.rows[i])) }
	n.list.OnSelect = func(int) { n.showAway() }
	n.away = kit.NewSecondary("知道了，不再列出", nil, n.putAway)
	n.away.Hide()
	how := kit.NewText("双击或回车，直接到要改的一栏", kit.TextCaption)
	n.content = container.NewStack(kit.Card("须处理的案件", container.NewHBox(container.NewCenter(how), n.away), container.New(n.tall, n.list)))
	n.content.Hide()
	return n
}

// refresh asks anew what there is to tell.
func (n *notices) refresh() {
	var rows []desk.Notice
	n.u.run("notices", func(ctx context.Context) (err error) {
		rows, err = n.u.desk.Notices(ctx, maxNotices)
		return err
	}, func(err error) {
		if err != nil {
			return // the log has it; the list below shows the cases all the same
		}
		chosen := n.chosen()
		n.rows = append(n.lost(), rows...)
		rows = n.rows
		n.list.Select(slices.IndexFunc(rows, func(r desk.Notice) bool { return r.ID == chosen }))
		n.heard = true
		before := n.away.Visible()
		n.showAway()
		// The list asks for three rows; of many the half row shows that there are more.
		high := n.list.MinSize().Height / 3 * min(float32(len(rows)), mostNotices)
		if n.content.Visible() != (len(rows) > 0) || n.tall.height != high || n.away.Visible() != before {
			n.tall.height = high
			setVisible(n.content, len(rows) > 0)
			n.changed()
		}
		n.onTold()
	})
}

// lost are the cases of which something is lost that the centre does not have.
func (n *notices) lost() []desk.Notice {
	if n.u.carrier == nil {
		return nil
	}
	var out []desk.Notice
	seen := map[uuid.UUID]bool{}
	for _, a := range n.u.carrier.state.Aside {
		r, ok := n.u.desk.RowOf(a.Case)
		if ok && damagedHere(a.Err) && !seen[a.Case] {
			seen[a.Case] = true
			out = append(out, desk.Notice{Row: r})
		}
	}
	slices.SortFunc(out, func(a, b desk.Notice) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}

func (n *notices) cells(r desk.Notice) []kit.Cell {
	name, detail := rowName(r.Row), ""
	if r.IDTail != "" {
		detail = "证件尾号 " + r.IDTail
	}
	text, more := n.words(r)
	label, color := r.Status.Label(), statusColor(r.Status)
	switch {
	case r.Returned != nil:
	case r.SentBack != nil:
		label, color = "复核退回", kit.ColorBad
	case r.Erased != "":
		label, color = "待核对", kit.ColorWarn
	case len(r.TakenBack) > 0:
		label, color = "撤回同意", kit.ColorBad
	case len(r.Same) > 0:
		label, color = "重复", kit.ColorWarn
	default:
		label, color = "材料损坏", kit.ColorBad
	}
	return []kit.Cell{
		{Text: name, Detail: detail, Bold: true},
		{Text: text, Detail: more},
		{Text: label, Detail: r.Updated.In(n.u.deps.Now().Location()).Format("01-02 15:04"), Color: color},
	}
}

// words are what the centre said, and what is to be done.
func (n *notices) words(r desk.Notice) (text, more string) {
	if r.SentBack != nil {
		return "复核员退回：" + r.SentBack.Note, "改好后在第 6 步重新提交复核"
	}
	if r.Returned == nil && r.Erased != "" {
		return staysWords(r.Erased)
	}
	if r.Returned == nil && len(r.TakenBack) > 0 {
		return backWords(r)
	}
	if r.Returned == nil && len(r.Same) == 0 {
		return "有材料在本机损坏，中心也没有", "打开后按提示补拍或补正，不必作废案件"
	}
	if r.Returned == nil {
		return sameWords(r.Same), "请与对方核对，确认后作废其中一件；系统不会自动合并"
	}
	var fields []string
	for i, code := range r.Returned.Codes {
		if i == 0 {
			text = n.u.deps.Words.Message(code) + "　" + string(code)
		}
		if f := mendName(mendPath(r.Report, r.Returned, code)); f != "" {
			fields = append(fields, f)
		}
	}
	if k := len(r.Returned.Codes); k > 1 {
		text = fmt.Sprintf("%d 项：%s", k, text)
	}
	more = "要改：" + strings.Join(dedupe(fields), "、")
	if r.Returned.Note != "" {
		more += "。说明：" + r.Returned.Note
	}
	return text, more
}

// staysWords are of a case that stays though the centre erased it at a person's wish.
func staysWords(why desk.Why) (text, more string) {
	if why == desk.WhySealed {
		return "中心已应本人要求删除本案；本机有已签合同，没有删除", "请与县资助中心核对：合同须依法保存，请不要作废，照常上传"
	}
	return "中心已应本人要求删除本案；本机有中心没有的内容，没有删除", "请问本人：不再办理的先作废，再请系统数据管理员删除；要办的另建新案"
}

func dedupe(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			out = append(out, s)
		}
		seen[s] = true
	}
	return out
}

// sameWords tells where the student's other cases are.
func sameWords(same []loan.SameStudent) string {
	var points []string
	for _, s := range same {
		p := s.Point
		if p == "" {
			p = "另一受理点"
		}
		points = append(points, "“"+p+"”")
	}
	return fmt.Sprintf("该生本学年在%s另有 %d 件案件", strings.Join(dedupe(points), "、"), len(same))
}
