package courier

import (
	"context"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// atServers is a session whose lanes ended at some servers, with blobs of which
// the centre has nothing.
func atServers(t *testing.T, servers []string, sizes ...int64) (*session, []*lane, []*cargo) {
	s, first := sessionOf(t)
	s.window.size = maxWindow
	s.server, s.lanes = servers[0], nil
	for i, name := range servers {
		l := &lane{s: s, number: i, proven: true, known: true, server: name, heard: time.Now(), w: &wire{server: name}}
		if i == 0 {
			*first = *l
			l = first
		}
		s.lanes = append(s.lanes, l)
	}
	s.slots = len(servers)
	var pending []store.PendingBlob
	for i, n := range sizes {
		pending = append(pending, store.PendingBlob{Hash: loan.Hash{byte(i + 1)}, Size: n})
	}
	s.freight.refresh(pending)
	for _, c := range s.freight.order {
		s.learn(c, s.lanes[0], [2]int64{0, c.Size})
	}
	return s, s.lanes, s.freight.order
}

// learn takes in what a lane's server says that it lacks.
func (s *session) learn(c *cargo, from *lane, lacking ...[2]int64) {
	l := parcel.Lack{Hash: c.Hash, Ranges: lacking}
	c.settle(l, from)
	s.freight.lacks(c, l)
	c.content = make([]byte, c.Size)
}

// all sends over a lane until nothing more goes, and gives how many bytes did.
func (l *lane) all(t *testing.T) int {
	t.Helper()
	before := l.sent
	for n := uint64(0); ; n = l.sent {
		if _, ok := l.s.load(l, nil); !ok {
			return int(l.sent - before)
		}
		if l.sent == n {
			t.Fatal("a piece of nothing")
		}
		if err := l.s.took(l, l.sent); err != nil {
			t.Fatal(err)
		}
	}
}

// one sends one piece over a lane, which is not acknowledged.
func (l *lane) one() bool { _, ok := l.s.load(l, nil); return ok }

func TestABlobGoesToOneServer(t *testing.T) {
	t.Run("lanes to another server send none of it", func(t *testing.T) {
		_, l, c := atServers(t, []string{"a", "b", "a"}, 1_000_000)
		if !l[0].one() || l[1].one() || !l[2].one() {
			t.Error("want pieces over the lanes to a alone")
		}
		if n := l[0].all(t); n == 0 || c[0].state == arrived {
			t.Errorf("%d bytes, state %d", n, c[0].state)
		}
	})
	t.Run("with a blob for each, both servers get one", func(t *testing.T) {
		_, l, c := atServers(t, []string{"a", "b"}, 200_000, 200_000)
		if !l[1].one() || !l[0].one() {
			t.Fatal("nothing to send")
		}
		l[0].all(t)
		l[1].all(t)
		if l[0].sent != 200_000 || l[1].sent != 200_000 || c[0].server != "b" || c[1].server != "a" {
			t.Errorf("%d and %d bytes, to %q and %q", l[0].sent, l[1].sent, c[1].server, c[0].server)
		}
	})
	t.Run("of a centre that names no server every lane sends", func(t *testing.T) {
		_, l, _ := atServers(t, []string{"", ""}, 1_000_000)
		if !l[0].one() || !l[1].one() {
			t.Error("a lane sent nothing")
		}
	})
	t.Run("what a server has a part of goes on there", func(t *testing.T) {
		s, l, c := atServers(t, []string{"a", "b"}, 1_000_000)
		s.learn(c[0], l[1], [2]int64{500_000, 1_000_000})
		if l[0].one() || l[1].all(t) != 500_000 || c[0].state != arrived {
			t.Errorf("state %d, %v needed", c[0].state, c[0].need)
		}
	})
	t.Run("late pieces are lent to lanes of the same server alone", func(t *testing.T) {
		for name, want := range map[string]bool{"a": true, "b": false} {
			s, l, c := atServers(t, []string{"a", name}, 2000)
			if !l[0].one() {
				t.Fatal("nothing to send")
			}
			s.lend(time.Now().Add(time.Minute))
			if len(c[0].todo) > 0 != want || l[0].lent != want || l[1].one() != want {
				t.Errorf("with a lane to %s: todo %v, lent %v", name, c[0].todo, l[0].lent)
			}
		}
	})
}

func TestALaneThatEndsElsewhere(t *testing.T) {
	s, l, c := atServers(t, []string{"a", "a"}, 100_000)
	l[1].known, l[1].w.server = false, "b"
	if !l[1].one() {
		t.Fatal("a new lane waits for its greeting although all are thought to end at one server")
	}
	sent := l[1].bytes
	s.greeted(l[1])
	if err := s.took(l[1], l[1].sent); err != nil || c[0].need.size() != 100_000 || l[1].bytes != 0 {
		t.Errorf("%v, %v needed after %d bytes went to the wrong server", err, c[0].need, sent)
	}
	if l[1].one() || l[0].all(t) != 100_000 || c[0].state != arrived {
		t.Errorf("state %d, %v needed", c[0].state, c[0].need)
	}
	t.Run("from then on a new lane waits until it is known", func(t *testing.T) {
		s, l, _ := atServers(t, []string{"a", "b", "a"}, 100_000)
		l[2].known = false
		if l[2].one() {
			t.Error("it sent")
		}
		if s.greeted(l[2]); !l[2].one() {
			t.Error("it sends nothing")
		}
	})
	t.Run("where the first answer comes from, the lanes without one are thought to end", func(t *testing.T) {
		s, l, _ := atServers(t, []string{"", ""}, 100_000)
		l[0].known, l[1].known, l[1].w.server = false, false, "a"
		s.greeted(l[1])
		if s.server != "a" || l[0].server != "a" || s.several() || !l[0].one() {
			t.Errorf("thought to be at %q and %q", s.server, l[0].server)
		}
	})
	t.Run("a server that was started anew is another, and the only one", func(t *testing.T) {
		s, l, _ := atServers(t, []string{"a", "a"}, 100_000, 100_000)
		l[0].closed, l[1].known, l[1].w.server = true, false, "a2"
		if s.greeted(l[1]); s.server != "a2" || s.several() {
			t.Errorf("thought to be at %q", s.server)
		}
	})
}

// A server that is lost in the midst of a blob is asked about no longer: the
// others are, and get all of it.
func TestAServerIsLost(t *testing.T) {
	s, l, c := atServers(t, []string{"a", "b"}, 300_000)
	for range 2 {
		if !l[0].one() {
			t.Fatal("nothing to send")
		}
	}
	if err := s.took(l[0], l[0].sent/2); err != nil {
		t.Fatal(err)
	}
	l[0].closed = true
	s.doubt(l[0])
	if s.freight.orphans(s.stranded); c[0].state != going {
		t.Error("asked about while parts of it are in doubt")
	}
	q := s.question()
	if len(q) == 0 {
		t.Fatal("no question")
	}
	answer(t, s, l[1], []parcel.Lack{{Hash: c[0].Hash, Ranges: [][2]int64{{0, 300_000}}}}, func() { s.resolve(q) })
	if c[0].state != unasked {
		t.Fatalf("state %d after another server answered", c[0].state)
	}
	s.learn(c[0], l[1], [2]int64{0, 300_000})
	if n := l[1].all(t); n != 300_000 || c[0].state != arrived {
		t.Errorf("%d bytes, state %d", n, c[0].state)
	}
	t.Run("also with nothing in doubt", func(t *testing.T) {
		s, l, c := atServers(t, []string{"a", "b"}, 300_000)
		if !l[0].one() {
			t.Fatal("nothing to send")
		}
		if err := s.took(l[0], l[0].sent); err != nil {
			t.Fatal(err)
		}
		if s.freight.orphans(s.stranded); c[0].state != going {
			t.Error("asked about while its server is reached")
		}
		for what, gone := range map[string]*bool{"closed": &l[0].closed, "kept in reserve": &l[0].spare} {
			*gone = true
			if s.freight.orphans(s.stranded); c[0].state != unasked {
				t.Errorf("%s: state %d, want asked about anew", what, c[0].state)
			}
			*gone, c[0].state = false, going
			s.learn(c[0], l[0], [2]int64{100_000, 300_000})
		}
	})
	t.Run("while no lane works nothing is asked anew", func(t *testing.T) {
		s, l, c := atServers(t, []string{"a"}, 300_000)
		l[0].one()
		s.took(l[0], l[0].sent)
		l[0].closed = true
		if s.freight.orphans(s.stranded); c[0].state != going {
			t.Errorf("state %d", c[0].state)
		}
	})
}

// answer lets a lane answer the next question while do goes on.
func answer(t *testing.T, s *session, l *lane, lacks []parcel.Lack, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			s.mu.Lock()
			for id, p := range s.asks {
				delete(s.asks, id)
				if p.lane != l {
					t.Errorf("asked over the lane to %q", p.lane.server)
				}
				p.from = l
				p.answer <- &parcel.Answer{Status: 200, Body: parcel.AppendLacking(nil, id, lacks)[4:]}
			}
			s.mu.Unlock()
			time.Sleep(time.Millisecond)
		}
	}()
	do()
	cancel()
	<-done
}

