package ui

import (
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestTheAuditorReadsTheRecord(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			id := r.open(loan.First, false, entered).id
			auditor := guard.Operator{ID: "auditor-1", Name: "练习审计员", Roles: []guard.Role{guard.Auditor}, Enabled: true}
			if err := r.u.desk.Store().EnableOperator(t.Context(), auditor, []byte(reviewPassword)); err != nil {
				t.Fatal(err)
			}
			if _, err := r.u.desk.Store().Verify(t.Context(), "reviewer-1", []byte("wrong horse 7")); err == nil {
				t.Fatal("a wrong password was right")
			}
			r.ui(r.u.lock)
			r.locked()
			r.enter("auditor-1", reviewPassword)
			r.ui(func() {
				r.u.shell.visit("manage")
				r.u.shell.screen.(*manage).turn(ofRecord)
			})
			r.u.idle(t)
			var s *recordSection
			r.ui(func() {
				s = r.u.shell.screen.(*manage).shownNow.(*recordSection)
				text := id.String()
				s.id.SetText(text[len(text)-8:])
				s.query()
			})
			r.u.idle(t)
			r.u.idle(t)
			r.snap("manage-record-" + look)
			r.ui(func() {
				if len(s.lines) < 10 {
					t.Errorf("%d lines of the case", len(s.lines))
				}
				if len(s.odd.Objects) == 0 {
					t.Error("nothing is said of what is odd")
				}
				s.id.SetText("x")
				s.query()
			})
			r.u.idle(t)
			r.ui(func() {
				if s.find.Busy() {
					t.Error("it never ends")
				}
			})
		})
	}
}

func TestTheRecordIsNotForAClerk(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofRecord)
		if s := r.u.shell.screen.(*manage).shownNow.(*recordSection); s.list != nil {
			t.Error("a clerk has the record before him")
		}
	})
	r.u.idle(t)
}
