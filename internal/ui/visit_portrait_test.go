package ui

import (
	"context"
	"image"
	"os"
	"strings"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// drawnFace is a picture of nobody, with much wall about the head.
const drawnFace = "testdata/portrait.jpg"

func drawnPortrait(t *testing.T) image.Image {
	t.Helper()
	b, err := os.ReadFile(drawnFace)
	if err != nil {
		t.Fatal(err)
	}
	img, err := desk.DecodeImage(b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func findCropper(o fyne.CanvasObject) *cropper {
	switch w := o.(type) {
	case *cropper:
		return w
	case *fyne.Container:
		for _, c := range w.Objects {
			if p := findCropper(c); p != nil {
				return p
			}
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(w).Objects() {
			if p := findCropper(c); p != nil {
				return p
			}
		}
	}
	return nil
}

func TestPortraitsAreJudged(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	r.ui(func() { v.show(stepImages) })
	t.Run("the face is found and the portrait cropped about it", func(t *testing.T) {
		r := &rig{t, r.u}
		before := image.Rectangle{}
		r.ui(func() {
			images.people[0].crop(drawnPortrait(t), "file")
			before = findCropper(r.dialog()).crop
		})
		r.until("the face is found", func() bool { return findCropper(r.dialog()).crop != before })
		r.snap("dialog-crop-face")
		r.ui(func() {
			c := findCropper(r.dialog())
			whole := desk.PortraitShape(c.img.Bounds(), image.Rectangle{})
			if c.crop == whole || c.crop.Dx() > whole.Dx()*95/100 {
				t.Errorf("got the crop %v, want it about the face", c.crop)
			}
		})
		r.answer()
		if got := len(r.saved(v.id).Slot(loan.PortraitStudent)); got != 1 || r.dialog() != nil {
			t.Errorf("portraits kept: got %d, want the good one at once", got)
		}
	})
	t.Run("what the clerk moved by hand is left alone", func(t *testing.T) {
		r := &rig{t, r.u}
		moved := image.Rectangle{}
		r.ui(func() {
			images.people[1].crop(drawnPortrait(t), "file")
			c := findCropper(r.dialog())
			c.size(0.8)
			moved = c.crop
		})
		r.settle()
		r.ui(func() {
			if c := findCropper(r.dialog()); c.crop != moved {
				t.Errorf("got %v, want %v", c.crop, moved)
			}
			r.dialog().Close()
		})
	})
	t.Run("a picture with no face is refused once, and kept on the clerk's word", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() { images.people[1].crop(testPicture(900, 700), "file") })
		r.settle()
		r.answer()
		if got := len(r.saved(v.id).Slot(loan.PortraitCoborrower)); got != 0 || r.dialog().YesButton().Text() != "仍然使用" {
			t.Fatalf("portraits kept: got %d, want none yet", got)
		}
		r.answer()
		if got := len(r.saved(v.id).Slot(loan.PortraitCoborrower)); got != 1 {
			t.Errorf("portraits kept: got %d, want 1", got)
		}
	})
	t.Run("a portrait that is in use already is told of", func(t *testing.T) {
		r := &rig{t, r.u}
		takes := func(card *portraitCard) {
			before := image.Rectangle{}
			r.ui(func() {
				card.crop(drawnPortrait(t), "file")
				before = findCropper(r.dialog()).crop
			})
			r.until("the face is found", func() bool { return findCropper(r.dialog()).crop != before })
			r.answer()
		}
		held := r.saved(v.id).Slot(loan.PortraitCoborrower)
		takes(images.people[1]) // the student's own
		if got := r.saved(v.id).Slot(loan.PortraitCoborrower); len(got) != 1 || got[0] != held[0] || r.dialog() == nil {
			t.Fatalf("for the other party: got %v unasked", got)
		}
		r.ui(func() { r.dialog().Close() })
		second := r.open(loan.First, false)
		other := second.steps[stepImages].(*imagesStep)
		r.ui(func() { second.show(stepImages) })
		takes(other.people[0])
		if got := len(r.saved(second.id).Slot(loan.PortraitStudent)); got != 0 || r.dialog() == nil {
			t.Fatalf("in another case: got %d unasked", got)
		}
		r.snap("dialog-portrait-used")
		r.answer()
		if got := len(r.saved(second.id).Slot(loan.PortraitStudent)); got != 1 {
			t.Errorf("on the clerk's word: got %d, want 1", got)
		}
		r.openFor(v.id)
		v = r.visit()
		images = v.steps[stepImages].(*imagesStep)
		r.ui(func() { v.show(stepImages) })
	})
	for name, c := range map[string]struct {
		frame image.Image
		want  string
	}{
		"who sits well is told so":            {drawnPortrait(t), "位置和光线都好"},
		"who is not in the picture is called": {testPicture(900, 700), "没有找到人脸"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rig{t, r.u}
			r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) {
				return []capture.Camera{capture.NewFake("练习摄像头", 5*time.Millisecond, c.frame)}, nil
			}
			r.ui(images.people[0].takeByCamera)
			r.until("the person is told", func() bool {
				return images.camera != nil && strings.Contains(images.camera.words.Text(), c.want)
			})
			r.snap("dialog-camera-person")
			r.ui(func() { r.dialog().Close() })
			r.settle()
		})
	}
}

func TestTheLocksKeyLocksWhileAPortraitIsCropped(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false)
	r.ui(func() { showCrop(r.u, "借款学生照片", drawnPortrait(t), func(desk.Picture) {}) })
	r.settle()
	r.ui(func() {
		f := r.u.win.Canvas().Focused()
		if _, ok := f.(*cropper); !ok {
			t.Errorf("the focus is on %T", f)
		}
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF12})
		if r.u.shell != nil {
			t.Error("the window stays open")
			r.u.lock()
		}
	})
	r.locked()
}
