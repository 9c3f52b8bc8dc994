package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// fleet is the laptops that one device's data has been on, and what the
// centre's receipts said.
type fleet struct {
	t       *testing.T
	s       *server
	stick   string
	made    bool // there is a backup
	now     time.Time
	laptops []*laptop
	cases   map[uuid.UUID]bool // that the centre acknowledged
	used    map[uint64]loan.Hash
	n       int
}

// TestNoCounterTwiceNothingLost works, backs up, restores and syncs in random
// order, with several laptops that were made out of one backup, under clocks
// that go backwards.
func TestNoCounterTwiceNothingLost(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
		defer s.stop()
		f := &fleet{t: t, s: s, stick: t.TempDir(), now: time.Now(), laptops: []*laptop{newLaptop(t, s)},
			cases: map[uuid.UUID]bool{}, used: map[uint64]loan.Hash{}}
		for range rapid.IntRange(4, 16).Draw(r, "steps") {
			l := rapid.SampledFrom(f.laptops).Draw(r, "laptop")
			switch rapid.SampledFrom([]string{"work", "work", "sync", "sync", "backup", "restore"}).Draw(r, "do") {
			case "work":
				f.n++
				l.draft(t, noise(fmt.Sprint(r, f.n), 100))
			case "sync":
				f.sync(r, l, false)
			case "backup":
				l.backup(t, f.stick)
				f.made = true
			case "restore":
				f.now = f.now.Add(time.Duration(rapid.Int64Range(-1000, 1000).Draw(r, "clock")) * time.Hour)
				f.restore()
			}
			f.check(r)
		}
		// A person says of each that it goes on. Twice, for what one hands in
		// the others have not heard of.
		for range 2 {
			for _, l := range f.laptops {
				f.sync(r, l, true)
			}
		}
		f.check(r)
		f.agree(r)
		for _, l := range f.laptops {
			l.Close()
		}
	})
}

func (f *fleet) restore() {
	if !f.made || len(f.laptops) > 3 {
		return
	}
	dir := filepath.Join(f.t.TempDir(), "restored")
	if err := store.Restore(context.Background(), f.stick, dir); err != nil {
		f.t.Fatal(err)
	}
	at := f.now
	k, err := store.Open(context.Background(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: func() time.Time { return at }})
	if err != nil {
		f.t.Fatal(err)
	}
	st, _, err := k.Unlock(context.Background(), "practice-clerk", []byte(password))
	if err != nil {
		f.t.Fatal(err)
	}
	f.laptops = append(f.laptops, &laptop{Store: st, dir: dir})
}

// sync carries what a laptop has. One that is behind stays so until a person
// says that it goes on.
func (f *fleet) sync(r *rapid.T, l *laptop, adopt bool) {
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		r.Fatal(err)
	}
	if adopt {
		c.Adopt("practice-clerk")
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangs)
	defer cancel()
	err = c.RunUntilEmpty(ctx)
	if fault.KindOf(err) == fault.Conflict && c.State().Behind && !adopt {
		if c.State().AllSent {
			r.Fatal("all sent, says one that is behind")
		}
		return
	}
	if err != nil {
		r.Fatalf("%v: %v", errors.Unwrap(err), err)
	}
	if !c.State().AllSent {
		r.Fatal("it ended, and not all is sent")
	}
	for _, sum := range l.Search("", 0) {
		f.cases[sum.ID] = true
	}
}

// check demands that no two laptops wrote different changes under one number,
// and that the centre holds all it acknowledged and refused nothing.
func (f *fleet) check(r *rapid.T) {
	for _, l := range f.laptops {
		for after := uint64(0); ; {
			part, err := l.Pending(context.Background(), after, 1000)
			if err != nil {
				r.Fatal(err)
			}
			if len(part) == 0 {
				break
			}
			for _, ch := range part {
				h := ch.HeaderHash(l.Sum)
				if was, ok := f.used[ch.Counter]; ok && was != h {
					r.Fatalf("number %d was used twice", ch.Counter)
				}
				f.used[ch.Counter], after = h, ch.Counter
			}
		}
	}
	h := f.s.holdings(f.t)
	held := map[uuid.UUID]bool{}
	for _, k := range h.Cases {
		held[k.ID] = true
	}
	for id := range f.cases {
		if !held[id] {
			r.Fatal("a case that was acknowledged is gone")
		}
	}
	if h.Refused != 0 {
		r.Fatalf("%d parcels refused", h.Refused)
	}
}

// agree demands that the laptop that synced last holds all the centre holds.
func (f *fleet) agree(r *rapid.T) {
	l := f.laptops[len(f.laptops)-1]
	n, err := l.Held(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	h := f.s.holdings(f.t)
	if d := h.Devices[0]; d.Changes != uint64(n) || d.Through != must(l.Outbox(context.Background())).Last {
		r.Fatalf("the centre holds %d changes, the laptop %d", d.Changes, n)
	}
	if got := len(l.Search("", 0)); got != len(h.Cases) {
		r.Fatalf("%d cases here, %d at the centre", got, len(h.Cases))
	}
	for _, sum := range l.Search("", 0) {
		k := must(l.Case(context.Background(), sum.ID))
		for _, a := range k.Manifest() {
			if _, err := l.Blob(context.Background(), a.Blob); err != nil {
				r.Fatal(err)
			}
		}
	}
	if err := l.VerifyChain(context.Background()); err != nil {
		r.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
