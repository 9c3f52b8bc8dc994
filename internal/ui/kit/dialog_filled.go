package kit

import "fyne.io/fyne/v2"

// Filled says whether something stands in a dialog over the window that goes when it is
// closed: text, a tick, ink.
func (r *Root) Filled() bool {
	for _, o := range r.window.Canvas().Overlays().List() {
		if d, ok := o.(*Dialog); ok && filled(d.content) {
			return true
		}
	}
	return false
}

func filled(o fyne.CanvasObject) bool {
	if o == nil || !o.Visible() {
		return false
	}
	switch w := o.(type) {
	case *Field:
		return !w.Empty()
	case *Check:
		return w.Checked()
	case *SignaturePad:
		return !w.Empty()
	}
	for _, child := range inside(o) {
		if filled(child) {
			return true
		}
	}
	return false
}
