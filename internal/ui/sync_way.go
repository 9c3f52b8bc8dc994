package ui

import (
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// way is how a case gets on that waits to be sent.
type way struct {
	under int64         // bytes that the centre has of what it did not acknowledge
	speed float64       // bytes a second; 0 while nothing of it goes
	left  time.Duration // until the centre has all of it; 0 where that cannot be told
}

// words stand behind the bytes of a case.
func (w way) words() (words string) {
	if w.speed > 0 {
		words = "　" + size(int64(w.speed)) + "/秒"
	}
	if w.left > 0 {
		words += "　约剩 " + wait(w.left)
	}
	return words
}

// waysOf says of each case how it gets on: by the order of sending, which is that
// of the rows, contracts before images, and at the speed of now. Only while
// things go there is a speed, and a time only for a case of which nothing stays
// here.
func waysOf(rows []desk.WaitingRow, s courier.State, under map[uuid.UUID]int64, pace map[uuid.UUID]float64) map[uuid.UUID]way {
	out := make(map[uuid.UUID]way, len(rows))
	for id, n := range under {
		out[id] = way{under: n}
	}
	if s.Phase != courier.Sending || s.Speed <= 0 || s.NoRoom {
		return out
	}
	aside, stays := map[uuid.UUID]int64{}, map[uuid.UUID]bool{}
	for _, a := range s.Aside {
		aside[a.Case] += a.Size
		stays[a.Case] = true
	}
	ahead := int64(0)
	urgent := 0
	for urgent < len(rows) && rows[urgent].Urgency != loan.NotUrgent {
		urgent++
	}
	for _, group := range [][]desk.WaitingRow{rows[:urgent], rows[urgent:]} {
		whole := make([]int64, len(group)) // bytes until all of a case is there
		for i, r := range group {
			if mayGo(s, desk.MeteredContracts) {
				ahead += max(r.Contract.Left.Bytes-under[r.ID], 0)
			}
			whole[i] = ahead
		}
		for i, r := range group {
			images := r.Images.Left.Bytes - aside[r.ID] - max(under[r.ID]-r.Contract.Left.Bytes, 0)
			if images > 0 && mayGo(s, desk.MeteredAll) {
				ahead += images
				whole[i] = ahead
			}
			w := out[r.ID]
			w.speed = pace[r.ID]
			if !r.Refused && !stays[r.ID] && !keeps(s, r) {
				w.left = courier.TimeFor(whole[i], s.Speed)
			}
			out[r.ID] = w
		}
	}
	return out
}

// mayGo says whether what a rule for metered networks lets go may go now.
func mayGo(s courier.State, what desk.OnMetered) bool {
	return s.Hold != courier.HeldMetered || s.Settings.OnMetered == desk.MeteredAll || s.Settings.OnMetered == what
}

// keeps says whether anything of a case stays here because the network is
// metered.
func keeps(s courier.State, r desk.WaitingRow) bool {
	return r.Contract.Left.Blobs > 0 && !mayGo(s, desk.MeteredContracts) || r.Images.Left.Blobs > 0 && !mayGo(s, desk.MeteredAll)
}
