package desk

import (
	"fmt"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// ClockAhead begins what the record says of a clock that was set far forward while
// somebody was signed in.
const ClockAhead = guard.ClockAhead

// anchor is a moment of the clock and of the time that runs whatever the clock is set
// to, by which a clock that is set is told from time that goes by.
type anchor struct {
	wall  time.Time // zero: there is none yet
	ran   time.Duration
	ahead time.Duration // by how much the clock stands too far, as it was found last
	told  bool          // the record says so
	again bool          // the sign-in before stopped by it already: the next is a person's word
}

// leapt is what the clock would show, had it not been set forward since by more than
// a clock may be wrong; zero where it was not.
func (d *Desk) leapt(now time.Time) time.Time {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	a := &d.tenure.anchor
	a.ahead = 0
	if a.wall.IsZero() {
		return time.Time{}
	}
	would := a.wall.Add(d.steady() - a.ran)
	if now.Sub(would) <= guard.ClockSlack {
		return time.Time{}
	}
	a.ahead = now.Sub(would)
	return would
}

// begin takes the clock as it is, where none was taken yet.
func (d *Desk) begin(wall time.Time) {
	d.tenure.mu.Lock()
	is := !d.tenure.anchor.wall.IsZero()
	d.tenure.mu.Unlock()
	if !is {
		d.settle(wall)
	}
}

// settle takes the clock as it is from now on.
func (d *Desk) settle(wall time.Time) {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	d.tenure.anchor.wall, d.tenure.anchor.ran, d.tenure.anchor.ahead = wall, d.steady(), 0
}

// ahead is the line of the record for a clock that was set forward; none where it was
// not, or where this desk has said so already.
func (d *Desk) ahead() []store.Entry {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	a := &d.tenure.anchor
	if a.told || a.ahead == 0 {
		return nil
	}
	a.told = true
	return []store.Entry{{Kind: loan.ChangeSetting, Operator: d.operator.ID, Body: loan.ViewBody{Detail: fmt.Sprintf("%s%d minutes", ClockAhead, int(a.ahead.Minutes()))}}}
}
