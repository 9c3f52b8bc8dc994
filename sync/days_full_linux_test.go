package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// shelvesOn moves the folders where a centre keeps blobs to another disk; its
// database stays where it is, and has room.
func (w *world) shelvesOn(t *testing.T, disk string) {
	t.Helper()
	w.stop()
	w.ok(w.centre.Close())
	for _, name := range []string{"packs", "blobs", "partial"} {
		w.ok(os.RemoveAll(filepath.Join(w.home, name)))
		w.ok(os.Mkdir(filepath.Join(disk, name), 0o700))
		w.ok(os.Symlink(filepath.Join(disk, name), filepath.Join(w.home, name)))
	}
	w.open()
}

// The centre has no room for blobs and a clerk goes on working: records go, the
// same blobs are not sent again and again, however often the clerk saves, and the
// clerk is told that the centre is reached. With room again all goes by itself.
func TestALaptopLeavesACentreWithoutRoomInPeace(t *testing.T) {
	t.Run("small blobs", func(t *testing.T) { leftInPeace(t, 8, 60_000) })
	t.Run("long blobs", func(t *testing.T) { leftInPeace(t, 2, 1_500_000) })
}

func leftInPeace(t *testing.T, papers, size int) {
	byStreamAndRequests(t, func(t *testing.T, w *world, d dial) {
		disk := smallDisk(t, 16)
		w.shelvesOn(t, disk)
		room := filled(t, disk, 0)
		var all [][]byte
		for i := range papers {
			all = append(all, noise(fmt.Sprint("paper", i), size))
		}
		c, end := carries(t, w, d, all...)
		defer end()
		l := &laptop{Store: w.laptops[0].Store}
		comes := func(what string, within time.Duration, ok func() bool) {
			t.Helper()
			for at := time.Now(); !ok(); time.Sleep(100 * time.Millisecond) {
				if time.Since(at) > within {
					t.Fatalf("it never came to this: %s: %+v", what, c.State())
				}
			}
		}
		said := func() bool {
			s := c.State()
			return s.NoRoom && s.Online && strings.Contains(fault.Sentence(s.Err), "磁盘已满")
		}
		comes("the clerk reads why", time.Minute, said)
		health := func() int {
			r := httptest.NewRecorder()
			w.centre.Operations().ServeHTTP(r, httptest.NewRequest("GET", "/healthz", nil))
			return r.Code
		}
		comes("who watches the centre is told", 5*time.Second, func() bool { return health() == http.StatusInsufficientStorage })
		id := l.draft(t)
		for range 200 {
			l.commit(t, id, "practice-clerk", loan.ChangeView, loan.ViewBody{Reason: "核对"})
			c.Wake()
			time.Sleep(3 * time.Second)
		}
		// Pauses grow to a minute, so that it is tried some twenty times; without them
		// it is tens of megabytes.
		if n := w.line.came.Load(); n > 6_000_000 {
			t.Errorf("%d bytes came for %d that wait", n, papers*size)
		}
		comes("the records went all the same", 2*time.Second, func() bool { return c.State().Changes == 0 })
		comes("the clerk still reads why", time.Minute, said)
		room()
		comes("all goes once there is room", 5*time.Minute, func() bool { return c.State().AllSent })
		if s := c.State(); s.NoRoom || s.Err != nil {
			t.Errorf("with room again: %+v", s)
		}
		comes("nor is the centre called full", 3*time.Minute, func() bool { return health() == http.StatusOK })
	})
}

// A person who asks for it is not kept waiting.
func TestAPersonMayTryAFullCentreAtOnce(t *testing.T) {
	byStreamAndRequests(t, func(t *testing.T, w *world, d dial) {
		disk := smallDisk(t, 16)
		w.shelvesOn(t, disk)
		room := filled(t, disk, 0)
		c, end := carries(t, w, d, noise("paper", 60_000))
		defer end()
		for at := time.Now(); time.Until(c.State().Next) < 20*time.Second; time.Sleep(100 * time.Millisecond) {
			if time.Since(at) > 10*time.Minute {
				t.Fatalf("the pauses do not grow: %+v", c.State())
			}
		}
		room()
		asked := time.Now()
		c.Hear()
		for !c.State().AllSent {
			if time.Sleep(100 * time.Millisecond); time.Since(asked) > 15*time.Second {
				t.Fatalf("it did not try: %+v", c.State())
			}
		}
	})
}
