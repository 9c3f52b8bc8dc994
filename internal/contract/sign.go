package contract

import (
	"fmt"

	"doorstep/internal/loan"
)

const (
	signGap    = 14.0
	signWidth  = (bodyWidth - signGap) / 2
	signHeight = 152.0
	padWidth   = signWidth - 24
	padHeight  = padWidth / 3

	penHeight = 72.0 // of a block to be signed with a pen on paper

	centreHeight = 74.0
	stampWidth   = 150.0
	stampHeight  = 54.0
)

// signRoom is the height that the blocks at the end take up.
func (w *writer) signRoom() float64 {
	hands := 0
	for _, s := range w.form.Signatures {
		if s.Party == string(loan.StudentParty) || s.Party == string(loan.CoborrowerParty) {
			hands++
		}
	}
	room := 10 + float64((hands+1)/2)*(w.blockHeight()+8)
	if w.paper && hands == len(w.form.Signatures) {
		return room - 8 // nothing comes behind them
	}
	return room + centreHeight
}

// blockHeight is that of a party's block.
func (w *writer) blockHeight() float64 {
	return w.room(signHeight, penHeight)
}

// signatures draws the blocks at the end: those who sign by hand side by side,
// and below them the centre's with the place of the seal.
func (w *writer) signatures() error {
	var hands, typed []formSigner
	for _, s := range w.form.Signatures {
		if s.Party == string(loan.StudentParty) || s.Party == string(loan.CoborrowerParty) {
			hands = append(hands, s)
		} else {
			typed = append(typed, s)
		}
	}
	w.l.skip(10)
	w.l.need(w.signRoom() - 10)
	draw, height := w.hand, w.blockHeight()
	if w.paper {
		draw = w.penned
	}
	for i := range hands {
		x := marginX + float64(i%2)*(signWidth+signGap)
		if err := draw(&hands[i], x, w.l.y-height); err != nil {
			return err
		}
		if i%2 == 1 || i+1 == len(hands) {
			w.l.y -= height + 8
		}
	}
	if len(typed) == 0 && w.paper {
		return nil
	}
	if len(typed) == 0 {
		y := w.l.y - stampHeight - 4
		if len(hands)%2 == 1 { // beside the last pad
			y = w.l.y + 8
		}
		return w.seal(marginX+bodyWidth-stampWidth, y)
	}
	for i := range typed {
		w.l.need(centreHeight)
		if err := w.typed(&typed[i]); err != nil {
			return err
		}
	}
	return nil
}

// hand is a block with a pad to sign on.
func (w *writer) hand(f *formSigner, x, y float64) error {
	s := w.l.page()
	party := loan.Party(f.Party)
	s.box(x, y, signWidth, signHeight, 0.6, 0.3)
	name, err := w.names.spans("姓名："+f.Name, f.Label, false)
	if err != nil {
		return err
	}
	date, err := w.names.spans("日期："+f.Date, f.Label, false)
	if err != nil {
		return err
	}
	by := w.in.App.Signatures.Student
	if party == loan.CoborrowerParty {
		by = w.in.App.Signatures.Coborrower
	}
	manner := "签署方式：" + noValue
	if strokes := w.in.Strokes[party]; hasInk(strokes) {
		if err := s.ink(strokes, x+12, y+signHeight-22-padHeight, padWidth, padHeight); err != nil {
			return err
		}
		w.pads[party] = place{len(w.l.pages) - 1, x + 12, y + signHeight - 22 - padHeight, padWidth, padHeight}
		manner = "签署方式：现场手写签名，本人"
		if by == loan.ByProxy {
			manner = "签署方式：现场手写签名，代签"
		}
	}
	s.stroke(x+12, y+signHeight-24-padHeight, x+12+padWidth, y+signHeight-24-padHeight, 0.4, 0.6)
	label := span{text: f.Label, bold: true, field: "模板"}
	if err := w.l.put(s, x+10, y+signHeight-16, signWidth, alignLeft, pen{size: 9.5}, label); err != nil {
		return err
	}
	for i, line := range [][]span{name, date, {{text: manner}}} {
		if err := w.fitted(s, x+10, y+38-14*float64(i), signWidth-20, 9, line); err != nil {
			return err
		}
	}
	return nil
}

