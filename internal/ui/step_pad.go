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

// askSignature takes a party's signature and its ticks of the clauses. take gets
// them, and tells when they are kept or could not be; until then the dialog
// stays, the ink in it.
func askSignature(v *visit, p loan.Party, clauses []desk.Clause, take func(strokes []desk.Stroke, clauses []string, told func(error))) {
	pad := kit.NewSignaturePad("请用笔在此写下本人姓名")
	words := kit.NewText(padWords(v.c.Contract, p), kit.TextBody)
	undo := kit.NewSecondary("撤销一笔", kit.Icon("undo"), pad.Undo)
	again := kit.NewSecondary("重写", kit.Icon("clear"), pad.Clear)
	ticks, boxes := clauseChecks(clauses)
	var d *kit.Dialog
	d = kit.NewDialog(v.u.win, partyLabel(p)+"签名："+partyName(v, p), container.New(&stacked{gap: 8}, boxes, words,
		container.New(&padBox{}, pad), container.NewHBox(undo, again, layout.NewSpacer())), "确认签名", "暂不签", func() bool {
		ticked := ticks.headings()
		wrong := ""
		switch {
		case len(ticked) < len(clauses):
			wrong = "请先逐条勾选上面的条款。"
		case pad.Empty():
			wrong = "还没有签名，请在框内手写姓名。"
		}
		if wrong != "" {
			words.SetKind(kit.TextBad)
			words.SetText(wrong)
			return false
		}
		d.YesButton().SetBusy("正在保存…")
		take(strokesOf(pad.Strokes()), ticked, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				words.SetKind(kit.TextBad)
				words.SetText("没有保存：" + sentence(err))
				return
			}
			d.Close()
		})
		return false
	})
	ready := func() { d.YesButton().SetEnabled(!pad.Empty() && len(ticks.headings()) == len(clauses)) }
	pad.OnChanged, ticks.onChanged = ready, ready
	d.YesButton().Disable()
	d.SetWidth(padWidth + 44)
	d.Show()
	if len(clauses) == 0 {
		v.u.win.Canvas().Unfocus() // Return confirms; it must not press 撤销
	}
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
