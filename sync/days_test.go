package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/courier"
)

// TestStormsOfDays lives through worlds whose clock is the test's: while all in
// them wait, it goes on at once. So couriers wait as long as they do in the field
// and nobody wakes them, nights and fortnights pass, the centre reads its blobs
// again by itself, and what must happen within minutes is held to it. The network
// is one in memory; stores, couriers, TLS, server, database and files are real.
// DOORSTEP_SEED and DOORSTEP_STORMS are as those of TestStorms.
func TestStormsOfDays(t *testing.T) {
	first, worlds := seeds(t, 60, 6)
	// Worlds are short and let their memory go at once.
	percent := debug.SetGCPercent(400)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	m := newMother(t)
	born := time.Now()
	var next atomic.Uint64
	next.Store(first - 1)
	for i := range 4 {
		t.Run(fmt.Sprint("side ", i), func(t *testing.T) {
			t.Parallel()
			for !t.Failed() {
				seed := next.Add(1)
				if seed >= first+uint64(worlds) {
					return
				}
				liveDays(t, m, born, seed)
			}
		})
	}
}

// liveDays lives one world, and when it fails looks for the shortest way to fail.
func liveDays(t *testing.T, m *mother, born time.Time, seed uint64) {
	ops := almanac(seed)
	why := tryDays(t, m, born, seed, ops)
	if why == "" {
		return
	}
	t.Error(failedAt(t.Name(), seed, why, ops))
	if os.Getenv("DOORSTEP_SEED") != "" {
		short := shorten(ops, func(ops []op) bool { return tryDays(t, m, born, seed, ops) != "" })
		t.Logf("seed %d fails also with these alone: %v", seed, short)
	}
}

func tryDays(t *testing.T, m *mother, born time.Time, seed uint64, ops []op) (why string) {
	dir, _ := stage(t, nil, 0)
	defer os.RemoveAll(dir)
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(born.Add(time.Hour)))
		w := &days{world: emptyWorld(dir)}
		w.line, w.grace = newLine(), 3*time.Second // a courier looks every two
		defer w.end()
		defer w.rest()
		at := "the beginning"
		defer func() {
			if p := recover(); p != nil {
				d, ok := p.(defeat)
				if !ok {
					panic(p)
				}
				why = fmt.Sprintf("at %s: %s", at, d.why)
			}
		}()
		w.populate(m)
		w.scrub()
		for i, o := range ops {
			at = fmt.Sprintf("op %d, %s", i, o)
			w.live(o)
		}
		at = "the end"
		w.judge()
	})
	return why
}

