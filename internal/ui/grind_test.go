package ui

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
)

func TestOneProcessorStaysFreeForTheWindow(t *testing.T) {
	r := newRig(t, kit.Light)
	most := max(1, runtime.GOMAXPROCS(0)-1)
	var now, ended atomic.Int32
	var mu sync.Mutex
	var seen int32
	begun, goOn := make(chan struct{}, most+3), make(chan struct{})
	r.ui(func() {
		for range most + 3 {
			r.u.grind("test", func(context.Context) error {
				n := now.Add(1)
				mu.Lock()
				seen = max(seen, n)
				mu.Unlock()
				begun <- struct{}{}
				<-goOn
				now.Add(-1)
				return nil
			}, func(error) { ended.Add(1) })
		}
	})
	for range most {
		<-begun
	}
	r.u.mill.try(func() { t.Error("tried, and no processor is free") })
	close(goOn)
	r.until("all have ended", func() bool { return ended.Load() == int32(most+3) })
	if seen != int32(most) {
		t.Errorf("%d at once, want %d", seen, most)
	}
	done := false
	r.u.mill.try(func() { done = true })
	if !done {
		t.Error("not tried, and a processor is free")
	}
	t.Run("who waits gives up when the window locks", func(t *testing.T) {
		hold, held := make(chan struct{}), make(chan struct{}, most)
		var failed error
		told := make(chan struct{})
		r.ui(func() {
			for range most {
				r.u.grind("test", func(context.Context) error {
					held <- struct{}{}
					<-hold
					return nil
				}, func(error) {})
			}
		})
		for range most {
			<-held
		}
		r.ui(func() {
			r.u.grind("test", func(context.Context) error { return nil }, func(err error) { failed = err; close(told) })
			r.u.endShift()
		})
		<-told
		close(hold)
		if fault.KindOf(failed) != fault.Cancelled {
			t.Errorf("got %v, want cancelled", failed)
		}
	})
}
