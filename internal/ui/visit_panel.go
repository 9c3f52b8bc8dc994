package ui

import (
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// panel is the list of what is still wrong or lacking, beside the form.
type panel struct {
	v       *visit
	content fyne.CanvasObject
	list    *kit.Problems
	head    *kit.Text
	jump    *kit.Button
	todo    []wrong
	cursor  int
}

// wrong is one thing to deal with, in a step.
type wrong struct {
	step  int
	path  string
	shown bool // beside the form; else counted only
	kit.Problem
}

func newPanel(v *visit) *panel {
	p := &panel{v: v, list: kit.NewProblems("没有发现问题"), head: kit.NewText("", kit.TextHeading), cursor: -1}
	p.jump = kit.NewQuiet("下一处 Ctrl+J", nil, p.next)
	top := container.New(&headRow{}, p.head, gap(1), p.jump)
	p.content = container.NewStack(newPlate(kit.ColorCard, kit.ColorCardBorder, 8),
		inset(10, 10, container.NewBorder(top, nil, nil, nil, container.NewVScroll(p.list))))
	return p
}

// refresh lists anew what is wrong.
func (p *panel) refresh() {
	v := p.v
	p.todo = nil
	p.list.None = "没有发现问题"
	if v.c.Status == loan.Void {
		p.list.None = "案件已作废，不再核对"
		p.draw()
		return
	}
	if v.c.Status == loan.Returned || v.c.Status == loan.Corrected {
		p.returned()
	}
	if len(v.c.Same) > 0 {
		p.add(wrong{step: stepStudent, path: "student.id_no", shown: true, Problem: kit.Problem{Kind: kit.Warning,
			Text: "中心通知：" + sameWords(v.c.Same) + "，请与对方核对后作废其中一件"}})
	}
	for _, k := range v.c.Conflicts {
		p.add(wrong{step: stepOf(k.Field), path: k.Field, shown: true, Problem: kit.Problem{
			Kind: kit.Bad, Text: "“" + fieldName(k.Field) + "”在两处改成了不同的内容，请选定一个",
			Jump: func() { v.resolve(k) }}})
	}
	for _, path := range v.u.desk.Missing(v.c) {
		b := v.form.find(path)
		p.add(wrong{step: stepOf(path), path: path, shown: b != nil && v.reached(b), Problem: kit.Problem{
			Kind: kit.Bad, Text: who(path) + "请填写" + fieldName(path)}})
	}
	if v.c.App.Loan.Supplementary && numberAt(&v.c.App, priorAmount) == 0 {
		b := v.form.find(priorAmount)
		p.add(wrong{step: stepPapers, path: priorAmount, shown: b != nil && v.reached(b), Problem: kit.Problem{
			Kind: kit.Bad, Text: "请填写本学年已贷金额"}})
	}
	for _, f := range v.report.Findings {
		if v.alsoMissing(f) {
			continue
		}
		p.add(wrong{step: stepOf(f.Field), path: f.Field, shown: v.findingShown(f), Problem: kit.Problem{
			Code: string(f.Code), Kind: severityKind(f.Code), Text: who(f.Field) + v.messageOf(f)}})
	}
	slices.SortStableFunc(p.todo, func(a, b wrong) int { return rank(a.Kind) - rank(b.Kind) })
	p.draw()
}

func (p *panel) returned() {
	r := p.v.c.Return
	if r == nil {
		return
	}
	for _, code := range r.Codes {
		path := mendPath(p.v.report, r, code)
		p.add(wrong{step: stepOf(path), path: path, shown: true, Problem: kit.Problem{
			Code: string(code), Kind: kit.Warning, Text: "中心退回：" + aboutWhom(r, code) + p.v.u.deps.Words.Message(code)}})
	}
	if r.Note != "" {
		p.add(wrong{step: p.v.at, shown: true, Problem: kit.Problem{Kind: kit.Warning, Text: "中心退回说明：" + r.Note, Jump: func() {}}})
	}
}

// aboutWhom is whose field the centre named with a code; empty where it named none.
func aboutWhom(r *loan.ReturnBody, code loan.Code) string { return who(r.Fields[code]) }

func (p *panel) add(w wrong) {
	if w.Jump == nil {
		w.Jump = func() { p.v.jump(w.path) }
	}
	p.todo = append(p.todo, w)
}

// draw shows what has been reached, and of the other steps how much is open.
func (p *panel) draw() {
	var list []kit.Problem
	var waiting [stepCount]int
	total := 0
	for _, w := range p.todo {
		if w.Kind != kit.Info {
			total++
		}
		if w.shown {
			list = append(list, w.Problem)
		} else {
			waiting[w.step]++
		}
	}
	for at, n := range waiting {
		if n > 0 {
			list = append(list, kit.Problem{Kind: kit.Info, Jump: func() { p.v.jumpFirst(at) },
				Text: fmt.Sprintf("%s：还有 %d 项未办", stepNames()[at], n)})
		}
	}
	p.list.Set(list)
	setVisible(p.jump, len(p.todo) > 0)
	p.head.SetText("核对清单")
	if total > 0 {
		p.head.SetText(fmt.Sprintf("还需处理 %d 项", total))
	}
	if p.cursor >= len(p.todo) {
		p.cursor = -1
	}
}

// jumpFirst shows a step at the first place where something is open.
func (v *visit) jumpFirst(at int) {
	for _, w := range v.problems.todo {
		if w.step == at {
			v.jump(w.path)
			return
		}
	}
	v.show(at)
}

// next jumps to the next thing to deal with.
func (p *panel) next() {
	if len(p.todo) == 0 {
		return
	}
	p.cursor = (p.cursor + 1) % len(p.todo)
	p.todo[p.cursor].Jump()
}

// count says how much is wrong, and how much is open, in a step.
func (p *panel) count(at int) (bad, open int) {
	for _, w := range p.todo {
		if w.step != at || w.Kind == kit.Info {
			continue
		}
		if w.shown && w.Kind == kit.Bad {
			bad++
		}
		open++
	}
	return bad, open
}

// blocking counts what stands against submitting.
func (p *panel) blocking() int {
	n := 0
	for _, w := range p.todo {
		if w.Kind == kit.Bad {
			n++
		}
	}
	return n
}

func (p *panel) summary() (kit.Kind, string) {
	switch n := p.blocking(); {
	case p.v.c.Status == loan.Void:
		return kit.Bad, "案件已作废"
	case p.v.c.Status == loan.Returned:
		return kit.Bad, "中心已退回，请按清单改正"
	case n > 0 && p.v.tried:
		return kit.Bad, fmt.Sprintf("还有 %d 处需要填写或改正", n)
	case n > 0:
		return kit.Info, "回车到下一栏，F1–F8 换步，PageDown 下一步"
	case p.v.report.Verdict == loan.ReviewVerdict:
		return kit.Warning, "材料齐全，有需要复核员核定的事项"
	}
	return kit.Good, "材料齐全，符合规定"
}

func rank(k kit.Kind) int {
	switch k {
	case kit.Bad:
		return 0
	case kit.Warning:
		return 1
	}
	return 2
}

func severityKind(c loan.Code) kit.Kind {
	switch c.Severity() {
	case loan.Reject:
		return kit.Bad
	case loan.Review:
		return kit.Warning
	}
	return kit.Info
}

// who names the person a field belongs to, where it belongs to one.
func who(path string) string {
	_, party, _ := strings.Cut(path, "/")
	switch {
	case strings.HasPrefix(path, "student."), party == "student":
		return "学生："
	case strings.HasPrefix(path, "coborrowers."), party == "coborrower":
		return "共同借款人："
	}
	return ""
}

// alsoMissing says whether the finding tells no more than that a required
// field is empty.
func (v *visit) alsoMissing(f loan.Finding) bool {
	path := f.Field
	if path == "study.school_code" {
		path = "study.school_name"
	}
	return v.missing[path] || v.premature(f)
}

// premature says whether the finding comes of a field that is still empty and
// would be answered by it.
func (v *visit) premature(f loan.Finding) bool {
	const second = "coborrowers.0."
	need := func(paths ...string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return v.missing[p] })
	}
	switch f.Code {
	case "E-EL-008":
		return need("study.years", "study.entry_year")
	case "E-CB-007":
		return need(second+"relation", second+"sex")
	case "E-CB-002", "E-CB-006", "E-CB-009", "E-DC-006":
		return need(second + "relation")
	case "E-CB-001":
		return true
	case "W-AM-005", "E-AM-006":
		return need("study.tuition", "loan.amount")
	}
	return false
}

// findingShown says whether a finding stands beside the form already: its
// field, or the step of its paper, has been reached.
func (v *visit) findingShown(f loan.Finding) bool {
	if v.tried {
		return true
	}
	if b := v.form.find(f.Field); b != nil && b.label != nil {
		return b.visited
	}
	return v.left[stepOf(f.Field)]
}
