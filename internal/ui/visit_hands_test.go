package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func field(v *visit, path string) *kit.Field { return v.form.find(path).inner }

// types types into the field of a path and leaves it.
func (r *rig) types(path, text string) {
	v := r.visit()
	r.ui(func() {
		f := field(v, path)
		c := r.u.win.Canvas()
		c.Focus(f)
		f.SelectAll()
		test.Type(f, text)
		c.Unfocus()
	})
	r.settle()
}

// snap draws the window where DOORSTEP_PICTURES names a folder: for dialogs,
// to be looked at.
func (r *rig) snap(name string) {
	r.t.Helper()
	dir := os.Getenv("DOORSTEP_PICTURES")
	if dir == "" {
		return
	}
	r.ui(func() {
		f, err := os.Create(filepath.Join(dir, name+".png"))
		if err == nil {
			err = png.Encode(f, r.u.win.Canvas().Capture())
			f.Close()
		}
		if err != nil {
			r.t.Error(err)
		}
	})
}

// looks are those in which a path is walked: one, and both where pictures of it
// are wanted.
func looks() map[string]kit.Variant {
	out := map[string]kit.Variant{"light": kit.Light}
	if os.Getenv("DOORSTEP_PICTURES") != "" {
		out["dark"] = kit.Dark
	}
	return out
}

// openFor opens a case as from a list, for a reason where one is asked for.
func (r *rig) openFor(id uuid.UUID) {
	r.ui(func() { r.u.shell.open(id) })
	r.settle()
	if strings.Contains(r.dialogWords(), "不在您的待办里") {
		r.typeLines("家长来电核对进度")
	}
}

// dialog is the dialog on top.
func (r *rig) dialog() *kit.Dialog {
	d, _ := r.u.win.Canvas().Overlays().Top().(*kit.Dialog)
	return d
}

// answer presses the main button of the dialog on top.
func (r *rig) answer() {
	r.t.Helper()
	r.ui(func() {
		d := r.dialog()
		if d == nil {
			r.t.Error("no dialog is open")
			return
		}
		d.YesButton().Tapped(nil)
	})
	r.settle()
}

// press presses the blue button, which must say text.
func (r *rig) press(text string) {
	r.t.Helper()
	v := r.visit()
	r.ui(func() {
		if got := v.main.Text(); got != text || v.main.Disabled() {
			r.t.Errorf("the blue button says %q, disabled %v, want %q", got, v.main.Disabled(), text)
		}
		v.main.Tapped(nil)
	})
	r.settle()
}

// writes a file for the chooser.
func testFile(t testing.TB, name string, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// chooses types a path into the chooser that is open.
func (r *rig) chooses(path string) {
	r.t.Helper()
	r.until("the folder is read", func() bool {
		f, ok := r.u.win.Canvas().Focused().(*kit.Field)
		return ok && strings.HasSuffix(f.Text(), string(filepath.Separator))
	})
	r.ui(func() {
		f := r.u.win.Canvas().Focused().(*kit.Field)
		f.SelectAll()
		test.Type(f, path)
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
}

// draws signs on the pad of the dialog that is open.
func (r *rig) draws() {
	r.t.Helper()
	r.ui(func() {
		pad := findPad(r.dialog())
		if pad == nil {
			r.t.Error("no pad is open")
			return
		}
		pad.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: fyne.NewPos(100, 120)}})
		for i := range 60 {
			pad.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(100+float32(i)*9, 120+float32(i%9)*8)}})
		}
		pad.MouseUp(nil)
	})
}

// ticks ticks every box of the dialog on top.
func (r *rig) ticks() {
	r.t.Helper()
	r.ui(func() {
		for _, o := range test.LaidOutObjects(r.dialog()) {
			if c, ok := o.(*kit.Check); ok && !c.Checked() {
				c.Tapped(nil)
			}
		}
	})
}

func findPad(o fyne.CanvasObject) *kit.SignaturePad {
	switch w := o.(type) {
	case *kit.SignaturePad:
		return w
	case *fyne.Container:
		for _, c := range w.Objects {
			if p := findPad(c); p != nil {
				return p
			}
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(w).Objects() {
			if p := findPad(c); p != nil {
				return p
			}
		}
	}
	return nil
}

// others writes changes of another device, each with its own heads seen.
func (r *rig) others(id uuid.UUID, device uuid.UUID, counter uint64, seen []uuid.UUID, kind loan.ChangeKind, body any) uuid.UUID {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: device, Counter: counter, Seen: seen, Operator: "other-1",
		Case: id, Kind: kind, At: testClock(), Body: raw}
	s := r.u.desk.Store()
	ch.BodyHash = loan.BodyHashOf(s.Sum, ch.Salt, raw)
	if err := s.Receive(context.Background(), []*loan.Change{ch}); err != nil {
		r.t.Fatal(err)
	}
	return ch.ID
}

func findButtons(o fyne.CanvasObject) []*kit.Button {
	var out []*kit.Button
	switch w := o.(type) {
	case *kit.Button:
		return []*kit.Button{w}
	case *fyne.Container:
		for _, c := range w.Objects {
			out = append(out, findButtons(c)...)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(w).Objects() {
			out = append(out, findButtons(c)...)
		}
	}
	return out
}
