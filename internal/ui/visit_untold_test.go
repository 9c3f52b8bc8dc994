package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

// typesOver types into a field, and stays in it.
func (r *rig) typesOver(v *visit, path, text string) {
	f := field(v, path)
	r.u.win.Canvas().Focus(f)
	f.SelectAll()
	test.Type(f, text)
}

// TestALockSaysWhatTheStoreDidNotTake has the store fail beneath the field that is typed
// in as the window locks by itself.
func TestALockSaysWhatTheStoreDidNotTake(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	if err := r.u.desk.Store().Close(); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		v.show(stepStudent)
		r.typesOver(v, "student.phone", "15400000009")
		r.u.idled(idleLimit)
	})
	r.locked()
	r.ui(func() {
		if said := textsIn(r.u.win.Canvas().Content()); strings.Contains(said, "都保存了") || !strings.Contains(said, "没有存下") {
			t.Errorf("it says %s", said)
		}
	})
}

// TestALockSaysThatTheDiskWasFull has the disk be full beneath what was typed.
func TestALockSaysThatTheDiskWasFull(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() {
		v.took(fault.New("edit", fault.Full, nil), true)
		r.u.lock()
	})
	r.locked()
	r.ui(func() {
		if said := textsIn(r.u.win.Canvas().Content()); !strings.Contains(said, "磁盘空间不足") || !strings.Contains(said, shortCase(v.id)) {
			t.Errorf("it says %s", said)
		}
	})
}

func TestACaseThatAFullDiskDoesNotOpenIsNamed(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.ui(func() {
		r.u.shell.opened(id, nil, fault.New("open case", fault.Full, nil))
		if said := r.notices(); !strings.Contains(said, "打不开"+shortCase(id)) || strings.Contains(said, "未能保存") {
			t.Errorf("it says %q", said)
		}
	})
}

// TestTheRailDoesNotSayThatAllIsSaved has one field refused.
func TestTheRailDoesNotSayThatAllIsSaved(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	rail := func() (said string) {
		r.ui(func() {
			for _, o := range test.LaidOutObjects(r.u.shell.savedAt) {
				if x, ok := o.(*canvas.Text); ok {
					said += x.Text
				}
			}
		})
		return said
	}
	r.ui(func() { v.unsaved = 1; r.u.saved(v.savedAt); v.showSave() })
	if got := rail(); !strings.Contains(got, "1 项没有保存") {
		t.Errorf("while one is not: %q", got)
	}
	r.ui(func() { v.unsaved = 0; v.showSave() })
	if got := rail(); !strings.Contains(got, "已保存") {
		t.Errorf("once all are: %q", got)
	}
	r.ui(func() { v.unsaved = 1; v.showSave(); v.close() })
	if got := rail(); !strings.Contains(got, "已保存") {
		t.Errorf("once the case is closed: %q", got)
	}
}

// TestALockSaysThatHalfADateIsNotKept has a field hold what cannot be a value.
func TestALockSaysThatHalfADateIsNotKept(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() {
		v.show(stepStudent)
		r.typesOver(v, "student.id_valid_to", "2033-13")
		r.u.idled(idleLimit)
	})
	r.locked()
	r.ui(func() {
		if said := textsIn(r.u.win.Canvas().Content()); !strings.Contains(said, "没有存下") {
			t.Errorf("it says %s", said)
		}
	})
}

// TestALockSpeaksOfAFullDiskOnlyWhereThatIsWhy has an act find no room, which was told, long
// before a field holds what cannot be a value.
func TestALockSpeaksOfAFullDiskOnlyWhereThatIsWhy(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() {
		v.do("edit", func(context.Context) (*loan.Case, error) { return nil, fault.New("edit", fault.Full, nil) }, nil)
	})
	r.settle()
	r.ui(func() {
		v.show(stepStudent)
		r.typesOver(v, "student.id_valid_to", "2033-13")
		r.u.idled(idleLimit)
	})
	r.locked()
	r.ui(func() {
		if said := textsIn(r.u.win.Canvas().Content()); strings.Contains(said, "磁盘") || !strings.Contains(said, "没有存下") {
			t.Errorf("it says %s", said)
		}
	})
}

// TestALockSaysThatACorrectionIsNotMade has a field of a signed contract typed over, and the
// window lock by itself while the question about it stands.
func TestALockSaysThatACorrectionIsNotMade(t *testing.T) {
	for name, meanwhile := range map[string]func(r *rig, v *visit) (then func()){
		"while the reason is asked for": func(r *rig, v *visit) func() { return func() {} },
		"while it is asked whether it is given up": func(r *rig, v *visit) func() {
			r.ui(func() { r.dialog().Close() })
			r.settle()
			return func() {}
		},
		"and something else is taken after that": func(r *rig, v *visit) func() {
			wait := make(chan struct{})
			r.ui(func() {
				r.u.act("wait", func(context.Context) error { <-wait; return nil }, func(error) {})
				v.do("read", func(ctx context.Context) (*loan.Case, error) { return v.u.desk.Case(ctx, v.id) }, nil)
			})
			return func() { close(wait) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
			r.ui(func() {
				v.show(stepStudent)
				fyneTap(v.banner.button)
				r.typesOver(v, "student.phone", "15400000009")
				r.u.leave()
			})
			r.settle()
			if r.dialog() == nil {
				t.Fatal("nothing is asked")
			}
			then := meanwhile(r, v)
			r.ui(func() { r.u.idled(idleLimit) })
			then()
			r.locked()
			r.ui(func() {
				if said := textsIn(r.u.win.Canvas().Content()); strings.Contains(said, "都保存了") || !strings.Contains(said, "没有存下") {
					t.Errorf("it says %s", said)
				}
			})
		})
	}
}

// TestWhatIsTypedOutlastsTheNewsOfItsCase has the centre's receipt come while a field is
// corrected.
func TestWhatIsTypedOutlastsTheNewsOfItsCase(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	c := r.saved(v.id)
	r.ui(func() {
		v.show(stepStudent)
		fyneTap(v.banner.button)
		r.typesOver(v, "student.phone", "15400000009")
	})
	r.ui(r.u.shell.arrived) // of others, or of its pages
	r.settle()
	r.others(v.id, uuid.MustParse("0189c000-0000-7000-8000-00000000000c"), 1, c.Heads, loan.ChangeReceive,
		loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
	r.ui(r.u.shell.arrived)
	r.settle()
	r.ui(func() {
		f := field(v, "student.phone")
		if v.c.Status != loan.Received || f.Text() != "15400000009" || f.Disabled() {
			t.Errorf("the case is %s, the field has %q, locked %v", v.c.Status, f.Text(), f.Disabled())
		}
		r.u.leave()
	})
	r.settle()
	if words := r.dialogWords(); !strings.Contains(words, "手机号码") {
		t.Errorf("what was typed is asked about with %q", words)
	}
}
