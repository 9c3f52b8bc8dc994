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

func TestATakeOverPastTheDaysBoundLeadsToAGrant(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	var others []uuid.UUID
	for range guard.MaxTakes {
		c, err := r.u.desk.NewCase(t.Context(), loan.First, false)
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, c.ID)
	}
	other, admin := r.u.desk.Operator(), testAdmin()
	other.ID, other.Name = "clerk-2", "另一操作员"
	for o, password := range map[*desk.Operator]string{&other: clerkPassword, &admin: reviewPassword} {
		if err := r.u.desk.Store().EnableOperator(t.Context(), *o, []byte(password)); err != nil {
			t.Fatal(err)
		}
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-2", clerkPassword)
	for _, o := range others {
		r.must(r.u.desk.TakeOver(t.Context(), o, loan.EntryStation, "经办人生病"))
	}
	r.openFor(id)
	take := func() {
		t.Helper()
		r.ui(func() { r.u.shell.current.takeOver() })
		r.settle()
		r.typeLines("经办人生病，接着办理") // and Return
		r.settle()
	}
	take()
	if words := r.dialogWords(); !strings.Contains(words, "已达上限") || !strings.Contains(words, "系统数据管理员") {
		t.Fatalf("it says %s", words)
	}
	r.ui(func() {
		if r.u.shell.current.full() {
			t.Error("the case is shown")
		}
	})
	r.snap("take-bound")
	r.pressIn(r.dialog(), "申请授权…")
	r.settle()
	r.snap("take-ask")
	r.answer()
	asks, err := r.u.desk.Asks(t.Context())
	if err != nil || len(asks) != 1 || asks[0].Count != 20 || asks[0].Fields[0] != desk.TakeField || asks[0].Reason != "经办人生病，接着办理" {
		t.Fatalf("asked %+v, %v", asks, err)
	}
	if _, err := r.u.desk.ApproveAsk(t.Context(), asks[0].Code, "admin-1", []byte(reviewPassword), nil); err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.dialog().Close() })
	take()
	r.ui(func() {
		if v := r.u.shell.current; !v.full() || v.locked() {
			t.Errorf("with a grant: full %v, locked %v", v.full(), v.locked())
		}
	})
}
