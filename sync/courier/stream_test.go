package courier

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

func TestLimiter(t *testing.T) {
	for _, rate := range []int64{1_000, 50_000, 3_000_000} {
		synctest.Test(t, func(t *testing.T) {
			var l limiter
			l.set(rate)
			sent := int64(0)
			start := time.Now()
			for time.Since(start) < 10*time.Second {
				n := l.piece(64 << 10)
				if wait := l.take(n); wait > 0 {
					time.Sleep(wait)
					continue
				}
				sent += int64(n)
				if most := rate*int64(time.Since(start)+time.Second)/int64(time.Second) + int64(n); sent > most {
					t.Fatalf("at %d a second %d bytes went in %v", rate, sent, time.Since(start))
				}
			}
			if sent < rate*9 || sent > rate*11 {
				t.Errorf("at %d a second %d bytes went in ten", rate, sent)
			}
		})
	}
	t.Run("records are counted, and what they take blobs wait for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var l limiter
			l.set(1000)
			l.spend(2000)
			if wait := l.take(100); wait < 2*time.Second || wait > 2200*time.Millisecond {
				t.Errorf("waits %v", wait)
			}
		})
	})
	t.Run("without a bound nothing waits", func(t *testing.T) {
		var l limiter
		if l.take(1<<30) != 0 || l.piece(777) != 777 {
			t.Error("it waits")
		}
	})
}

// road of a rate and a delay, over which a window is tried: what is under way
// beyond what the road takes in a round trip queues up.
func tryWindow(rate float64, trip time.Duration, steps int) (w window, queue time.Duration) {
	w = newWindow()
	now := time.Unix(1000, 0)
	for range steps {
		fits := rate * trip.Seconds()
		queue = time.Duration(max(float64(w.size)-fits, 0) / rate * float64(time.Second))
		delay := trip + queue
		now = now.Add(delay)
		for range 4 {
			w.limited = true
			w.ack(now, delay, w.size/4)
		}
		now = now.Add(time.Millisecond)
	}
	return w, queue
}

func TestWindow(t *testing.T) {
	for name, c := range map[string]struct {
		rate float64
		trip time.Duration
	}{
		"2 Mbit/s, 200 ms":  {250_000, 200 * time.Millisecond},
		"20 Mbit/s, 30 ms":  {2_500_000, 30 * time.Millisecond},
		"50 kbit/s, 1 s":    {6_250, time.Second},
		"100 Mbit/s, 50 ms": {12_500_000, 50 * time.Millisecond},
	} {
		t.Run("the window fits a road of "+name, func(t *testing.T) {
			w, queue := tryWindow(c.rate, c.trip, 300)
			fits := c.rate * c.trip.Seconds()
			if float64(w.size) < fits*0.95 && w.size != minWindow {
				t.Errorf("window %d, the road takes %.0f", w.size, fits)
			}
			if queue > 2*w.goal()+50*time.Millisecond && w.size > minWindow {
				t.Errorf("a queue of %v", queue)
			}
		})
	}
	t.Run("the window is not halved again and again while the delay stays", func(t *testing.T) {
		w, _ := tryWindow(250_000, 200*time.Millisecond, 1000)
		halved := 0
		now := w.baseEnd
		for range 2000 {
			now = now.Add(220 * time.Millisecond)
			was := w.before
			w.ack(now, 220*time.Millisecond, 1)
			if was == 0 && w.before > 0 {
				halved++
			}
		}
		if halved > 2 {
			t.Errorf("%d times in seven minutes", halved)
		}
		for range 300 {
			now = now.Add(300 * time.Millisecond)
			was := w.before
			w.ack(now, 300*time.Millisecond, 1)
			if was == 0 && w.before > 0 {
				return
			}
		}
		t.Error("nor where it rose")
	})
	t.Run("patience is longer on a slower road, and never short", func(t *testing.T) {
		slow, _ := tryWindow(6_250, time.Second, 10)
		fast, _ := tryWindow(1e8, time.Millisecond, 10)
		if slow.patience() < 3*time.Second || fast.patience() != leastPatience {
			t.Errorf("%v and %v", slow.patience(), fast.patience())
		}
	})
}

