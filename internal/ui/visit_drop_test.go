package ui

import (
	"image"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
)

// dropsOn drops files on the middle of what is on the screen.
func (r *rig) dropsOn(o fyne.CanvasObject, paths ...string) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).AddXY(o.Size().Width/2, o.Size().Height/2)
	var files []fyne.URI
	for _, p := range paths {
		files = append(files, storage.NewFileURI(p))
	}
	r.u.dropped(at, files)
}

// notices are the words on the screen, and so of its notices.
func (r *rig) notices() string {
	var b strings.Builder
	for _, o := range test.LaidOutObjects(r.u.win.Canvas().Content()) {
		if x, ok := o.(*canvas.Text); ok {
			b.WriteString(x.Text + "\n")
		}
	}
	return b.String()
}

func TestAFileThatIsDroppedIsTakenOrSaidNotToBe(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	letter, book := loan.DocSlot(loan.AdmissionLetter), loan.DocSlot(loan.HukouBook)
	plain := testFile(t, "plain.png", testPicture(1240, 900))
	sheet := testFile(t, "sheet.png", onDesk(testPicture(620, 877)))
	said := func(want string) { // in the turn of the window in which it is said
		t.Helper()
		if got := r.notices(); !strings.Contains(got, want) {
			t.Errorf("the window does not say %s", want)
		}
		r.u.root.Clear()
	}
	r.ui(func() { v.show(stepImages); images.content.ScrollToBottom() })
	t.Run("on a paper that is at work it waits for the clerk", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() {
			images.setBusy(book, "正在打开文件…")
			r.dropsOn(images.cells[book], plain)
			said("还在处理上一份")
			images.setBusy(book, "")
		})
		if got := len(r.saved(v.id).Slot(book)); got != 0 {
			t.Errorf("pages kept: got %d", got)
		}
	})
	t.Run("of two for one portrait none is taken unasked", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() {
			images.content.ScrollToTop()
			r.dropsOn(images.people[0].content, plain, sheet)
			if images.busy[loan.PortraitStudent] != "" {
				t.Error("one of them is taken")
			}
			said("一次只能拖一张")
		})
	})
	t.Run("beside a case it is said where to", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() {
			r.u.shell.visit("today")
			r.u.dropped(fyne.NewPos(400, 300), []fyne.URI{storage.NewFileURI(plain)})
			said("要拖到“人证与影像”")
			r.u.shell.visit("visit")
			v.show(stepImages)
			images.content.ScrollToBottom()
		})
	})
	t.Run("a page to be looked at is not shown over what comes after its case, and that is said", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() {
			r.dropsOn(images.cells[book], plain)
			r.u.jobs.wait() // both are made when the case is left
		})
		r.settle()
		if got := len(r.saved(v.id).Slot(book)); got != 1 {
			t.Fatalf("pages kept while the case is open: got %d, want 1", got)
		}
		r.ui(func() {
			images.content.ScrollToBottom()
			r.dropsOn(images.cells[letter], sheet)
			r.u.jobs.wait()
			v.close()
			r.u.shell.current = nil
			r.u.shell.visit("today")
		})
		r.until("it is said, or shown", func() bool { return r.dialog() != nil || strings.Contains(r.notices(), "没有添加") })
		r.ui(func() {
			if r.dialog() != nil {
				t.Error("it is shown")
			}
			r.u.root.Clear()
		})
		if got := len(r.saved(v.id).Slot(letter)); got != 0 {
			t.Errorf("pages kept: got %d", got)
		}
	})
	t.Run("nor over the lock", func(t *testing.T) {
		r := &rig{t, r.u}
		r.openFor(v.id)
		r.ui(func() {
			v := r.u.shell.current
			images := v.steps[stepImages].(*imagesStep)
			v.show(stepImages)
			images.content.ScrollToBottom()
			r.dropsOn(images.cells[letter], sheet)
			r.u.jobs.wait() // made, and not shown yet
			r.u.lock()
		})
		r.locked()
		r.ui(func() {
			if r.u.win.Canvas().Overlays().Top() != nil {
				t.Error("a page of the case is shown over the sign-in screen")
			}
		})
	})
}

func TestAPhoneIsToldThatAPageIsAddedWhenItIs(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	slot := loan.DocSlot(loan.HukouBook)
	r.ui(func() { v.show(stepImages) })
	open := func() *phoneDialog {
		return r.opens(func() { images.openPhone(slot, "户口簿", true, nil, func() {}, func() {}) })
	}
	// The page is closed while a picture that came waits to be looked at.
	closed := func(img image.Image) {
		d := open()
		for range cap(r.u.mill) {
			r.u.mill <- struct{}{}
		}
		d.sends(t, img)
		r.until("the picture is there", func() bool { return d.words.Text() == "照片已到，正在检查…" })
		r.ui(func() { d.dialog.Close() })
		for range cap(r.u.mill) {
			<-r.u.mill
		}
	}
	t.Run("a page that came before the end is kept", func(t *testing.T) {
		r := &rig{t, r.u}
		closed(testPicture(1240, 900))
		r.until("the page is kept", func() bool { return len(v.c.Slot(slot)) == 1 })
		r.settle()
		r.ui(func() { r.u.root.Clear() })
	})
	t.Run("one that cannot be read is said not to be", func(t *testing.T) {
		r := &rig{t, r.u}
		d := open()
		r.ui(func() {
			d.dialog.Close()
			r.u.root.Clear()
			d.late(desk.Page{Picture: desk.Picture{Problems: []string{"画面模糊。"}}}, nil, "phone")
			if got := r.notices(); !strings.Contains(got, "没有添加：画面模糊。") {
				t.Error("it is not said")
			}
			r.u.root.Clear()
		})
		if got := len(r.saved(v.id).Slot(slot)); got != 1 {
			t.Errorf("pages kept: got %d, want 1", got)
		}
	})
	t.Run("a page that cannot be kept is not called added", func(t *testing.T) {
		r := &rig{t, r.u}
		d := open()
		r.ui(func() {
			d.slot = "doc/none"
			d.page.Picture.JPEG, d.source = []byte("\xff\xd8\xff"), "phone"
			d.keep()
			if strings.Contains(d.words.Text(), "已添加") {
				t.Error("it is called added before it is kept")
			}
		})
		r.until("it is said", func() bool { return strings.Contains(d.words.Text(), "没有存下") })
		r.ui(func() {
			if d.came != 0 {
				t.Errorf("counted: %d", d.came)
			}
			d.dialog.Close()
		})
	})
}
