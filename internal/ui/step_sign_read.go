package ui

import (
	"fmt"

	"doorstep/internal/loan"
)

// shows notes what of a page is on the screen.
func (s *signStep) shows(page int, head, foot bool) {
	if s.v.at != stepSign || !s.v.active {
		return // drawn behind another screen; it is told again when this one is shown
	}
	if s.reader.show(page, edges{head, foot}) {
		s.v.showFoot()
		s.showMarks()
	}
}

// readOn shows more of the contract to who is to sign next: what is left of this
// page, and then the next that was not seen. It is shown to that one in any case.
func (s *signStep) readOn() {
	next := s.nextParty()
	at, ok := s.reader.unseen(next)
	if !ok {
		return
	}
	came := s.comes(next)
	switch {
	case at != s.reader.page:
		s.view.show(at)
	case s.view.view == nil:
	case !s.reader.shown[next][at].head:
		s.view.view.Top()
	case !came: // who has just come begins with what is on the screen
		s.view.view.Down()
	}
	s.v.showFoot()
	s.showMarks()
}

// turnsAlone says whether the page keys only turn the contract: the next press of the blue
// button would put a signature in hand, or seal.
func (s *signStep) turnsAlone() bool {
	switch s.stage() {
	case signSigns, signWitness, signSeals:
		return true
	}
	return false
}

// turnOn shows more of the contract, and stays at its foot.
func (s *signStep) turnOn() {
	if s.view.view != nil {
		s.view.view.Onward()
	}
}

// comes puts a party before the screen, and says whether it was not there.
func (s *signStep) comes(p loan.Party) bool {
	for i, q := range parties() {
		if p == q && !s.looks[i].Checked() {
			s.looks[i].SetChecked(true)
			s.reader.look(p, true)
			return true
		}
	}
	return false
}

// apart says whether the two read the contract apart, so that a count of pages is to say
// whose it is.
func (s *signStep) apart() bool {
	student, coborrower := loan.StudentParty, loan.CoborrowerParty
	if s.read(student) && s.read(coborrower) {
		return false
	}
	return s.reader.away[student] || s.reader.away[coborrower] || s.seen(student) != s.seen(coborrower)
}

// seen is how many pages a party has read, as was noted or as this window has seen.
func (s *signStep) seen(p loan.Party) int {
	if s.noted(p) {
		return s.v.c.Contract.Pages
	}
	return s.reader.seen(p)
}

// readWords say what the next press shows, how many pages are left, and for whom
// where the other has not seen the same.
func (s *signStep) readWords() string {
	next := s.nextParty()
	text := "看下一页"
	switch at, _ := s.reader.unseen(next); {
	case at < s.reader.page:
		text = fmt.Sprintf("看第 %d 页", at+1)
	case at == s.reader.page && !s.reader.shown[next][at].head && !s.reader.part.head:
		text = "从头看本页"
	case at == s.reader.page:
		text = "往下看"
	}
	left := fmt.Sprintf("还剩 %d 页", s.reader.pages-s.reader.seen(next))
	if next == loan.CoborrowerParty || s.apart() {
		left = partyLabel(next) + left
	}
	return text + "（" + left + "）"
}
