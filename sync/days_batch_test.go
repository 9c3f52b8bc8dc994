package main

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
)

type dial = func(context.Context, string) (net.Conn, error)

// byStreamAndRequests does a thing over a network in memory, by both ways.
func byStreamAndRequests(t *testing.T, do func(t *testing.T, w *world, d dial)) {
	m := newMother(t)
	born := time.Now()
	for name, of := range map[string]func(*line) dial{
		"by stream":   func(l *line) dial { return l.Dial },
		"by requests": func(l *line) dial { return l.dialNoStream },
	} {
		t.Run(name, func(t *testing.T) {
			onALine(t, m, born, func(t *testing.T, w *world) {
				w.line.under(skyClear, lineDelay, lineRate, 0)
				do(t, w, of(w.line))
			})
		})
	}
}

func (w *world) sets(t *testing.T, v store.SyncSettings) {
	t.Helper()
	if err := w.laptops[0].SetSyncSettings(t.Context(), v, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{}}); err != nil {
		t.Fatal(err)
	}
}

// failed waits until a courier says that an attempt failed.
func failed(t *testing.T, c *courier.Courier, why fault.Kind) {
	t.Helper()
	for at := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if s := c.State(); s.Phase == courier.Waiting && s.Reason == why {
			return
		}
		if time.Since(at) > time.Minute {
			t.Fatalf("no attempt failed by %v: %+v", why, c.State())
		}
	}
}

// The cap holds over all that goes, records among it, and after an attempt that
// failed as before.
func TestTheCapHoldsAfterAFailure(t *testing.T) {
	const most = 40_000
	byStreamAndRequests(t, func(t *testing.T, w *world, d dial) {
		w.sets(t, store.SyncSettings{Cap: most})
		l := &laptop{Store: w.laptops[0].Store}
		id := l.draft(t)
		for i := range 120 { // records of 300 kB, packed
			l.commit(t, id, "practice-clerk", loan.ChangeView, loan.ViewBody{Reason: hex.EncodeToString(noise(string(rune('a'+i)), 2_500))})
		}
		var papers [][]byte
		for i := range 30 {
			papers = append(papers, noise(string(rune('a'+i)), 30_000))
		}
		start := time.Now()
		c, end := carries(t, w, d, papers...)
		defer end()
		holds := func(what string) {
			t.Helper()
			// A burst, and what connections cost; records do not wait, but blobs wait for them.
			if n, may := w.line.came.Load(), int64(time.Since(start).Seconds()*most)+100_000; n > may {
				t.Errorf("%s: %d bytes came in %v", what, n, time.Since(start))
			}
		}
		time.Sleep(12 * time.Second)
		holds("before a failure")
		dark, came := time.Now(), w.line.came.Load()
		w.line.under(skyDown, lineDelay, lineRate, 0)
		failed(t, c, fault.Offline)
		w.line.under(skyClear, lineDelay, lineRate, 0)
		for w.line.came.Load() < came+20_000 {
			if time.Sleep(10 * time.Millisecond); time.Since(dark) > time.Minute {
				t.Fatal("it did not go on")
			}
		}
		start = start.Add(time.Since(dark)) // what was not sent meanwhile is no account to draw on
		for !c.State().AllSent {
			if time.Sleep(200 * time.Millisecond); time.Since(dark) > 5*time.Minute {
				t.Fatal("no end")
			}
			holds("after it")
		}
	})
}

