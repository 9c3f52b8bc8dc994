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
	if u.shell == nil || u.shell.current == nil || len(paths) == 0 {
		return
	}
	v := u.shell.current
	if !v.active {
		return
	}
	if v.u.win.Canvas().Overlays().Top() != nil {
		kit.Notice(u.win, kit.Warning, "请先关掉打开的对话框，再把文件拖到要添加的那一样材料上。")
		return
	}
	s, ok := v.steps[v.at].(*imagesStep)
	switch {
	case !ok || v.locked():
		kit.Notice(u.win, kit.Warning, "文件要拖到“人证与影像”里要添加的那一样材料上。")
	case !s.drop(at, paths):
		kit.Notice(u.win, kit.Warning, "请把文件拖到要添加的那一样材料上。")
	}
}

// drop adds files to what lies at a place of the window.
func (s *imagesStep) drop(at fyne.Position, paths []string) bool {
	if !within(s.content, at) {
		return false // what is scrolled away lies under something else
	}
	for _, p := range s.people {
		if within(p.content, at) && s.busy[p.slot] == "" {
			p.addFile(paths[0])
			return true
		}
	}
	for slot, cell := range s.cells {
		if within(cell, at) && s.busy[slot] == "" {
			s.addFiles(slot, paths)
			return true
		}
	}
	return false
}

// within says whether an object is at a place of the window.
func within(o fyne.CanvasObject, at fyne.Position) bool {
	p := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	size := o.Size()
	return at.X >= p.X && at.Y >= p.Y && at.X < p.X+size.Width && at.Y < p.Y+size.Height
}
