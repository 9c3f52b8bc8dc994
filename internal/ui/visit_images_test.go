package ui

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestVisitPictures(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	r.ui(func() { v.show(stepImages) })
	t.Run("a portrait comes from a file, is cropped and kept", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() { images.people[0].choose.Tapped(nil) })
		r.settle()
		r.snap("dialog-chooser")
		r.chooses(testFile(t, "p.png", testPicture(900, 700)))
		r.snap("dialog-crop")
		r.answer()
		if r.ui(func() {}); r.dialog() != nil {
			r.answer() // the judge found something; the clerk uses it all the same
		}
		if got := len(r.saved(v.id).Slot(loan.PortraitStudent)); got != 1 {
			t.Errorf("portraits kept: got %d, want 1", got)
		}
	})
	t.Run("one person is attested by the clerk", func(t *testing.T) {
		r.ui(func() { images.people[0].attest.Tapped(nil) })
		if !r.saved(v.id).Attested[loan.StudentParty] {
			t.Error("not attested")
		}
	})
	t.Run("a paper comes from a camera", func(t *testing.T) {
		r := &rig{t, r.u}
		r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) {
			return []capture.Camera{capture.NewFake("练习摄像头", 5*time.Millisecond, testPicture(1280, 960))}, nil
		}
		r.ui(func() { images.shoot(loan.DocSlot(loan.HukouBook)) })
		r.until("the camera is open", func() bool { return !r.dialog().YesButton().Disabled() })
		r.snap("dialog-camera")
		r.answer()
		r.until("the still is taken", func() bool { return r.dialog().YesButton().Text() == "使用这张" })
		r.snap("dialog-camera-still")
		r.answer()
		if got := len(r.saved(v.id).Slot(loan.DocSlot(loan.HukouBook))); got != 1 {
			t.Errorf("pages kept: got %d, want 1", got)
		}
	})
	t.Run("a PDF brings a page for each of its pages", func(t *testing.T) {
		r := &rig{t, r.u}
		path := filepath.Join(t.TempDir(), "two.pdf")
		if err := os.WriteFile(path, []byte("%PDF-1.4 /Type /Page  /Type /Page "), 0o600); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { images.choose(loan.DocSlot(loan.ApplicationForm)) })
		r.settle()
		r.chooses(path)
		if got := len(r.saved(v.id).Slot(loan.DocSlot(loan.ApplicationForm))); got < 1 {
			t.Errorf("pages kept: got %d", got)
		}
	})
	t.Run("a page can be looked at, turned and taken away", func(t *testing.T) {
		r := &rig{t, r.u}
		slot := loan.DocSlot(loan.HukouBook)
		held := r.saved(v.id).Slot(slot)
		r.ui(func() { images.look(held[0], 0) })
		r.settle()
		r.snap("dialog-page")
		r.answer()
		r.ui(func() { images.turn(held[0], testPicture(1200, 900), 1) })
		turned := r.saved(v.id).Slot(slot)
		if len(turned) != 1 || turned[0].Blob == held[0].Blob {
			t.Errorf("after turning: %d pages", len(turned))
		}
		r.ui(func() { images.remove(turned[0]) })
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("after taking away: %d pages", got)
		}
	})
	t.Run("a broken file is refused in words and nothing is kept", func(t *testing.T) {
		r := &rig{t, r.u}
		path := filepath.Join(t.TempDir(), "broken.jpg")
		if err := os.WriteFile(path, []byte("\xff\xd8\xff no picture"), 0o600); err != nil {
			t.Fatal(err)
		}
		slot := loan.DocSlot(loan.StudentIDCard)
		r.ui(func() { images.choose(slot) })
		r.settle()
		r.chooses(path)
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("pages kept: got %d", got)
		}
	})
	r.picture(stepImages, "visit-images-taken")
}