func TestQuestionsGoWhereTheBlobIs(t *testing.T) {
	s, l, c := atServers(t, []string{"a", "b"}, 1000, 1000, 1000)
	l[1].bytes = 500 // b's is the busier one
	if got := s.best("b"); got != l[1] {
		t.Error("a question for b goes elsewhere")
	}
	if got := s.best(""); got != l[0] {
		t.Error("a question for any goes over the busier lane")
	}
	l[1].doubted = true
	if got := s.best("b"); got != l[0] {
		t.Error("with no lane to b a question for it waits")
	}
	for i, name := range []string{"a", "b", "a"} {
		c[i].state, c[i].server = unasked, name
	}
	if got := s.freight.toAsk(); len(got) != 2 || got[0] != c[0] || got[1] != c[2] {
		t.Errorf("asked about %d blobs at once", len(got))
	}
	for i, p := range []string{"b", "a", "b"} {
		c[i].state, c[i].server = going, p
		s.doubts = append(s.doubts, sent{cargo: c[i], to: 1000, turn: c[i].turn})
	}
	if q := s.question(); len(q) != 2 || q[0].cargo != c[0] || len(s.doubts) != 1 || s.doubts[0].cargo != c[1] {
		t.Errorf("a question about %d parts, %d left", len(q), len(s.doubts))
	}
}
