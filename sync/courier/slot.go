package courier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"doorstep/internal/fault"
)

// slot keeps a lane of one number going: when it ends, or is to be replaced,
// it dials the successor.
func (s *session) slot(number int, l *lane) {
	for fails := 0; s.ctx.Err() == nil; {
		if l != nil {
			s.mu.Lock()
			for s.ctx.Err() == nil && !l.closed && !l.replace {
				s.cond.Wait()
			}
			over := s.fold(number, l)
			s.mu.Unlock()
			if s.ctx.Err() != nil || over {
				return
			}
			var shed *refusal
			if l.closed && errors.As(l.why, &shed) {
				s.rest(shedWait)
			}
		}
		w, err := s.dial(number)
		switch {
		case s.ctx.Err() != nil:
			if w != nil {
				w.close()
			}
			return
		case err == nil && w == nil: // the old one moved first, or a spare one
			fails = 0
			l = s.holder(number)
			continue
		case err == nil && s.folded(number):
			w.close()
			return
		case err == nil && s.holder(number) != l && s.moved(number): // a spare one took the place
			w.close()
			l = s.holder(number)
			continue
		case err == nil:
			fails = 0
			l = s.enter(w, number)
			continue
		}
		fails++
		s.failed(err)
		s.rest(min(time.Duration(fails)*100*time.Millisecond, 2*time.Second))
	}
}

// fold gives up the slots beyond those of a road that breaks, once it does: l is
// left to bring what is on its way. The caller holds s.mu.
func (s *session) fold(number int, l *lane) bool {
	if number < maxLanes || !s.silent && number < s.slots {
		return false
	}
	s.slots = min(s.slots, maxLanes)
	l.retired = true
	return true
}

// folded says whether a slot was given up while its lane was dialled.
func (s *session) folded(number int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return number >= s.slots
}

func (s *session) rest(d time.Duration) {
	select {
	case <-s.ctx.Done():
	case <-time.After(d):
	}
}

// failed takes in that a connection could not be made. While other lanes work
// that says little; a plain failure of the only one ends the session.
func (s *session) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastErr = err
	switch fault.KindOf(roadFault(s.ctx, "courier.dial", err)) {
	case fault.Denied, fault.Untrusted:
		s.cancel(err)
	default:
		live := slices.ContainsFunc(s.lanes, func(l *lane) bool { return !l.closed })
		if !live && time.Since(s.alive) > giveUp {
			s.cancel(err)
		}
	}
}

// moved says whether the lane of a slot that was to be replaced moved in
// between, or a spare one took its place. A successor is then not needed.
func (s *session) moved(number int) bool {
	l := s.holder(number)
	if l == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !l.closed && !l.replace
}

// dial connects a successor of a slot's lane, or nil when that moved first.
func (s *session) dial(number int) (*wire, error) {
	s.mu.Lock()
	every := max(dialEvery, s.window.trip()/2)
	again := max(5*s.window.trip(), 1500*time.Millisecond)
	s.dials++
	silent := s.silent
	s.mu.Unlock()
	if silent {
		// All lanes dial now: one after the other, so that one of them soon finds
		// the road open.
		s.rest(every * time.Duration(number%maxLanes) / maxLanes)
	}
	h := &hands{holes: &s.road.holes}
	return race(s.ctx, mostHands, again, func(ctx context.Context) (*wire, error) {
		small := h.small()
		conn, err := s.road.reach(ctx, every, small)
		if err != nil {
			return nil, err
		}
		s.opened()
		if s.moved(number) {
			conn.Close()
			return nil, nil
		}
		return s.road.secure(ctx, conn, h, small, fmt.Sprint(s.id, "/", number))
	}, func(w *wire) {
		if w != nil {
			w.close()
		}
	})
}
