package ui

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

func docOf(slot loan.Slot) loan.Doc { return loan.Doc(strings.TrimPrefix(string(slot), "doc/")) }

func scanSuffixes() []string {
	return []string{".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}
}

// chooseFile asks for a file, beginning where the last one was.
func (s *imagesStep) chooseFile(title string, suffixes []string, use func(path string)) {
	var c *kit.Chooser
	c = kit.NewChooser(s.v.u.win, title, kit.ChooserOptions{Suffixes: suffixes, Folder: s.folder}, func(path string) {
		s.folder = c.Folder()
		use(path)
	})
	c.Show()
}

// shotsOf reads a file into encoded images, one a page.
func (s *imagesStep) shotsOf(ctx context.Context, path string) ([][]byte, error) {
	shots, err := capture.FromFile(ctx, s.v.u.deps.Pages, path)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(shots))
	for i, shot := range shots {
		out[i] = shot.Data
	}
	return out, nil
}

// choose adds the pages of a file.
func (s *imagesStep) choose(slot loan.Slot) {
	s.chooseFile("添加"+docLabel(docOf(slot)), scanSuffixes(), func(path string) { s.addFiles(slot, []string{path}) })
}

// addFiles adds the pages of files, in their order. What is not kept as it came,
// or cannot be read, is shown first.
func (s *imagesStep) addFiles(slot loan.Slot, paths []string) {
	s.setBusy(slot, "正在打开文件…")
	var pics []desk.Picture
	var one desk.Page
	var img image.Image
	s.v.u.grind("scan file", func(ctx context.Context) error {
		var shots [][]byte
		for _, path := range paths {
			more, err := s.shotsOf(ctx, path)
			if err != nil {
				return err
			}
			if shots = append(shots, more...); len(shots) > capture.MaxFilePages {
				return fault.Say("scan file", fault.TooLarge, "页数过多，请分几次添加。", nil)
			}
		}
		var err error
		if len(shots) > 1 {
			pics, err = s.scanAll(ctx, slot, shots)
			return err
		}
		if img, err = desk.DecodeImage(shots[0]); err == nil {
			one, err = desk.MakePage(img, false)
		}
		return err
	}, func(err error) {
		s.setBusy(slot, "")
		keep := func(pics []desk.Picture) { s.keep(slot, pics, "file", nil) }
		switch {
		case err != nil:
			s.v.u.fail(err)
		case img != nil && !one.Cut && len(one.Problems) == 0:
			keep([]desk.Picture{one.Picture})
		case img != nil:
			s.checkPage(docLabel(docOf(slot)), img, &one, func(p desk.Picture) { keep([]desk.Picture{p}) }, "另选文件", func() { s.choose(slot) })
		case slices.ContainsFunc(pics, func(p desk.Picture) bool { return len(p.Problems) > 0 }):
			s.refusePages(slot, pics, keep)
		default:
			keep(pics)
		}
	})
}

// look shows a page whole, to be turned or taken away.
func (s *imagesStep) look(a loan.Attachment, i int) {
	aspect := float32(1.3)
	if img := s.pictures[a.Blob]; img != nil {
		aspect = float32(img.Bounds().Dy()) / float32(max(img.Bounds().Dx(), 1))
	}
	frame := kit.NewPhotoFrame("正在读取…", min(700, 480/aspect), aspect)
	frame.SetWatermark(s.v.u.desk.Watermark())
	if words := s.problems[a.Blob]; words != "" {
		frame.SetCaption(kit.Warning, words)
	}
	var whole, small image.Image
	var d *kit.Dialog
	turn := func(quarters int) func() {
		return func() {
			if whole == nil {
				return
			}
			d.Close()
			s.turn(a, whole, quarters)
		}
	}
	left := kit.NewSecondary("左转", kit.Icon("undo"), turn(-1))
	right := kit.NewSecondary("右转", kit.Icon("rotate"), turn(1))
	remove := kit.NewDanger("删除这一页", kit.Icon("trash"), func() {
		kit.Confirm(s.v.u.win, "删除这一页？", fmt.Sprintf("%s 第 %d 页将从本案移除。", docLabel(docOf(a.Slot)), i+1), "删除", "不删除", func() {
			d.Close()
			s.remove(a)
		})
	})
	if s.v.locked() {
		for _, b := range []*kit.Button{left, right, remove} {
			b.Disable()
		}
	}
	content := container.NewVBox(frame, container.NewHBox(left, right, layout.NewSpacer(), remove))
	d = kit.NewDialog(s.v.u.win, fmt.Sprintf("%s　第 %d 页", docLabel(docOf(a.Slot)), i+1), content, "关闭", "", nil)
	d.SetWidth(560)
	d.Show()
	s.v.u.win.Canvas().Unfocus() // Return closes; it must not turn the page
	s.v.u.grind("read page", func(ctx context.Context) (err error) {
		if whole, err = s.read(ctx, a.Blob); err == nil {
			small = shrink(whole, 1400)
		}
		return err
	}, func(err error) {
		if err != nil {
			frame.SetCaption(kit.Bad, sentence(err))
			return
		}
		frame.SetImage(small)
	})
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
