package ui

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/google/uuid"
)

func TestACaseIsSentFirstFromWhereverItIsSeen(t *testing.T) {
	u := testWindow(t, waitingFolder(t, 2), kit.Light)
	signInTest(t, u)
	urgency := func(id uuid.UUID) loan.Urgency {
		t.Helper()
		u.idle(t)
		r, ok := u.desk.RowOf(id)
		if !ok {
			t.Fatal("no such case")
		}
		return r.Urgency
	}
	yes := func() {
		t.Helper()
		u.idle(t)
		fyne.DoAndWait(func() {
			d, ok := u.win.Canvas().Overlays().Top().(*kit.Dialog)
			if !ok {
				t.Fatal("nobody asks for the reason")
			}
			d.YesButton().OnTapped()
		})
		u.idle(t)
	}
	for _, place := range []string{"today", "cases"} {
		t.Run("by F7 in "+place, func(t *testing.T) {
			var list *kit.List
			var rows func() []desk.Row
			var id uuid.UUID
			fyne.DoAndWait(func() {
				u.shell.visit(place)
				switch s := u.shell.screen.(type) {
				case *today:
					list, rows = s.list, func() []desk.Row { return s.rows }
				case *cases:
					list, rows = s.list, func() []desk.Row { return s.rows }
				}
				list.Select(1)
				id = rows()[1].ID
				u.shell.screen.keys()[fyne.KeyF7]()
			})
			yes()
			if got := urgency(id); got != loan.Urgent {
				t.Errorf("urgency: got %q", got)
			}
			fyne.DoAndWait(func() {
				if r := rows()[list.Selected()]; r.ID != id || r.Urgency != loan.Urgent {
					t.Errorf("the list shows %v %q", r.ID == id, r.Urgency)
				}
				u.shell.screen.keys()[fyne.KeyF7]()
			})
			if got := urgency(id); got != loan.NotUrgent {
				t.Errorf("taken back: got %q", got)
			}
		})
	}
	t.Run("by the menu of a row", func(t *testing.T) {
		var id uuid.UUID
		fyne.DoAndWait(func() {
			u.shell.visit("cases")
			s := u.shell.screen.(*cases)
			at := fyne.NewPos(40, s.list.Size().Height/6)
			s.list.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonSecondary})
			s.list.TappedSecondary(&fyne.PointEvent{Position: at, AbsolutePosition: fyne.NewPos(300, 300)})
			id = s.rows[s.list.Selected()].ID
		})
		golden(t, u, "cases-menu")
		fyne.DoAndWait(func() {
			over := u.win.Canvas().Overlays()
			over.Remove(over.Top()) // as choosing does
			list := u.shell.screen.(*cases).list
			list.Menu(list.Selected()).Items[1].Action()
		})
		yes()
		if got := urgency(id); got != loan.Urgent {
			t.Errorf("urgency: got %q", got)
		}
	})
	t.Run("in the case itself", func(t *testing.T) {
		var id uuid.UUID
		fyne.DoAndWait(func() {
			s := u.shell.screen.(*cases)
			id = s.rows[1-s.list.Selected()].ID
			u.shell.open(id)
		})
		u.idle(t)
		fyne.DoAndWait(func() { u.shell.current.shortcut(fyne.KeyU) })
		yes()
		u.idle(t)
		if got := urgency(id); got != loan.Urgent {
			t.Errorf("urgency: got %q", got)
		}
		fyne.DoAndWait(func() {
			if about := u.shell.current.about.Text(); len(about) < 12 || about[:12] != "加急先传" {
				t.Errorf("the case says %q", about)
			}
		})
	})
}
