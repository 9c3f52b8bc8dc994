package ui

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
)

func TestVisitSaysWhatIsNotYetSaved(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	said := func(want string) {
		t.Helper()
		r.ui(func() {
			if got := v.save.Text(); !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q first", got, want)
			}
		})
	}
	r.ui(func() { v.show(stepStudent) })
	said("已保存")
	r.ui(func() {
		kit.Focus(field(v, "student.name"))
		test.Type(field(v, "student.name"), "韦")
	})
	said("正在填写")
	r.ui(func() { kit.Focus(field(v, "student.phone")) })
	r.settle()
	said("已保存")
	if got := r.saved(v.id).App.Student.Name; got != "韦" {
		t.Errorf("got the name %q", got)
	}
}
