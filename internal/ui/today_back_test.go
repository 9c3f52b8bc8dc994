package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// takenBack has another laptop hear that the student takes a consent back.
func (r *rig) takenBack(id uuid.UUID, counter uint64, purpose string) {
	r.t.Helper()
	c := r.saved(id)
	r.others(id, otherLaptop, counter, c.Heads, loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: purpose, Text: c.Consents[loan.StudentParty][purpose]})
}

// inView says that o stands whole within the page that holds it.
func (r *rig) inView(what string, o fyne.CanvasObject) {
	r.t.Helper()
	r.ui(func() {
		page := r.u.shell.current.steps[r.u.shell.current.at].object().(*container.Scroll)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(page))
		if at.Y < 0 || at.Y+o.Size().Height > page.Size().Height {
			r.t.Errorf("%s stand from %v to %v of a page of %v", what, at.Y, at.Y+o.Size().Height, page.Size().Height)
		}
	})
}

func TestTodayTellsThatAConsentWasTakenBackUntilItIsPutAway(t *testing.T) {
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
		consent := r.visit().steps[stepStudent].(*studentStep).person.consent
		r.inView("the consents", consent.content)
		r.ui(func() {
			if consent.boxes[loan.ConsentCredit].Checked() || !strings.Contains(consent.note.Text(), "撤回") {
				t.Errorf("they say %q", consent.note.Text())
			}
		})
		r.snap("visit-taken-back-" + look)
		if got := rows(); len(got) != 1 {
			t.Errorf("once it was opened: told of %d cases", len(got))
		}
		r.ui(func() { fyneTap(r.u.shell.screen.(*today).notices.away) })
		r.settle()
		r.ui(func() {
			if n := r.u.shell.screen.(*today).notices; len(n.rows) != 0 || n.content.Visible() {
				t.Errorf("once it was put away: told of %d cases", len(n.rows))
			}
		})
		if got := rows(); len(got) != 0 {
			t.Errorf("looked at again: told of %d cases", len(got))
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

// TestARowOfAConsentTakenBackLeadsToTheConsents opens a case that is not in hand yet, with
// letters of each size, where all consents of the person are gone and nothing there can be
// pressed.
func TestARowOfAConsentTakenBackLeadsToTheConsents(t *testing.T) {
	for size, scale := range map[string]float32{"标准": 1, "特大": 1.3} {
		r := newRig(t, kit.Light)
		id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
		for i, purpose := range loan.Purposes() {
			r.takenBack(id, uint64(2*i+1), purpose)
		}
		r.enlarged(scale, func() {
			r.ui(func() {
				r.u.shell.current.close()
				r.u.shell.current = nil
				r.u.shell.visit("today")
			})
			r.settle()
			r.snap("today-taken-back-" + size)
			r.ui(func() { r.u.shell.screen.(*today).notices.list.OnOpen(0) })
			r.settle()
			if v := r.visit(); v == nil || v.id != id || v.at != stepStudent {
				t.Fatal("it does not begin at the consents")
			}
			r.snap("visit-taken-back-" + size)
			r.inView("at "+size+" the consents", r.visit().steps[stepStudent].(*studentStep).person.consent.content)
		})
	}
}

// TestTheButtonPutsAwayTheRowThatIsMeant has two cases of which a consent was taken back.
func TestTheButtonPutsAwayTheRowThatIsMeant(t *testing.T) {
	r := newRig(t, kit.Light)
	for i := range 2 {
		id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
		r.takenBack(id, uint64(10*i+1), loan.ConsentCredit)
	}
	r.ui(func() { r.u.shell.visit("today") })
	r.settle()
	var n *notices
	var kept uuid.UUID
	r.ui(func() {
		n = r.u.shell.screen.(*today).notices
		if len(n.rows) != 2 || !n.away.Visible() || !n.away.Disabled() {
			t.Errorf("of %d rows, none chosen, the button can be pressed", len(n.rows))
		}
		kept = n.rows[0].ID
		n.list.Select(1)
		n.list.OnSelect(1)
		if n.away.Disabled() {
			t.Error("with a row chosen it cannot be pressed")
		}
		fyneTap(n.away)
	})
	r.settle()
	r.ui(func() {
		if len(n.rows) != 1 || n.rows[0].ID != kept || n.away.Disabled() {
			t.Fatalf("%d rows are left, or another", len(n.rows))
		}
		fyneTap(n.away)
	})
	r.settle()
	r.ui(func() {
		if len(n.rows) != 0 || n.away.Visible() {
			t.Errorf("%d rows are left", len(n.rows))
		}
	})
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
