package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestPickersHearPinyin(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		first := func(what string, got []kit.Option, want string) {
			t.Helper()
			if len(got) == 0 || got[0].Text != want {
				t.Errorf("%s: got %d options, want %s first", what, len(got), want)
			}
		}
		first("nation", v.u.narrow(nations(), "buyi"), "布依族")
		first("nation by its characters", v.u.narrow(nations(), "苗"), "苗族")
		first("county", v.findCounty("pingtang"), "平塘县")
		first("county by its initials", v.findCounty("ptx"), "平塘县")
		first("school", v.steps[stepStudy].(*studyStep).findSchool("guizhoudaxue"), "贵州大学")
		if got := v.findCounty("qqqq"); len(got) != 0 {
			t.Errorf("nonsense found %d counties", len(got))
		}
	})
}
