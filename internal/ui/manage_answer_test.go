package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"fyne.io/fyne/v2/test"
)

// TestNothingIsApprovedThatWasNotTold has an administrator take another's request down,
// and write its code last.
func TestNothingIsApprovedThatWasNotTold(t *testing.T) {
	r := othersCase(t)
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: r.visit().id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofGrants)
	})
	r.settle()
	var o *otherAsk
	r.ui(func() {
		o = r.u.shell.screen.(*manage).shownNow.(*grantSection).otherAsk()
		o.dialog.Show()
		o.device.SetText(a.Scan[len("doorstep:ask:"):][:8])
		o.who.SetText("reviewer-1")
		o.reason.SetText("核对是本人")
		r.u.win.Canvas().Focus(o.asked)
		test.Type(o.asked, strings.ToLower(a.Code))
		if got := o.told.Text(); !strings.Contains(got, "对方申请：影像") {
			t.Errorf("as the code is typed it says %q", got)
		}
		test.Type(o.asked, "x")
		if got := o.told.Text(); got != "" {
			t.Errorf("of a code that is none it says %q", got)
		}
		o.asked.SetText(a.Code)
		o.read, o.device.OnChanged, o.asked.OnChanged = "", nil, nil // as if nothing had told
		o.told.SetText("")
	})
	r.answer()
	r.settle()
	r.ui(func() {
		if r.dialog() != o.dialog || !strings.Contains(o.told.Text(), "对方申请：影像") {
			t.Fatalf("approved unseen; it says %q", o.told.Text())
		}
	})
	r.answer()
	r.until("the code is there", func() bool { return r.dialog() != nil && r.dialog() != o.dialog })
}
