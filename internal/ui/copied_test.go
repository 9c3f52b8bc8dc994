package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/courier"
)

func TestTheClerkIsToldOnceThatAnotherMachineUsesTheLaptopsIdentity(t *testing.T) {
	for name, look := range looks() {
		r := newRig(t, look)
		copied := courier.State{Copied: true, Reason: fault.Refused}
		r.ui(func() {
			r.u.startCarrier()
		})
		r.u.idle(t)
		heard := func(s courier.State) {
			r.ui(func() { r.u.carried(r.u.carrier, s) })
			r.settle()
		}
		heard(copied)
		r.snap("copied-" + name)
		if d := r.dialog(); d == nil || !strings.Contains(textsIn(d), "末 8 位") || !strings.Contains(textsIn(d), "没有丢失") {
			t.Fatal("the clerk is not told what happened and what to do")
		}
		r.ui(func() { r.dialog().Close() })
		heard(courier.State{})
		heard(copied)
		if r.dialog() != nil {
			t.Error("told twice")
		}
		n := 0
		if _, err := r.u.desk.Store().EachChange(context.Background(), func(ch *loan.Change) {
			if b, err := loan.Body[loan.ViewBody](ch); err == nil && b.Detail == desk.Copied {
				n++
			}
		}); err != nil || n != 1 {
			t.Errorf("the chain says it %d times, %v", n, err)
		}
	}
}