// What may not go over a metered network does not after an attempt that failed
// either, while records do.
func TestAMeteredNetworkIsSparedAfterAFailure(t *testing.T) {
	byStreamAndRequests(t, func(t *testing.T, w *world, d dial) {
		w.sets(t, store.SyncSettings{Metered: true})
		w.line.under(skyDown, lineDelay, lineRate, 0)
		c, end := carries(t, w, d, noise("a", 300_000))
		defer end()
		failed(t, c, fault.Offline)
		w.line.under(skyClear, lineDelay, lineRate, 0)
		time.Sleep(2 * time.Minute)
		if s := c.State(); s.Changes != 0 || s.Blobs != 1 || s.HeldBlobs != 1 || s.Hold != courier.HeldMetered || s.AllSent {
			t.Errorf("%d records and %d blobs wait, %d held for %v, all sent %v", s.Changes, s.Blobs, s.HeldBlobs, s.Hold, s.AllSent)
		}
		if n := w.line.came.Load(); n > 100_000 {
			t.Errorf("%d bytes came", n)
		}
	})
}

// A laptop that is shut out in the midst of a batch sends no more of it, asks
// again as rarely as after any failure, and goes on when it is let in.
func TestAFatalAnswerStopsTheBatch(t *testing.T) {
	byStreamAndRequests(t, func(t *testing.T, w *world, d dial) {
		c, end := carries(t, w, d, papers(40_000)...)
		defer end()
		time.Sleep(4 * time.Second)
		if err := w.centre.Revoke(t.Context(), w.laptops[0].device); err != nil {
			t.Fatal(err)
		}
		failed(t, c, fault.Denied)
		came := w.line.came.Load()
		if came < 100_000 || came > roadBytes*3/4 {
			t.Errorf("%d bytes had come when it stopped", came)
		}
		time.Sleep(10 * time.Minute)
		if s := c.State(); s.Err == nil || s.Blobs == 0 || len(s.Aside) > 0 || s.AllSent {
			t.Errorf("%v, %d blobs wait, %d aside", s.Err, s.Blobs, len(s.Aside))
		}
		if n := w.line.came.Load() - came; n > 150_000 {
			t.Errorf("%d bytes came of one that is shut out", n)
		}
		if err := w.centre.Admit(t.Context(), w.laptops[0].device); err != nil {
			t.Fatal(err)
		}
		for at := time.Now(); !c.State().AllSent; {
			if time.Sleep(time.Second); time.Since(at) > 5*time.Minute {
				t.Fatalf("it did not go on: %v", c.State().Err)
			}
		}
	})
}

// However often a courier is woken while nobody can be reached, attempts follow
// one another; behind a wake the waits begin anew, and grow to a minute at most.
func TestWakesDoNotStack(t *testing.T) {
	m := newMother(t)
	onALine(t, m, time.Now(), func(t *testing.T, w *world) {
		w.line.under(skyDown, lineDelay, lineRate, 0)
		var dials atomic.Int64
		c, end := carries(t, w, func(ctx context.Context, addr string) (net.Conn, error) {
			dials.Add(1)
			return w.line.Dial(ctx, addr)
		}, noise("a", 1000))
		defer end()
		time.Sleep(10 * time.Minute)
		failed(t, c, fault.Offline)
		if n := dials.Load(); n < 10 || n > 40 {
			t.Errorf("%d attempts in ten minutes", n)
		}
		if in := time.Until(c.State().Next); in > time.Minute {
			t.Errorf("the next attempt is in %v", in)
		}
		before := dials.Load()
		for range 200 {
			c.Wake()
		}
		time.Sleep(100 * time.Millisecond)
		if n := dials.Load() - before; n < 1 || n > 3 {
			t.Errorf("%d attempts for 200 wakes", n)
		}
		if in := time.Until(c.State().Next); c.State().Phase != courier.Waiting || in > 4*time.Second {
			t.Errorf("behind a wake it waits for %v", in)
		}
	})
}

