package ui

import (
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// uncovered takes away what the window has of a case that was seen in full until now
// and is masked from here on.
func (v *visit) uncovered() {
	if v.closed || v.covering || v.full() {
		return
	}
	typing, before := v.typing != nil, v.pending
	v.u.leave() // what is being typed is still saved where the desk takes it
	v.covering, v.unlocked = true, false
	if v.active {
		v.u.root.Clear()
	}
	v.u.root.Forget()
	clear(v.cards)
	for _, b := range v.form.fields {
		b.failed, b.invalid, b.dirty = "", "", true
	}
	v.typing = nil
	v.steps[stepImages].close()
	v.steps[stepSign].(*signStep).cover()
	v.steps[stepReceipt].(*receiptStep).cover()
	typing, v.unmade = typing || v.unmade, false
	if typing && v.pending == before { // what was sent to the desk is told by its answer
		kit.Notice(v.u.win, kit.Warning, v.coveredWords())
	}
}

// tellCovered says that what was typed as the case was masked was not taken.
func (v *visit) tellCovered(err error) {
	if fault.KindOf(err) != fault.Denied {
		v.u.fail(err)
		return
	}
	kit.Notice(v.u.win, kit.Warning, v.coveredWords())
}

// coveredWords say what became of what was typed in a case that is another's now, and who
// took it and why.
func (v *visit) coveredWords() string {
	words := "案件已不由您办理。"
	if n := len(v.c.Holders); n > 0 && v.c.Holders[n-1].Reason != "" {
		h := v.c.Holders[n-1]
		words = "案件已由" + v.person(h.By) + "接手，原因：" + h.Reason + "。"
	}
	return words + "刚才正在填写的内容没有存下，请告诉接着办理的人员。"
}

// onlyHandler stands in the place of a contract that is not the operator's to see.
const onlyHandler = "合同全文仅经办人员可见。"

// cover takes the contract off the step.
func (s *signStep) cover() {
	s.close()
	s.reader.pause()
	s.view.empty(onlyHandler)
	s.opened, s.clauses = loan.Hash{}, nil
}

// cover takes receipt and contract off the step.
func (s *receiptStep) cover() {
	s.close()
	s.pdf, s.shownAs = nil, ""
	s.view.empty(onlyHandler)
}
