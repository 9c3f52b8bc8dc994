package ui

import (
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// studentStep is ②.
type studentStep struct {
	v       *visit
	content fyne.CanvasObject
	person  *personForm
	offer   *rosterOffer
}

func newStepStudent(v *visit) *studentStep {
	v.form.at = stepStudent
	s := &studentStep{v: v, person: newPersonForm(v, "student.", loan.StudentParty)}
	s.offer = newRosterOffer(v, s.person)
	s.content = cards(s.person.card("借款学生", s.person.reader), s.offer.content, s.person.consent.content)
	return s
}

func (s *studentStep) object() fyne.CanvasObject { return s.content }
func (s *studentStep) refresh() {
	s.person.reader.SetEnabled(!s.v.locked())
	ageHint(s.v, s.person, s.v.report.Derived.StudentAge)
	s.offer.ask()
}
func (s *studentStep) shown()         { kit.Focus(s.person.fields["name"].object) }
func (s *studentStep) left()          {}
func (s *studentStep) close()         {}
func (s *studentStep) action() action { return s.v.next() }
