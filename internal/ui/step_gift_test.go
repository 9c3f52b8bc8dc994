package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// TestWithoutANetworkNoPhoneIsSentToACodeThatIsNotThere has the laptop come to one later.
func TestWithoutANetworkNoPhoneIsSentToACodeThatIsNotThere(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	online := false
	r.u.deps.Phone = func(ctx context.Context, o capture.PhoneOptions) (*capture.Phone, error) {
		if !online {
			return nil, fault.Tell("test", fault.Offline, "本机没有连到任何网络，也可以改为打印。", nil)
		}
		o.Loopback = true
		return capture.ServePhone(ctx, o)
	}
	r.ui(func() { askGift(v, desk.PaperReceipt, nil) })
	d := v.gift
	r.until("it says so", func() bool { return strings.Contains(d.words.Text(), "没有连到任何网络") })
	r.ui(func() {
		if d.steps.Visible() || d.mark.Visible() || !d.link.again.Visible() {
			t.Error("it says how to scan what is not there")
		}
	})
	r.snap("gift-offline")
	online = true
	r.ui(func() {
		for _, b := range findButtons(fyne.CanvasObject(d.dialog)) {
			if b.Text() == "再试一次" {
				fyneTap(b)
			}
		}
	})
	r.until("the code stands", func() bool { return len(d.link.code.Objects) > 0 })
	r.ui(func() {
		if !d.steps.Visible() || !d.mark.Visible() || d.link.again.Visible() {
			t.Error("it does not say how to scan what is there")
		}
		d.dialog.Close()
	})
}
