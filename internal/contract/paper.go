package contract

import (
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Paper makes a paper of the desk as PDF/A-2u that is not sealed: a form to be
// signed with a pen, or a card to be taken home. It has neither ink nor
// evidence; masked is as in ReceiptInput. Errors are those of Fill.
func (p *Press) Paper(in Input, masked map[string]string) ([]byte, error) {
	const op = "contract.Paper"
	f, err := parseForm(in.Template)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	in.Strokes, in.Evidence, in.Ticked = nil, nil, nil
	w := newWriter(p, &in, f, newNames(&in, f.edition(), maskedNames(masked)))
	w.paper = true
	if err := w.compose(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := w.finish(false)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return b, nil
}

// maskedNames are the names of a template that end in _masked; one that masked
// lacks holds nothing.
func maskedNames(masked map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"student.name_masked", "student.id_no_masked",
		"coborrowers.0.name_masked", "coborrowers.0.id_no_masked"} {
		out[name] = masked[name]
	}
	return out
}

// CheckTemplate is nil when the template makes a paper: its form holds, it calls
// only names that are promised, and there is a font for all of it.
func (p *Press) CheckTemplate(template []byte, pack loan.Policy) error {
	const op = "contract.CheckTemplate"
	f, err := parseForm(template)
	if err != nil {
		return fault.Wrap(op, err)
	}
	in := Input{Pack: pack, Template: template}
	in.App.Coborrowers = []loan.Coborrower{{}}
	extra := maskedNames(nil)
	extra["receipt_no"], extra["check_code"] = "", ""
	for i := range f.Sections { // a section whose condition does not hold is tried too
		if _, err := newNames(&in, f.name(), extra).stands(&f.Sections[i]); err != nil {
			return fault.Wrap(op, err)
		}
		f.Sections[i].When = ""
	}
	w := newWriter(p, &in, f, newNames(&in, f.name(), extra))
	for i := range f.Sections {
		if _, err := w.names.spans(f.Sections[i].Confirm, "模板", false); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return fault.Wrap(op, w.compose())
}

// blank draws a table to be filled in by hand.
func (w *writer) blank(f *formTable) error {
	sum := 0.0
	for _, v := range f.Widths {
		sum += v
	}
	t := table{x: marginX, size: 9.5, leading: 12.5, pad: 4, least: 20}
	for _, v := range f.Widths {
		t.cols = append(t.cols, bodyWidth*v/sum)
	}
	head := make([]tableCell, len(f.Columns))
	for i, text := range f.Columns {
		head[i] = tableCell{spans: []span{{text: text, field: "模板"}}, cols: 1, label: true, align: alignCentre}
	}
	rows := [][]tableCell{head}
	for n := range f.Rows {
		row := make([]tableCell, len(f.Columns))
		for i := range row {
			row[i] = tableCell{cols: 1}
		}
		if n < len(f.Labels) {
			row[0] = tableCell{spans: []span{{text: f.Labels[n], field: "模板"}}, cols: 1, label: true}
		}
		rows = append(rows, row)
	}
	if _, err := w.l.rows(t, rows); err != nil {
		return err
	}
	w.l.skip(w.room(6, 2))
	return nil
}
