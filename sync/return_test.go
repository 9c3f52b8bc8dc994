package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// returning is a laptop that comes back, with its own road.
type returning struct {
	*laptop
	road    *proxy
	courier *courier.Courier
	of      uuid.UUID
	up      atomic.Int64 // bytes since the cut
	done    int64        // bytes that the centre had at the cut
}

// A county's laptops come back at once, in the midst of what they were sending,
// to a centre that has places for a fraction of their connections: it sheds
// load, all finish, and none begins anew.
func TestAllLaptopsComeBackAtOnce(t *testing.T) {
	const laptops, places, paper, others = 16, 6, 1_600_000, 132_000
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	addr := s.url[len("https://"):]
	var all atomic.Int64
	half := make(chan struct{})
	var once sync.Once
	var back []*returning
	for i := range laptops {
		r := &returning{laptop: newLaptop(t, s), road: newProxy(t, s)}
		r.of = r.finished(t, noise(fmt.Sprint("r", i), paper))
		r.road.set(func() {
			r.road.up = func(n int) bool {
				time.Sleep(time.Millisecond)
				r.up.Add(int64(n))
				if all.Add(int64(n)) > laptops*(paper+others)/2 {
					once.Do(func() { close(half) })
				}
				return true
			}
		})
		r.courier = newCourier(t, r.laptop, r.road.url)
		back = append(back, r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for _, r := range back {
		wg.Go(func() {
			if err := r.courier.RunUntilEmpty(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	<-half
	s.stop()
	for _, r := range back {
		r.road.cut(false)
		r.done = r.courier.State().Done
		r.up.Store(0)
		r.road.shed.Store(0)
	}
	s = startServer(t, dir, addr, "--sessions", strconv.Itoa(places))
	for _, r := range back {
		r.courier.Wake() // all in the same moment
	}
	wg.Wait()
	shed, had := int64(0), int64(0)
	for i, r := range back {
		if k := heldCase(t, s, r.of); !k.Whole() || r.status(t, r.of) != loan.Received {
			t.Errorf("laptop %d: centre %+v, laptop %v", i, k, r.status(t, r.of))
		}
		// What was lacking, what was under way at the cut, the talk, and a greeting
		// for each time it was turned away.
		most := (paper+others-r.done)*11/10 + 500_000 + r.road.shed.Load()*4_000
		if up := r.up.Load(); up > most {
			t.Errorf("laptop %d sent %d bytes after the cut, %d had arrived: it began anew", i, up, r.done)
		}
		shed, had = shed+r.road.shed.Load(), had+r.done
	}
	if shed < laptops-places || had < laptops*paper/5 {
		t.Errorf("%d connections turned away, %d bytes there before: the test shows nothing", shed, had)
	}
}
