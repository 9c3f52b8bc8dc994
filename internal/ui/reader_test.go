package ui

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// readsOn presses the blue button until who is to sign next has seen every page, and
// says how often.
func (r *rig) readsOn(sign *signStep) int {
	r.t.Helper()
	for n := range 100 {
		r.drawn(sign)
		done := false
		r.ui(func() {
			if done = sign.stage() != signReads; !done {
				sign.v.main.Tapped(nil)
			}
		})
		if done {
			return n
		}
	}
	r.t.Fatal("the contract is never read")
	return 0
}

// drawn waits until the page that was turned to is drawn.
func (r *rig) drawn(sign *signStep) {
	r.t.Helper()
	r.until("the page is drawn", func() bool {
		return sign.stage() != signReads || sign.view.view != nil && sign.view.view.Page() == sign.reader.page
	})
}

func TestTheReaderKeepsTheTimeOfEach(t *testing.T) {
	now := time.Unix(1e9, 0)
	pass := func(d time.Duration) { now = now.Add(d) }
	r := newReader(func() time.Time { return now })
	r.start(2)
	whole := edges{true, true}
	r.show(0, whole)
	pass(2 * time.Second)
	r.look(loan.CoborrowerParty, false)
	pass(3 * time.Second)
	r.show(1, whole)
	pass(time.Second)
	if !r.all(loan.StudentParty) || r.all(loan.CoborrowerParty) || r.count() != 1 {
		t.Fatalf("student %d, co-borrower %d, both %d pages; want 2, 1, 1", r.seen(loan.StudentParty), r.seen(loan.CoborrowerParty), r.count())
	}
	if at, ok := r.unseen(loan.CoborrowerParty); !ok || at != 1 {
		t.Errorf("unseen by the co-borrower: got %d %v, want 1", at, ok)
	}
	r.look(loan.CoborrowerParty, true)
	pass(4 * time.Second)
	r.pause()
	pass(time.Hour)
	for p, want := range map[loan.Party][]int{loan.StudentParty: {5000, 5000}, loan.CoborrowerParty: {2000, 4000}} {
		if got := r.millis(p); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", p, got, want)
		}
	}
	r.start(1)
	r.show(0, whole)
	if got := r.millis(loan.StudentParty); got[0] != 1 {
		t.Errorf("shown for no time: got %d, want 1", got[0])
	}
}

func TestAPageIsReadOnceItsHeadAndItsFootWereShown(t *testing.T) {
	now := time.Unix(1e9, 0)
	r := newReader(func() time.Time { return now })
	r.start(2)
	seen := func(student, coborrower int) {
		t.Helper()
		if r.seen(loan.StudentParty) != student || r.seen(loan.CoborrowerParty) != coborrower {
			t.Errorf("student %d, co-borrower %d pages; want %d, %d", r.seen(loan.StudentParty), r.seen(loan.CoborrowerParty), student, coborrower)
		}
	}
	r.show(0, edges{head: true})
	now = now.Add(time.Second)
	seen(0, 0)
	r.show(0, edges{})
	r.look(loan.CoborrowerParty, false)
	r.show(0, edges{foot: true})
	seen(1, 0)
	r.look(loan.CoborrowerParty, true) // comes when the foot alone is in view
	seen(1, 0)
	if at, ok := r.unseen(loan.StudentParty); !ok || at != 1 {
		t.Errorf("unseen by the student: got %d %v, want 1", at, ok)
	}
	r.show(1, edges{head: true})
	r.show(0, edges{head: true})
	seen(1, 0)
	r.show(0, edges{foot: true})
	seen(1, 1)
	if at, ok := r.unseen(loan.StudentParty); !ok || at != 1 {
		t.Errorf("unseen by the student: got %d %v, want 1", at, ok)
	}
	if got := r.millis(loan.StudentParty); got[1] != 0 {
		t.Errorf("a page that was left at its head counts for %d ms", got[1])
	}
}

func TestAPageOfTheContractCountsAtItsFoot(t *testing.T) {
	r := newRig(t, kit.Light)
	sign := contractShown(r)
	v := sign.v
	pages := v.c.Contract.Pages
	begin := func(words string, seen int) {
		t.Helper()
		r.drawn(sign)
		r.ui(func() {
			if got := v.main.Text(); got != words || sign.reader.count() != seen {
				t.Errorf("%d pages seen, the button says %q; want %d, %q", sign.reader.count(), got, seen, words)
			}
		})
	}
	begin("往下看（还剩 3 页）", 0)
	if pages != 3 {
		t.Fatalf("the contract has %d pages, want 3", pages)
	}
	r.snap("sign-reads")
	t.Run("Page Down goes to the foot before it turns", func(*testing.T) {
		for n := 0; ; n++ {
			seen := 0
			r.ui(func() { seen = sign.reader.count() })
			if seen > 0 {
				break
			}
			if n > 20 {
				t.Fatal("the foot is never reached")
			}
			r.ui(func() {
				if sign.view.view.Page() != 0 {
					t.Fatal("turned before its foot was shown")
				}
				v.keys()[fyne.KeyPageDown]()
			})
		}
		begin("看下一页（还剩 2 页）", 1)
	})
	t.Run("the wheel counts too", func(*testing.T) {
		r.ui(func() { v.keys()[fyne.KeySpace]() })
		begin("往下看（还剩 2 页）", 1)
		r.ui(func() { r.wheel(sign, -100) })
		begin("往下看（还剩 2 页）", 1)
		r.ui(func() { r.wheel(sign, -5000) })
		begin("看下一页（还剩 1 页）", 2)
	})
	t.Run("Page Up goes back and stays in the step", func(*testing.T) {
		r.ui(func() {
			v.keys()[fyne.KeyPageUp]()
			if v.at != stepSign || sign.view.view.Page() != 1 {
				t.Errorf("at step %d, page %d", v.at, sign.view.view.Page()+1)
			}
		})
		begin("看下一页（还剩 1 页）", 2)
	})
	t.Run("a page passed over is gone back to", func(*testing.T) {
		r.ui(func() { sign.view.show(2) })
		begin("往下看（还剩 1 页）", 2)
		r.ui(func() { r.wheel(sign, -5000) })
		r.drawn(sign)
		r.ui(func() {
			if got := v.main.Text(); got != "请借款学生签名" || !sign.reader.all(loan.CoborrowerParty) {
				t.Errorf("all is read, the button says %q", got)
			}
			if v.keys()[fyne.KeyPageDown](); r.dialog() != nil {
				t.Error("one Page Down too many puts a signature in hand")
			}
		})
	})
}

