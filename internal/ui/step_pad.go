package ui

import (
	"strings"

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

// askSignature takes a party's signature. take gets it, and tells when it is
// kept or could not be; until then the dialog stays, the ink in it.
func askSignature(v *visit, p loan.Party, take func(by loan.Signer, note string, strokes []desk.Stroke, told func(error))) {
	name := v.app().Student.Name
	if p == loan.CoborrowerParty && len(v.app().Coborrowers) > 0 {
		name = v.app().Coborrowers[0].Name
	}
	pad := kit.NewSignaturePad("请用笔在此写下本人姓名")
	words := kit.NewText("我已看过合同全文，同意签订。请在横线上方书写，写满横线为宜。", kit.TextBody)
	undo := kit.NewSecondary("撤销一笔", kit.Icon("undo"), pad.Undo)
	again := kit.NewSecondary("重写", kit.Icon("clear"), pad.Clear)
	by, note := proxyFields(v)
	objects := []fyne.CanvasObject{words}
	if by != nil {
		objects = append(objects, kit.Columns([]float32{1, 2}, kit.NewLabeled("签名方式", true, by), note))
	}
	objects = append(objects, container.New(&padBox{}, pad), container.NewHBox(undo, again, layout.NewSpacer()))
	var d *kit.Dialog
	d = kit.NewDialog(v.u.win, partyLabel(p)+"签名："+name, container.New(&stacked{gap: 10}, objects...), "确认签名", "暂不签", func() bool {
		if pad.Empty() {
			words.SetKind(kit.TextBad)
			words.SetText("还没有签名，请在框内手写姓名。")
			return false
		}
		signer, text := loan.InPerson, ""
		if by != nil && by.Value() == string(loan.ByProxy) {
			signer = loan.ByProxy
			if text = strings.TrimSpace(note.Field().(*kit.Field).Text()); text == "" {
				note.SetError("请写明代签人姓名和与本人的关系")
				return false
			}
		}
		d.YesButton().SetBusy("正在保存…")
		take(signer, text, strokesOf(pad.Strokes()), func(err error) {
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
	pad.OnChanged = func() { d.YesButton().SetEnabled(!pad.Empty()) }
	d.YesButton().Disable()
	d.SetWidth(padWidth + 44)
	d.Show()
	if by == nil {
		v.u.win.Canvas().Unfocus() // Return confirms; it must not press 撤销
	}
}

// proxyFields ask who holds the pen, where another may: in a renewal.
func proxyFields(v *visit) (*kit.Choice, *kit.Labeled) {
	if v.c.App.Kind != loan.Renewal {
		return nil, nil
	}
	by := kit.NewChoice(kit.Option{ID: string(loan.InPerson), Text: "本人签名"}, kit.Option{ID: string(loan.ByProxy), Text: "他人代签"})
	by.SetValue(string(loan.InPerson))
	who := kit.NewField()
	who.MaxLen, who.Placeholder = 60, "代签时填写，例如：母亲韦某代签"
	who.SetReadOnly(true)
	note := kit.NewLabeled("代签人及与本人关系", false, who)
	by.OnChanged = func(id string) {
		proxy := id == string(loan.ByProxy)
		who.SetReadOnly(!proxy)
		note.SetRequired(proxy)
		note.SetError("")
	}
	return by, note
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
