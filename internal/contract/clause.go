package contract

import (
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Clause is a section of a contract that each party must tick by itself before
// it signs.
type Clause struct {
	Heading string // by which it is named in the case
	Text    string // what the party says by its tick
}

// Clauses are those of the template that stand in the contract of in and need
// a tick, in order. fault.Input when the template is not of its form.
func Clauses(in Input) ([]Clause, error) {
	const op = "contract.Clauses"
	f, err := parseForm(in.Template)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	n := newNames(&in, f.name(), nil)
	var out []Clause
	for i := range f.Sections {
		s := &f.Sections[i]
		ok, err := n.stands(s)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if !ok || s.Confirm == "" {
			continue
		}
		text, err := n.text(s.Confirm)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		out = append(out, Clause{s.Heading, text})
	}
	return out, nil
}

// NeedsWitness says whether the template wants a second operator for the contract
// of in, whose App.Signatures say who is to sign for whom. fault.Input when the
// template is not of its form.
func NeedsWitness(in Input) (bool, error) {
	f, err := parseForm(in.Template)
	if err != nil {
		return false, fault.Wrap("contract.NeedsWitness", err)
	}
	who := in.App.Signatures
	proxy := who.Student == loan.ByProxy || who.Coborrower == loan.ByProxy
	return f.Witness.Proxy && proxy || slices.Contains(f.Witness.Points, in.App.Intake.PointType), nil
}

// stands says whether a section's condition, if it has one, holds.
func (n *names) stands(s *formSection) (bool, error) {
	if s.When == "" {
		return true, nil
	}
	return n.holds(s.When)
}

// boxes draws, at the right end of the heading just set, a box for each party
// that has to tick the clause, and the ticks there are.
func (w *writer) boxes(s *formSection) error {
	const side, size, step = 8.5, 8.5, 78.0
	parties := []struct {
		party loan.Party
		label string
	}{{loan.StudentParty, "借款学生"}, {loan.CoborrowerParty, "共同借款人"}}
	if len(w.in.App.Coborrowers) == 0 {
		parties = parties[:1]
	}
	sheet, y := w.l.page(), w.l.y+baseline(11, 18)
	for i, p := range parties {
		right := marginX + bodyWidth - step*float64(len(parties)-1-i)
		x := right - side
		if err := w.l.put(sheet, right-step, y, step-side-4, alignRight, pen{size: size, tone: 0.25}, span{text: p.label, field: "模板"}); err != nil {
			return err
		}
		sheet.box(x, y-1.2, side, side, 0.7, 0.2)
		if slices.Contains(w.in.Ticked[p.party], s.Heading) {
			sheet.addf("q 1 J 1 j 1.3 w 0.05 0.05 0.2 RG %s %s m %s %s l %s %s l S Q", num(x+1.7), num(y+3),
				num(x+3.8), num(y+0.8), num(x+7.6), num(y+6))
		}
	}
	return nil
}