func TestWhoComesAtTheFootBeginsAtTheHead(t *testing.T) {
	r := newRig(t, kit.Light)
	sign := contractShown(r)
	v := sign.v
	r.drawn(sign)
	r.ui(func() {
		sign.looks[0].Tapped(nil) // the student leaves, the co-borrower sees it all
		r.wheel(sign, -5000)
		if got := v.main.Text(); sign.reader.seen(loan.CoborrowerParty) != 1 || got != "从头看本页（借款学生还剩 3 页）" {
			t.Errorf("the co-borrower saw %d pages, the button says %q", sign.reader.seen(loan.CoborrowerParty), got)
		}
		v.main.Tapped(nil)
		if got := v.main.Text(); !sign.looks[0].Checked() || sign.reader.seen(loan.StudentParty) != 0 || got != "往下看（借款学生还剩 3 页）" {
			t.Errorf("the student saw %d pages, the button says %q", sign.reader.seen(loan.StudentParty), got)
		}
	})
}

func TestAPageThatFitsCountsAtOnce(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() { r.u.win.Resize(fyne.NewSize(1366, 2000)) })
	sign := contractShown(r)
	r.drawn(sign)
	r.ui(func() {
		if got := sign.v.main.Text(); sign.reader.count() != 1 || got != "看下一页（还剩 2 页）" {
			t.Errorf("%d pages seen, the button says %q", sign.reader.count(), got)
		}
	})
	if got := r.readsOn(sign); got != 2 {
		t.Errorf("read with %d presses, want 2", got)
	}
}

// wheel turns the wheel over the contract.
func (r *rig) wheel(sign *signStep, dy float32) {
	for _, o := range test.WidgetRenderer(sign.view.view).Objects() {
		if s, ok := o.(fyne.Scrollable); ok {
			s.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, dy)})
			return
		}
	}
	r.t.Error("the contract does not scroll")
}

// contractShown is a case whose contract was made and is to be read.
func contractShown(r *rig) *signStep {
	r.t.Helper()
	v := r.open(loan.First, false, entered, submitted, reviewed)
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() {
		v.show(stepSign)
		sign.known[0].Tapped(nil)
		sign.known[1].Tapped(nil)
	})
	r.settle()
	r.press("双方已知悉，生成合同")
	return sign
}

func TestWhoWasNotBeforeTheScreenReadsBeforeSigning(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed)
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() {
		v.show(stepSign)
		sign.known[0].Tapped(nil)
	})
	r.settle()
	r.ui(func() {
		if !v.main.Disabled() {
			t.Error("the contract is made before the co-borrower heard the texts")
		}
		sign.known[1].Tapped(nil)
	})
	r.snap("sign-texts")
	r.press("双方已知悉，生成合同")
	r.drawn(sign)
	r.ui(func() { sign.looks[1].Tapped(nil) })
	pages := r.saved(v.id).Contract.Pages
	r.readsOn(sign)
	r.snap("sign-looks")
	r.press("请借款学生签名")
	r.draws()
	r.ticks()
	r.answer()
	k := r.saved(v.id).Contract
	if _, ok := k.Readings[loan.CoborrowerParty]; ok || len(k.Readings[loan.StudentParty].Millis) != pages || len(k.Signatures) != 1 {
		t.Fatalf("readings %v, %d signatures; want the student's alone", k.Readings, len(k.Signatures))
	}
	r.ui(func() {
		if got := sign.stage(); got != signReads {
			t.Errorf("stage %d, want the co-borrower to read", got)
		}
	})
	r.snap("sign-other-reads")
	r.readsOn(sign)
	r.press("请共同借款人签名")
	r.draws()
	r.ticks()
	r.answer()
	if k := r.saved(v.id).Contract; len(k.Readings[loan.CoborrowerParty].Millis) != pages || len(k.Signatures) != 2 {
		t.Fatalf("readings %v, %d signatures; want both", k.Readings, len(k.Signatures))
	}
	r.press("封存合同")
	if k := r.saved(v.id).Contract; k.Sealed == nil {
		t.Error("not sealed")
	}
}
