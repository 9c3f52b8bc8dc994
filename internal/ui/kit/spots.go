package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Spot is a control that can be used now: its kind, its words, and where it
// stands in the window, in pixels.
type Spot struct {
	Kind string `json:"kind"` // button, check, field, choice, place, step, pad, page, dialog
	Text string `json:"text"`
	X    int    `json:"x"` // of its middle
	Y    int    `json:"y"`
	W    int    `json:"w"`
	H    int    `json:"h"`
	On   bool   `json:"on,omitempty"` // a box that is ticked, a cell that is chosen, a field with the caret
}

// Spots lists the controls in view of a window, those of the dialog alone
// where one is open: what a person could use now. It tells the words on
// controls and what is ticked or chosen, and no value that was typed.
func Spots(w fyne.Window) []Spot {
	c := w.Canvas()
	from := fyne.CanvasObject(nil)
	if top := c.Overlays().Top(); top != nil {
		from = top
	} else {
		from = c.Content()
	}
	s := &spotter{scale: c.Scale(), to: fyne.NewPos(c.Size().Width, c.Size().Height)}
	s.walk(from, "")
	if d, ok := from.(*Dialog); ok {
		title, _, _ := strings.Cut(d.title.Text, "：") // behind it may stand a person's name
		s.add("dialog", title, d, fyne.NewPos(0, 0), d.Size())
		s.walk(d.yes, "")
		if d.no != nil {
			s.walk(d.no, "")
		}
	}
	return s.found
}

type spotter struct {
	scale    float32
	from, to fyne.Position // what is in view
	found    []Spot
	added    bool // whether the last control asked about was in view
}

func (s *spotter) walk(o fyne.CanvasObject, label string) {
	if o == nil || !o.Visible() {
		return
	}
	whole := fyne.NewPos(0, 0)
	switch w := o.(type) {
	case *Labeled:
		s.walk(w.field, w.text)
		return
	case *Button:
		if !w.Disabled() && !w.Busy() {
			s.add("button", strings.TrimSpace(w.Text()+" "+w.about), o, whole, o.Size())
		}
		return
	case *Check:
		if !w.Disabled() {
			s.add("check", w.text, o, whole, fyne.NewSize(min(o.Size().Width, 24*unit()), o.Size().Height))
			s.mark(w.on)
		}
		return
	case *Choice:
		for i, cell := range w.cells {
			if !w.readOnly {
				s.add("choice", label+"/"+w.options[i].Text, o, cell.Position(), cell.Size())
				s.mark(i == w.chosen)
			}
		}
		return
	case *SignaturePad:
		s.add("pad", label, o, whole, o.Size())
		return
	case *PageView:
		s.add("page", w.stand(), o, whole, o.Size())
	case *Rail:
		for i, e := range w.entries {
			y, h := w.entryArea(i)
			s.add("place", e.Text, o, fyne.NewPos(0, y), fyne.NewSize(o.Size().Width, h))
		}
		return
	case *Steps:
		for i, name := range w.names {
			x, width := w.area(i, o.Size().Width)
			s.add("step", name, o, fyne.NewPos(x, 0), fyne.NewSize(width, o.Size().Height))
		}
		return
	case *container.Scroll:
		s.scroll(w, label)
		return
	case *Field:
		if !w.readOnly {
			s.add("field", label, o, whole, o.Size())
			s.mark(w.focused)
		}
	}
	for _, child := range inside(o) {
		s.walk(child, label)
	}
}

// scroll walks what a scrolled part shows of its content.
func (s *spotter) scroll(w *container.Scroll, label string) {
	from, to := s.from, s.to
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w)
	s.from = fyne.NewPos(max(from.X, at.X), max(from.Y, at.Y))
	s.to = fyne.NewPos(min(to.X, at.X+w.Size().Width), min(to.Y, at.Y+w.Size().Height))
	s.walk(w.Content, label)
	s.from, s.to = from, to
}

// add notes a spot when its middle is in view.
func (s *spotter) add(kind, text string, o fyne.CanvasObject, off fyne.Position, size fyne.Size) {
	s.added = false
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Add(off)
	x, y := at.X+size.Width/2, at.Y+size.Height/2
	if x < s.from.X || y < s.from.Y || x >= s.to.X || y >= s.to.Y || size.Width <= 0 {
		return
	}
	px := func(v float32) int { return int(v*s.scale + 0.5) }
	s.found = append(s.found, Spot{kind, text, px(x), px(y), px(size.Width), px(size.Height), false})
	s.added = true
}

// mark says of the spot just added, if it was in view, whether it is on.
func (s *spotter) mark(on bool) {
	if s.added {
		s.found[len(s.found)-1].On = on
	}
}
