package contract

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// evidence is the page that says how the signing went.
func (w *writer) evidence() error {
	if len(w.in.Evidence) == 0 {
		return nil
	}
	w.l.newPage()
	top := w.l.y
	const side = 76.0
	if err := w.l.page().qr(caseQR(w.in.CaseID), marginX+bodyWidth-side+4, top-side+10, side); err != nil {
		return err
	}
	err := w.l.paragraph(para{size: 16, leading: 26, after: 2}, span{text: "签署证据页", bold: true})
	if err == nil {
		err = w.l.paragraph(para{size: 9, leading: 14, tone: 0.25},
			span{text: "本页由受理终端在签署时自动生成，与合同一并封存。"})
	}
	if err == nil {
		err = w.l.paragraph(para{size: 9, leading: 14, tone: 0.25},
			span{text: "时间取自受理终端的时钟，未经第三方证明。"})
	}
	if err != nil {
		return err
	}
	w.l.y = min(w.l.y, top-side+10) - 4
	t := table{x: marginX, cols: []float64{104, bodyWidth - 104}, size: 8.5, leading: 12.5, pad: 5, least: 19}
	for _, e := range w.in.Evidence {
		if e.Value == "" {
			w.l.skip(8)
			err = w.l.paragraph(para{size: 10, leading: 16, after: 2, keep: 24}, span{text: e.Label, bold: true, field: "签署证据"})
		} else {
			_, err = w.l.rows(t, [][]tableCell{{
				{spans: []span{{text: e.Label, field: "签署证据"}}, label: true},
				{spans: []span{{text: e.Value, field: "签署证据"}}}}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// caseQR is what the QR code of a case says.
func caseQR(id uuid.UUID) string { return "doorstep:case:" + id.String() }

// margins draws head and foot of every page, once their number is known.
func (w *writer) margins() error {
	head, err := w.names.text(w.form.Header)
	if err != nil {
		return err
	}
	foot, err := w.names.text(w.form.Footer)
	if err != nil {
		return err
	}
	for i, s := range w.l.pages {
		const top, low = a4Height - 56, 44.0
		if err := w.pair(s, top, w.form.Title, head); err != nil {
			return err
		}
		if err := w.pair(s, low, foot, fmt.Sprintf("第 %d 页　共 %d 页", i+1, len(w.l.pages))); err != nil {
			return err
		}
		s.stroke(marginX, top-7, marginX+bodyWidth, top-7, 0.5, 0.55)
		s.stroke(marginX, low+13, marginX+bodyWidth, low+13, 0.5, 0.55)
	}
	return nil
}

// pair draws two texts at the ends of a line, smaller where they would meet.
func (w *writer) pair(s *sheet, y float64, left, right string) error {
	a, err := w.l.fs.cells([]span{{text: left, field: "页眉页脚"}})
	if err != nil {
		return err
	}
	b, err := w.l.fs.cells([]span{{text: right, field: "页眉页脚"}})
	if err != nil {
		return err
	}
	size := 8.5
	if w := lineWidth(a) + lineWidth(b) + 2; w*size > bodyWidth {
		size = bodyWidth / w
	}
	s.text(marginX, y, a, pen{size: size, tone: 0.3})
	s.text(marginX+bodyWidth-lineWidth(b)*size, y, b, pen{size: size, tone: 0.3})
	return nil
}

// finish writes the file; sealable says whether it gets the fields of the seals.
func (w *writer) finish(sealable bool) ([]byte, error) {
	m := metadata{title: w.form.Title, subject: w.in.CaseID.String(), at: beijing(w.in.At)}
	kids := make([]int, len(w.l.pages))
	for i := range w.l.pages {
		kids[i] = w.pdf.reserve()
	}
	on := w.annots(kids, sealable)
	for i, s := range w.l.pages {
		content := w.pdf.add(deflated("", s.buf))
		annots := ""
		if len(on[i]) > 0 {
			annots = " /Annots [" + refs(on[i]) + "]"
		}
		w.pdf.set(kids[i], fmt.Appendf(nil, "<< /Type /Page /Parent %s /MediaBox [0 0 %s %s] /Resources %s /Contents %s%s >>",
			ref(pagesObj), num(a4Width), num(a4Height), ref(resourcesObj), ref(content), annots))
	}
	fonts, err := w.l.fs.write(w.pdf)
	if err != nil {
		return nil, err
	}
	var images strings.Builder
	for i, n := range w.images {
		fmt.Fprintf(&images, " /Im%d %s", i, ref(n))
	}
	w.pdf.set(resourcesObj, fmt.Appendf(nil, "<< %s /XObject <<%s >> >>", fonts, images.String()))
	w.pdf.set(pdfInfoObj, []byte(m.info()))
	w.pdf.set(pagesObj, fmt.Appendf(nil, "<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), refs(kids)))
	w.pdf.set(xmpObj, stream("/Type /Metadata /Subtype /XML", m.xmp()))
	w.pdf.set(iccObj, deflated("/N 3", srgbProfile()))
	if sealable {
		w.pdf.listParts()
	}
	return w.pdf.bytes(), nil
}
