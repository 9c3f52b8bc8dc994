package ui

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

// parts are what the pages of a paper are said to show, in order.
func parts(c *loan.Case, d loan.Doc) (out []loan.Part) {
	for _, a := range c.Slot(loan.DocSlot(d)) {
		out = append(out, a.Part)
	}
	return out
}

func TestSidesOfACard(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	slot := loan.DocSlot(loan.StudentIDCard)
	r.ui(func() { v.show(stepImages) })
	choose := func(w int) {
		r.t.Helper()
		r.ui(func() { images.choose(slot) })
		r.settle()
		r.chooses(testFile(t, "card.png", testPicture(w, 640)))
	}
	state := func() string {
		_, words := heldWords(v.c, loan.StudentIDCard)
		return words
	}
	t.Run("one side is kept as that side, and the clerk sees which lacks", func(t *testing.T) {
		choose(1000)
		r.snap("dialog-side")
		r.answer()
		c := r.saved(v.id)
		if got := parts(c, loan.StudentIDCard); !slices.Equal(got, []loan.Part{loan.Front}) {
			t.Fatalf("got %v", got)
		}
		if slices.Contains(c.App.Docs, loan.StudentIDCard) {
			t.Error("a card of one side counts")
		}
		r.ui(func() {
			if got := state(); got != "还缺国徽面" {
				t.Errorf("beside the card: %q", got)
			}
			if f := v.u.win.Canvas().Focused(); f != fyne.Focusable(images.shoots[slot]) {
				t.Errorf("the keyboard goes on to %T", f)
			}
			v.show(stepPapers)
			v.show(stepImages)
		})
		if report := r.u.desk.CheckEntry(c); !slices.ContainsFunc(report.Findings, func(f loan.Finding) bool { return f.Code == "E-DC-001" && f.Field == string(slot) }) {
			t.Errorf("the rules say %v", report.Findings)
		}
		r.snap("visit-side-lacking")
	})
	t.Run("the next is the other side, and the card is whole", func(t *testing.T) {
		choose(1010)
		r.answer()
		c := r.saved(v.id)
		if got := parts(c, loan.StudentIDCard); !slices.Equal(got, []loan.Part{loan.Front, loan.Back}) || !slices.Contains(c.App.Docs, loan.StudentIDCard) {
			t.Fatalf("got %v, papers %v", got, c.App.Docs)
		}
		r.ui(func() {
			if got := state(); got != "正反面都有" {
				t.Errorf("beside the card: %q", got)
			}
		})
		r.snap("visit-sides")
	})
	t.Run("what a page shows can be said otherwise", func(t *testing.T) {
		held := r.saved(v.id).Slot(slot)
		r.ui(func() { images.remove(held[1]) })
		r.settle()
		r.ui(func() { images.look(held[0], 0) })
		r.settle()
		r.ui(func() { images.looking.ticks.boxes[1].Tapped(nil) })
		r.settle()
		c := r.saved(v.id)
		if got := parts(c, loan.StudentIDCard); !slices.Equal(got, []loan.Part{loan.JoinParts(loan.Front, loan.Back)}) || !slices.Contains(c.App.Docs, loan.StudentIDCard) {
			t.Errorf("one page of both sides: got %v", got)
		}
		r.snap("dialog-page-sides")
		r.ui(func() {
			images.looking.ticks.boxes[0].Tapped(nil)
			images.looking.ticks.boxes[1].Tapped(nil)
		})
		r.settle()
		if got := parts(r.saved(v.id), loan.StudentIDCard); !slices.Equal(got, []loan.Part{loan.OtherPart}) {
			t.Errorf("neither side: got %v", got)
		}
		r.ui(func() { images.looking.dialog.Close() })
	})
	t.Run("two pictures that come at once are its two sides", func(t *testing.T) {
		slot := loan.DocSlot(loan.CoborrowerIDCard)
		pics := make([]desk.Picture, 2)
		for i := range pics {
			var err error
			if pics[i], err = desk.Scan(testPicture(1000+10*i, 640)); err != nil {
				t.Fatal(err)
			}
		}
		r.ui(func() {
			images.keep(slot, pics[:1], "phone", nil)
			images.keep(slot, pics[1:], "phone", nil)
		})
		r.settle()
		if got := parts(r.saved(v.id), loan.CoborrowerIDCard); !slices.Equal(got, []loan.Part{loan.Front, loan.Back}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a page kept before there were sides counts, and can be named", func(t *testing.T) {
		scanned, err := desk.Scan(testPicture(1000, 640))
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, kit.Dark)
		v := r.open(loan.First, false, func(r *rig, id uuid.UUID) {
			r.must(r.u.desk.Attach(context.Background(), id, slot, scanned.JPEG, "image/jpeg", "camera"))
		})
		c := r.saved(v.id)
		if !slices.Contains(c.App.Docs, loan.StudentIDCard) {
			t.Error("it does not count any more")
		}
		r.ui(func() {
			v.show(stepImages)
			if _, words := heldWords(v.c, loan.StudentIDCard); !strings.Contains(words, "请看清正反面") {
				t.Errorf("beside the card: %q", words)
			}
		})
		r.snap("visit-side-unsaid-dark")
	})
}

