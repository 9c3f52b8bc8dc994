package main

import (
	"path/filepath"
	"slices"
	"testing"

	"doorstep/internal/loan"
	"doorstep/sync/central"
	"doorstep/sync/neighbour"
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
			box, err := l.Outbox(t.Context())
			if err != nil || len(box.Home) == 0 || box.Changes == 0 || box.Home[0].To > box.Acked {
				t.Fatalf("what came home does not wait: %+v, %v", box, err)
			}
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

// meet has the first room call the second.
func meet(t testing.TB, a, b *neighbour.Room) {
	t.Helper()
	if err := a.Dial(b.State().Codes[0]); err != nil {
		t.Fatal(err)
	}
}
