package ui

import (
	"strings"
	"testing"
)

func TestWhoWaitsForAnAnswerIsToldWhereHeWaits(t *testing.T) {
	r := othersCase(t)
	r.ui(func() { r.u.shell.current.askGrant() })
	r.settle()
	r.typeLines("核对家长投诉的材料")
	r.settle()
	asks, err := r.u.desk.Asks(t.Context())
	if err != nil || len(asks) != 1 {
		t.Fatalf("got %d requests, %v", len(asks), err)
	}
	r.ui(r.u.shell.arrived)
	r.settle()
	r.ui(func() {
		if w := r.u.awaited; r.dialog().YesButton().Text() != "确认" || w.told.Visible() {
			t.Errorf("while it waits the dialog says %q", w.told.Text())
		}
	})
	if _, err := r.u.desk.ApproveAsk(t.Context(), asks[0].Code, "admin-1", []byte(reviewPassword), nil); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.shell.arrived)
	r.until("the dialog tells", func() bool { return r.dialog() != nil && r.dialog().YesButton().Text() == "知道了" })
	r.snap("grant-come")
	r.ui(func() {
		if w := r.u.awaited; !w.told.Visible() || !strings.Contains(w.told.Text(), "已批准，不用再填批准码") {
			t.Errorf("it says %q", w.told.Text())
		}
	})
	r.answer()
	r.ui(func() {
		if r.dialog() != nil || r.u.awaited != nil {
			t.Error("it stays once it was read")
		}
		if got := r.notices(); !strings.Contains(got, "现在可以按“显示…”查看") {
			t.Errorf("what may be done now is not said: %q", got)
		}
	})
}