func TestFreight(t *testing.T) {
	h := func(i byte) store.PendingBlob { return store.PendingBlob{Hash: loan.Hash{i}, Size: 100} }
	f := freight{all: map[loan.Hash]*cargo{}}
	f.refresh([]store.PendingBlob{h(1), h(2), h(3)})
	for _, c := range f.order {
		f.lacks(c, parcel.Lack{Hash: c.Hash, Ranges: [][2]int64{{0, 100}}})
		c.content = make([]byte, 100)
	}
	a, b := &lane{}, &lane{}
	t.Run("each lane has a blob of its own, the oldest first", func(t *testing.T) {
		c := f.next(a)
		c.lane, a.cargo = a, c
		if c.Hash != (loan.Hash{1}) || f.next(b).Hash != (loan.Hash{2}) || f.next(a) != c {
			t.Errorf("got %v", c.Hash)
		}
	})
	t.Run("a new urgent blob goes before those that wait", func(t *testing.T) {
		f.refresh([]store.PendingBlob{h(9), h(1), h(2), h(3)})
		u := f.order[0]
		f.lacks(u, parcel.Lack{Hash: u.Hash, Ranges: [][2]int64{{0, 100}}})
		u.content = make([]byte, 100)
		if got := f.next(b); got != u {
			t.Errorf("got %v", got.Hash)
		}
	})
	t.Run("what came is not sent again, what did not is", func(t *testing.T) {
		c := f.order[1]
		x := c.todo.take(60)
		p := sent{cargo: c, from: x[0], to: x[1], turn: c.turn}
		if n, whole := f.got(p, 0, 40); n != 40 || whole || c.need.size() != 60 {
			t.Fatalf("%d came, %v needed", n, c.need)
		}
		f.put(c, ranges{{40, x[1]}})
		if c.todo.size() != 60 {
			t.Errorf("todo %v", c.todo)
		}
		f.put(c, ranges{{50, 100}})
		if c.todo.size() != 60 {
			t.Errorf("what waits anyway was put in front once more: %v", c.todo)
		}
		if n, whole := f.got(p, 30, 50); n != 10 || whole || c.todo.size() != 50 {
			t.Errorf("%d came, todo %v", n, c.todo)
		}
		if n, whole := f.got(sent{cargo: c, turn: c.turn - 1}, 0, 100); n != 0 || whole {
			t.Errorf("the word of an earlier turn counts %d", n)
		}
		if _, whole := f.got(p, 40, 100); !whole || c.state != arrived || c.content != nil {
			t.Errorf("todo %v, state %d", c.todo, c.state)
		}
	})
	t.Run("what the outbox names no longer is forgotten", func(t *testing.T) {
		f.refresh([]store.PendingBlob{h(2)})
		if len(f.all) != 1 || len(f.order) != 1 {
			t.Errorf("%d blobs", len(f.all))
		}
	})
}

// An urgent case does not wait for the blob in hand, and that goes on where it
// stopped.
func TestAnUrgentBlobOvertakesTheOneInHand(t *testing.T) {
	const long = 5 << 20
	f := freight{all: map[loan.Hash]*cargo{}}
	fill := func(c *cargo) {
		f.lacks(c, parcel.Lack{Hash: c.Hash, Ranges: [][2]int64{{0, c.Size}}})
		c.content = make([]byte, c.Size)
		f.loaded += c.Size
	}
	scan := store.PendingBlob{Hash: loan.Hash{1}, Size: long}
	f.refresh([]store.PendingBlob{scan, {Hash: loan.Hash{2}, Size: 100}})
	fill(f.order[0])
	a, b := &lane{}, &lane{}
	inHand := f.next(a)
	for _, l := range []*lane{a, b} { // both send of it
		inHand.lane, l.cargo = l, inHand
	}
	inHand.lane = a
	x := inHand.todo.take(1 << 20)
	t.Run("one that is not urgent waits", func(t *testing.T) {
		fill(f.order[1])
		if f.next(a) != inHand || f.next(b).Hash != inHand.Hash {
			t.Error("the lane turned away from the blob in hand")
		}
	})
	urgent := store.PendingBlob{Hash: loan.Hash{9}, Size: 3 << 20, Urgent: true}
	t.Run("it is asked about although enough is known", func(t *testing.T) {
		g := freight{all: map[loan.Hash]*cargo{}}
		blobs := []store.PendingBlob{urgent}
		for i := range askAhead {
			blobs = append(blobs, store.PendingBlob{Hash: loan.Hash{7, byte(i), byte(i >> 8)}, Size: 10})
		}
		g.refresh(blobs)
		for _, c := range g.order[1 : askAhead-5] {
			g.lacks(c, parcel.Lack{Hash: c.Hash, Ranges: [][2]int64{{0, 10}}})
		}
		if ask := g.toAsk(); len(ask) != 1 || ask[0].Hash != urgent.Hash {
			t.Errorf("asked about %d blobs", len(ask))
		}
	})
	t.Run("it is read although memory is full, and both lanes turn to it", func(t *testing.T) {
		f.refresh([]store.PendingBlob{urgent, scan, {Hash: loan.Hash{2}, Size: 100}})
		u := f.order[0]
		f.lacks(u, parcel.Lack{Hash: u.Hash, Ranges: [][2]int64{{0, u.Size}}})
		if got := f.toLoad(); got != u {
			t.Fatalf("to be read: %v", got)
		}
		u.content = make([]byte, u.Size)
		f.loaded += u.Size
		if f.loaded > loadAhead {
			t.Errorf("%d bytes in memory", f.loaded)
		}
		if got := f.next(a); got != u {
			t.Fatalf("the one goes on with %v", got)
		}
		u.lane, a.cargo = a, u
		if got := f.next(b); got != u {
			t.Errorf("the other goes on with %v", got)
		}
		u.todo = nil // all of it is sent, and comes
		if _, whole := f.got(sent{cargo: u, turn: u.turn}, 0, u.Size); !whole {
			t.Error("it did not come")
		}
	})
	t.Run("then the one in hand goes on where it stopped", func(t *testing.T) {
		c := f.toLoad()
		if c != inHand {
			t.Fatalf("to be read: %v", c)
		}
		c.content = make([]byte, c.Size)
		if got := f.next(a); got != inHand || got.todo.size() != long-(1<<20) || got.todo[0][0] != x[1] {
			t.Errorf("goes on with %v, %v", got.Hash, got.todo)
		}
	})
	t.Run("what was made urgent while it waited is known as such", func(t *testing.T) {
		s := scan
		s.Urgent = true
		f.refresh([]store.PendingBlob{s})
		if !f.order[0].Urgent || f.order[0] != inHand {
			t.Error("it is not")
		}
	})
}

