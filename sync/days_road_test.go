package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"doorstep/sync/courier"
)

const roadBytes = 4_000_000

// papers are so many bytes, in papers of a size.
func papers(size int) (out [][]byte) {
	for at := 0; at < roadBytes; at += size {
		out = append(out, noise(fmt.Sprint("paper", at), size))
	}
	return out
}

// A link that is there for eight seconds at a time, with an outage in between
// that a stream outlives, or does not: each time keeps what it carried, of a long
// file and of short ones, and one of ten times' length ends.
func TestAFileOfTenWindowsEnds(t *testing.T) {
	const window, rate = 8 * time.Second, 50_000
	m := newMother(t)
	born := time.Now()
	for _, size := range []int{roadBytes, 50_000} {
		for _, dark := range []time.Duration{time.Second, 8 * time.Second} {
			t.Run(fmt.Sprintf("of %d bytes, outages of %v", size, dark), func(t *testing.T) {
				onALine(t, m, born, func(t *testing.T, w *world) {
					w.line.under(skyClear, lineDelay, rate, 0)
					c, end := carries(t, w, w.line.Dial, papers(size)...)
					defer end()
					for n := 0; !c.State().AllSent; n++ {
						if n > 30 {
							t.Fatalf("after %d windows the centre has %d bytes", n, c.State().Done)
						}
						had := c.State().Done
						w.line.under(skyClear, lineDelay, rate, 0)
						time.Sleep(window)
						// Of a long outage's end a courier learns within four seconds.
						now := c.State()
						if fits := int64(window.Seconds() * rate); now.Blobs > 0 && now.Done-had < fits/8 {
							t.Errorf("window %d kept %d bytes of %d", n, now.Done-had, fits)
						}
						w.line.under(skyDown, lineDelay, rate, 0)
						time.Sleep(dark)
					}
					if n := w.line.came.Load(); n > roadBytes*11/10 {
						t.Errorf("%d bytes came for %d", n, roadBytes)
					}
				})
			})
		}
	}
}

// Nothing moves for two seconds, and then all of it does: the connections of
// before are kept, and what was on its way does not go again.
func TestAStandstillKeepsTheConnections(t *testing.T) {
	m := newMother(t)
	onALine(t, m, time.Now(), func(t *testing.T, w *world) {
		c, end := sending(t, w)
		defer end()
		time.Sleep(5 * time.Second)
		before := w.line.ofLaptops()
		w.line.under(skyFrozen, lineDelay, lineRate, 0)
		time.Sleep(2 * time.Second)
		w.line.under(skyClear, lineDelay, lineRate, 0)
		time.Sleep(4 * time.Second)
		now := w.line.ofLaptops()
		kept := 0
		for e := range before {
			if now[e] {
				kept++
			}
		}
		if kept < len(before) || len(now) > len(before) {
			t.Errorf("of %d connections %d were kept, and %d are there", len(before), kept, len(now))
		}
		for at := time.Now(); !c.State().AllSent; {
			if time.Sleep(100 * time.Millisecond); time.Since(at) > time.Minute {
				t.Fatal("no end")
			}
		}
		if n := w.line.came.Load(); n > roadBytes*21/20 {
			t.Errorf("%d bytes came for %d", n, roadBytes)
		}
	})
}

// ofLaptops are the laptops' ends of what stands.
func (l *line) ofLaptops() map[*wireEnd]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[*wireEnd]bool{}
	for e := range l.conns {
		if e.up == 0 {
			out[e] = true
		}
	}
	return out
}

// 50 kbit/s and a second there and back: by stream and by requests all goes in
// one attempt, however long it takes, for something always moves.
func TestNoTimeIsTooLongWhereSomethingMoves(t *testing.T) {
	const rate, delay = 6_250, 500 * time.Millisecond
	m := newMother(t)
	born := time.Now()
	for _, how := range []string{"stream", "requests"} {
		t.Run("by "+how, func(t *testing.T) {
			onALine(t, m, born, func(t *testing.T, w *world) {
				w.line.under(skyClear, delay, rate, 0)
				dial := w.line.Dial
				if how == "requests" {
					dial = w.line.dialNoStream
				}
				c, end := carries(t, w, dial, noise("long", roadBytes))
				defer end()
				var failed atomic.Pointer[courier.State]
				c.Watch(func(s courier.State) {
					if s.Phase == courier.Waiting && s.Done > 0 { // that there is no stream is found out before
						failed.CompareAndSwap(nil, &s)
					}
				})
				start := time.Now()
				for !c.State().AllSent {
					if time.Sleep(time.Second); time.Since(start) > 20*time.Minute {
						t.Fatalf("no end: %d", c.State().Done)
					}
				}
				if s := failed.Load(); s != nil {
					t.Errorf("an attempt ended, %d bytes there: %v", s.Done, s.Err)
				}
			})
		})
	}
}

// plain is a laptop's end over which no stream comes about: a hello that does
// not name HTTP/2 breaks it.
type plain struct {
	net.Conn
	said bool
}

func (p *plain) Write(b []byte) (int, error) {
	if !p.said && !bytes.Contains(b, []byte("\x02h2")) {
		p.Close()
		return 0, syscall.ECONNRESET
	}
	p.said = true
	return p.Conn.Write(b)
}

func (l *line) dialNoStream(ctx context.Context, addr string) (net.Conn, error) {
	c, err := l.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return &plain{Conn: c}, nil
}

// One packet in fifty is lost, and each holds up what is behind it on its own
// connection.
func TestALossHoldsUpItsOwnConnectionAlone(t *testing.T) {
	m := newMother(t)
	onALine(t, m, time.Now(), func(t *testing.T, w *world) {
		w.line.loss = rand.New(rand.NewPCG(1, 2))
		c, end := sending(t, w)
		defer end()
		start := time.Now()
		for !c.State().AllSent {
			if time.Sleep(100 * time.Millisecond); time.Since(start) > 5*time.Minute {
				t.Fatal("no end")
			}
		}
		ideal := time.Duration(float64(roadBytes) / lineRate * float64(time.Second))
		if d := time.Since(start); d > ideal*5/4 {
			t.Errorf("it took %v, and %v without a loss", d, ideal)
		}
	})
}