// Paused in the midst of a batch and gone on with, ended while it waits between
// attempts and begun again: what is no longer listed as waiting is at the centre.
func TestWhatIsPausedInABatchIsNotCalledSent(t *testing.T) {
	byStreamAndRequests(t, func(t *testing.T, w *world, d dial) {
		const all = roadBytes / 40_000
		c, end := carries(t, w, d, papers(40_000)...)
		defer func() { end() }()
		honest := func(what string) {
			t.Helper()
			box, err := w.laptops[0].Outbox(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			h, err := w.centre.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if sent := all - len(box.Blobs); sent > h.Blobs || c.State().AllSent && h.Blobs < all || sent == all {
				t.Errorf("%s: %d blobs are called sent, %d are there, all sent %v", what, sent, h.Blobs, c.State().AllSent)
			}
		}
		time.Sleep(4 * time.Second)
		c.Obey(store.SyncSettings{Paused: true})
		honest("paused")
		time.Sleep(10 * time.Second)
		came := w.line.came.Load()
		honest("paused, and still")
		time.Sleep(5 * time.Minute)
		if n := w.line.came.Load() - came; n > 50_000 || c.State().Phase != courier.Paused {
			t.Errorf("%d bytes came while it is paused, phase %d", n, c.State().Phase)
		}
		c.Obey(store.SyncSettings{})
		time.Sleep(3 * time.Second)
		w.line.under(skyDown, lineDelay, lineRate, 0)
		failed(t, c, fault.Offline)
		c.Obey(store.SyncSettings{Paused: true})
		time.Sleep(time.Second)
		honest("paused between attempts")
		c.Obey(store.SyncSettings{})
		end()
		honest("ended between attempts")
		c, end = carries(t, w, d)
		time.Sleep(time.Minute)
		honest("begun again")
		w.line.under(skyClear, lineDelay, lineRate, 0)
		for at := time.Now(); !c.State().AllSent; {
			if time.Sleep(time.Second); time.Since(at) > 5*time.Minute {
				t.Fatalf("it did not go on: %v", c.State().Err)
			}
		}
		if h, err := w.centre.List(t.Context()); err != nil || h.Blobs != all {
			t.Errorf("%d blobs are there, %v", h.Blobs, err)
		}
	})
}

// Whatever the centre answers, and for however long, it is asked again in a minute
// at most, with nothing new to send; in the end all goes.
func TestAfterWhateverAnswerItGoesOnByItself(t *testing.T) {
	m := newMother(t)
	onALine(t, m, time.Now(), func(t *testing.T, w *world) {
		var says atomic.Pointer[func(http.ResponseWriter)]
		w.stop()
		srv, err := w.centre.Server([]string{"127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		next := srv.Handler
		srv.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if f := says.Load(); f != nil {
				(*f)(rw)
				return
			}
			next.ServeHTTP(rw, r)
		})
		w.server, w.served = srv, make(chan struct{})
		l := w.line.serve()
		go func() { defer close(w.served); _ = srv.ServeTLS(l, "", "") }()
		say := func(status int, typ, body string) {
			f := func(rw http.ResponseWriter) {
				rw.Header().Set("Content-Type", typ)
				rw.WriteHeader(status)
				_, _ = io.WriteString(rw, body)
			}
			says.Store(&f)
		}
		say(200, "text/html", "<html>")
		w.line.under(skyClear, lineDelay, lineRate, 0)
		c, end := carries(t, w, w.line.Dial, noise("a", 100_000))
		defer end()
		goes := func(what string) {
			t.Helper()
			for range 4 {
				time.Sleep(65 * time.Second)
				s := c.State()
				if s.Err == nil || s.AllSent || s.Blobs != 1 || time.Until(s.Next) > time.Minute {
					t.Errorf("%s: %v, the next attempt in %v", what, s.Err, time.Until(s.Next))
				}
				if fault.Sentence(s.Err) == "" {
					t.Errorf("%s: nothing is said", what)
				}
			}
		}
		goes("a page")
		for _, k := range fault.Kinds() {
			say(400+int(k)%100, parcel.TypeJSON, `{"kind":"`+k.String()+`"}`)
			goes(k.String())
		}
		says.Store(nil)
		time.Sleep(65 * time.Second)
		if s := c.State(); !s.AllSent {
			t.Errorf("it did not go on: %+v", s)
		}
	})
}