// almanac makes the ops of a seed.
func almanac(seed uint64) []op {
	r := rand.New(rand.NewPCG(seed, 4))
	var names []string
	for name, n := range map[string]int{"work": 4, "edit": 2, "finish": 3, "hours": 5, "storm": 5, "night": 4, "away": 2, "kill-centre": 1,
		"kill-laptop": 2, "copy": 2, "restore-centre": 2, "backup": 1, "restore-laptop": 1, "rot": 2, "write": 1, "take": 1, "read": 1} {
		for range n {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var ops []op
	for range 5 + r.IntN(8) {
		ops = append(ops, op{names[r.IntN(len(names))], r.IntN(worldLaptops), r.IntN(2), r.Uint64() % 1_000_000})
	}
	return ops
}

// days is a world with a clock of its own.
type days struct {
	*world
	stopScrub func()
	rotten    bool                 // a bit turned at the centre, and was not found yet
	contact   [worldLaptops]moment // of each laptop, the last that is known to have ended well
}

type moment struct{ time.Time }

func (w *days) live(o op) {
	r := rand.New(rand.NewPCG(o.Seed, 5))
	switch o.Do {
	case "hours":
		w.hours(r, time.Duration(60+r.IntN(400))*time.Second, 0)
	case "storm":
		w.calm(r, time.Duration(60+r.IntN(900))*time.Second)
	case "night":
		w.night(time.Duration(8+r.IntN(60)) * time.Hour)
	case "away": // the laptops in a drawer, the centre switched off
		w.rest()
		w.night(time.Duration(3+r.IntN(25)) * 24 * time.Hour)
		w.scrub()
	case "rot":
		w.rot(r)
	case "kill-centre", "restore-centre":
		w.rest()
		if o.Do == "kill-centre" {
			w.killCentre(nil)
		} else if len(w.past) > 0 {
			w.restoreCentre(r)
			w.contact = [worldLaptops]moment{}
		}
		w.scrub()
	case "restore-laptop":
		w.restoreLaptop(w.laptops[o.A])
		w.contact[o.A] = moment{}
	default:
		w.do(o)
	}
	if w.broken != "" {
		w.fail("%s", w.broken)
	}
}

// scrub has the centre read its blobs again, as its server does.
func (w *days) scrub() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	centre := w.centre
	wg.Go(func() { centre.Scrub(ctx, 1<<30) })
	w.stopScrub = sync.OnceFunc(func() { cancel(); wg.Wait() })
}

func (w *days) rest() {
	if w.stopScrub != nil { // nothing was opened
		w.stopScrub()
	}
}

// hours has all laptops open, each with a courier that nobody wakes: for so long
// under one sky after another, while people work, and then for so long under a
// clear one. It gives what each courier said in the end.
func (w *days) hours(r *rand.Rand, storm, calm time.Duration) (said [worldLaptops]courier.State) {
	ctx, cancel := context.WithTimeout(context.Background(), storm+calm)
	defer cancel()
	var wg sync.WaitGroup
	var mu gate = make(chan struct{}, 1)
	lie := ""
	for i, p := range w.laptops {
		c, err := courier.New(courier.Config{Store: p.Store, Server: "https://127.0.0.1", Dial: w.line.Dial})
		w.ok(err)
		was := false
		c.Watch(func(s courier.State) {
			if s.Behind {
				c.Adopt(stormClerk)
			}
			if was, s.AllSent = s.AllSent, s.AllSent && !was; !s.AllSent {
				return
			}
			if why := w.lie(p); why != "" {
				mu.Lock()
				lie = fmt.Sprintf("all sent, says laptop %s, and that is not so: %s", p.device, why)
				mu.Unlock()
			}
		})
		wg.Go(func() {
			err := c.Run(ctx)
			mu.Lock()
			defer mu.Unlock()
			if said[i] = c.State(); fault.KindOf(err) != fault.Cancelled {
				lie = fmt.Sprint("a courier ended: ", err)
			}
		})
	}
	for end := time.Now().Add(storm); time.Now().Before(end); {
		w.change(r)
		time.Sleep(min(time.Duration(1+r.IntN(60))*time.Second+time.Duration(r.IntN(1e9)), time.Until(end)))
		if time.Now().Before(end) {
			w.snap.Lock()
			err := w.work(w.laptops[r.IntN(worldLaptops)], r)
			w.snap.Unlock()
			w.ok(err)
		}
	}
	if calm > 0 {
		w.line.under(skyClear, 20*time.Millisecond, 0, 0)
	}
	wg.Wait()
	if lie != "" {
		w.fail("%s", lie)
	}
	return said
}

// change brings another sky.
func (w *days) change(r *rand.Rand) {
	s := []sky{skyClear, skyClear, skyClear, skyDown, skySilent, skyFrozen}[r.IntN(6)]
	rate, cut := 0, int64(0)
	if r.IntN(2) == 0 {
		rate = 2000 << r.IntN(9)
	}
	if r.IntN(2) == 0 {
		cut = int64(1 + r.IntN(1<<(8+r.IntN(11))))
	}
	w.line.under(s, time.Duration(1+r.IntN(500))*time.Millisecond, rate, cut)
}

// calm ends a storm with five minutes under a clear sky: with nobody to wake
// them all couriers must have sent all by then, and each laptop has the centre's
// word of after its operator signed in, on which the account's time rests.
func (w *days) calm(r *rand.Rand, storm time.Duration) {
	begun := time.Now()
	for _, p := range w.laptops {
		w.signIn(p)
	}
	for i, s := range w.hours(r, storm, calmFor) {
		p := w.laptops[i]
		if !s.AllSent {
			w.fail("five minutes under a clear sky, and laptop %s has not sent all: %v, phase %v, online %v", p.device, s.Err, s.Phase, s.Online)
		}
		last, err := p.LastReceipt(context.Background())
		w.ok(err)
		if last.At.Before(begun) {
			w.fail("laptop %s was in contact, and the centre's last word there is of before", p.device)
		}
		w.contact[i] = moment{last.At}
	}
}

const calmFor = 5 * time.Minute

// signIn is what the desk writes when a person signs in.
func (w *days) signIn(p *pc) {
	w.ok(w.commit(p, []store.Entry{{Kind: loan.ChangeSignIn, Operator: stormClerk}}))
}

// night lets time pass over laptops that are closed, and opens them.
func (w *days) night(d time.Duration) {
	for _, p := range w.laptops {
		w.ok(p.Close())
	}
	time.Sleep(d)
	for i, p := range w.laptops {
		w.unlock(p)
		r, err := p.LastReceipt(context.Background())
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		w.ok(err)
		known := w.contact[i]
		if known.IsZero() {
			continue
		}
		t := guard.Tenure{Centre: r.At, Latest: r.At}
		if err, fresh := t.Check(time.Now()), time.Since(known.Time) < guard.AccountFor; fresh && err != nil {
			w.fail("laptop %s was in contact %v ago, and does not open: %v", p.device, time.Since(known.Time), err)
		}
	}
}

// rot turns a bit of a blob that the centre holds.
func (w *days) rot(r *rand.Rand) {
	var names []string
	for _, sub := range []string{"blobs", "packs"} {
		err := filepath.WalkDir(filepath.Join(w.home, sub), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() && size(path) > 0 {
				names = append(names, path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		w.ok(err)
	}
	if len(names) == 0 {
		return
	}
	name := names[r.IntN(len(names))]
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	w.ok(err)
	defer f.Close()
	b := []byte{0}
	at := r.Int64N(size(name))
	_, err = f.ReadAt(b, at)
	w.ok(err)
	b[0] ^= 1 << r.IntN(8)
	_, err = f.WriteAt(b, at)
	w.ok(err)
	w.rotten = true
}

// judge ends the world: everyone carries under a clear sky, the centre finds in
// its own time what rotted, and all must be where it belongs.
func (w *days) judge() {
	w.calm(nil, 0)
	if w.rotten {
		for range 2 { // a pass begins a day after the one before; what it found is sent again
			w.night(30 * time.Hour)
			w.calm(nil, 0)
		}
	}
	w.calm(nil, 0) // what one handed in is news to another
	w.agree()
	_, bad, err := w.centre.Verify(context.Background(), false)
	w.ok(err)
	if len(bad) > 0 {
		w.fail("%d blobs at the centre are not what their names say, and nobody noticed: %+v", len(bad), bad)
	}
}
