package ui

import (
	"context"
	"fmt"
	"image"
	"strings"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
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

// mayTake says whether something may be put into a slot, and why not to the clerk:
// before a picture is taken or opened for nothing.
func (s *imagesStep) mayTake(slot loan.Slot) bool {
	err := s.v.u.desk.MayCollect(s.v.c, slot)
	if err != nil {
		s.v.u.fail(err)
	}
	return err == nil
}

// choose adds the pages of a file.
func (s *imagesStep) choose(slot loan.Slot) {
	if !s.mayTake(slot) {
		return
	}
	s.chooseFile("添加"+docLabel(docOf(slot)), scanSuffixes(), func(path string) { s.addFiles(slot, []string{path}) })
}

// addFiles adds the pages of files, in their order. A single page that is not
// kept as it came, cannot be read, or of which it is to be said what it shows, is
// shown first; of several, those that cannot be read are told.
func (s *imagesStep) addFiles(slot loan.Slot, paths []string) {
	if !s.mayTake(slot) {
		return
	}
	s.setBusy(slot, "正在打开文件…")
	var pages []desk.Page
	var img image.Image
	sh := s.v.u.shell
	s.v.u.grind("scan file", func(ctx context.Context) error {
		shots, err := s.allShots(ctx, paths)
		if err != nil {
			return err
		}
		for i, shot := range shots {
			if len(shots) > 1 {
				s.v.u.backTo(sh, func() { s.setBusy(slot, fmt.Sprintf("正在处理第 %d / %d 页…", i+1, len(shots))) })
			}
			var page desk.Page
			if img, page, err = makeShot(ctx, shot); err != nil {
				return err
			}
			if len(shots) > 1 {
				page.Shown = nil // forty whole pages are much to hold
			}
			pages = append(pages, page)
		}
		return nil
	}, func(err error) {
		s.setBusy(slot, "")
		switch {
		case err != nil && s.v.closed, s.v.u.shift.Err() != nil:
			s.notAdded()
		case err != nil:
			s.v.u.fail(err)
		default:
			s.addPages(slot, pages, img)
		}
	})
}

// notAdded says that a picture was not kept, for the case was left before it was
// ready. What it shows is not for the screen that stands there now.
func (s *imagesStep) notAdded() {
	kit.Notice(s.v.u.win, kit.Bad, "案件关上前有一份文件还没处理完，没有添加：请再打开那个案件，重新添加。")
}

// allShots reads files, up to the pages that may come at once.
func (s *imagesStep) allShots(ctx context.Context, paths []string) ([]capture.Shot, error) {
	var shots []capture.Shot
	for _, path := range paths {
		more, err := capture.FromFile(ctx, s.v.u.deps.Pages, path)
		if err != nil {
			return nil, err
		}
		if shots = append(shots, more...); len(shots) > capture.MaxFilePages {
			return nil, fault.Say("scan file", fault.TooLarge, "页数过多，请分几次添加。", nil)
		}
	}
	return shots, nil
}

// scanAll makes kept forms of images, telling how far it is in the work sh.
func (s *imagesStep) scanAll(ctx context.Context, sh *shell, slot loan.Slot, shots [][]byte) ([]desk.Picture, error) {
	var out []desk.Picture
	for i, b := range shots {
		if err := ctx.Err(); err != nil {
			return nil, fault.New("scan", fault.Cancelled, err)
		}
		if len(shots) > 1 {
			s.v.u.backTo(sh, func() { s.setBusy(slot, fmt.Sprintf("正在处理第 %d / %d 页…", i+1, len(shots))) })
		}
		img, err := desk.DecodeImage(b)
		if err != nil {
			return nil, err
		}
		p, err := desk.Scan(img)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// makeShot makes the page of a shot. What was drawn of a document is cut out and
// straightened only where it is the picture of a sheet.
func makeShot(ctx context.Context, shot capture.Shot) (image.Image, desk.Page, error) {
	if err := ctx.Err(); err != nil {
		return nil, desk.Page{}, fault.New("scan", fault.Cancelled, err)
	}
	img, err := desk.DecodeImage(shot.Data)
	if err != nil {
		return nil, desk.Page{}, err
	}
	page, err := desk.MakePage(img, shot.Drawn && !desk.Photographed(img))
	return img, page, err
}

// addPages keeps pages that came together, or asks first; img is the picture of
// the last.
func (s *imagesStep) addPages(slot loan.Slot, pages []desk.Page, img image.Image) {
	d := docOf(slot)
	keep := func(pics []desk.Picture) { s.keep(slot, pics, "file", nil) }
	if len(pages) == 1 {
		one := pages[0]
		if one.Cut || len(one.Problems) > 0 || d.WholeOnly() {
			if s.v.closed {
				s.notAdded()
				return
			}
			s.checkPage(slot, docLabel(d), img, &one, nextPart(s.v.c, d), func(p desk.Picture, part loan.Part) {
				s.keepPages(slot, []desk.Picture{p}, []loan.Part{part}, "file", nil)
			}, "另选文件", func() { s.choose(slot) })
			return
		}
		keep([]desk.Picture{one.Picture})
		return
	}
	pics := make([]desk.Picture, len(pages))
	cut, bad := 0, false
	for i, p := range pages {
		pics[i] = p.Picture
		bad = bad || len(p.Problems) > 0
		if p.Cut {
			cut++
		}
	}
	if cut > 0 {
		kit.Notice(s.v.u.win, kit.Info, fmt.Sprintf("有 %d 页是拍下的纸，已按纸边裁好、放正，请点“查看”核对。", cut))
	}
	switch {
	case bad && s.v.closed:
		s.notAdded()
	case bad:
		s.refusePages(slot, pics, keep)
	default:
		keep(pics)
	}
}
