package ui

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/guard"
	"github.com/google/uuid"
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

func TestAnotherGrantOfTheSameIsNoAnswer(t *testing.T) {
	r := othersCase(t)
	r.ui(func() { r.u.shell.current.askGrant() })
	r.settle()
	r.typeLines("核对家长投诉的材料")
	r.settle()
	asks, err := r.u.desk.Asks(t.Context())
	if err != nil || len(asks) != 1 {
		t.Fatalf("got %d requests, %v", len(asks), err)
	}
	// What the county gave unasked, of the same fields and case.
	twin := guard.Grant{ID: "inspection-1", Operator: "reviewer-1", Fields: asks[0].Fields, Cases: []uuid.UUID{asks[0].Case}, Reason: "县里抽查", By: "admin-9",
		From: asks[0].At, Until: asks[0].At.Add(time.Hour)}
	if err := r.u.desk.Store().SetSetting(t.Context(), "desk.grant.known."+twin.ID, twin); err != nil {
		t.Fatal(err)
	}
	if err := r.u.desk.WithdrawAsk(t.Context(), asks[0].Code); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.shell.arrived)
	r.settle()
	r.ui(func() {
		if w := r.u.awaited; w == nil || w.told.Visible() {
			t.Error("a request that was taken back is called granted")
		}
	})
}
