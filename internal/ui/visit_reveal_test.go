package ui

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// shownText is what the field of a path shows.
func (r *rig) shownText(path string) (text string) {
	r.ui(func() { text = r.u.shell.current.form.find(path).inner.Text() })
	return text
}

func TestAMaskedValueIsShownForAReasonAndMaskedAgain(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(id)
	if got := r.shownText("student.phone"); got != "154****0001" {
		t.Fatalf("before: got %q", got)
	}
	r.snap("reveal-masked")
	r.ui(func() { r.u.shell.current.banner.button.Tapped(nil) })
	r.settle()
	r.answer()
	if r.dialog() == nil || r.shownText("student.phone") != "154****0001" {
		t.Fatal("shown without a reason")
	}
	r.snap("reveal-asked")
	r.typeLines("家长来电核对进度") // and Return
	r.settle()
	if r.dialog() != nil {
		t.Fatal("the dialog stands")
	}
	if got := r.shownText("student.phone"); got != "15400000001" {
		t.Errorf("revealed: got %q", got)
	}
	if got := r.shownText("student.id_no"); got == studentID {
		t.Errorf("what was not asked for is shown too")
	}
	r.ui(func() {
		if !r.u.shell.current.locked() {
			t.Error("what is shown for a while can be changed")
		}
	})
	r.snap("reveal-shown")
	r.ui(func() { r.u.shell.current.banner.button.Tapped(nil) })
	r.settle()
	if got := r.shownText("student.phone"); got != "154****0001" {
		t.Errorf("masked by hand: got %q", got)
	}
}

func TestWhatIsShownForAWhileStaysNowhere(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(id)
	if err := r.u.desk.Reveal(t.Context(), id, []string{"student.phone"}, "家长来电核对进度"); err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.shell.current.refresh() })
	r.settle()
	clip := fyne.CurrentApp().Clipboard()
	r.ui(func() {
		f := r.u.shell.current.form.find("student.phone").inner
		f.TypedShortcut(&fyne.ShortcutSelectAll{})
		f.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clip})
		if clip.Content() != "15400000001" {
			t.Error("nothing to forget")
		}
		r.u.shell.current.showOwn()
	})
	r.ownShown(r.visit())
	if !strings.Contains(r.dialogWords(), "15400000001") {
		t.Fatal("the person is not shown what was asked for")
	}
	r.ui(func() { r.u.shell.current.conceal() })
	r.settle()
	if r.dialog() != nil {
		t.Error("the person's own data stand after the time")
	}
	r.ui(func() {
		if got := clip.Content(); got != "" {
			t.Errorf("a copy is kept: %d bytes", len(got))
		}
	})
	r.ui(func() { r.u.shell.current.showOwn() })
	r.ownShown(r.visit())
	if strings.Contains(r.dialogWords(), "15400000001") {
		t.Error("shown in full after the time")
	}
}

func TestACaseOutsideTheQueueIsFoundForAReason(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.ui(func() { r.u.shell.visit("cases") })
	r.ui(func() {
		s := r.u.shell.screen.(*cases)
		s.query.SetText("weice")
		s.search()
		if len(s.rows) != 0 {
			t.Errorf("the list has %d cases of another", len(s.rows))
		}
	})
	var b *beyond
	r.ui(func() {
		b = newBeyond(r.u)
		b.dialog.Open()
		b.query.SetText("weice")
		b.search()
		if b.busy {
			t.Error("it searches without a reason")
		}
		b.reason.SetText("家长来电核对进度")
		b.search()
	})
	r.settle()
	r.snap("beyond-found")
	r.ui(func() {
		if len(b.rows) != 1 || b.rows[0].ID != id {
			t.Fatalf("found %d", len(b.rows))
		}
		b.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
	if v := r.visit(); v == nil || v.id != id {
		t.Error("the case was not opened")
	}
}

func TestAnotherClerkTakesTheCaseOnAtTheSameDesk(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	other := r.u.desk.Operator()
	other.ID, other.Name = "clerk-2", "另一操作员"
	if err := r.u.desk.Store().EnableOperator(t.Context(), other, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-2", clerkPassword)
	r.openFor(id)
	r.ui(func() {
		v := r.u.shell.current
		if v.full() || !v.locked() || !v.mayTakeOn() {
			t.Fatalf("full %v, locked %v, may take on %v", v.full(), v.locked(), v.mayTakeOn())
		}
		v.takeOver()
	})
	r.settle()
	r.typeLines("换班，接着办") // and Return
	r.settle()
	r.ui(func() {
		if v := r.u.shell.current; !v.full() || v.locked() {
			t.Errorf("after taking on: full %v, locked %v", v.full(), v.locked())
		}
		for _, path := range []string{"student.birth", "student.id_valid_to"} {
			if d := dateOf(r.u.shell.current, path); d.Value() == "" || d.Field().Text() != d.Value() {
				t.Errorf("after taking on: %s stands as %q", path, d.Field().Text())
			}
		}
	})
	if got := r.u.desk.Find("weice", 0); len(got) != 1 {
		t.Errorf("the case is in the queue: got %d", len(got))
	}
}

func TestADateThatIsNotThereLooksEmptyInAMaskedCase(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false).id
	other := r.u.desk.Operator()
	other.ID, other.Name = "clerk-2", "另一操作员"
	if err := r.u.desk.Store().EnableOperator(t.Context(), other, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-2", clerkPassword)
	r.openFor(id)
	r.ui(func() {
		v := r.u.shell.current
		for _, path := range []string{"student.birth", "student.id_valid_to"} {
			if got := dateOf(v, path).Field().Text(); v.full() || got != "" {
				t.Errorf("full %v, %s stands as %q", v.full(), path, got)
			}
		}
	})
}
