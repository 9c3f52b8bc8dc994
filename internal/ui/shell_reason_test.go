package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

func TestACaseOfOthersIsOpenedForAReason(t *testing.T) {
	for look, variant := range looks() {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			id := r.open(loan.First, false, entered).id
			r.ui(r.u.lock)
			r.locked()
			r.enter("reviewer-1", reviewPassword)
			r.ui(func() { r.u.shell.open(id) })
			r.settle()
			if v := r.visit(); v != nil || !strings.Contains(r.dialogWords(), id.String()[28:]) {
				t.Fatal("opened without a reason")
			}
			r.answer()
			if r.dialog() == nil || r.visit() != nil {
				t.Fatal("opened for no reason")
			}
			r.snap("open-others-" + look)
			r.typeLines("家长来电核对进度") // and Return
			if v := r.visit(); r.dialog() != nil || v == nil || v.id != id || !v.c.Veiled {
				t.Fatal("not opened, masked, for a reason")
			}
			if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
				t.Fatal(err)
			}
			r.ui(r.u.lock)
			r.locked()
			r.enter("admin-1", reviewPassword)
			got, err := r.u.desk.Record(t.Context(), desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeSearch}})
			if err != nil || len(got.Lines) != 1 || got.Lines[0].Operator != "reviewer-1" || got.Lines[0].Reason != "家长来电核对进度" || !strings.HasPrefix(got.Lines[0].Detail, "beyond") {
				t.Errorf("the record: %+v, %v", got.Lines, err)
			}
		})
	}
}
