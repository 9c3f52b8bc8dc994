package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"doorstep/sync/courier"
)

// A link falls silent in the middle of a blob and comes back: by a clock that no
// other work on the machine delays, blobs go on within three seconds.
func TestSendingGoesOnWithinThreeSecondsOfTheLinksReturn(t *testing.T) {
	m := newMother(t)
	born := time.Now()
	for _, dead := range []sky{skySilent, skyFrozen, skyDown} {
		for _, dark := range []time.Duration{2 * time.Second, 4 * time.Second, 15 * time.Second} {
			if dead == skyDown && dark > 4*time.Second {
				continue // it was given up, and is tried again in steps of up to a minute
			}
			t.Run(fmt.Sprint(dead, dark), func(t *testing.T) {
				onALine(t, m, born, func(t *testing.T, w *world) { back(t, w, dead, dark) })
			})
		}
	}
}

const lineDelay, lineRate = 100 * time.Millisecond, 250_000

// onALine has a world of one county on a network in memory, an hour after it was made.
func onALine(t *testing.T, m *mother, born time.Time, do func(t *testing.T, w *world)) {
	dir, _ := stage(t, nil, 0)
	defer os.RemoveAll(dir)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(born.Add(time.Hour)))
		w := emptyWorld(dir)
		w.line = newLine()
		defer w.end()
		w.populate(m)
		do(t, w)
	})
}

// sending is a laptop that begins to send a long blob.
func sending(t *testing.T, w *world) (c *courier.Courier, end func()) {
	t.Helper()
	w.line.under(skyClear, lineDelay, lineRate, 0)
	return carries(t, w, w.line.Dial, noise("long", 4_000_000))
}

// carries is a laptop that begins to send papers, over connections of a dial.
func carries(t *testing.T, w *world, dial func(context.Context, string) (net.Conn, error), papers ...[]byte) (c *courier.Courier, end func()) {
	t.Helper()
	l := &laptop{Store: w.laptops[0].Store}
	l.draft(t, papers...)
	c, err := courier.New(courier.Config{Store: l.Store, Server: "https://127.0.0.1", Dial: dial})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.Run(ctx) })
	return c, func() { cancel(); wg.Wait() }
}

func back(t *testing.T, w *world, dead sky, dark time.Duration) {
	_, end := sending(t, w)
	defer end()
	time.Sleep(5 * time.Second)
	if w.line.came.Load() < 400_000 {
		t.Fatalf("%d bytes in five seconds", w.line.came.Load())
	}
	w.line.under(dead, lineDelay, lineRate, 0)
	time.Sleep(dark)
	came, at := w.line.came.Load(), time.Now()
	w.line.under(skyClear, lineDelay, lineRate, 0)
	for w.line.came.Load() < came+50_000 {
		if time.Sleep(20 * time.Millisecond); time.Since(at) > time.Minute {
			t.Fatal("it did not go on in a minute")
		}
	}
	if d := time.Since(at); d > 3*time.Second {
		t.Errorf("it went on %v after the link's return", d)
	}
}

// Where nothing moves any more an attempt is given up, and the clerk is told; the
// next one goes on once something moves again.
func TestAnAttemptEndsWhereNothingMoves(t *testing.T) {
	m := newMother(t)
	born := time.Now()
	for name, moved := range map[string]time.Duration{"before the first answer": 150 * time.Millisecond, "in the middle of a blob": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			onALine(t, m, born, func(t *testing.T, w *world) { stands(t, w, moved) })
		})
	}
}

func stands(t *testing.T, w *world, moved time.Duration) {
	c, end := sending(t, w)
	defer end()
	time.Sleep(moved)
	w.line.under(skyFrozen, lineDelay, lineRate, 0)
	for at := time.Now(); c.State().Err == nil; {
		if time.Sleep(100 * time.Millisecond); time.Since(at) > 35*time.Second {
			t.Fatal("it still waits")
		}
	}
	w.line.under(skyClear, lineDelay, lineRate, 0)
	for at := time.Now(); !c.State().AllSent; {
		if time.Sleep(time.Second); time.Since(at) > 3*time.Minute {
			t.Fatalf("it did not go on: %v", c.State().Err)
		}
	}
}
