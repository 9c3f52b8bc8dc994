package loan_test

import (
	"testing"

	. "doorstep/internal/loan"
)

// The receipt of a finish that a correction ended comes home late.
func TestAReceiptIsOfItsOwnFinishAlone(t *testing.T) {
	l := signing(Queued)
	former := mustFold(t, l).Finish.ID.String()
	l.write("clerk", ChangeCorrect, CorrectBody{Fields: fields("loan.amount", 9000).Fields, Reason: "金额录错"})
	l.write("clerk", ChangeSubmit, nil)
	l.write("reviewer", ChangeReview, ReviewBody{Pass: true})
	l.write("clerk", ChangeContract, ContractBody{Template: "t", Blob: blob(5), Size: 9, Pages: 3, AsOf: "2025-08-06"})
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		l.write("clerk", ChangeSign, SignBody{Party: p, By: InPerson, Contract: blob(5), Ink: blob(6), Size: 9})
	}
	l.write("clerk", ChangeSeal, SealBody{Blob: blob(7), Size: 9})
	l.write("clerk", ChangeFinish, FinishBody{})
	now := mustFold(t, l).Finish.ID.String()
	l.write("centre", ChangeReceive, ReceiveBody{ReceiptNo: "R1", Finish: former})
	if c := l.fold(); c.Status != Queued || c.Receipt != nil || len(c.Aside) != 1 {
		t.Errorf("by the former finish's receipt: got %s with %+v, aside %v", c.Status, c.Receipt, c.Aside)
	}
	l.write("centre", ChangeReceive, ReceiveBody{ReceiptNo: "R2", Finish: now})
	if c := l.fold(); c.Status != Received || c.Receipt == nil || c.Receipt.ReceiptNo != "R2" {
		t.Errorf("by its own: got %s with %+v", c.Status, c.Receipt)
	}
}
