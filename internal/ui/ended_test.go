package ui

import (
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
)

// roster puts what the county's roster says of somebody in force, as the courier does
// while the window is looked at.
func (r *rig) roster(id, name string, off bool, roles ...string) {
	r.t.Helper()
	if _, err := r.u.desk.Store().KeepRoster(r.t.Context(), []store.RosterEntry{{ID: id, Name: name, Off: off, Roles: roles}}); err != nil {
		r.t.Fatal(err)
	}
	r.ui(r.u.takeUp)
}

// seesNothing fails where the window, or what it showed of a case, tells of its people.
func (r *rig) seesNothing(v *visit, secrets ...string) {
	r.t.Helper()
	r.ui(func() {
		seen := textsIn(r.u.win.Canvas().Content()) + textsIn(v.content) + r.u.win.Title() + wordsOf(r.dialog())
		for _, secret := range append(secrets, "韦测", studentID, "15400000001") {
			if strings.Contains(seen, secret) {
				r.t.Errorf("the window shows %q", secret)
			}
		}
	})
}

func TestWhoIsTakenOffTheRosterLeavesTheCase(t *testing.T) {
	t.Run("switched off, with the screen that is called from above it", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered)
		r.ui(func() {
			r.u.openCall()
			v.show(stepStudent)
			kit.Message(r.u.win, "", "韦测𬎆", nil)
		})
		r.roster("clerk-1", "练习操作员", true)
		r.locked()
		r.snap("put-out")
		r.seesNothing(v)
		r.ui(func() {
			if r.u.shell != nil || r.u.call != nil {
				t.Error("the work goes on")
			}
			said := textsIn(r.u.win.Canvas().Content())
			if !strings.Contains(said, "您的账号已停用") || !strings.Contains(said, "其他人员可以在这里登录") || strings.Contains(said, "没有存下") {
				t.Errorf("it says %s", said)
			}
		})
		r.enter("reviewer-1", reviewPassword)
		r.ui(func() {
			if r.u.shell == nil || r.u.desk.Out() != nil || r.u.left != (Left{}) {
				t.Error("nobody else can go on")
			}
		})
	})
	t.Run("while he types what the desk takes no more, which is said", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered)
		r.ui(func() {
			v.show(stepStudent)
			f := field(v, "student.phone")
			r.u.win.Canvas().Focus(f)
			f.SelectAll()
			test.Type(f, "15400000009")
		})
		r.roster("clerk-1", "练习操作员", true)
		r.locked()
		r.seesNothing(v, "15400000009")
		r.ui(func() {
			if said := textsIn(r.u.win.Canvas().Content()); !strings.Contains(said, "没有存下") {
				t.Errorf("it says %s", said)
			}
		})
	})
	t.Run("without one of two roles, with what he types saved", func(t *testing.T) {
		r := newRig(t, kit.Light)
		r.roster("clerk-1", "练习操作员", false, "clerk", "reviewer")
		r.settle()
		v := r.open(loan.First, false, entered)
		r.ui(func() {
			v.show(stepStudent)
			f := field(v, "student.phone")
			r.u.win.Canvas().Focus(f)
			f.SelectAll()
			test.Type(f, "15400000009")
		})
		r.roster("clerk-1", "练习操作员", false, "clerk")
		r.locked()
		r.seesNothing(v)
		r.ui(func() {
			if said := textsIn(r.u.win.Canvas().Content()); !strings.Contains(said, "不再是复核员") || strings.Contains(said, "没有存下") {
				t.Errorf("it says %s", said)
			}
		})
		r.enter("clerk-1", clerkPassword)
		r.until("the case is open again", func() bool { return r.u.shell != nil && r.u.shell.current != nil })
		if got := r.saved(v.id).App.Student.Phone; got != "15400000009" {
			t.Errorf("saved %q", got)
		}
	})
	t.Run("moved to another point", func(t *testing.T) {
		r := newIssuerRig(t, kit.Light)
		v := r.open(loan.First, false, entered)
		people, err := guard.EncodeListed([]guard.Operator{testClerk(), testReviewer()})
		if err != nil {
			t.Fatal(err)
		}
		away, err := guard.EncodeStandings([]guard.Standing{{ID: "clerk-1", Level: guard.PointLevel, Org: "乙乡受理点"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range [][]byte{r.file(bulletin.Standing, bulletin.StandingName, away), r.file(bulletin.Operators, bulletin.OperatorsName, people)} {
			if _, _, err := r.u.desk.Store().TakeBulletin(t.Context(), raw); err != nil {
				t.Fatal(err)
			}
		}
		r.ui(r.u.takeUp)
		r.locked()
		r.seesNothing(v)
		r.ui(func() {
			if said := textsIn(r.u.win.Canvas().Content()); !strings.Contains(said, "乙乡受理点") {
				t.Errorf("it says %s", said)
			}
		})
	})
	t.Run("while lists are looked at", func(t *testing.T) {
		for _, at := range []string{"today", "cases", "manage"} {
			r := newRig(t, kit.Light)
			v := r.open(loan.First, false, entered)
			r.ui(func() { r.u.shell.visit(at) })
			r.settle()
			r.roster("clerk-1", "练习操作员", true)
			r.locked()
			r.seesNothing(v, "韦")
		}
	})
}

func TestACaseThatIsRefusedLeavesTheWindow(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() {
		v.show(stepStudent)
		v.refused(guard.AskReason())
	})
	r.until("it is said", func() bool { return r.dialog() != nil })
	r.seesNothing(v)
	if got := r.dialogWords(); !strings.Contains(got, v.id.String()[28:]+"不能再由您查看") {
		t.Errorf("it says %q", got)
	}
	r.ui(func() {
		if r.u.shell == nil || r.u.shell.current != nil {
			t.Error("it is still in hand")
		}
	})
}
