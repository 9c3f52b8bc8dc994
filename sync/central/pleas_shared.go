package central

import (
	"bytes"
	"cmp"
	"slices"

	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// placed is a request with its place among those of its laptop.
type placed struct {
	guard.Waiting
	place int
}

// shared is the list that goes down, and what waits behind it, both in the order of
// all. Laptops take turns, and at a laptop its operators: of those that wait the oldest
// comes first, of those that were declined the newest. No operator has more than
// guard.MaxOwn that wait on it, whatever laptops tell in his name: a laptop that tells of
// many takes no place from another that tells of few.
func shared(all []guard.Waiting) (list, behind []guard.Waiting) {
	on := map[string]bool{}
	his := map[string]int{}
	for _, p := range inTurn(all) {
		if !p.Declined && his[p.Operator] >= guard.MaxOwn || len(on) >= guard.MaxWaiting {
			continue
		}
		if !p.Declined {
			his[p.Operator]++
		}
		on[p.Device.String()+p.Ask] = true
	}
	for _, w := range all {
		if on[w.Device.String()+w.Ask] {
			list = append(list, w)
		} else {
			behind = append(behind, w)
		}
	}
	return list, behind
}

// inTurn puts requests into the order in which they take places.
func inTurn(all []guard.Waiting) []placed {
	type whose struct {
		device   uuid.UUID
		operator string
		declined bool
	}
	out := make([]placed, len(all))
	for i, w := range all {
		out[i].Waiting = w
	}
	slices.SortStableFunc(out, older)
	round := map[whose]int{}
	for i, p := range out {
		k := whose{p.Device, p.Operator, p.Declined}
		out[i].place = round[k]
		round[k]++
	}
	byPlace := func(a, b placed) int { return cmp.Or(cmp.Compare(a.place, b.place), older(a, b)) }
	slices.SortStableFunc(out, byPlace)
	of := map[uuid.UUID]int{}
	for i, p := range out {
		out[i].place = of[p.Device]
		of[p.Device]++
	}
	slices.SortStableFunc(out, byPlace)
	return out
}

// older puts what waits longest first, and then what was declined last.
func older(a, b placed) int {
	if a.Declined != b.Declined {
		return boolean(a.Declined) - boolean(b.Declined)
	}
	at := a.At.Compare(b.At)
	if a.Declined {
		at = -at
	}
	return cmp.Or(at, bytes.Compare(a.Device[:], b.Device[:]), cmp.Compare(a.Ask, b.Ask))
}
