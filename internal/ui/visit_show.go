package ui

import (
	"fmt"
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// person is an operator's name, or the id where the name is not known.
func (v *visit) person(id string) string {
	if n := v.people[id]; n != "" {
		return n
	}
	return desk.AccountLabel(id)
}

// app is what the operator may see of the application.
func (v *visit) app() loan.Application { return v.u.desk.Shown(v.c) }

// full says whether names, numbers and pictures are shown whole.
func (v *visit) full() bool { return v.u.desk.SeesFull(v.c) }

// refresh shows the case as it stands in every part of the screen.
func (v *visit) refresh() {
	v.uncovered()
	v.report = v.u.desk.CheckEntry(v.c)
	v.covering = !v.full()
	v.missing = map[string]bool{}
	for _, path := range v.u.desk.Missing(v.c) {
		v.missing[path] = true
	}
	v.form.refresh()
	v.problems.refresh()
	for i, s := range v.steps {
		if i == v.at || i != stepSign && i != stepReceipt {
			s.refresh()
		}
		v.rail.SetState(i, v.stepState(i))
	}
	v.showHead()
	v.showBanner()
	v.showSave()
	v.showFoot()
	v.showSide()
	if s, ok := v.steps[v.at].object().(*container.Scroll); ok {
		relay(s)
	}
}

// showSide leaves the list away where a document is read and nothing is wrong.
func (v *visit) showSide() {
	on := v.at < stepSign || v.problems.blocking() > 0 || v.c.Status == loan.Returned
	if v.side.Visible() != on {
		setVisible(v.side, on)
		v.content.Refresh()
	}
}

func (v *visit) showHead() {
	a := v.app()
	name := a.Student.Name
	if name == "" {
		name = "新案件"
	}
	v.title.SetText(name)
	year := ""
	if y := a.AcademicYear; y > 0 {
		year = fmt.Sprintf(" · %d–%d 学年", y, y+1)
	}
	id := v.id.String()
	ticket := ""
	if t := v.c.TicketLabel(); t != "" {
		ticket = t + " 号 · "
	}
	urgent := ""
	if l := v.c.Urgency.Label(); l != "" {
		urgent = l + "先传 · "
	}
	v.about.SetText(urgent + ticket + kindLabel(a.Kind, a.Loan.Supplementary) + year + " · 案件 " + id[len(id)-8:])
	v.status.Set(statusKind(v.c.Status), v.c.Status.Label())
}

func (v *visit) showSave() {
	v.railSaved()
	switch {
	case v.unsaved > 0:
		v.save.Set(kit.Bad, v.unsavedWords())
	case v.pending > 0:
		v.save.Set(kit.Info, "正在保存…")
	case v.typing != nil:
		v.save.Set(kit.Info, "正在填写，到下一栏即保存")
	default:
		v.save.Set(kit.Good, "已保存 "+v.local(v.savedAt).Format("15:04:05"))
	}
	v.head.Refresh()
}

func (v *visit) unsavedWords() string { return fmt.Sprintf("%d 项没有保存", v.unsaved) }

// railSaved has the rail say what the head of the case says of what is not saved, as
// long as the case is in hand.
func (v *visit) railSaved() {
	bad := v.unsaved > 0 && !v.closed
	if s := v.u.shell; s != nil && bad {
		s.savedAt.Set(kit.Bad, v.unsavedWords())
	} else if s != nil && v.railBad {
		s.savedAt.Set(kit.Good, "已保存 "+v.local(v.savedAt).Format("15:04:05"))
	}
	v.railBad = bad
}

func (v *visit) showFoot() {
	a := v.steps[v.at].action()
	v.main.SetText(a.text)
	v.main.SetEnabled(a.enabled)
	v.main.SetBusy(a.busy)
	v.back.SetEnabled(v.at > 0)
	v.showPass()
	kind, text := v.problems.summary()
	v.summary.Set(kind, text)
	v.foot.Refresh()
}

// local is t by the laptop's clock on the wall.
func (v *visit) local(t time.Time) time.Time { return t.In(v.u.deps.Now().Location()) }

// stamp is a moment as the screens write it.
func (v *visit) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.local(t).Format("01-02 15:04")
}

// stepState is how a step stands, by what is known to be wrong in it.
func (v *visit) stepState(at int) kit.StepState {
	switch at {
	case stepReview:
		if v.c.Review != nil && v.c.Review.Pass {
			return kit.StepDone
		}
		return kit.StepTodo
	case stepSign:
		if v.forSign() {
			return kit.StepProblem
		}
		if v.c.Contract != nil && v.c.Contract.Sealed != nil {
			return kit.StepDone
		}
		return kit.StepTodo
	case stepReceipt:
		switch {
		case v.c.Status != loan.Received && v.c.Status != loan.Accepted:
			return kit.StepTodo
		case v.c.Receipt != nil:
			return kit.StepDone
		}
		return kit.StepTodo
	}
	bad, open := v.problems.count(at)
	switch {
	case v.c.Status == loan.Void:
		return kit.StepTodo
	case bad > 0, v.sentBackAt(at):
		return kit.StepProblem
	case open == 0, v.decided():
		return kit.StepDone
	}
	return kit.StepTodo
}

// decided says whether a reviewer has passed the case as it stands, and with it what was
// left to be judged.
func (v *visit) decided() bool {
	switch v.c.Status {
	case loan.ToSign, loan.Signed, loan.Queued, loan.Received, loan.Accepted:
		return v.c.Review != nil && v.c.Review.Pass
	}
	return false
}

// stepOf is the step where a field or paper is dealt with.
func stepOf(path string) int {
	head := func(p string) bool { return strings.HasPrefix(path, p) }
	switch {
	case head("doc/"), head("portrait/"):
		return stepImages
	case head("sign/"):
		return stepSign
	case head("loan.previous"), head("loan.same_year_prior"), path == "loan.renewal_statement", path == "loan.key_info_changed":
		return stepPapers
	case head("student."), path == "consent/student":
		return stepStudent
	case head("coborrowers."), path == "consent/coborrower":
		return stepCoborrower
	case head("study."), head("loan."):
		return stepStudy
	}
	return stepPapers
}

func statusKind(s loan.Status) kit.Kind {
	switch s {
	case loan.Received, loan.Accepted:
		return kit.Good
	case loan.Returned, loan.Void:
		return kit.Bad
	case loan.ToReview, loan.ToSign, loan.Corrected:
		return kit.Warning
	}
	return kit.Info
}
