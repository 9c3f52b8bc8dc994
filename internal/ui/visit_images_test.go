package ui

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
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
		r.snap("dialog-pages-refused")
		if got := len(r.saved(v.id).Slot(loan.DocSlot(loan.ApplicationForm))); got != 0 {
			t.Errorf("blank pages kept unasked: got %d", got)
		}
		r.answer()
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
	t.Run("a photographed page is cut out at its edges, unless the clerk says otherwise", func(t *testing.T) {
		r := &rig{t, r.u}
		slot := loan.DocSlot(loan.AdmissionLetter)
		path := testFile(t, "desk.png", onDesk(testPicture(620, 877)))
		r.ui(func() { images.choose(slot) })
		r.settle()
		r.chooses(path)
		r.snap("dialog-page-cut")
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("kept before it was looked at: got %d", got)
		}
		r.answer()
		held := r.saved(v.id).Slot(slot)
		if len(held) != 1 {
			t.Fatalf("pages kept: got %d, want 1", len(held))
		}
		b, err := r.u.desk.Blob(context.Background(), v.id, held[0].Blob)
		if err != nil {
			t.Fatal(err)
		}
		img, err := desk.DecodeImage(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Bounds(); got.Dx() < 600 || got.Dx() > 640 || got.Dy() < 850 || got.Dy() > 910 {
			t.Errorf("got %v, want the sheet's 620 by 877", got)
		}
		var c *pageCheck
		r.ui(func() {
			c = images.checkPage(slot, "t", onDesk(testPicture(620, 877)), nil, "", func(desk.Picture, loan.Part) {}, "重拍", func() {})
		})
		r.settle()
		r.ui(func() { c.trim.Tapped(nil) })
		r.settle()
		r.ui(func() {
			if got := c.page.Shown.Bounds(); c.page.Cut || got.Dx() != 1000 {
				t.Errorf("not to be cut: got %v, cut %v", got, c.page.Cut)
			}
			c.dialog.Close()
		})
		r.ui(func() { images.remove(held[0]) })
		r.settle()
	})
	t.Run("a page out of focus is refused, and taken again", func(t *testing.T) {
		r := &rig{t, r.u}
		slot := loan.DocSlot(loan.AdmissionLetter)
		soft := image.NewGray(image.Rect(0, 0, 1280, 960))
		for i := range soft.Pix {
			soft.Pix[i] = uint8(130 + 60*math.Sin(float64(i%1280)/60)*math.Sin(float64(i/1280)/50))
		}
		r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) {
			return []capture.Camera{capture.NewFake("练习摄像头", 5*time.Millisecond, soft)}, nil
		}
		r.ui(func() { images.shoot(slot) })
		r.until("the camera is open", func() bool { return !r.dialog().YesButton().Disabled() })
		r.answer()
		r.until("the page is judged", func() bool { return r.dialog().YesButton().Text() == "仍然使用" })
		r.snap("dialog-page-refused")
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("pages kept: got %d, want none", got)
		}
		r.ui(func() {
			again, ok := r.u.win.Canvas().Focused().(*kit.Button)
			if !ok || again.Text() != "重拍" {
				t.Fatal("the keyboard does not lead to taking it again")
			}
			again.Tapped(nil)
		})
		r.until("the camera is open again", func() bool {
			return r.dialog() != nil && r.dialog().YesButton().Text() == "拍照" && !r.dialog().YesButton().Disabled()
		})
		r.ui(func() { r.dialog().Close() })
		r.settle()
	})
	t.Run("files are dragged onto what they are of", func(t *testing.T) {
		r := &rig{t, r.u}
		slot := loan.DocSlot(loan.HukouBook)
		var files []fyne.URI
		for i, w := range []int{1180, 1240} {
			files = append(files, storage.NewFileURI(testFile(t, "d"+strconv.Itoa(i)+".png", testPicture(w, 900))))
		}
		middle := func(o fyne.CanvasObject) fyne.Position {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			return at.AddXY(o.Size().Width/2, o.Size().Height/2)
		}
		r.ui(func() {
			v.show(stepImages)
			r.u.dropped(fyne.NewPos(5, 5), files) // onto the rail
		})
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("dropped elsewhere: got %d pages", got)
		}
		r.ui(func() {
			images.content.ScrollToBottom()
			r.u.dropped(middle(images.cells[slot]), files)
		})
		held := r.saved(v.id).Slot(slot)
		if len(held) != 2 {
			t.Fatalf("pages kept: got %d, want 2", len(held))
		}
		b, err := r.u.desk.Blob(context.Background(), v.id, held[0].Blob)
		if err != nil {
			t.Fatal(err)
		}
		if img, err := desk.DecodeImage(b); err != nil || img.Bounds().Dx() != 1180 {
			t.Errorf("the first page is not the first file's")
		}
		r.ui(func() {
			images.content.ScrollToTop()
			r.u.dropped(middle(images.people[1].content), files[:1])
		})
		r.settle()
		if r.dialog() == nil {
			t.Fatal("a portrait dropped is not cropped")
		}
		r.ui(func() { r.dialog().Close() })
		for _, a := range held {
			r.ui(func() { images.remove(a) })
			r.settle()
		}
	})
	t.Run("a paper that is at work leaves the cells of the others as they are", func(t *testing.T) {
		r := &rig{t, r.u}
		slot, other := loan.DocSlot(loan.HukouBook), loan.DocSlot(loan.ApplicationForm)
		var its, others, then, kept fyne.CanvasObject
		r.ui(func() {
			its, others = images.cells[slot], images.cells[other]
			images.setBusy(slot, "正在打开文件…")
			then, kept = images.cells[slot], images.cells[other]
			if !images.shoots[slot].Disabled() || images.shoots[other].Disabled() {
				t.Error("not the one at work is disabled")
			}
			images.setBusy(slot, "")
		})
		if its == then {
			t.Error("the cell of the one at work stands as it was")
		}
		if others != kept {
			t.Error("the cell of another was built anew")
		}
		r.settle()
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

// onDesk lays a sheet on a dark desk.
func onDesk(sheet image.Image) image.Image {
	img := image.NewGray(image.Rect(0, 0, 1000, 1200))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{40}), image.Point{}, draw.Src)
	draw.Draw(img, sheet.Bounds().Add(image.Pt(180, 150)), sheet, image.Point{}, draw.Src)
	return img
}
