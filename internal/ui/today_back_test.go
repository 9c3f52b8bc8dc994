package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// takenBack has another laptop hear that the student takes a consent back.
func (r *rig) takenBack(id uuid.UUID, counter uint64, purpose string) {
	r.t.Helper()
	c := r.saved(id)
	r.others(id, otherLaptop, counter, c.Heads, loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: purpose, Text: c.Consents[loan.StudentParty][purpose]})
}

func TestTodayTellsThatAConsentWasTakenBackUntilTheCaseIsOpened(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		r := newRig(t, variant)
		id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
		rows := func() (out []desk.Notice) {
			t.Helper()
			r.ui(func() { r.u.shell.visit("today") })
			r.settle()
			r.ui(func() { out = r.u.shell.screen.(*today).notices.rows })
			return out
		}
		if got := rows(); len(got) != 0 {
			t.Fatalf("told of %d cases while all consents stand", len(got))
		}
		r.takenBack(id, 1, loan.ConsentCredit)
		got := rows()
		if len(got) != 1 || got[0].ID != id {
			t.Fatalf("told of %d cases", len(got))
		}
		r.ui(func() {
			n := r.u.shell.screen.(*today).notices
			cells := n.cells(got[0])
			if text := cells[1]; !strings.Contains(text.Text, "借款学生撤回了查询征信的同意") || !strings.Contains(text.Detail, "不再导出") || !strings.Contains(text.Detail, "同步后县资助中心得知") {
				t.Errorf("it says %q, %q", text.Text, text.Detail)
			}
			if label := cells[2].Text; label != "撤回同意" {
				t.Errorf("it is called %q", label)
			}
		})
		r.snap("today-taken-back-" + look)
		r.ui(func() { r.u.shell.screen.(*today).notices.list.OnOpen(0) }) // the case is in hand already
		r.settle()
		if v := r.visit(); v == nil || v.id != id || r.u.shell.name != "visit" {
			t.Fatal("it is not opened")
		}
		r.ui(func() {
			if v := r.u.shell.current; v.at != stepStudent {
				t.Errorf("it begins at step %d, not at the consents", v.at)
			}
		})
		if got := rows(); len(got) != 0 {
			t.Errorf("once it was opened: told of %d cases", len(got))
		}
		r.takenBack(id, 3, loan.ConsentShare)
		r.another("admin-1", guard.DataAdmin)
		told := r.duties()
		if len(told) != 1 || !strings.Contains(told[0].words, "1 件签署后的案件撤回了同意") || !strings.Contains(told[0].words, "请告诉经办人") {
			t.Fatalf("%s: the administrator is told %+v", look, told)
		}
		r.snap("today-taken-back-admin-" + look)
		r.deals(0)
		if got := r.dialogWords(); !strings.Contains(got, "不在您的待办里") {
			t.Fatalf("it leads to %q", got)
		}
		r.typeLines("核对撤回同意")
		if v := r.visit(); v == nil || v.id != id {
			t.Error("it is not opened for a reason")
		}
		if told := r.duties(); len(told) != 0 {
			t.Errorf("once he opened it: told %+v", told)
		}
	}
}

// TestTodayTellsNoMoreOfWhatAnAdministratorHasInHand has a consent taken back in a case that
// he has open already.
func TestTodayTellsNoMoreOfWhatAnAdministratorHasInHand(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
	r.another("admin-1", guard.DataAdmin)
	r.ui(func() { r.u.shell.open(id) })
	r.settle()
	r.typeLines("家长来电核对")
	if v := r.visit(); v == nil || v.id != id {
		t.Fatal("it is not opened for a reason")
	}
	r.takenBack(id, 1, loan.ConsentCredit)
	if told := r.duties(); len(told) != 1 {
		t.Fatalf("told %+v", told)
	}
	r.deals(0)
	r.settle()
	r.ui(func() {
		if r.u.shell.name != "visit" {
			t.Errorf("it leads to %s", r.u.shell.name)
		}
	})
	if told := r.duties(); len(told) != 0 {
		t.Errorf("once he looked at it: told %+v", told)
	}
}

func TestWhereACaseIsInTheRoomIsSaidInWords(t *testing.T) {
	here := desk.Held{Station: loan.NumberStation, Name: "A", Own: true}
	there := desk.Held{Station: loan.SignStation, Name: "B"}
	for name, c := range map[string]struct {
		row  desk.Row
		want string
	}{
		"by its number at this laptop":        {desk.Row{Ticket: "A002-BT", Held: []desk.Held{here}, Here: true}, "A002-BT 本机取号"},
		"taken over here, without a room":     {desk.Row{Held: []desk.Held{here}, Here: true}, ""},
		"at another":                          {desk.Row{Ticket: "A002-BT", Held: []desk.Held{there}}, "A002-BT 另一台电脑（B 机）签署"},
		"at another that has no letter":       {desk.Row{Held: []desk.Held{{Station: loan.SignStation}}}, "另一台电脑签署"},
		"at both, once it was taken by force": {desk.Row{Held: []desk.Held{here, there}, Here: true}, "本机取号 另一台电脑（B 机）签署"},
		"never in a room":                     {desk.Row{}, ""},
	} {
		if got := roomWordsOf(c.row); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
