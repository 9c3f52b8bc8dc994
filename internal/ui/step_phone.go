package ui

import (
	"context"
	"fmt"
	"image"
	"strings"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// phoneDialog serves the page by which a phone, or this laptop's own browser,
// takes pictures, for as long as it is open. Pages of a paper are kept as they
// come, when they can be read; what cannot is refused on both screens.
type phoneDialog struct {
	s     *imagesStep
	slot  loan.Slot
	title string
	use   func(image.Image) // for a portrait; nil for pages
	*phoneLink
	dialog *kit.Dialog
	body   *fyne.Container
	row    *fyne.Container
	frame  *kit.PhotoFrame
	words  *kit.Text
	anyway *kit.Button
	whole  *kit.Button // keeps the page just kept as it came, not cut
	img    image.Image
	small  image.Image // of what came last, as it is shown; made beside the window
	page   desk.Page
	source string // of that page
	came   int
}

// openPhone opens the page for pages of a slot, or for use. camera and file
// are the other ways.
func (s *imagesStep) openPhone(slot loan.Slot, title string, local bool, use func(image.Image), camera, file func()) {
	d := &phoneDialog{s: s, slot: slot, title: title, use: use}
	d.phoneLink = newPhoneLink(s.v.u, "用摄像头或选文件", d.say, d.hear)
	d.frame = kit.NewPhotoFrame("照片还没有传来", 250, 1)
	d.frame.SetWatermark(s.v.u.desk.Watermark())
	d.words = kit.NewText("正在准备…", kit.TextBold)
	d.anyway = kit.NewSecondary("仍然使用", nil, d.keepAnyway)
	d.whole = kit.NewSecondary("不裁边", nil, d.uncut)
	d.anyway.Hide()
	d.whole.Hide()
	way := func(words, icon string, do func()) fyne.CanvasObject {
		return kit.NewSecondary(words, kit.Icon(icon), func() {
			s.byPhone = false
			d.dialog.Close()
			do()
		})
	}
	if local {
		d.code.Add(d.frame)
	}
	steps := "1. 手机连到和本机同一个无线网络，或让本机连手机热点。\n2. 用手机的相机或微信扫左边的码。\n3. 在手机上按“拍照”，一页一张。"
	if local {
		steps = "照片在浏览器里拍，拍好自动回到这里。"
	}
	d.row = container.NewHBox(d.anyway, d.whole, d.other, way("用摄像头", "camera", camera), way("选文件", "folder", file))
	d.body = container.New(&wide{width: 380}, container.NewVBox(kit.NewText(steps, kit.TextBody), d.words, d.where, d.row))
	content := container.NewBorder(nil, nil, container.NewHBox(d.code, gap(14)), nil, d.body)
	d.dialog = kit.NewDialog(s.v.u.win, title, content, "完成", "", nil)
	d.dialog.SetWidth(680)
	d.dialog.SetOnClosed(d.close)
	s.phone = d
	d.dialog.Show()
	kit.Focus(d.dialog.YesButton())
	o := capture.PhoneOptions{Title: title, Portrait: use != nil, Local: local}
	if use != nil {
		o.Look = lookAtPerson
	}
	d.serve(o)
}

func (d *phoneDialog) say(kind kit.TextKind, words string) {
	d.words.SetKind(kind)
	d.words.SetText(words)
	d.row.Refresh()
	d.body.Refresh()
	d.dialog.Refresh()
}

// hear takes what the phone did.
func (d *phoneDialog) hear(e capture.PhoneEvent) {
	switch {
	case e.Joined:
		d.s.byPhone = true
		d.say(kit.TextOK, "手机已连上，请在手机上拍照。")
	case e.Left:
		d.say(kit.TextWarn, "手机断开了，它会自动重连；连不上时请再扫一次码。")
	case e.Received > 0:
		d.say(kit.TextBody, fmt.Sprintf("正在接收照片… %d%%", e.Received))
	case e.Refused != nil:
		d.say(kit.TextBad, sentence(e.Refused))
	case e.Shot != nil:
		d.take(*e.Shot)
	}
}

// take makes a page, or gives the portrait, of a picture that came.
func (d *phoneDialog) take(shot capture.Shot) {
	d.say(kit.TextBody, "照片已到，正在检查…")
	var img image.Image
	var page desk.Page
	var pose desk.Pose
	d.s.v.u.grind("check shot", func(context.Context) (err error) {
		if img, err = desk.DecodeImage(shot.Data); err != nil {
			return err
		}
		if d.use == nil {
			page, err = d.make(img, false)
			return err
		}
		d.small = shrink(img, 700)
		pose, err = desk.JudgePose(img)
		return err
	}, func(err error) {
		switch {
		case d.ctx.Err() != nil:
		case err != nil:
			d.phone.Say(false, "这张照片用不了，请重拍。")
			d.say(kit.TextBad, sentence(err))
		case d.use != nil:
			d.img = img
			d.judgePerson(pose)
		default:
			d.img = img
			d.judge(page, shot.Source)
		}
	})
}

// make makes a page, and what is shown of it.
func (d *phoneDialog) make(img image.Image, whole bool) (desk.Page, error) {
	page, err := desk.MakePage(img, whole)
	if err == nil {
		d.small = shrink(page.Shown, 700)
	}
	return page, err
}

// judge keeps a page that can be read, and refuses one that cannot.
func (d *phoneDialog) judge(page desk.Page, source string) {
	d.page, d.source = page, source
	d.code.Objects = []fyne.CanvasObject{d.frame}
	d.code.Refresh()
	d.frame.SetImage(d.small)
	bad := len(page.Problems) > 0
	setVisible(d.anyway, bad)
	setVisible(d.whole, !bad && page.Cut)
	if bad {
		words := strings.Join(page.Problems, "")
		d.phone.Say(false, "没有添加，请重拍。"+words)
		d.say(kit.TextBad, "这一页没有添加。"+words)
		return
	}
	d.keep()
}

// judgePerson gives a portrait that is good on, and says of another what is to be
// done, on both screens.
func (d *phoneDialog) judgePerson(pose desk.Pose) {
	if len(pose.Hints) == 0 {
		d.give()
		return
	}
	d.code.Objects = []fyne.CanvasObject{d.frame}
	d.code.Refresh()
	d.frame.SetImage(d.small)
	d.anyway.Show()
	words := strings.Join(pose.Hints, "")
	d.phone.Say(false, words+"请重拍。")
	d.say(kit.TextBad, words+"请重拍，或仍然使用。")
}

func (d *phoneDialog) give() {
	d.phone.Say(true, "已收到，请看电脑。")
	d.dialog.Close()
	d.use(d.img)
}

func (d *phoneDialog) keepAnyway() {
	d.anyway.Hide()
	if d.use != nil {
		d.give()
		return
	}
	d.keep()
}

// lookAtPerson judges a frame of the preview of a portrait.
func lookAtPerson(_ context.Context, frame []byte) (bool, string) {
	img, err := desk.DecodeImage(frame)
	if err != nil {
		return false, "预览画面用不了。"
	}
	p, err := desk.JudgePose(img)
	switch {
	case err != nil:
		return false, "预览画面用不了。"
	case len(p.Hints) > 0:
		return false, p.Hints[0]
	}
	return true, "位置和光线都好，请按“拍照”。"
}

func (d *phoneDialog) keep() {
	d.came++
	words := fmt.Sprintf("第 %d 张已添加。还有就接着拍；拍完按“完成”。", d.came)
	d.phone.Say(true, words)
	d.say(kit.TextOK, words)
	d.s.keep(d.slot, []desk.Picture{d.page.Picture}, d.source, nil)
}

// uncut puts the whole picture in the place of the page that was cut out of it.
func (d *phoneDialog) uncut() {
	held := d.s.v.c.Slot(d.slot)
	if len(held) == 0 || d.s.busy[d.slot] != "" {
		return
	}
	d.whole.Hide()
	last, img := held[len(held)-1], d.img
	var page desk.Page
	d.s.v.u.grind("check page", func(context.Context) (err error) {
		page, err = d.make(img, true)
		return err
	}, func(err error) {
		if err != nil {
			d.s.v.u.fail(err)
			return
		}
		d.frame.SetImage(d.small)
		d.say(kit.TextOK, "已改为整张照片。还有就接着拍；拍完按“完成”。")
		d.s.keep(d.slot, []desk.Picture{page.Picture}, d.source, &last)
	})
}

// close ends the page; the keyboard goes on where it would after a picture.
func (d *phoneDialog) close() {
	d.phoneLink.close()
	if d.s.phone == d {
		d.s.phone = nil
	}
	if d.came > 0 {
		d.s.goOn(d.slot)
	}
}