func TestRace(t *testing.T) {
	t.Run("the first that comes through wins, and the others are let go", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var begun, dropped, live atomic.Int32
			got, err := race(t.Context(), 3, 100*time.Millisecond, func(ctx context.Context) (int, error) {
				n := int(begun.Add(1))
				if live.Add(1) > 4 { // one of them is being given up
					t.Errorf("%d attempts beside one another", live.Load())
				}
				defer live.Add(-1)
				select { // only those begun after 1.2 s meet an open road
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
				}
				if n < 13 {
					<-ctx.Done()
				}
				return n, ctx.Err()
			}, func(int) { dropped.Add(1) })
			if err != nil || got != 13 || begun.Load() != 13 {
				t.Errorf("got %d of %d, %v", got, begun.Load(), err)
			}
		})
	})
	t.Run("it ends when all have failed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, err := race(t.Context(), 3, time.Second, func(context.Context) (int, error) { return 0, errors.New("refused") }, func(int) {})
			if err == nil {
				t.Error("no error")
			}
		})
	})
}

// sessionOf is a session without a connection.
func sessionOf(t testing.TB) (*session, *lane) {
	ctx, cancel := context.WithCancelCause(t.Context())
	s := &session{road: &road{count: func(store.PendingBlob, int) {}}, ctx: ctx, cancel: cancel, events: make(chan struct{}, 1), window: newWindow(),
		freight: freight{all: map[loan.Hash]*cargo{}}, asks: map[uint32]*pendingAsk{}, holders: map[int]*lane{}, slots: 1}
	s.cond.L = &s.mu
	l := &lane{s: s, proven: true, heard: time.Now()}
	s.lanes = []*lane{l}
	return s, l
}

func TestLaneInDoubt(t *testing.T) {
	s, l := sessionOf(t)
	s.freight.refresh([]store.PendingBlob{{Hash: loan.Hash{1}, Size: 10_000}})
	c := s.freight.order[0]
	s.freight.lacks(c, parcel.Lack{Hash: c.Hash, Ranges: [][2]int64{{0, 10_000}}})
	c.content = make([]byte, 10_000)
	if _, ok := s.load(l, nil); !ok {
		t.Fatal("nothing to send")
	}
	sent := l.bytes
	if err := s.took(l, uint64(sent)+1); err == nil {
		t.Error("more was taken than was sent, and nobody minds")
	}
	if err := s.took(l, 1000); err != nil || c.need.size() != 9000 || l.bytes != sent-1000 {
		t.Errorf("%v needed, %d under way, %v", c.need, l.bytes, err)
	}
	l.closed = true
	s.doubt(l)
	if len(s.doubts) != 1 || s.doubts[0].from != 1000 || s.underWay() != 0 {
		t.Errorf("in doubt %+v", s.doubts)
	}
}

func TestPieces(t *testing.T) {
	w := newWindow()
	for w.size = minWindow; w.size < maxWindow; w.size += 1000 {
		n := w.piece(maxLanes)
		if n < minPiece || n > maxPiece {
			t.Fatalf("a piece of %d", n)
		}
		buf := parcel.AppendData(nil, 0, make([]byte, n))
		if sent := len(buf) + 22; sent <= fullPackets*packet && sent%packet != 0 { // one record
			t.Fatalf("a piece of %d leaves a packet unfilled: %d", n, sent%packet)
		}
	}
}

