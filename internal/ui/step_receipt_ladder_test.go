package ui

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

// ladder is what the receipt's step says of how far the case has come.
func (r *rig) ladder(v *visit) string {
	var b strings.Builder
	r.ui(func() {
		v.show(stepReceipt)
		for _, o := range test.LaidOutObjects(v.steps[stepReceipt].(*receiptStep).ladder) {
			if l, ok := o.(*kit.StatusLine); ok {
				b.WriteString(l.Text() + "\n")
			}
		}
	})
	return b.String()
}

func TestAConsentTakenBackOfADeliveredCaseIsToldAtItsReceipt(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	c := r.saved(v.id)
	centre := uuid.MustParse("0189c000-0000-7000-8000-00000000000c")
	r.others(v.id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
	r.ui(v.refreshCase)
	r.settle()
	if got := r.ladder(v); !strings.Contains(got, "中心已受理　待办") || strings.Contains(got, "撤回") {
		t.Fatalf("before: %s", got)
	}
	r.ui(func() {
		if a := v.steps[stepReceipt].action(); a.text != "打印回执和合同" {
			t.Errorf("before: the button says %s", a.text)
		}
	})
	at := r.saved(v.id).ReceivedAt
	if at.IsZero() {
		t.Fatal("it is not known when it was received")
	}
	r.ui(func() {
		v.show(stepStudent)
		v.steps[stepStudent].(*studentStep).person.consent.register([]string{loan.ConsentShare})
	})
	r.settle()
	got := r.ladder(v)
	if !strings.Contains(got, "中心已受理　不再受理") || !strings.Contains(got, "本人撤回同意　") || strings.Contains(got, "待办") {
		t.Errorf("afterwards: %s", got)
	}
	r.ui(func() {
		if a := v.steps[stepReceipt].action(); a.text != "办下一户" {
			t.Errorf("afterwards the button says %s", a.text)
		}
		if !v.steps[stepReceipt].(*receiptStep).again.Visible() {
			t.Error("nothing can be printed")
		}
	})
	r.settle()
	r.snap("receipt-taken-back")
	if now := r.saved(v.id); !now.ReceivedAt.Equal(at) || !now.Updated.After(at.Add(-time.Hour)) {
		t.Errorf("received at %v, and then at %v", at, now.ReceivedAt)
	}
}
