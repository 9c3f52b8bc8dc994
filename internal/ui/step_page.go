package ui

import (
	"context"
	"fmt"
	"image"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// pageCheck shows a page as it will be kept, before it is: cut out at its
// edges, and with what keeps it from being read. Nothing is kept until the
// clerk says so, and a page that cannot be read is refused first.
type pageCheck struct {
	s      *imagesStep
	img    image.Image
	whole  bool // nothing is to be cut off
	page   desk.Page
	use    func(desk.Picture, loan.Part)
	ticks  *partTicks // what the page shows; nil for a paper without parts
	dialog *kit.Dialog
	frame  *kit.PhotoFrame
	words  *kit.Text
	again  *kit.Button
	trim   *kit.Button
	row    *fyne.Container
}

// checkPage shows a picture as a page of a slot, taken to show part. use gets the
// page the clerk agreed to and what it shows; again, named so, leads to another
// picture.
func (s *imagesStep) checkPage(slot loan.Slot, title string, img image.Image, page *desk.Page, part loan.Part, use func(desk.Picture, loan.Part), named string, again func()) *pageCheck {
	c := &pageCheck{s: s, img: img, use: use}
	rows := container.NewVBox()
	aspect := float32(0.95)
	if c.ticks = newPartTicks(s.v.c, slot, part, func() {}); c.ticks != nil {
		rows.Add(c.ticks.content)
		aspect = 0.8
	}
	c.frame = kit.NewPhotoFrame("正在检查…", 440, aspect)
	c.frame.SetWatermark(s.v.u.desk.Watermark())
	c.words = kit.NewText("正在检查…", kit.TextCaption)
	c.again = kit.NewSecondary(named, kit.Icon("refresh"), func() {
		c.dialog.Close()
		again()
	})
	c.trim = kit.NewSecondary("不裁边", nil, func() {
		c.whole = !c.whole
		c.make()
	})
	c.trim.Hide()
	c.row = container.NewHBox(c.again, c.trim, layout.NewSpacer())
	rows.Objects = append([]fyne.CanvasObject{container.NewCenter(c.frame)}, append(rows.Objects, c.words, c.row)...)
	c.dialog = kit.NewDialog(s.v.u.win, title, rows, "使用这张", "取消", func() bool {
		c.dialog.Close()
		use(c.page.Picture, c.ticks.part())
		return true
	})
	c.dialog.SetWidth(560)
	s.asks(slot, c.dialog)
	c.dialog.Show()
	if page != nil {
		c.page = *page
		c.show()
	} else {
		c.make()
	}
	return c
}

// make makes the page anew.
func (c *pageCheck) make() {
	c.dialog.YesButton().SetBusy("正在检查…")
	whole := c.whole
	var page desk.Page
	c.s.v.u.grind("check page", func(context.Context) (err error) {
		page, err = desk.MakePage(c.img, whole)
		return err
	}, func(err error) {
		c.dialog.YesButton().SetBusy("")
		if err != nil {
			c.dialog.YesButton().Disable()
			c.say(kit.TextBad, sentence(err))
			return
		}
		c.page = page
		c.show()
	})
}

func (c *pageCheck) say(kind kit.TextKind, words string) {
	c.words.SetKind(kind)
	c.words.SetText(words)
	c.dialog.Refresh()
}

// show shows the page with the judge's words.
func (c *pageCheck) show() {
	c.frame.SetImage(shrink(c.page.Shown, 1000))
	setVisible(c.trim, c.page.Cut || c.whole)
	c.trim.SetText("不裁边")
	if c.whole {
		c.trim.SetText("裁边")
	}
	c.row.Refresh()
	if len(c.page.Problems) > 0 {
		c.dialog.YesButton().SetText("仍然使用")
		c.say(kit.TextBad, "这一页还没有添加。"+strings.Join(c.page.Problems, "")+"趁家庭还在，请再拍一次；确实拍不好时可以照用。")
		kit.Focus(c.again)
		return
	}
	c.dialog.YesButton().SetText("使用这张")
	words := "看清楚后按回车使用。"
	if c.page.Cut {
		words = "已按纸边裁好、放正。" + words
	}
	c.say(kit.TextCaption, words)
	kit.Focus(c.dialog.YesButton())
}

// refusePages says which pages of a file cannot be read. Nothing is kept until
// the clerk says which are.
func (s *imagesStep) refusePages(slot loan.Slot, pics []desk.Picture, keep func([]desk.Picture)) {
	var good []desk.Picture
	var rows []fyne.CanvasObject
	const most = 6
	for i, p := range pics {
		if len(p.Problems) == 0 {
			good = append(good, p)
			continue
		}
		if len(rows) < most {
			rows = append(rows, kit.NewText(fmt.Sprintf("第 %d 页：%s", i+1, strings.Join(p.Problems, "")), kit.TextBad))
		}
	}
	if more := len(pics) - len(good) - len(rows); more > 0 {
		rows = append(rows, kit.NewText(fmt.Sprintf("还有 %d 页也看不清。", more), kit.TextBad))
	}
	rows = append(rows, kit.NewText("这些页还没有添加。趁家庭还在，请重新拍摄或扫描；确实做不到时可以照用。", kit.TextBody))
	var d *kit.Dialog
	ways := container.NewHBox(kit.NewSecondary("另选文件", kit.Icon("folder"), func() {
		d.Close()
		s.choose(slot)
	}))
	if len(good) > 0 {
		ways.Add(kit.NewSecondary(fmt.Sprintf("只添加看得清的 %d 页", len(good)), nil, func() {
			d.Close()
			keep(good)
		}))
	}
	rows = append(rows, ways)
	d = kit.NewDialog(s.v.u.win, docLabel(docOf(slot))+"：有的页看不清", container.NewVBox(rows...), "仍然全部添加", "都不添加", func() bool {
		d.Close()
		keep(pics)
		return true
	})
	d.SetWidth(560)
	s.asks(slot, d)
	d.Show()
}
