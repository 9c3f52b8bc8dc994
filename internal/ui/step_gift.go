package ui

import (
	"context"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// giftDialog gives the family's copy of the sealed contract, or of the receipt, to
// its phone: the code, then the digits that both screens show, and only then the
// file.
type giftDialog struct {
	v      *visit
	paper  desk.Paper
	name   string // of the paper, in short
	made   func(desk.Paper, []byte)
	link   *phoneLink
	dialog *kit.Dialog
	body   *fyne.Container
	steps  *kit.Text
	mark   *kit.Text
	digits *kit.Text
	words  *kit.Text
	send   *kit.Button
	given  bool
}

// askGift makes the family's copy and shows the code; made is told of the copy and
// may be nil.
func askGift(v *visit, paper desk.Paper, made func(desk.Paper, []byte)) {
	d := &giftDialog{v: v, paper: paper, name: phoneName(paper), made: made, words: kit.NewText("正在准备…", kit.TextBold), mark: kit.NewText("", kit.TextBold), digits: kit.NewText("", kit.TextDigits)}
	d.link = newPhoneLink(v.u, "改为打印", d.say, d.hear)
	d.send = kit.NewPrimary("数字一致，发送", kit.Icon("phone"), d.give)
	d.send.Hide()
	d.steps = kit.NewText("1. 请家庭的手机连到和本机同一个无线网络，或让本机连手机热点。\n2. 用手机自带的相机扫左边的码，只能用一次；微信里不能保存文件。\n3. 看清是这部手机后再发送。", kit.TextBody)
	side := container.New(&wide{width: 220}, container.NewStack(d.link.code, container.New(&middle{}, d.digits)))
	d.digits.SetAlign(fyne.TextAlignCenter)
	fingerprint := kit.NewText(d.name+"指纹（与手机上显示的一致）", kit.TextCaption)
	d.body = container.New(&stacked{gap: 8}, d.steps, fingerprint, d.mark, d.words, d.link.where,
		container.NewHBox(d.send, d.link.other, d.link.again))
	left := container.NewHBox(side, gap(14))
	d.link.needs = []fyne.CanvasObject{left, d.steps, fingerprint, d.mark}
	d.dialog = kit.NewDialog(v.u.win, toPhoneLabel(paper), container.NewBorder(nil, nil, left, nil, d.body), "完成", "", nil)
	d.dialog.SetWidth(680)
	v.gift = d
	d.dialog.SetOnClosed(d.link.close)
	d.dialog.Show()
	kit.Focus(d.dialog.YesButton())
	d.open()
}

// phoneName is a paper's name on the way to a phone.
func phoneName(p desk.Paper) string {
	if p == desk.PaperContract {
		return "合同"
	}
	return "回执"
}

func toPhoneLabel(p desk.Paper) string { return phoneName(p) + "发到手机" }

func (d *giftDialog) open() {
	v := d.v
	var pdf []byte
	v.u.run("copy for phone", func(ctx context.Context) (err error) {
		pdf, err = v.u.desk.ForPhone(ctx, v.id, d.paper)
		return err
	}, func(err error) {
		switch {
		case d.link.ctx.Err() != nil:
		case err != nil:
			d.say(kit.TextBad, sentence(err))
		default:
			if d.made != nil {
				d.made(d.paper, pdf)
			}
			d.mark.SetText(capture.MarkOf(pdf))
			d.link.serve(capture.PhoneOptions{Title: "保存" + d.name, Gift: &capture.PhoneGift{Name: "助学贷款" + d.name + "-" + loan.ShortID(v.id) + ".pdf", Data: pdf}})
		}
	})
}

func (d *giftDialog) say(kind kit.TextKind, words string) {
	d.words.SetKind(kind)
	d.words.SetText(words)
	d.body.Refresh()
	d.dialog.Refresh()
}

func (d *giftDialog) hear(e capture.PhoneEvent) {
	switch {
	case e.Joined:
		d.link.used()
		d.digits.SetText(e.Digits)
		setVisible(d.send, !d.given)
		d.say(kit.TextWarn, "手机已连上。请看家庭的手机：上面也显示 "+e.Digits+" 才发送。")
	case e.Left && d.given:
		d.say(kit.TextOK, d.name+"已在手机上。")
	case e.Left:
		d.send.Hide()
		d.say(kit.TextWarn, "手机断开了，它会自动重连；连不上时请关闭后再打开，或改为打印。")
	case e.Refused != nil:
		d.say(kit.TextBad, sentence(e.Refused))
	case e.Given:
		d.kept()
	}
}

// give notes that the copy goes to the phone, and sends it.
func (d *giftDialog) give() {
	v := d.v
	d.send.SetBusy("正在发送…")
	v.u.act("give by phone", func(ctx context.Context) error {
		_, err := v.u.desk.GiveByPhone(ctx, v.id, d.paper)
		return err
	}, func(err error) {
		d.send.SetBusy("")
		switch {
		case d.link.phone == nil:
		case err != nil:
			d.say(kit.TextBad, sentence(err))
		default:
			d.say(kit.TextBody, "正在发送…")
			d.link.phone.Give()
		}
	})
}

// kept notes that the phone has it.
func (d *giftDialog) kept() {
	v := d.v
	d.given = true
	d.send.Hide()
	v.u.act("given by phone", func(ctx context.Context) error {
		_, err := v.u.desk.GivenByPhone(ctx, v.id, d.paper)
		return err
	}, func(err error) {
		if err != nil {
			d.say(kit.TextBad, sentence(err))
			return
		}
		d.say(kit.TextOK, "手机已收到完整的"+d.name+"。请家庭按“保存到手机”，再按“完成”。")
	})
}
