package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestVisitSaves(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	t.Run("leaving a field saves it", func(t *testing.T) {
		r.ui(func() { v.show(stepStudent) })
		r.types("student.name", "古丽•测试")
		if got, want := r.saved(v.id).App.Student.Name, "古丽·测试"; got != want {
			t.Errorf("saved name: got %q, want %q", got, want)
		}
		r.ui(func() {
			if got := v.save.Text(); !strings.HasPrefix(got, "已保存 ") {
				t.Errorf("state of saving: got %q", got)
			}
		})
	})
	t.Run("an ID number brings birth and sex", func(t *testing.T) {
		r.types("student.id_no", studentID)
		p := r.saved(v.id).App.Student
		if p.IDNo != studentID || p.Birth != "2005-03-14" || p.Sex != loan.Male {
			t.Errorf("got birth %s, sex %s", p.Birth, p.Sex)
		}
	})
	t.Run("a corrected ID number brings its own birth and sex", func(t *testing.T) {
		r.types("student.id_no", testID("52272720060415992"))
		if p := r.saved(v.id).App.Student; p.Birth != "2006-04-15" || p.Sex != loan.Female {
			t.Errorf("got birth %s, sex %s", p.Birth, p.Sex)
		}
	})
	t.Run("a birth typed by hand stays", func(t *testing.T) {
		r.types("student.birth", "20060416")
		r.types("student.id_no", studentID)
		if p := r.saved(v.id).App.Student; p.Birth != "2006-04-16" {
			t.Errorf("got birth %s", p.Birth)
		}
	})
	t.Run("years of study bring the year of maturity", func(t *testing.T) {
		r.ui(func() { v.show(stepStudy) })
		r.types("study.years", "4")
		if got := r.saved(v.id).App.Loan.MaturityYear; got != 2042 {
			t.Errorf("maturity: got %d, want 2042", got)
		}
	})
	t.Run("what is no date stays to be mended and says why", func(t *testing.T) {
		r.ui(func() { v.show(stepStudent) })
		r.types("student.id_valid_to", "2月30")
		r.ui(func() {
			b := v.form.find("student.id_valid_to")
			if b.inner.Text() != "2月30" || !strings.Contains(b.label.Error(), "日期") {
				t.Errorf("got %q, %q", b.inner.Text(), b.label.Error())
			}
		})
	})
}

func TestVisitKeepsWhatCouldNotBeSaved(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() { v.show(stepStudent) })
	// Closing the store beneath is what a lost disk looks like from here.
	if err := r.u.desk.Store().Close(); err != nil {
		t.Fatal(err)
	}
	r.types("student.name", "韦测")
	r.ui(func() {
		b := v.form.find("student.name")
		if got := b.inner.Text(); got != "韦测" {
			t.Errorf("typed text: got %q", got)
		}
		if !strings.HasPrefix(b.label.Error(), "没有保存") {
			t.Errorf("under the field: got %q", b.label.Error())
		}
		if got := v.save.Text(); got != "1 项没有保存" {
			t.Errorf("state of saving: got %q", got)
		}
	})
}

func TestVisitDoesNotNagBeforeItsTime(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		v.show(stepStudent)
		v.show(stepCoborrower)
		v.show(stepStudent)
		for _, path := range []string{"student.name", "student.phone"} {
			if e := v.form.find(path).label.Error(); e != "" {
				t.Errorf("%s, untouched, says %q", path, e)
			}
		}
	})
	r.types("student.phone", "154")
	r.ui(func() {
		if e := v.form.find("student.phone").label.Error(); !strings.Contains(e, "E-PH-001") {
			t.Errorf("a wrong number says %q", e)
		}
		if e := v.form.find("student.address").label.Error(); e != "" {
			t.Errorf("an untouched field says %q", e)
		}
		v.show(stepReview)
		v.forward()
		if v.at != stepStudent {
			t.Errorf("submitting leads to step %d, want %d", v.at, stepStudent)
		}
		if e := v.form.find("coborrowers.0.name").label.Error(); e != "请填写姓名" {
			t.Errorf("after submitting an empty name says %q", e)
		}
	})
	r.settle()
	if got := r.saved(v.id).Status; got != loan.Draft {
		t.Errorf("status: got %v, want draft", got)
	}
}

func TestVisitKeys(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	press := func(k fyne.KeyName) {
		r.ui(func() {
			c := r.u.win.Canvas()
			if f := c.Focused(); f != nil {
				f.TypedKey(&fyne.KeyEvent{Name: k})
			} else {
				c.OnTypedKey()(&fyne.KeyEvent{Name: k})
			}
		})
		r.settle()
	}
	for i, k := range []fyne.KeyName{fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8} {
		if press(k); v.at != i {
			t.Errorf("%s: got step %d, want %d", k, v.at, i)
		}
	}
	press(fyne.KeyF2)
	if press(fyne.KeyPageDown); v.at != stepCoborrower {
		t.Errorf("PageDown: got step %d", v.at)
	}
	press(fyne.KeyF2)
	r.ui(func() { r.u.win.Canvas().Focus(field(v, "student.name")) })
	press(fyne.KeyReturn)
	r.ui(func() {
		if !field(v, "student.id_no").Focused() {
			t.Error("Return in the name does not lead to the ID number")
		}
	})
	for range 30 {
		if v.at == stepStudent {
			press(fyne.KeyReturn)
		}
	}
	if v.at == stepStudent {
		t.Error("Return alone never leads to the next step")
	}
}

func TestVisitProblemsJump(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.must(r.u.desk.Edit(context.Background(), v.id, map[string]any{"loan.amount": 12345}))
	r.ui(func() { v.refreshCase() })
	r.settle()
	r.ui(func() {
		v.problems.next()
		if v.at != stepStudy || !field(v, "loan.amount").Focused() {
			t.Errorf("at step %d", v.at)
		}
		if e := v.form.find("loan.amount").label.Error(); !strings.Contains(e, "E-AM-001") {
			t.Errorf("under the amount: %q", e)
		}
	})
}
