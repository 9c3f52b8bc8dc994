package ui

import (
	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// padPhone is the part of a padDialog that signs on a phone: the code in the
// pad's place until the signature comes, then the signature on the pad, for the
// clerk to look at.
type padPhone struct {
	d     *padDialog
	link  *phoneLink
	panel fyne.CanvasObject
	words *kit.Text
	steps *kit.Text
}

// documentTitle is the contract's, as its head says.
const documentTitle = "国家助学贷款借款合同"

func newPadPhone(d *padDialog) *padPhone {
	p := &padPhone{d: d, words: kit.NewText("正在准备…", kit.TextBold)}
	p.link = newPhoneLink(d.v.u, "在电脑上签", p.say, p.hear)
	p.steps = kit.NewText("1. 手机连到和本机同一个无线网络，或让本机连手机热点。\n2. 用手机的相机或微信扫左边的码，只能用一次。\n3. 核对手机上的合同指纹与这里相同，用手指签名。", kit.TextBody)
	mark := container.New(&stacked{gap: 2}, kit.NewText("合同指纹", kit.TextCaption), kit.NewText(capture.MarkOf(d.pdf), kit.TextBold))
	right := container.New(&stacked{gap: 8}, p.steps, mark, p.words, p.link.where, container.NewHBox(p.link.other, p.link.again))
	side := container.New(&wide{width: padHeight - 20}, p.link.code)
	left := container.NewHBox(side, gap(14))
	p.link.needs = []fyne.CanvasObject{left, p.steps, mark}
	p.panel = container.New(&padBox{}, container.NewBorder(nil, nil, left, nil, right))
	return p
}

// signing is what the phone shows: no more of a person than a masked name.
func (p *padPhone) signing() *capture.PhoneSigning {
	v, party := p.d.v, p.d.party
	who, manner := partyLabel(party)+" "+desk.MaskedParty(v.c, party), "请用手指在横线上方写下本人姓名，写满横线为宜。"
	if by, _ := signerOf(v.c.Contract, party); by == loan.ByProxy {
		who += "（代签）"
		manner = "请代签人在横线上方写下自己的姓名，写满横线为宜。"
	}
	return &capture.PhoneSigning{Document: documentTitle, Signer: who, Manner: manner, Mark: capture.MarkOf(p.d.pdf)}
}

func (p *padPhone) start() {
	p.waits()
	p.link.serve(capture.PhoneOptions{Title: "手机签名", Sign: p.signing()})
}

// waits shows the code in the pad's place.
func (p *padPhone) waits() {
	d := p.d
	sheet := d.sheet
	if len(sheet.Objects) == 1 {
		sheet.Add(p.panel)
	} else {
		sheet.Objects[1] = p.panel
	}
	d.paper.Hide()
	p.panel.Show()
	d.again.Disable()
	d.ready()
	d.dialog.Refresh()
}

func (p *padPhone) say(kind kit.TextKind, words string) {
	p.words.SetKind(kind)
	p.words.SetText(words)
	p.d.dialog.Refresh()
}

func (p *padPhone) hear(e capture.PhoneEvent) {
	switch {
	case e.Joined:
		p.link.used()
		p.say(kit.TextOK, "手机已连上，请在手机上核对后签名。")
	case e.Left:
		p.say(kit.TextWarn, "手机断开了，它会自动重连；连不上时请按“在电脑上签”，再按“用手机签名”。")
	case e.Refused != nil:
		p.say(kit.TextBad, sentence(e.Refused))
		p.d.say(kit.TextBad, sentence(e.Refused))
	case e.Ink != nil:
		p.take(e.Ink)
	}
}

// take shows the signature that came.
func (p *padPhone) take(ink capture.Ink) {
	d := p.d
	strokes := make([]kit.Stroke, len(ink))
	for i, s := range ink {
		for _, q := range s {
			strokes[i] = append(strokes[i], kit.Point{X: float64(q.X), Y: float64(q.Y), T: int64(q.T), Pressure: float64(q.P)})
		}
	}
	d.pad.SetStrokes(strokes)
	if d.pad.Empty() {
		d.pad.SetStrokes(nil)
		p.anew("签名太小，请写大一些。")
		return
	}
	d.pad.SetReadOnly(true)
	p.panel.Hide()
	d.paper.Show()
	d.again.Enable()
	d.say(kit.TextOK, "手机上的签名已到。请核对后确认，不清楚就重写。")
	d.ready()
	d.dialog.Refresh()
}

// anew asks the phone for another signature.
func (p *padPhone) anew(why string) {
	if p.link.phone != nil {
		p.link.phone.AskAgain(why)
	}
	p.waits()
	p.say(kit.TextWarn, why+"请在手机上签名。")
}