func TestPagesInOrder(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	slot := loan.DocSlot(loan.HukouBook)
	r.ui(func() { v.show(stepImages) })
	path := filepath.Join(t.TempDir(), "three.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4 /Type /Page  /Type /Page  /Type /Page  /Sheets (pcf)"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.ui(func() { images.choose(slot) })
	r.settle()
	r.chooses(path)
	r.settle()
	held := r.saved(v.id).Slot(slot)
	if len(held) != 3 {
		t.Fatalf("pages kept: got %d, want 3", len(held))
	}
	t.Run("only the picture of a sheet is cut out of its page", func(t *testing.T) {
		for i, want := range []image.Point{{620, 876}, {620, 876}, {413, 584}} {
			b, err := r.u.desk.Blob(context.Background(), v.id, held[i].Blob)
			if err != nil {
				t.Fatal(err)
			}
			img, err := desk.DecodeImage(b)
			if err != nil {
				t.Fatal(err)
			}
			if got := img.Bounds().Size(); got.Sub(want).X > 15 || want.Sub(got).X > 15 || got.Sub(want).Y > 15 || want.Sub(got).Y > 15 {
				t.Errorf("page %d: got %v, want about %v", i+1, got, want)
			}
		}
	})
	t.Run("a page out of focus on its desk is refused in words", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "soft.pdf")
		if err := os.WriteFile(path, []byte("%PDF-1.4 /Type /Page  /Type /Page  /Sheets (fs)"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { images.choose(slot) })
		r.settle()
		r.chooses(path)
		r.settle()
		if d := r.dialog(); d == nil || d.YesButton().Text() != "仍然全部添加" {
			t.Fatal("the clerk is not asked")
		}
		r.snap("dialog-file-page-refused")
		if got := len(r.saved(v.id).Slot(slot)); got != 3 {
			t.Errorf("pages kept unasked: got %d", got)
		}
		r.ui(func() { r.dialog().Close() })
	})
	order := func() []loan.Hash {
		var out []loan.Hash
		for _, a := range r.saved(v.id).Slot(slot) {
			out = append(out, a.Blob)
		}
		return out
	}
	a, b, c := held[0].Blob, held[1].Blob, held[2].Blob
	t.Run("a button moves a page", func(t *testing.T) {
		r.ui(func() { images.look(held[2], 2) })
		r.settle()
		r.snap("dialog-page-order")
		r.ui(func() {
			if !images.looking.later.Disabled() {
				t.Error("the last page can be moved on")
			}
			images.looking.earlier.Tapped(nil)
		})
		r.settle()
		if got := order(); !slices.Equal(got, []loan.Hash{a, c, b}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("Ctrl with an arrow does, and stops at the ends", func(t *testing.T) {
		key := func(k fyne.KeyName) {
			r.ui(func() { v.shortcut(k) })
			r.settle()
		}
		for range 3 {
			key(fyne.KeyLeft)
		}
		if got := order(); !slices.Equal(got, []loan.Hash{c, a, b}) {
			t.Errorf("three times earlier: got %v", got)
		}
		key(fyne.KeyRight)
		if got := order(); !slices.Equal(got, []loan.Hash{a, c, b}) {
			t.Errorf("once later: got %v", got)
		}
		r.ui(func() { images.looking.dialog.Close() })
		key(fyne.KeyLeft)
		if got := order(); !slices.Equal(got, []loan.Hash{a, c, b}) {
			t.Errorf("with no page looked at: got %v", got)
		}
	})
	t.Run("a page turned stays in its place", func(t *testing.T) {
		r.ui(func() { images.turn(held[0], testPicture(1200, 900), 1) })
		r.settle()
		if got := order(); len(got) != 3 || got[0] == a || !slices.Equal(got[1:], []loan.Hash{c, b}) {
			t.Errorf("got %v", got)
		}
	})
	r.snap("visit-pages-ordered")
}
