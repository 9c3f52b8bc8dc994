package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestWhoAskedByMistakeTakesTheRequestBack(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		r := newRig(t, variant)
		r.open(loan.First, false, entered)
		for _, export := range []bool{false, true} {
			if _, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Count: 1, Hours: 2, Reason: "市资助中心抽查合同", Export: export}); err != nil {
				t.Fatal(err)
			}
		}
		s := inManage[*grantSection](r, ofGrants)
		back := func(want int) (out []*kit.Button) {
			t.Helper()
			r.until("the requests that can be taken back", func() bool {
				out = nil
				for _, b := range findButtons(s.mine) {
					if b.Text() == "撤回…" {
						out = append(out, b)
					}
				}
				return len(s.mine.Objects) > 0 && len(out) == want
			})
			return out
		}
		first := back(2)[0]
		golden(t, r.u, "grants-withdraw-"+look)
		r.ui(func() { fyneTap(first) })
		r.settle()
		if d := r.dialog(); d == nil || !strings.Contains(textsIn(d), "批准码也不作数") {
			t.Fatal("it is not asked first")
		}
		r.answer()
		r.settle()
		if all, err := r.u.desk.Asks(t.Context()); err != nil || len(all) != 1 || !all[0].Export {
			t.Errorf("%d wait, %v; want the export alone", len(all), err)
		}
		back(1)
		r.another("admin-1", guard.DataAdmin)
		s = inManage[*grantSection](r, ofGrants)
		back(0) // others' are theirs
	}
}
