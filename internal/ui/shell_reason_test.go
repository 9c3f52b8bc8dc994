package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
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

func TestACaseOfOthersOverTheDaysBoundLeadsToAGrant(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	for range guard.MaxSearches {
		if _, err := r.u.desk.FindBeyond(t.Context(), "无此人甲", "家长来电核对"); err != nil {
			t.Fatal(err)
		}
	}
	r.ui(func() { r.u.shell.open(id) })
	r.settle()
	r.typeLines("家长来电核对进度")
	if words := r.dialogWords(); r.visit() != nil || !strings.Contains(words, "已达上限") {
		t.Fatalf("over the bound it says %q", words)
	}
	r.presses("申请授权…")
	r.answer()
	asks, err := r.u.desk.Asks(t.Context())
	if err != nil || len(asks) != 1 || asks[0].Fields[0] != guard.SearchField || asks[0].Reason != "家长来电核对进度" {
		t.Errorf("asked %+v, %v", asks, err)
	}
}
