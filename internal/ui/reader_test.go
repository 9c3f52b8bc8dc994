package ui

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestTheReaderKeepsTheTimeOfEach(t *testing.T) {
	now := time.Unix(1e9, 0)
	pass := func(d time.Duration) { now = now.Add(d) }
	r := newReader(func() time.Time { return now })
	r.start(2)
	r.turn(0)
	pass(2 * time.Second)
	r.look(loan.CoborrowerParty, false)
	pass(3 * time.Second)
	r.turn(1)
	pass(time.Second)
	if !r.all(loan.StudentParty) || r.all(loan.CoborrowerParty) || r.count() != 1 {
		t.Fatalf("student %d, co-borrower %d, both %d pages; want 2, 1, 1", r.seen(loan.StudentParty), r.seen(loan.CoborrowerParty), r.count())
	}
	if at, ok := r.unseen(loan.CoborrowerParty); !ok || at != 1 {
		t.Errorf("unseen by the co-borrower: got %d %v, want 1", at, ok)
	}
	r.look(loan.CoborrowerParty, true)
	pass(4 * time.Second)
	r.pause()
	pass(time.Hour)
	for p, want := range map[loan.Party][]int{loan.StudentParty: {5000, 5000}, loan.CoborrowerParty: {2000, 4000}} {
		if got := r.millis(p); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", p, got, want)
		}
	}
	r.start(1)
	r.turn(0)
	if got := r.millis(loan.StudentParty); got[0] != 1 {
		t.Errorf("shown for no time: got %d, want 1", got[0])
	}
}

func TestWhoWasNotBeforeTheScreenReadsBeforeSigning(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed)
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() {
		v.show(stepSign)
		sign.known[0].Tapped(nil)
	})
	r.settle()
	r.ui(func() {
		if !v.main.Disabled() {
			t.Error("the contract is made before the co-borrower heard the texts")
		}
		sign.known[1].Tapped(nil)
	})
	r.snap("sign-texts")
	r.press("双方已知悉，生成合同")
	r.until("the first page is drawn", func() bool { return sign.reader.count() == 1 })
	r.ui(func() { sign.looks[1].Tapped(nil) })
	pages := r.saved(v.id).Contract.Pages
	for n := 1; n < pages; n++ {
		r.ui(func() { v.main.Tapped(nil) })
		r.until("the page is drawn", func() bool { return sign.reader.seen(loan.StudentParty) == n+1 })
	}
	r.snap("sign-looks")
	r.press("请借款学生签名")
	r.draws()
	r.ticks()
	r.answer()
	k := r.saved(v.id).Contract
	if _, ok := k.Readings[loan.CoborrowerParty]; ok || len(k.Readings[loan.StudentParty].Millis) != pages || len(k.Signatures) != 1 {
		t.Fatalf("readings %v, %d signatures; want the student's alone", k.Readings, len(k.Signatures))
	}
	r.ui(func() {
		if got := sign.stage(); got != signReads {
			t.Errorf("stage %d, want the co-borrower to read", got)
		}
	})
	r.snap("sign-other-reads")
	for n := 1; n < pages; n++ {
		r.ui(func() { v.main.Tapped(nil) })
		r.until("the page is drawn for the co-borrower", func() bool { return sign.reader.seen(loan.CoborrowerParty) == n+1 })
	}
	r.press("请共同借款人签名")
	r.draws()
	r.ticks()
	r.answer()
	if k := r.saved(v.id).Contract; len(k.Readings[loan.CoborrowerParty].Millis) != pages || len(k.Signatures) != 2 {
		t.Fatalf("readings %v, %d signatures; want both", k.Readings, len(k.Signatures))
	}
	r.press("封存合同")
	if k := r.saved(v.id).Contract; k.Sealed == nil {
		t.Error("not sealed")
	}
}
