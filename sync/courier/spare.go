package courier

import (
	"net"
	"time"
)

// What a silence does to connections is mostly what the one before did. Where
// they lived through it, those that were replaced are kept idle: at the end of
// the next silence they go on at once, for nothing is under way on them that the
// kernel would have to repeat first, after a pause that grew with the silence,
// and nothing is to be shaken hands about. Where none lived they are cut off at
// once, all but one that would show if it has changed: else the kernel repeats
// what is under way into the closed road.

// test doubts all lanes, at the beginning of a silence. The caller holds s.mu.
func (s *session) test() {
	if s.tested > 0 {
		s.mortal = s.lived == 0
	}
	s.tested, s.lived = 0, 0
	var witness *lane
	for _, l := range s.lanes {
		if l.closed || l.spare {
			continue
		}
		l.doubted, l.replace, l.tested = true, true, true
		s.tested++
		if len(l.flight) > 0 && (witness == nil || l.bytes < witness.bytes) {
			witness = l
		}
	}
	for _, l := range s.lanes {
		if s.mortal && witness != nil && l.tested && !l.closed && l != witness {
			l.w.abort()
		}
	}
}

// spares keeps a lane that lived through a silence and is needed no more, one
// for each slot; false when it is not to be kept. The caller holds s.mu.
func (s *session) spares(l *lane) bool {
	if s.back.IsZero() || l.heard.Before(s.back) || l.doubted || l.number >= maxLanes || l.number >= s.slots {
		return false
	}
	for _, o := range s.lanes {
		if o.spare && !o.closed && o.number == l.number {
			return false
		}
	}
	l.retired, l.lent, l.spare = false, false, true
	return true
}

// opened takes in that the road is open: a connection was made.
func (s *session) opened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.useSpares(time.Now())
}

// useSpares puts spare lanes in the place of those that are to be replaced. The
// caller holds s.mu.
func (s *session) useSpares(now time.Time) {
	for _, l := range s.lanes {
		old := s.holders[l.number]
		if !l.spare || l.closed || old == nil || old == l || !old.closed && !old.replace {
			continue
		}
		old.retired = true
		l.spare, l.tried = false, now
		s.holders[l.number] = l
		s.cond.Broadcast()
	}
}

// holder is the lane of a slot; nil before the first.
func (s *session) holder(number int) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holders[number]
}

// abort ends a connection without anything being sent again.
func (w *wire) abort() {
	if t, ok := w.under.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	w.close()
}
