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
	one   bool              // use is for one page, which is looked at there
	*phoneLink
	dialog   *kit.Dialog
	body     *fyne.Container
	row      *fyne.Container
	frame    *kit.PhotoFrame
	words    *kit.Text
	anyway   *kit.Button
	whole    *kit.Button // keeps the page just kept as it came, not cut
	img      image.Image
	page     desk.Page
	source   string // of that page
	came     int
	coming   bool // a picture is under way
	checking int  // one that came is looked at
	cut      bool // the way broke while one was under way, which the phone sends again
}

// openPhone opens the page for pages of a slot, or for use. camera and file
// are the other ways.
func (s *imagesStep) openPhone(slot loan.Slot, title string, local bool, use func(image.Image), camera, file func()) {
	s.openPhoneDialog(&phoneDialog{s: s, slot: slot, title: title, use: use}, local, camera, file)
}

func (s *imagesStep) openPhoneDialog(d *phoneDialog, local bool, camera, file func()) {
	use := d.use
	if d.one {
		use = nil
	}
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
	if use != nil {
		steps = "1. 手机连到和本机同一个无线网络，或让本机连手机热点。\n2. 用手机的相机扫左边的码，在手机上按“拍照”。\n3. 想边看边拍：在手机页面下方点“实时取景”（安卓）。"
	}
	if local {
		steps = "照片在浏览器里拍，拍好自动回到这里。"
	}
	d.row = container.NewHBox(d.anyway, d.whole, d.other, d.again, way("用摄像头", "camera", camera), way("选文件", "folder", file))
	how := kit.NewText(steps, kit.TextBody)
	d.body = container.New(&wide{width: 380}, container.NewVBox(how, d.words, d.where, d.row))
	left := container.NewHBox(d.code, gap(14))
	d.needs = []fyne.CanvasObject{left, how}
	content := container.NewBorder(nil, nil, left, nil, d.body)
	d.dialog = kit.NewDialog(s.v.u.win, d.title, content, "完成", "", nil)
	d.dialog.SetWidth(680)
	d.dialog.SetOnClosed(d.close)
	s.phone = d
	d.dialog.Show()
	kit.Focus(d.dialog.YesButton())
	o := capture.PhoneOptions{Title: d.title, Portrait: use != nil, Local: local}
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
	case e.Joined && d.cut:
		d.say(kit.TextOK, "手机连回来了，没有传完的一张会自动重传。")
	case e.Joined:
		d.s.byPhone = true
		d.say(kit.TextOK, "手机已连上，请在手机上拍照。")
	case e.Left && (d.cut || d.coming):
		d.cut, d.coming = true, false
		d.say(kit.TextWarn, "手机断开了，有一张没有传完、没有添加：手机连回来会自动重传；连不上时请再扫一次码。")
	case e.Left:
		d.say(kit.TextWarn, "手机断开了，它会自动重连；连不上时请再扫一次码。")
	case e.Received > 0:
		d.coming = true
		d.say(kit.TextBody, fmt.Sprintf("正在接收照片… %d%%", e.Received))
	case e.Refused != nil:
		d.coming, d.cut = false, d.cut || e.Cut
		d.say(kit.TextBad, sentence(e.Refused))
	case e.Shot != nil:
		d.coming, d.cut = false, false
		d.take(*e.Shot)
	}
}

// take makes a page, or gives the portrait, of a picture that came.
func (d *phoneDialog) take(shot capture.Shot) {
	d.checking++
	d.say(kit.TextBody, "照片已到，正在检查…")
	var img, small image.Image // small is what is shown, made beside the window
	var page desk.Page
	var pose desk.Pose
	d.s.v.u.grind("check shot", func(context.Context) (err error) {
		if img, err = desk.DecodeImage(shot.Data); err != nil {
			return err
		}
		if d.one {
			return nil
		}
		if d.use == nil {
			page, small, err = makeShown(img, false)
			return err
		}
		small = shrink(img, 700)
		pose, err = desk.JudgePose(img)
		return err
	}, func(err error) {
		d.checking--
		switch {
		case d.ctx.Err() != nil:
			d.late(page, err, shot.Source)
		case err != nil:
			d.phone.Say(false, "这张照片用不了，请重拍。")
			d.say(kit.TextBad, sentence(err))
		case d.one:
			d.img = img
			d.give()
		case d.use != nil:
			d.img = img
			d.judgePerson(pose, small)
		default:
			d.img = img
			d.judge(page, small, shot.Source)
		}
	})
}

// late keeps a page that had come when the dialog was closed, or says that it was
// not kept: whoever took it saw it arrive.
func (d *phoneDialog) late(page desk.Page, err error, source string) {
	switch {
	case d.s.v.closed:
		d.s.notAdded()
	case d.use != nil:
		kit.Notice(d.s.v.u.win, kit.Warning, "关闭前传到的照片没有用上：要用就请重新打开再拍。")
	case err != nil:
		kit.Notice(d.s.v.u.win, kit.Bad, "关闭前传到的一张没有添加："+sentence(err))
	case len(page.Problems) > 0:
		kit.Notice(d.s.v.u.win, kit.Bad, "关闭前传到的一张没有添加："+strings.Join(page.Problems, "")+"请重拍。")
	default:
		d.s.keepThen(d.slot, []desk.Picture{page.Picture}, nil, source, nil, func(err error) {
			if err == nil {
				kit.Notice(d.s.v.u.win, kit.Info, "关闭前传到的一张也已添加到"+d.title+"，请看一眼。")
			}
		})
	}
}

// makeShown makes a page, and what is shown of it.
func makeShown(img image.Image, whole bool) (page desk.Page, small image.Image, err error) {
	if page, err = desk.MakePage(img, whole); err == nil {
		small = shrink(page.Shown, 700)
	}
	return page, small, err
}

// judge keeps a page that can be read, and refuses one that cannot.
func (d *phoneDialog) judge(page desk.Page, small image.Image, source string) {
	d.page, d.source = page, source
	d.code.Objects = []fyne.CanvasObject{d.frame}
	d.code.Refresh()
	d.frame.SetImage(small)
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
func (d *phoneDialog) judgePerson(pose desk.Pose, small image.Image) {
	if len(pose.Hints) == 0 {
		d.give()
		return
	}
	d.code.Objects = []fyne.CanvasObject{d.frame}
	d.code.Refresh()
	d.frame.SetImage(small)
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
	d.say(kit.TextBody, "正在保存…")
	d.s.keepThen(d.slot, []desk.Picture{d.page.Picture}, nil, d.source, nil, func(err error) {
		if err != nil {
			d.tell(false, "没有存下，请看电脑。")
			d.say(kit.TextBad, "没有存下："+sentence(err))
			return
		}
		d.came++
		words := fmt.Sprintf("第 %d 张已添加。还有就接着拍；拍完按“完成”。", d.came)
		d.tell(true, words)
		d.say(kit.TextOK, words)
	})
}

// tell shows words on the phone, while there is one.
func (d *phoneDialog) tell(good bool, words string) {
	if d.phone != nil {
		d.phone.Say(good, words)
	}
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
	var small image.Image
	d.s.v.u.grind("check page", func(context.Context) (err error) {
		page, small, err = makeShown(img, true)
		return err
	}, func(err error) {
		if err != nil {
			d.s.v.u.fail(err)
			return
		}
		d.frame.SetImage(small)
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
	if (d.coming || d.cut) && !d.s.v.closed {
		kit.Notice(d.s.v.u.win, kit.Warning, "还有一张没有传完，没有添加：要用就请重新打开再拍。")
	}
	if d.came > 0 {
		d.s.goOn(d.slot)
	}
}
