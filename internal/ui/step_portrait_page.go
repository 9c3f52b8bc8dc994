package ui

import (
	"context"
	"fmt"
	"image"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// thumbsOf are encoded pages as small as they are shown to choose among.
func thumbsOf(ctx context.Context, shots [][]byte) ([]image.Image, error) {
	var out []image.Image
	for _, b := range shots {
		if err := ctx.Err(); err != nil {
			return nil, fault.New("read portrait", fault.Cancelled, err)
		}
		img, err := desk.DecodeImage(b)
		if err != nil {
			return nil, err
		}
		out = append(out, shrink(img, thumbSide/2))
	}
	return out, nil
}

// choosePage lets the clerk say which page of a file shows the person.
func (p *portraitCard) choosePage(shots [][]byte, small []image.Image) {
	v := p.s.v
	pages := container.New(&flow{gap: 10, width: 560})
	var d *kit.Dialog
	var first *kit.Button
	for i, img := range small {
		use := kit.NewSecondary("用这一页", nil, func() {
			d.Close()
			p.takePage(shots[i])
		})
		use.SetAbout(fmt.Sprintf("第 %d 页", i+1))
		if first == nil {
			first = use
		}
		f := kit.NewPhotoFrame("", 126, 1.3, use)
		f.SetCaption(kit.Info, fmt.Sprintf("第 %d 页", i+1))
		f.SetWatermark(v.u.desk.Watermark())
		f.SetImage(img)
		pages.Add(f)
	}
	list := container.NewVScroll(pages)
	list.SetMinSize(fyne.NewSize(580, min(pages.MinSize().Height, 400)))
	content := container.NewVBox(kit.NewText(fmt.Sprintf("这个文件有 %d 页，照片只用一页：请选有%s的那一页。", len(shots), partyLabel(p.party)), kit.TextBody), gap(6), list)
	d = kit.NewDialog(v.u.win, "选择照片所在的一页", content, "另选文件", "取消", func() bool {
		d.Close()
		p.takeFromFile()
		return true
	})
	d.SetWidth(640)
	p.s.asks(p.slot, d)
	d.Show()
	kit.Focus(first)
}

// takePage goes on with the page that was chosen.
func (p *portraitCard) takePage(shot []byte) {
	p.s.setBusy(p.slot, "正在读取照片…")
	var img image.Image
	p.s.v.u.grind("read portrait", func(context.Context) (err error) {
		img, err = desk.DecodeImage(shot)
		return err
	}, func(err error) {
		p.s.setBusy(p.slot, "")
		switch {
		case p.s.v.closed:
			p.s.notAdded()
		case err != nil:
			p.s.v.u.fail(err)
		default:
			p.crop(img, "file")
		}
	})
}
