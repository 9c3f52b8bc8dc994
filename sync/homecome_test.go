package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"doorstep/internal/loan"
	"doorstep/sync/central"
	"doorstep/sync/neighbour"
	"github.com/google/uuid"
)

// A laptop is put back to a backup and goes on; the centre takes what it lost
// for lost. Then a neighbour gives it back, and the centre gets it after all, by
// the network or on a stick.
func TestWhatANeighbourGaveBackReachesTheCentre(t *testing.T) {
	for name, carry := range map[string]func(testing.TB, *server, *laptop){
		"by the network": func(t testing.TB, s *server, l *laptop) { mustCarry(t, l, s.url) },
		"on a stick": func(t testing.TB, s *server, l *laptop) {
			dir := t.TempDir()
			if w := l.write(t, dir); w.Changes == 0 || w.LeftChanges != 0 {
				t.Errorf("written: %+v", w)
			}
			takeStick(t, s, dir, exitOK)
			if r := l.read(t, dir); r.Answers != 1 || r.Changes == 0 || r.WaitingChanges != 0 {
				t.Errorf("read: %+v", r)
			}
			if left := onStick(t, dir, "[0-9]*.dsi"); len(left) != 0 {
				t.Errorf("%d batches stay on the stick", len(left))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
			l, other := newLaptop(t, s), newLaptop(t, s)
			mustCarry(t, l, s.url)
			stick := t.TempDir()
			l.backup(t, stick)
			id := l.draft(t, noise("a paper", 5000))
			room, stop := l.inRoom(t)
			away, _ := other.inRoom(t)
			l.commit(t, id, "practice-clerk", loan.ChangePass, loan.PassBody{To: other.Profile().Device, Station: loan.CheckStation, Name: "B"})
			// What is carried for it would bring it home by itself.
			meet(t, room, away)
			soon(t, "the neighbour has the case", func() bool { return other.holdsCase(id) })
			stop()
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			all, err := other.Carried(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				if err := other.DropCarried(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}

			l = restoredFrom(t, stick)
			mustCarry(t, l, s.url)
			last, _ := l.Head()
			room, _ = l.inRoom(t)
			meet(t, room, away)
			soon(t, "its own work is home", func() bool {
				k, err := l.Case(t.Context(), id)
				return err == nil && k.HeldBy(other.Profile().Device)
			})
			// A case can be read a moment before the outbox knows of it.
			soon(t, "what came home waits", func() bool {
				box, err := l.Outbox(t.Context())
				return err == nil && len(box.Home) > 0 && box.Changes > 0 && box.Home[0].To <= box.Acked
			})
			if slices.ContainsFunc(s.holdings(t).Cases, func(k central.Held) bool { return k.ID == id }) {
				t.Fatal("the centre has it already")
			}
			carry(t, s, l)
			settled(t, s, l)
			if h := heldCase(t, s, id); h.Conflicts != 0 || h.Aside != 0 {
				t.Errorf("got %+v", h)
			}
			if n, _ := l.Head(); n != last {
				t.Errorf("the chain ends at %d, not %d", n, last)
			}
			for _, l := range []*laptop{l, other} {
				if err := l.VerifyChain(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A laptop is put back to one backup twice, one right after the other. What its
// first life passed on comes home to the second, and reaches the centre.
func TestALaptopPutBackTwiceInOneMomentGetsItsFirstLifesWork(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, other := newLaptop(t, s), newLaptop(t, s)
	mustCarry(t, l, s.url)
	stick := t.TempDir()
	l.backup(t, stick)
	away, _ := other.inRoom(t)
	for range 4 { // by chance one second life in two would begin below its first
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = restoredFrom(t, stick)
		id := l.draft(t, noise("a paper", 500))
		last, _ := l.Head()
		room, stop := l.inRoom(t)
		l.commit(t, id, "practice-clerk", loan.ChangePass, loan.PassBody{To: other.Profile().Device, Station: loan.CheckStation, Name: "B"})
		meet(t, room, away)
		soon(t, "the neighbour has the case", func() bool { return other.holdsCase(id) })
		stop()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		all, err := other.Carried(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all { // it would bring the case home by itself
			if err := other.DropCarried(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		l = restoredFrom(t, stick)
		if next, _ := l.Head(); next <= last {
			t.Fatalf("the second life begins at %d, below %d of the first", next, last)
		}
		mustCarry(t, l, s.url)
		room, stop = l.inRoom(t)
		meet(t, room, away)
		soon(t, "its own work is home", func() bool {
			k, err := l.Case(t.Context(), id)
			return err == nil && k.HeldBy(other.Profile().Device)
		})
		stop()
		mustCarry(t, l, s.url)
		settled(t, s, l)
		if err := l.VerifyChain(t.Context()); err != nil {
			t.Error(err)
		}
		heldCase(t, s, id)
	}
}

// meet has the first room call the second.
func meet(t testing.TB, a, b *neighbour.Room) {
	t.Helper()
	if err := a.Dial(b.State().Codes[0]); err != nil {
		t.Fatal(err)
	}
}

// A centre is put back from a copy without a word, and takes a stick once more
// that it had taken before. The laptop hears of one case in both lives of it, and
// of the next in the second.
func TestACentrePutBackUsesNoNumberOfItsChainAgain(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	s.stop()
	before := copyTree(t, s.dir)
	id, dir := l.finished(t, noise("a page", 5000)), t.TempDir()
	l.write(t, dir)
	again := copyTree(t, dir)
	takeStick(t, s, dir, exitOK)

	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(before)); err != nil {
		t.Fatal(err)
	}
	takeStick(t, s, again, exitOK)
	if got := l.read(t, dir); got.Answers != 1 || got.News == 0 {
		t.Fatalf("read: %+v", got)
	}
	s = startServer(t, s.dir, s.url[len("https://"):])
	next := l.finished(t, noise("another page", 5000))
	mustCarry(t, l, s.url)
	settled(t, s, l)
	for _, id := range []uuid.UUID{id, next} {
		if got := l.status(t, id); got != loan.Received {
			t.Errorf("case %s is %s", id, got)
		}
	}
	if err := l.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
}
