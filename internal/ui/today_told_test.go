package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/ui/kit"
)

// pressesDuty presses a button of the card by its words.
func (r *rig) pressesDuty(words string) {
	r.t.Helper()
	r.ui(func() {
		for _, b := range findButtons(r.u.shell.screen.(*today).duties.content) {
			if b.Text() == words {
				fyneTap(b)
				return
			}
		}
		r.t.Errorf("no button says %s", words)
	})
	r.settle()
}

func TestWhatWasGrantedLeadsToItsCaseAndWhatWasTakenBackIsPutAway(t *testing.T) {
	r := othersCase(t)
	id := r.visit().id
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{"student.phone"}, Case: id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.u.desk.ApproveAsk(t.Context(), a.Code, "admin-1", []byte(reviewPassword), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.another("clerk-2", guard.Clerk)
	back := func() {
		r.ui(r.u.lock)
		r.locked()
		r.enter("reviewer-1", reviewPassword)
		r.until("he is in", func() bool { return r.u.shell != nil })
		r.settle()
		r.ui(func() { // as if he had come to it anew
			if c := r.u.shell.current; c != nil {
				c.close()
				r.u.shell.current = nil
			}
		})
	}
	back()
	told := r.duties()
	if len(told) != 1 || told[0].act != "打开案件" || told[0].open != id || told[0].told != "" {
		t.Fatalf("told %+v", told)
	}
	r.snap("today-granted")
	r.deals(0)
	if v := r.visit(); r.dialog() != nil || v == nil || v.id != id {
		t.Fatalf("it leads to %q", r.dialogWords())
	}
	r.another("admin-2", guard.DataAdmin)
	if err := r.u.desk.TakeBack(t.Context(), g.ID, "看错了申请人"); err != nil {
		t.Fatal(err)
	}
	back()
	told = r.duties()
	if len(told) != 1 || !strings.Contains(told[0].words, "已被撤销") || told[0].told != g.ID {
		t.Fatalf("told %+v", told)
	}
	r.snap("today-revoked")
	r.pressesDuty("知道了")
	if told := r.duties(); len(told) != 0 {
		t.Errorf("once it was put away: told %+v", told)
	}
	back()
	if told := r.duties(); len(told) != 0 {
		t.Errorf("signed in anew: told %+v", told)
	}
	s := inManage[*grantSection](r, ofGrants)
	r.until("his grants", func() bool { return strings.Contains(textsIn(s.mine), "已撤销") })
}

func TestARequestThatWasDeclinedIsPutAwayByItsCode(t *testing.T) {
	r := newRig(t, kit.Light)
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.SearchField}, Count: 2, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	a.Declined = "admin-1"
	if got := refusedDuties([]desk.Asked{a}); len(got) != 1 || got[0].told != a.Code || got[0].act != "看原因" {
		t.Errorf("told %+v", got)
	}
}
