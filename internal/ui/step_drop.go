package ui

import (
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// dropped takes files that were dragged into the window: onto a paper's cell or
// a portrait's card in the step of images, and nowhere else.
func (u *Window) dropped(at fyne.Position, files []fyne.URI) {
	var paths []string
	for _, f := range files {
		if f.Scheme() == "file" {
			paths = append(paths, f.Path())
		}
	}
	if u.shell == nil || len(files) == 0 {
		return
	}
	if why := u.shell.drop(at, paths); why != "" {
		kit.Notice(u.win, kit.Warning, why)
	}
}

// drop adds files to what lies at a place of the window, or gives why they were
// not taken.
func (s *shell) drop(at fyne.Position, paths []string) (why string) {
	const where = "文件没有添加：要拖到“人证与影像”里要添加的那一样材料上。"
	v := s.current
	if v == nil || !v.active {
		return where
	}
	images, ok := v.steps[v.at].(*imagesStep)
	switch {
	case s.u.win.Canvas().Overlays().Top() != nil:
		return "文件没有添加：请先关掉打开的对话框，再把文件拖到要添加的那一样材料上。"
	case !ok:
		return where
	case v.locked():
		return "文件没有添加：本案现在不能改。"
	case len(paths) == 0:
		return "拖来的不是本机的文件，没有添加：请先存到本机，或用“选文件”。"
	}
	return images.drop(at, paths)
}

// drop is the shell's for what is on this screen.
func (s *imagesStep) drop(at fyne.Position, paths []string) (why string) {
	const busy = "这一样还在处理上一份，文件没有添加：请等处理完再拖一次。"
	if !within(s.content, at) {
		return noPlace // what is scrolled away lies under something else
	}
	for _, p := range s.people {
		switch {
		case !within(p.content, at):
		case s.busy[p.slot] != "":
			return busy
		case len(paths) > 1:
			return "照片一次只能拖一张，没有添加：请只拖要用的那一张。"
		default:
			p.addFile(paths[0])
			return ""
		}
	}
	for slot, cell := range s.cells {
		switch {
		case !within(cell, at):
		case s.busy[slot] != "":
			return busy
		default:
			s.addFiles(slot, paths)
			return ""
		}
	}
	return noPlace
}

const noPlace = "文件没有添加：请把它拖到要添加的那一样材料上。"

// within says whether an object is at a place of the window.
func within(o fyne.CanvasObject, at fyne.Position) bool {
	p := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	size := o.Size()
	return at.X >= p.X && at.Y >= p.Y && at.X < p.X+size.Width && at.Y < p.Y+size.Height
}
