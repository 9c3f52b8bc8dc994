package ui

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func TestADocumentForAPortraitAsksWhichPage(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	path := filepath.Join(t.TempDir(), "three.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4 /Type /Page  /Type /Page  /Type /Page  /Sheets (pcf)"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		v.show(stepImages)
		images.content.ScrollToTop()
		r.dropsOn(images.people[0].content, path)
	})
	r.settle()
	if got := r.dialogWords(); !strings.Contains(got, "有 3 页") || !strings.Contains(got, "只用一页") {
		t.Fatalf("the clerk is told %q", got)
	}
	r.snap("dialog-portrait-page")
	var use []*kit.Button
	r.ui(func() {
		for _, o := range test.LaidOutObjects(r.dialog()) {
			if b, ok := o.(*kit.Button); ok && b.Text() == "用这一页" {
				use = append(use, b)
			}
		}
	})
	if len(use) != 3 {
		t.Fatalf("pages to choose among: got %d, want 3", len(use))
	}
	r.ui(func() { use[2].Tapped(nil) })
	r.settle()
	if got := len(r.saved(v.id).Slot(loan.PortraitStudent)); got != 0 {
		t.Errorf("kept before the clerk cropped it: %d", got)
	}
	r.ui(func() {
		d := r.dialog()
		if d == nil || d.YesButton().Text() != "使用" {
			t.Fatal("the page that was chosen is not shown to be cropped")
		}
		d.Close()
	})
}

func TestWhatALockLeftOutIsToldAtTheNextSignIn(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	plain := testFile(t, "plain.png", testPicture(1240, 900))
	book := loan.DocSlot(loan.HukouBook)
	r.ui(func() {
		v.show(stepImages)
		images.content.ScrollToBottom()
		r.dropsOn(images.cells[book], plain)
		r.u.jobs.wait() // made, and not kept yet
		r.u.lock()
	})
	r.locked()
	in := func(who string) {
		t.Helper()
		d, err := r.u.deps.Door.SignIn(context.Background(), who, []byte(clerkPassword))
		if err != nil {
			t.Fatal(err)
		}
		r.ui(func() { r.u.signedIn(d) })
		r.settle()
	}
	in("clerk-1")
	r.until("it is told", func() bool { return r.dialog() != nil })
	if got := r.dialogWords(); !strings.Contains(got, docLabel(loan.HukouBook)) || !strings.Contains(got, "没有添加") {
		t.Errorf("the clerk is told %q", got)
	}
	r.answer()
	t.Run("once", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() { r.u.lock() })
		r.locked()
		in("clerk-1")
		r.ui(func() {
			if r.dialog() != nil {
				t.Error("it is told again")
			}
		})
	})
	t.Run("also of a picture that waits for the clerk's word", func(t *testing.T) {
		r := &rig{t, r.u}
		r.openFor(v.id)
		r.ui(func() {
			v := r.u.shell.current
			images := v.steps[stepImages].(*imagesStep)
			v.show(stepImages)
			images.people[0].crop(testPicture(800, 1000), "file")
		})
		r.settle()
		r.ui(func() {
			if got, want := strings.Join(r.u.unkept(), " "), partyLabel(loan.StudentParty)+"现场照片"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			r.dialog().Close()
			if got := r.u.unkept(); len(got) != 0 {
				t.Errorf("after the clerk's word: got %q", got)
			}
		})
	})
}

// TestPicturesThatWaitForAWordAreToldAsLeftOut has the clerk asked about what came, each
// time the window would lock.
func TestPicturesThatWaitForAWordAreToldAsLeftOut(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, func(r *rig, id uuid.UUID) {
		pic, err := desk.Portrait(testPicture(716, 882), image.Rectangle{})
		if err != nil {
			t.Fatal(err)
		}
		r.must(r.u.desk.Consent(t.Context(), id, loan.CoborrowerParty, loan.ConsentSensitive, textFor(loan.ConsentSensitive).ID, true))
		r.must(r.u.desk.Attach(t.Context(), id, loan.PortraitCoborrower, pic.JPEG, "image/jpeg", "file"))
	})
	images := v.steps[stepImages].(*imagesStep)
	r.ui(func() { v.show(stepImages) })
	r.settle()
	waits := func(t *testing.T, want string) {
		t.Helper()
		r.ui(func() {
			if got := strings.Join(r.u.unkept(), " "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			r.dialog().Close()
			if got := r.u.unkept(); len(got) != 0 {
				t.Errorf("after the clerk's word: got %q", got)
			}
		})
	}
	t.Run("pages that cannot be read", func(t *testing.T) {
		r.ui(func() {
			images.refusePages(loan.DocSlot(loan.HukouBook), []desk.Picture{{Problems: []string{"太模糊。"}}, {}}, func([]desk.Picture) {})
		})
		waits(t, docLabel(loan.HukouBook))
	})
	t.Run("a portrait that is in use", func(t *testing.T) {
		r.ui(func() { images.people[0].crop(testPicture(716, 882), "file") })
		r.settle()
		for range 3 {
			if !strings.Contains(r.dialogWords(), "这张照片已经用") {
				r.answer()
			}
		}
		if words := r.dialogWords(); !strings.Contains(words, "这张照片已经用") {
			t.Fatalf("the clerk is asked %q", words)
		}
		waits(t, partyLabel(loan.StudentParty)+"现场照片")
	})
}