// penned is a block to be signed with a pen on paper.
func (w *writer) penned(f *formSigner, x, y float64) error {
	s := w.l.page()
	s.box(x, y, signWidth, penHeight, 0.6, 0.3)
	s.stroke(x+12, y+28, x+signWidth-12, y+28, 0.4, 0.6)
	label := span{text: f.Label, bold: true, field: "模板"}
	if err := w.l.put(s, x+10, y+penHeight-16, signWidth, alignLeft, pen{size: 9.5}, label); err != nil {
		return err
	}
	for i, text := range []string{"姓名：" + f.Name, "日期：" + f.Date} {
		spans, err := w.names.spans(text, f.Label, false)
		if err == nil {
			err = w.fitted(s, x+10+float64(i)*(signWidth/2), y+11, signWidth/2-14, 9, spans)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fitted draws one line, smaller where it would not fit.
func (w *writer) fitted(s *sheet, x, y, width, size float64, spans []span) error {
	cells, err := w.l.fs.cells(spans)
	if err != nil {
		return err
	}
	if full := lineWidth(cells) * size; full > width {
		size *= width / full
	}
	s.text(x, y, cells, pen{size: size})
	return nil
}

// typed is the centre's block: printed words and the place of the seal.
func (w *writer) typed(f *formSigner) error {
	y := w.l.y - centreHeight
	w.l.page().box(marginX, y, bodyWidth, centreHeight, 0.6, 0.3)
	for i, text := range []string{f.Label, f.Name, "日期：" + f.Date} {
		spans, err := w.names.spans(text, "受理信息", false)
		if err != nil {
			return err
		}
		if i == 0 {
			for j := range spans {
				spans[j].bold = true
			}
		}
		if err := w.fitted(w.l.page(), marginX+10, y+centreHeight-20-18*float64(i), bodyWidth-stampWidth-30, 9.5, spans); err != nil {
			return err
		}
	}
	if w.stamp.page < 0 && !w.paper {
		if err := w.seal(marginX+bodyWidth-stampWidth-10, y+(centreHeight-stampHeight)/2); err != nil {
			return err
		}
	}
	w.l.y = y - 8
	return nil
}

// stamp is where the seal's field shows and what it shows.
type stamp struct {
	page int // -1: not placed
	x, y float64
	look sheet
}

// seal places the seal's field on the page at hand.
func (w *writer) seal(x, y float64) error {
	st := &w.stamp
	st.page, st.x, st.y = len(w.l.pages)-1, x, y
	s := &st.look
	colour, title := "0.7 0.1 0.1", sealReason
	if !hasInk(w.in.Strokes[loan.StudentParty]) && !hasInk(w.in.Strokes[loan.CoborrowerParty]) {
		colour, title = "0.6 0.6 0.6", "签名后由受理终端封存"
	}
	s.addf("%s RG %s rg 1.2 w 0.6 0.6 %s %s re S 0.4 w 3 3 %s %s re S", colour, colour,
		num(stampWidth-1.2), num(stampHeight-1.2), num(stampWidth-6), num(stampHeight-6))
	for _, t := range []struct {
		y, size float64
		text    string
		bold    bool
	}{
		{33.5, 12, title, true},
		{21, 7, "是否有效以电子签名的验证结果为准", false},
		{10.5, 7, "受理编号末 8 位 " + loan.ShortID(w.in.CaseID), false},
	} {
		cells, err := w.l.fs.cells([]span{{text: t.text, bold: t.bold}})
		if err != nil {
			return err
		}
		s.text((stampWidth-lineWidth(cells)*t.size)/2, t.y, cells, pen{size: t.size, tone: toneKept})
	}
	return nil
}

// place is a box on a page.
type place struct {
	page       int
	x, y, w, h float64
}

func (p place) rect() string {
	return fmt.Sprintf("[%s %s %s %s]", num(p.x), num(p.y), num(p.x+p.w), num(p.y+p.h))
}

// sealFields are the signature fields of the file at hand.
func (w *writer) sealFields() []field {
	var parties []loan.Party
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if _, ok := w.pads[p]; ok {
			parties = append(parties, p)
		}
	}
	return fieldsOf(thirdForm, parties...)
}

// annots lists the fields of each page and sets their objects; those of a file
// without any are null.
func (w *writer) annots(pages []int, sealable bool) map[int][]int {
	for _, n := range []int{fieldObj, stampObj, studentObj, coborrowerObj, receiptObj, timeObj, padObj, partsObj} {
		w.pdf.set(n, []byte("null"))
	}
	w.pdf.set(catalogObj, []byte(plainCatalogText()))
	if !sealable {
		return nil
	}
	fields := w.sealFields()
	w.pdf.set(catalogObj, []byte(catalogText(thirdForm, fields)))
	on := map[int][]int{}
	for _, f := range fields {
		at, look := place{page: len(pages) - 1}, 0
		if p, is := partyOf(f.name); is {
			at, look = w.pads[p], padObj
			w.pdf.set(padObj, stream(fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 %s %s]", num(padWidth), num(padHeight)), nil))
		} else if f.name == SealField && w.stamp.page >= 0 {
			at, look = place{w.stamp.page, w.stamp.x, w.stamp.y, stampWidth, stampHeight}, stampObj
			w.pdf.set(stampObj, deflated(fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 %s %s] /Resources %s",
				num(stampWidth), num(stampHeight), ref(resourcesObj)), w.stamp.look.buf))
		}
		body := f.head() + "/Rect " + at.rect() + " /P " + ref(pages[at.page])
		if look > 0 {
			body += " /AP << /N " + ref(look) + " >>"
		}
		w.pdf.set(f.obj, []byte(body+" >>"))
		on[at.page] = append(on[at.page], f.obj)
	}
	return on
}
