package ui

import (
	"context"
	"fmt"
	"image"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// pageLook shows a page whole: to be turned, moved among the pages of its paper,
// said what it shows, or taken away.
type pageLook struct {
	s       *imagesStep
	page    loan.Attachment
	frame   *kit.PhotoFrame
	place   *kit.Text // which page of how many
	earlier *kit.Button
	later   *kit.Button
	ticks   *partTicks
	dialog  *kit.Dialog
	whole   image.Image
}

func (s *imagesStep) look(a loan.Attachment, i int) {
	aspect := float32(1.3)
	if img := s.pictures[a.Blob]; img != nil {
		aspect = float32(img.Bounds().Dy()) / float32(max(img.Bounds().Dx(), 1))
	}
	l := &pageLook{s: s, page: a, place: kit.NewText("", kit.TextCaption)}
	rows := container.NewVBox()
	high := float32(480)
	l.ticks = newPartTicks(s.v.c, a.Slot, a.Part, l.say)
	if l.ticks != nil {
		high -= 56
		rows.Add(l.ticks.content)
		for _, box := range l.ticks.boxes {
			setDisabled(box, s.v.locked())
		}
	}
	l.frame = kit.NewPhotoFrame("正在读取…", min(700, high/aspect), aspect)
	l.frame.SetWatermark(s.v.u.desk.Watermark())
	if words := s.problems[a.Blob]; words != "" {
		l.frame.SetCaption(kit.Warning, words)
	}
	rows.Add(l.buttons())
	rows.Objects = slices.Insert(rows.Objects, 0, fyne.CanvasObject(l.frame), fyne.CanvasObject(l.place))
	l.dialog = kit.NewDialog(s.v.u.win, docLabel(docOf(a.Slot)), rows, "关闭", "", nil)
	l.dialog.SetWidth(640)
	s.looking = l
	l.dialog.SetOnClosed(func() { s.looking = nil })
	l.placed()
	l.dialog.Show()
	s.v.u.win.Canvas().Unfocus() // Return closes; it must not turn the page
	var small image.Image
	s.v.u.grind("read page", func(ctx context.Context) (err error) {
		if l.whole, err = s.read(ctx, a.Blob); err == nil {
			small = shrink(l.whole, 1400)
		}
		return err
	}, func(err error) {
		if err != nil {
			l.frame.SetCaption(kit.Bad, sentence(err))
			return
		}
		l.frame.SetImage(small)
	})
}

func (l *pageLook) buttons() fyne.CanvasObject {
	turn := func(quarters int) func() {
		return func() {
			if l.whole != nil {
				l.dialog.Close()
				l.s.turn(l.page, l.whole, quarters)
			}
		}
	}
	left := kit.NewSecondary("左转", kit.Icon("undo"), turn(-1))
	right := kit.NewSecondary("右转", kit.Icon("rotate"), turn(1))
	l.earlier = kit.NewSecondary("前移", kit.Icon("chevron-left"), func() { l.move(-1) })
	l.later = kit.NewSecondary("后移", kit.Icon("chevron-right"), func() { l.move(1) })
	remove := kit.NewDanger("删除这一页", kit.Icon("trash"), func() {
		kit.ConfirmDanger(l.s.v.u.win, "删除这一页？", fmt.Sprintf("%s 第 %d 页将从本案移除。", docLabel(docOf(l.page.Slot)), l.at()+1), "删除", "不删除", func() {
			l.dialog.Close()
			l.s.remove(l.page)
		})
	})
	if l.s.v.locked() {
		for _, b := range []*kit.Button{left, right, remove} {
			b.Disable()
		}
	}
	return container.NewHBox(left, right, l.earlier, l.later, layout.NewSpacer(), remove)
}

// at is which of its paper's pages the page is; -1 once it is none.
func (l *pageLook) at() int {
	return slices.IndexFunc(l.s.v.c.Slot(l.page.Slot), func(a loan.Attachment) bool { return a.Blob == l.page.Blob })
}

// placed shows which page it is, and where it can be moved.
func (l *pageLook) placed() {
	at, n := l.at(), len(l.s.v.c.Slot(l.page.Slot))
	words := fmt.Sprintf("第 %d 页，共 %d 页", at+1, n)
	if n > 1 && !l.s.v.locked() {
		words += "；Ctrl+← 前移，Ctrl+→ 后移"
	}
	l.place.SetText(words)
	l.earlier.SetEnabled(at > 0 && !l.s.v.locked())
	l.later.SetEnabled(at >= 0 && at < n-1 && !l.s.v.locked())
	setVisible(l.earlier, n > 1)
	setVisible(l.later, n > 1)
}

// move moves the page among those of its paper.
func (l *pageLook) move(by int) {
	pages := l.s.v.c.Slot(l.page.Slot)
	at := l.at()
	to := at + by
	if at < 0 || to < 0 || to >= len(pages) || l.s.v.locked() || l.s.busy[l.page.Slot] != "" {
		return
	}
	body := loan.ArrangeBody{Slot: l.page.Slot}
	for _, a := range pages {
		body.Order = append(body.Order, a.Blob)
	}
	body.Order[at], body.Order[to] = body.Order[to], body.Order[at]
	l.arrange(body, "正在移动…")
}

// say keeps what the clerk says the page shows.
func (l *pageLook) say() {
	l.arrange(loan.ArrangeBody{Slot: l.page.Slot, Parts: map[loan.Hash]loan.Part{l.page.Blob: l.ticks.part()}}, "正在保存…")
}

func (l *pageLook) arrange(body loan.ArrangeBody, words string) {
	s := l.s
	s.setBusy(body.Slot, words)
	s.v.do("arrange", func(ctx context.Context) (*loan.Case, error) { return s.v.u.desk.Arrange(ctx, s.v.id, body) }, func(err error) {
		s.setBusy(body.Slot, "")
		if err != nil {
			s.v.u.fail(err)
		}
		if s.looking == l {
			l.placed()
		}
	})
}

// shortcut moves the page by Ctrl with an arrow.
func (l *pageLook) shortcut(key fyne.KeyName) {
	switch key {
	case fyne.KeyLeft:
		l.move(-1)
	case fyne.KeyRight:
		l.move(1)
	}
}

// turn replaces a page by itself turned.
func (s *imagesStep) turn(a loan.Attachment, img image.Image, quarters int) {
	s.setBusy(a.Slot, "正在旋转…")
	var pic desk.Picture
	s.v.u.grind("turn", func(context.Context) (err error) {
		pic, err = desk.Scan(desk.Turn(img, quarters))
		return err
	}, func(err error) {
		s.setBusy(a.Slot, "")
		if err != nil {
			s.v.u.fail(err)
			return
		}
		s.keep(a.Slot, []desk.Picture{pic}, "file", &a)
	})
}

func (s *imagesStep) remove(a loan.Attachment) {
	s.v.do("detach", func(ctx context.Context) (*loan.Case, error) {
		return s.v.u.desk.Detach(ctx, s.v.id, a.Slot, a.Blob)
	}, nil)
}
