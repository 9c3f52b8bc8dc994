package contract

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Input is everything a contract is made of: the same input gives the same
// bytes.
type Input struct {
	App        loan.Application
	Pack       loan.Policy
	Template   []byte // a file of assets.Templates
	CaseID     uuid.UUID
	ContractNo string // empty while the centre has given none
	// Portraits are JPEGs of the student and the co-borrower; empty: no frame.
	Portraits [2][]byte
	Point     string // the intake point's name
	Operator  string // the clerk's name
	// Strokes are the signatures by hand; a party without any has an empty box.
	Strokes map[loan.Party][]Stroke
	// Ticked are the headings of the clauses that each party ticked.
	Ticked   map[loan.Party][]string
	Evidence []EvidenceLine // of the evidence page; none: no such page
	At       time.Time      // by the terminal's clock; printed and in the seal
}

// EvidenceLine is a line of the evidence page. One without a value is a
// heading over those that follow.
type EvidenceLine struct {
	Label, Value string
}

const maxEvidence = 500

// Fill makes the contract as PDF/A-2u: with empty boxes to be read, with ink
// in them when Strokes are given. The file has the empty fields of the seals; a
// party's is there with its ink alone.
// Errors: fault.Input names the field of a character that no font has, or says
// that the template is not of its form; fault.TooLarge and fault.Unsupported
// are about portraits and ink.
func (p *Press) Fill(in Input) ([]byte, error) {
	const op = "contract.Fill"
	f, err := parseForm(in.Template)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(in.Evidence) > maxEvidence {
		return nil, fault.New(op, fault.TooLarge, errors.New("evidence"))
	}
	w := newWriter(p, &in, f, newNames(&in, f.name(), nil))
	if err := w.compose(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := w.finish(true)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return b, nil
}

// Pages is the number of pages of a file that Fill or Receipt wrote, sealed or
// not; anything else is fault.Unsupported.
func Pages(pdf []byte) (int, error) {
	d, err := parseDocument(pdf)
	if err != nil {
		return 0, fault.New("contract.Pages", fault.Unsupported, err)
	}
	n := pageCount(d.revisions[0])
	if n == 0 {
		return 0, fault.New("contract.Pages", fault.Unsupported, errForm)
	}
	return n, nil
}

// writer makes one document.
type writer struct {
	in     *Input
	form   *form
	names  *names
	l      *layout
	pdf    *pdf
	images []int // objects; named Im0, Im1
	paper  bool  // signed with a pen on paper, if at all: no seal
	stamp  stamp
	pads   map[loan.Party]place // where a hand signed, of those that did
}

// Objects whose numbers are fixed beside those that the verifier knows.
const (
	resourcesObj = 7
	stampObj     = 8
	padObj       = 13
	fixedObjs    = 14
)

func newWriter(p *Press, in *Input, f *form, n *names) *writer {
	w := &writer{in: in, form: f, names: n, pdf: &pdf{}, pads: map[loan.Party]place{}}
	for range fixedObjs {
		w.pdf.reserve()
	}
	w.l = newLayout(newFaces(p))
	w.stamp.page = -1
	return w
}

func (w *writer) compose() error {
	if err := w.title(); err != nil {
		return err
	}
	last := len(w.form.Sections) - 1
	for i := range w.form.Sections[:last] {
		if err := w.section(&w.form.Sections[i]); err != nil {
			return err
		}
	}
	if err := w.lastSection(&w.form.Sections[last]); err != nil {
		return err
	}
	if err := w.signatures(); err != nil {
		return err
	}
	if err := w.evidence(); err != nil {
		return err
	}
	return w.margins()
}

func (w *writer) title() error {
	w.l.y -= 4
	err := w.l.paragraph(para{size: 19, leading: 28, align: alignCentre}, span{text: w.form.Title, bold: true, field: "模板"})
	if err == nil && w.form.Subtitle != "" {
		err = w.l.paragraph(para{size: 10.5, leading: 16, align: alignCentre, tone: 0.25, after: w.room(10, 4)}, span{text: w.form.Subtitle, field: "模板"})
	}
	return err
}

func (w *writer) section(s *formSection) error {
	if ok, err := w.names.stands(s); !ok || err != nil {
		return err
	}
	w.l.skip(w.room(5, 3))
	keep := 34.0
	if len(s.Fields) > 0 || s.Table != nil {
		keep = 60
	}
	err := w.l.paragraph(para{size: 11, leading: w.room(18, 16), keep: keep}, span{text: s.Heading, bold: true, field: "模板"})
	if err == nil && s.Confirm != "" {
		err = w.boxes(s)
	}
	if err != nil {
		return err
	}
	w.l.skip(w.room(2, 1))
	if len(s.Fields) > 0 {
		if err := w.fields(s.Fields); err != nil {
			return err
		}
	}
	if s.Table != nil {
		if err := w.blank(s.Table); err != nil {
			return err
		}
	}
	for _, text := range s.Paragraphs {
		spans, err := w.names.spans(text, "模板", true)
		if err != nil {
			return err
		}
		if err := w.l.paragraph(para{size: 10.5, leading: w.room(17, 15.5), indent: 2, align: alignJustify, after: 1.5}, spans...); err != nil {
			return err
		}
	}
	return nil
}

// lastSection keeps the last words and the signatures on one page: nobody
// signs a page of blank lines.
func (w *writer) lastSection(s *formSection) error {
	pages, y, images := len(w.l.pages), w.l.y, len(w.images)
	page := w.l.page()
	size := len(page.buf)
	if err := w.section(s); err != nil {
		return err
	}
	fits := w.l.y-w.signRoom() >= bodyBottom
	if fits || y == bodyTop || pages != len(w.l.pages) || images != len(w.images) {
		return nil
	}
	page.buf = page.buf[:size]
	w.l.newPage()
	return w.section(s)
}

const portraitWidth = 84.0

// fields draws rows of labels and values, with the portrait beside those of a
// person.
func (w *writer) fields(rows [][]string) error {
	portrait := w.portraitOf(rows)
	width := bodyWidth
	if portrait != nil {
		width -= portraitWidth
	}
	const label = 78.0
	value := (width - 2*label) / 2
	t := table{x: marginX, cols: []float64{label, value, label, value}, size: 9.5, leading: w.room(14, 12.5), pad: w.room(5, 3.5), least: w.room(22, 17.5)}
	cells := make([][]tableCell, len(rows))
	for i, row := range rows {
		for j, text := range row {
			spans, err := w.names.spans(text, row[j&^1], false)
			if err != nil {
				return err
			}
			c := tableCell{spans: spans, cols: 1, label: j%2 == 0}
			if len(row) == 2 && j == 1 {
				c.cols = 3
			}
			cells[i] = append(cells[i], c)
		}
	}
	if portrait != nil {
		total := 0.0
		for _, row := range cells {
			r, err := w.l.measure(t, row)
			if err != nil {
				return err
			}
			total += r.height
		}
		w.l.need(max(total, 96))
	}
	height, err := w.l.rows(t, cells)
	if err != nil {
		return err
	}
	if portrait != nil {
		if err := w.portrait(portrait, marginX+width, w.l.y, height); err != nil {
			return err
		}
	}
	w.l.skip(w.room(6, 2))
	return nil
}

// room is how much of the sheet something takes: less on a paper to be signed with a pen,
// for a form of one sheet is not lost in part.
func (w *writer) room(usual, paper float64) float64 {
	if w.paper {
		return paper
	}
	return usual
}

// portraitOf is the portrait that belongs beside rows about a person.
func (w *writer) portraitOf(rows [][]string) []byte {
	if len(rows) < 4 || rows[0][0] != "姓名" {
		return nil
	}
	i := -1
	switch rows[0][1] {
	case "{{student.name}}":
		i = 0
	case "{{coborrowers.0.name}}":
		i = 1
	}
	if i < 0 || len(w.in.Portraits[i]) == 0 {
		return nil
	}
	return w.in.Portraits[i]
}

func (w *writer) portrait(jpeg []byte, x, y, h float64) error {
	n, err := w.pdf.picture(jpeg)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("Im%d", len(w.images))
	w.images = append(w.images, n)
	s := w.l.page()
	s.box(x, y, portraitWidth, h, 0.5, 0.35)
	ph := min(h-10, (portraitWidth-12)*441/358)
	pw := ph * 358 / 441
	s.image(name, x+(portraitWidth-pw)/2, y+(h-ph)/2, pw, ph)
	return nil
}
