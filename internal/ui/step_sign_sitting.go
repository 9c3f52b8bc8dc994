package ui

import (
	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

// sitting is what of the signing stands in the step alone: what was confirmed and read
// since the case was opened.
type sitting struct {
	known     [2]bool
	looks     [2]bool
	how, note string // who signs
	reader    *reader
	clauses   []desk.Clause
	stale     loan.Hash
	hash      loan.Hash // of the contract that is read
	pdf       []byte
	page      int
}

// sitting is taken before the step is closed.
func (s *signStep) sitting() sitting {
	k := sitting{how: s.who.who.Value(), note: s.who.note.Text(), reader: s.reader, clauses: s.clauses, stale: s.stale,
		hash: s.view.hash, pdf: s.view.pdf}
	for i := range k.known {
		k.known[i], k.looks[i] = s.known[i].Checked(), s.looks[i].Checked()
	}
	if s.view.view != nil {
		k.page = s.view.view.Page()
	}
	return k
}

// resume goes on with the sitting of a step in whose place this one is; the contract that
// was read is shown again where it is still the case's.
func (s *signStep) resume(k sitting) {
	for i := range k.known {
		s.known[i].SetChecked(k.known[i])
		s.looks[i].SetChecked(k.looks[i])
	}
	s.who.who.SetValue(k.how)
	s.who.note.SetText(k.note)
	s.who.show()
	s.nameReaders()
	s.reader, s.clauses, s.stale = k.reader, k.clauses, k.stale
	if c := s.v.c.Contract; c != nil && c.Sealed == nil && len(k.pdf) > 0 && k.hash == c.Blob {
		s.view.whole = true
		s.view.openAt(k.pdf, k.hash, k.page)
	}
}