func TestLending(t *testing.T) {
	s, l := sessionOf(t)
	other := &lane{s: s, number: 1, proven: true, heard: time.Now()}
	s.lanes = append(s.lanes, other)
	s.freight.refresh([]store.PendingBlob{{Hash: loan.Hash{1}, Size: 2000}})
	c := s.freight.order[0]
	s.freight.lacks(c, parcel.Lack{Hash: c.Hash, Ranges: [][2]int64{{0, 2000}}})
	c.content = make([]byte, 2000)
	if _, ok := s.load(l, nil); !ok || l.bytes != 2000 {
		t.Fatal("not all was sent")
	}
	s.lend(time.Now())
	if _, ok := s.load(other, nil); ok {
		t.Fatal("what is not late was lent")
	}
	s.lend(time.Now().Add(time.Second))
	if _, ok := s.load(l, nil); ok {
		t.Error("the late lane itself got it again")
	}
	if _, ok := s.load(other, nil); !ok || other.bytes != 2000 {
		t.Fatal("another lane did not get what is late")
	}
	s.lend(time.Now().Add(2 * time.Second))
	if err := s.took(l, 1500); err != nil || c.need.size() != 500 {
		t.Errorf("%v needed, %v", c.need, err)
	}
	if err := s.took(other, 2000); err != nil || c.state != arrived {
		t.Errorf("state %d, %v needed, %v", c.state, c.need, err)
	}
	if err := s.took(l, 2000); err != nil || c.state != arrived || l.lent || l.bytes != 0 {
		t.Errorf("state %d, lent %v, %d under way, %v", c.state, l.lent, l.bytes, err)
	}
}

func TestSilence(t *testing.T) {
	s, l := sessionOf(t)
	s.window.ack(time.Now(), 100*time.Millisecond, 1)
	l.bytes, l.flight = 100, []sent{{}}
	now := time.Now()
	s.heard, l.heard, l.begun = now, now, now
	t.Run("a lane that is silent for long is doubted and kept", func(t *testing.T) {
		s.look(now.Add(500*time.Millisecond), false)
		if s.silent || l.doubted {
			t.Error("doubted too soon")
		}
		s.look(now.Add(time.Second), false)
		if !s.silent || !l.doubted || !l.replace || l.closed {
			t.Errorf("silent %v, doubted %v, closed %v", s.silent, l.doubted, l.closed)
		}
	})
	t.Run("whichever moves first goes on", func(t *testing.T) {
		s.hear(l)
		if s.silent || l.doubted || l.replace {
			t.Error("still doubted")
		}
	})
	t.Run("after a sleep of the machine no lane is trusted", func(t *testing.T) {
		s.look(time.Now(), true)
		if !s.silent || !l.doubted {
			t.Error("trusted")
		}
	})
}

// FuzzLane reads what a false centre may send.
func FuzzLane(f *testing.F) {
	f.Add(parcel.AppendNumber(nil, parcel.FrameTaken, 5))
	f.Add((&parcel.Refused{Status: 422, Body: []byte("{}")}).Append(nil))
	f.Add(parcel.AppendLacking(nil, 1, []parcel.Lack{{Held: true}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, l := sessionOf(t)
		l.w = &wire{greeted: true, r: newReader(bytes.NewReader(b))}
		s.asks[1] = &pendingAsk{answer: make(chan *parcel.Answer, 1)}
		l.sent = 10
		if err := l.read(); err == nil {
			t.Fatal("no end")
		}
	})
}

func TestMemoryOfContentsIsUsedAgain(t *testing.T) {
	f := &freight{all: map[loan.Hash]*cargo{}}
	c := &cargo{content: append(f.room(100), make([]byte, 100)...)}
	f.loaded = 100
	first := &c.content[0]
	f.unload(c)
	if f.loaded != 0 || c.content != nil {
		t.Fatalf("%d bytes loaded", f.loaded)
	}
	t.Run("a smaller one goes where a larger one was", func(t *testing.T) {
		if b := f.room(40); &b[:1][0] != first || len(b) != 0 {
			t.Error("it has memory of its own")
		}
	})
	t.Run("no two have the same", func(t *testing.T) {
		if b := f.room(40); &b[:1][0] == first {
			t.Error("they share it")
		}
	})
	t.Run("the largest are kept, as much as may be loaded, and none that is very large", func(t *testing.T) {
		for n := range 20 {
			f.giveBack(make([]byte, (n+1)*spareSize/20))
		}
		f.giveBack(make([]byte, spareSize+1))
		f.giveBack(nil)
		sum, least := int64(0), spareSize
		for _, b := range f.spare {
			sum, least = sum+int64(cap(b)), min(least, cap(b))
			if cap(b) > spareSize {
				t.Errorf("one of %d bytes", cap(b))
			}
		}
		if sum != f.kept || sum > loadAhead || sum <= loadAhead-spareSize || least < spareSize/2 {
			t.Errorf("%d bytes are kept, of %d, the least %d", sum, f.kept, least)
		}
	})
}
