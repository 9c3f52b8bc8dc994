package ui

import (
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// padSize is the signature pad: three times as wide as high, as the strokes
// are kept.
const padWidth, padHeight = 780, 260

// given is a party's signature as it was taken.
type given struct {
	strokes []desk.Stroke
	clauses []string
	onPhone bool
}

// padDialog takes a party's signature and its ticks of the clauses, on the pad
// or on a phone.
type padDialog struct {
	v       *visit
	party   loan.Party
	pdf     []byte // what is signed
	clauses []desk.Clause
	dialog  *kit.Dialog
	pad     *kit.SignaturePad
	words   *kit.Text
	ticks   *clauseTicks
	undo    *kit.Button
	again   *kit.Button
	way     *kit.Button // to the phone, and back to the pad
	paper   fyne.CanvasObject
	sheet   *fyne.Container // the paper, or what is in its place
	row     *fyne.Container // of buttons
	by      *padPhone       // nil while the pad is signed on
}

// askSignature takes a party's signature. take gets it, and tells when it is kept
// or could not be; until then the dialog stays, the ink in it.
func askSignature(v *visit, p loan.Party, pdf []byte, clauses []desk.Clause, take func(g given, told func(error))) *padDialog {
	d := &padDialog{v: v, party: p, pdf: pdf, clauses: clauses}
	d.pad = kit.NewSignaturePad("请用笔在此写下本人姓名")
	d.words = kit.NewText(padWords(v.c.Contract, p), kit.TextBody)
	d.undo = kit.NewSecondary("撤销一笔", kit.Icon("undo"), d.pad.Undo)
	d.again = kit.NewSecondary("重写", kit.Icon("clear"), d.anew)
	d.way = kit.NewSecondary("用手机签名", kit.Icon("phone"), d.turn)
	d.paper = container.New(&padBox{}, d.pad)
	var boxes fyne.CanvasObject
	d.ticks, boxes = clauseChecks(clauses)
	d.sheet = container.NewStack(d.paper)
	d.row = container.NewHBox(d.undo, d.again, layout.NewSpacer(), d.way)
	d.dialog = kit.NewDialog(v.u.win, partyLabel(p)+"签名："+partyName(v, p), container.New(&stacked{gap: 8}, boxes, d.words,
		d.sheet, d.row), "确认签名", "暂不签", func() bool {
		d.confirm(take)
		return false
	})
	d.pad.OnChanged, d.ticks.onChanged = d.ready, d.ready
	d.dialog.YesButton().Disable()
	d.dialog.SetWidth(padWidth + 44)
	d.dialog.SetOnClosed(func() { d.leavePhone() })
	d.dialog.Show()
	if len(clauses) == 0 {
		v.u.win.Canvas().Unfocus() // Return confirms; it must not press 撤销
	}
	return d
}

func (d *padDialog) ready() {
	d.dialog.YesButton().SetEnabled(!d.pad.Empty() && len(d.ticks.headings()) == len(d.clauses))
}

func (d *padDialog) say(kind kit.TextKind, words string) {
	d.words.SetKind(kind)
	d.words.SetText(words)
}

func (d *padDialog) confirm(take func(g given, told func(error))) {
	g := given{strokesOf(d.pad.Strokes()), d.ticks.headings(), d.by != nil}
	switch {
	case len(g.clauses) < len(d.clauses):
		d.say(kit.TextBad, "请先逐条勾选上面的条款。")
		return
	case d.pad.Empty():
		d.say(kit.TextBad, "还没有签名，请在框内手写姓名。")
		return
	}
	d.dialog.YesButton().SetBusy("正在保存…")
	take(g, func(err error) {
		d.dialog.YesButton().SetBusy("")
		if err != nil {
			d.say(kit.TextBad, notSaved(sentence(err)))
			return
		}
		d.dialog.Close()
	})
}

// anew takes the signature away; a phone is asked for another.
func (d *padDialog) anew() {
	d.pad.SetReadOnly(false)
	d.pad.Clear()
	if d.by != nil {
		d.by.anew("请重写签名。")
	}
}

// turn goes over to the phone, or back to the pad; what was signed is taken away.
func (d *padDialog) turn() {
	d.pad.SetReadOnly(false)
	d.pad.Clear()
	if d.by != nil {
		d.leavePhone()
		return
	}
	d.by = newPadPhone(d)
	d.way.SetText("在电脑上签")
	d.undo.Hide()
	d.row.Refresh()
	d.by.start()
}

// leavePhone ends what the phone has to do with it.
func (d *padDialog) leavePhone() {
	if d.by == nil {
		return
	}
	d.by.link.close()
	d.by.panel.Hide()
	d.by = nil
	d.paper.Show()
	d.undo.Show()
	d.way.SetText("用手机签名")
	d.say(kit.TextBody, padWords(d.v.c.Contract, d.party))
	d.row.Refresh()
	d.dialog.Refresh()
}

func partyName(v *visit, p loan.Party) string {
	if p == loan.CoborrowerParty && len(v.app().Coborrowers) > 0 {
		return v.app().Coborrowers[0].Name
	}
	return v.app().Student.Name
}

// signerOf is how a party signs the contract in hand.
func signerOf(k *loan.ContractState, p loan.Party) (by loan.Signer, note string) {
	if by = k.Signers.Of(p); by == loan.ByProxy {
		return by, k.Signers.ProxyNote
	}
	return loan.InPerson, ""
}

func padWords(k *loan.ContractState, p loan.Party) string {
	if by, note := signerOf(k, p); by == loan.ByProxy {
		return "代签：" + note + "。请代签人在横线上方写下自己的姓名。"
	}
	return "我已看过合同全文，同意签订。请在横线上方书写，写满横线为宜。"
}

// clauseTicks are the boxes of the clauses that a party ticks one by one.
type clauseTicks struct {
	clauses   []desk.Clause
	checks    []*kit.Check
	onChanged func()
}

func clauseChecks(clauses []desk.Clause) (*clauseTicks, fyne.CanvasObject) {
	t := &clauseTicks{clauses: clauses}
	var objects []fyne.CanvasObject
	for _, k := range clauses {
		c := kit.NewCheck(k.Text, false)
		c.OnChanged = func(bool) { t.onChanged() }
		t.checks = append(t.checks, c)
		objects = append(objects, c)
	}
	return t, container.New(&stacked{gap: 4}, objects...)
}

func (t *clauseTicks) headings() []string {
	var out []string
	for i, c := range t.checks {
		if c.Checked() {
			out = append(out, t.clauses[i].Heading)
		}
	}
	return out
}

// strokesOf turns the pad's strokes into those that are kept.
func strokesOf(strokes []kit.Stroke) []desk.Stroke {
	out := make([]desk.Stroke, len(strokes))
	for i, s := range strokes {
		for _, p := range s {
			out[i].Points = append(out[i].Points, desk.Point{X: float32(p.X), Y: float32(p.Y), T: uint32(max(p.T, 0)), P: float32(p.Pressure)})
		}
	}
	return out
}

// padBox is a layout that keeps the pad's shape whatever the window's size.
type padBox struct{}

func (*padBox) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(padWidth, padHeight)
}

func (*padBox) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, s.Height*padWidth/padHeight)
	h := w * padHeight / padWidth
	objs[0].Move(fyne.NewPos((s.Width-w)/2, (s.Height-h)/2))
	objs[0].Resize(fyne.NewSize(w, h))
}
