package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestStorms lives through a number of worlds, each made of a seed, and asks of
// each: nothing that was saved or acknowledged is lost, nothing is doubled, the
// centre and the laptops end alike, and "all sent" was never a lie. A seed that
// fails says how to live it again, and then also which of its ops suffice to
// fail. DOORSTEP_SEED is the seed of one world, or of the first of
// DOORSTEP_STORMS.
func TestStorms(t *testing.T) {
	first, worlds := seeds(t, 1000, 100)
	// Worlds are short and let their memory go at once.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	m := newMother(t)
	var next atomic.Uint64
	next.Store(first - 1)
	var wg sync.WaitGroup
	for range 6 { // some wait for a link
		wg.Go(func() {
			for !t.Failed() {
				seed := next.Add(1)
				if seed >= first+uint64(worlds) {
					return
				}
				live(t, m, seed)
			}
		})
	}
	wg.Wait()
}

// live lives one world, and when it fails looks for the shortest way to fail.
func live(t *testing.T, m *mother, seed uint64) {
	ops := forecast(seed)
	why := try(t, m, seed, ops)
	if why == "" {
		return
	}
	t.Error(failedAt(t.Name(), seed, why, ops))
	if os.Getenv("DOORSTEP_SEED") == "" {
		return
	}
	short := shorten(ops, func(ops []op) bool { return try(t, m, seed, ops) != "" })
	t.Logf("seed %d fails also with these alone: %v: %s", seed, short, try(t, m, seed, short))
}

// failedAt says that the world of a seed failed, and how to live it again: what
// seeds then gives the test is this world alone.
func failedAt(test string, seed uint64, why string, ops []op) string {
	test, _, _ = strings.Cut(test, "/")
	return fmt.Sprintf("seed %d: %s\nagain: DOORSTEP_SEED=%d go test -run '^%s$' ./sync\nops: %v", seed, why, seed, test, ops)
}

// try lives a list of ops and says why it failed, or nothing.
func try(t *testing.T, m *mother, seed uint64, ops []op) (why string) {
	dir, small := stage(t, ops, 24)
	defer os.RemoveAll(dir)
	if small {
		defer unmountSmall(dir)
	}
	w := newWorld(m, dir, seed%8 != 0)
	w.small = small
	defer w.end()
	at := "the end"
	defer func() {
		if p := recover(); p != nil {
			d, ok := p.(defeat)
			if !ok {
				panic(p)
			}
			why = fmt.Sprintf("at %s: %s", at, d.why)
		}
	}()
	for i, o := range ops {
		at = fmt.Sprintf("op %d, %s", i, o)
		w.do(o)
	}
	at = "the end"
	w.judge()
	return ""
}

// stage is a folder for a world in memory, where the machine has that; a small
// disk of its own where a full one is among the ops and the system lets a test
// make one.
func stage(t *testing.T, ops []op, size int) (dir string, small bool) {
	t.Helper()
	top := "/dev/shm"
	if st, err := os.Stat(top); err != nil || !st.IsDir() {
		top = t.TempDir()
	}
	dir, err := os.MkdirTemp(top, "doorstep-storm-")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ops {
		if o.Do == "full" {
			small = mountSmall(dir, size)
			break
		}
	}
	return filepath.Clean(dir), small
}

// seeds are the first seed of a run and how many follow it.
func seeds(t *testing.T, plain, raced int) (first uint64, worlds int) {
	t.Helper()
	first, worlds = 1, plain
	if raceEnabled || testing.Short() {
		worlds = raced
	}
	if s := os.Getenv("DOORSTEP_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, worlds = n, 1
	}
	if s := os.Getenv("DOORSTEP_STORMS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		worlds = n
	}
	return first, worlds
}

// shorten takes ops out of a list for as long as it fails without them.
func shorten(ops []op, fails func([]op) bool) []op {
	for i := 0; i < len(ops); {
		without := slices.Delete(slices.Clone(ops), i, i+1)
		if fails(without) {
			ops = without
		} else {
			i++
		}
	}
	return ops
}
