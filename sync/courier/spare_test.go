package courier

import (
	"net"
	"testing"
	"time"
)

// lanesOf is a session with n lanes, each in its slot, with something under way
// over a real connection.
func lanesOf(t *testing.T, n int) (*session, []*lane, []net.Conn) {
	s, first := sessionOf(t)
	s.window.ack(time.Now(), 100*time.Millisecond, 1)
	s.slots, s.lanes = n, nil
	var far []net.Conn
	for i := range n {
		l := &lane{s: s, number: i, proven: true}
		if i == 0 {
			l = first
		}
		a, b := net.Pipe()
		t.Cleanup(func() { a.Close(); b.Close() })
		l.w = &wire{under: &gathering{Conn: a}}
		l.flight, l.bytes = []sent{{}}, 100+i
		s.lanes, s.holders[i], far = append(s.lanes, l), l, append(far, b)
	}
	s.heard = time.Now()
	return s, s.lanes, far
}

// closed says whether the near end of a connection was closed.
func closed(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := c.Read(make([]byte, 1))
	ne, ok := err.(net.Error)
	return !ok || !ne.Timeout()
}

func TestSpareLanes(t *testing.T) {
	s, lanes, far := lanesOf(t, 1)
	old := lanes[0]
	s.look(time.Now().Add(2*time.Second), false)
	if !old.replace || closed(far[0]) {
		t.Fatal("a silent lane is not replaced, or was closed")
	}
	fresh := &lane{s: s, number: 0, w: old.w, heard: time.Now()}
	s.lanes, s.holders[0], old.retired = append(s.lanes, fresh), fresh, true
	s.hear(fresh)
	t.Run("a lane that lived through a silence is kept for the next", func(t *testing.T) {
		s.hear(old)
		old.flight, old.bytes = nil, 0
		s.look(time.Now(), false)
		if !old.spare || old.retired || closed(far[0]) {
			t.Errorf("spare %v, retired %v", old.spare, old.retired)
		}
		if l := s.best(""); l != fresh {
			t.Error("a question goes over the spare lane")
		}
	})
	t.Run("it goes on as soon as the road is found open, and no sooner", func(t *testing.T) {
		s.opened()
		if !old.spare {
			t.Fatal("used while the other works")
		}
		fresh.flight, fresh.bytes = []sent{{}}, 100
		s.look(time.Now().Add(2*time.Second), false)
		if !fresh.replace || old.doubted {
			t.Fatalf("replace %v, the spare doubted %v", fresh.replace, old.doubted)
		}
		s.opened()
		if old.spare || s.holder(0) != old || !fresh.retired || !s.moved(0) {
			t.Errorf("spare %v, retired %v", old.spare, fresh.retired)
		}
	})
	t.Run("one that does not move then is replaced", func(t *testing.T) {
		s.look(old.tried.Add(100*time.Millisecond), false)
		if old.replace {
			t.Fatal("after a moment already")
		}
		s.look(old.tried.Add(time.Second), false)
		if !old.replace || s.moved(0) {
			t.Error("it is not")
		}
	})
}

func TestSilenceThatNoConnectionLives(t *testing.T) {
	s, lanes, far := lanesOf(t, 3)
	s.tested, s.lived = 3, 1
	s.test()
	for i := range lanes {
		if closed(far[i]) {
			t.Fatalf("lane %d was cut off, though one lived through the silence before", i)
		}
	}
	if s.test(); !s.mortal {
		t.Fatal("none lived")
	}
	if closed(far[0]) || !closed(far[1]) || !closed(far[2]) {
		t.Errorf("cut off: %v %v %v; all but the one with the least under way should be", closed(far[0]), closed(far[1]), closed(far[2]))
	}
	s.hear(lanes[0])
	if s.test(); s.mortal {
		t.Error("one lived, and is not believed")
	}
}

func TestSlotsOfACalmRoad(t *testing.T) {
	s, _, _ := lanesOf(t, calmLanes)
	now := time.Now()
	s.begun = now.Add(-time.Minute)
	if n := s.mostLanes(now); n != calmLanes {
		t.Errorf("%d lanes on a road that holds", n)
	}
	last := s.holders[calmLanes-1]
	if s.fold(last.number, last) {
		t.Error("given up without a silence")
	}
	s.silent = true
	if n := s.mostLanes(now); n != maxLanes {
		t.Errorf("%d lanes in a silence", n)
	}
	if s.fold(maxLanes-1, s.holders[maxLanes-1]) || !s.fold(last.number, last) || !last.retired || s.slots != maxLanes || !s.folded(last.number) {
		t.Errorf("%d slots", s.slots)
	}
}
