package ui

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// pictures shows what a grant lets be seen of a case one after the other: pictures in
// a frame, sealed contracts as documents, the operator and the time over both.
type pictures struct {
	v      *visit
	frame  *kit.PhotoFrame
	photo  *fyne.Container // holds the frame
	paper  *docView
	images []loan.Attachment    // by option
	files  map[string]loan.Hash // of the contracts, by option
	turn   int                  // counts what was chosen; a late answer is dropped
}

// showPictures shows the case's pictures and contracts while they are revealed. Closed, it
// masks, but for values that are shown beside and that it stood over; nil where there is
// nothing to show.
func (v *visit) showPictures() *pictures {
	var options []kit.Option
	images := v.u.desk.Pictures(v.c)
	for i, a := range images {
		if strings.HasPrefix(a.Media, "image/") {
			options = append(options, kit.Option{ID: strconv.Itoa(i), Text: strconv.Itoa(len(options)+1) + " " + pictureLabel(a)})
		}
	}
	sealed, files := v.sealedOptions()
	options = append(options, sealed...)
	if len(options) == 0 {
		kit.Notice(v.u.win, kit.Info, "本案还没有影像和合同。")
		return nil
	}
	p := &pictures{v: v, images: images, frame: kit.NewPhotoFrame("正在读取…", 560, 0.72), paper: newDocView(v), files: files}
	p.frame.SetWatermark(v.u.desk.Watermark())
	p.photo = container.NewCenter(p.frame)
	p.paper.aside = true
	pick := kit.NewFixedPicker(options)
	pick.OnChanged = p.show
	pick.SetValue(options[0])
	room := container.NewStack(p.photo, container.New(&paperRoom{height: 420}, p.paper.content))
	d := kit.NewDialog(v.u.win, "查看影像和合同", container.New(&stacked{gap: 10}, kit.NewLabeled("影像和合同", false, pick), room), "关闭", "", nil)
	d.SetWidth(640)
	d.SetOnClosed(func() {
		p.turn++
		p.paper.close()
		v.revealing.pictures = nil
		_, fields := v.u.desk.Revealed(v.id)
		if !slices.ContainsFunc(fields, func(f string) bool { return f != desk.ImagesField }) {
			v.conceal()
		}
	})
	v.revealing.pictures = d
	d.Show()
	p.show(options[0])
	return p
}

// pictureLabel is what a picture is of, and which of its sides or pages where somebody
// said.
func pictureLabel(a loan.Attachment) string {
	if part := partLabel(a.Part); part != "" {
		return a.Slot.Label() + "　" + part
	}
	return a.Slot.Label()
}

// show reads what was chosen and shows it in its place.
func (p *pictures) show(o kit.Option) {
	p.turn++
	turn := p.turn
	if blob, ok := p.files[o.ID]; ok {
		p.photo.Hide()
		p.frame.SetImage(nil)
		p.paper.empty("正在打开合同…")
		var pdf []byte
		p.v.u.run("read contract", func(ctx context.Context) (err error) {
			pdf, err = p.v.u.desk.Blob(ctx, p.v.id, blob)
			return err
		}, func(err error) {
			switch {
			case turn != p.turn:
			case err != nil:
				p.paper.empty("打不开合同：" + sentence(err))
			default:
				p.paper.open(pdf, blob)
			}
		})
		return
	}
	i, _ := strconv.Atoi(o.ID)
	a := p.images[i]
	p.paper.empty("")
	p.photo.Show()
	p.frame.SetImage(nil)
	var img image.Image
	p.v.u.grind("read picture", func(ctx context.Context) error {
		b, err := p.v.u.desk.Blob(ctx, p.v.id, a.Blob)
		if err == nil {
			img, err = desk.DecodeImage(b)
		}
		return err
	}, func(err error) {
		switch {
		case turn != p.turn:
		case err != nil:
			p.frame.SetEmpty(sentence(err))
		default:
			p.frame.SetImage(img)
		}
	})
}

// sealedOptions are the sealed contracts to choose from, the one in force first.
func (v *visit) sealedOptions() (out []kit.Option, files map[string]loan.Hash) {
	files = map[string]loan.Hash{}
	add := func(id, words string, k *loan.ContractState) {
		out = append(out, kit.Option{ID: id, Text: words})
		files[id] = k.Sealed.Blob
	}
	if k := v.c.Contract; k != nil && k.Sealed != nil {
		add("contract", "已签合同", k)
	}
	all := v.former()
	for i, k := range all {
		add("former "+strconv.Itoa(i), fmt.Sprintf("已作废的合同（第 %d 份）", len(all)-i), k)
	}
	return out, files
}
