package ui

import "testing"

func TestATallyRisesWhileItIsWaitedFor(t *testing.T) {
	var a tally
	a.wait()
	for range 1000 {
		a.begin()
		waited := make(chan struct{})
		go func() {
			a.wait()
			close(waited)
		}()
		a.end()
		a.begin() // from none, with somebody who may be waiting
		a.end()
		<-waited
	}
	a.begin()
	waited := make(chan struct{})
	go func() {
		a.wait()
		close(waited)
	}()
	a.begin()
	a.end()
	select {
	case <-waited:
		t.Error("the wait ended with one under way")
	default:
	}
	a.end()
	<-waited
}
