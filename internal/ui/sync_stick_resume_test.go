package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/stick"
)

// written says whether a batch that is whole lies in a folder.
func written(t *testing.T, dir string) bool {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, stick.Name, "*", "*.dsi"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

func TestALockedStickIsGoneOnWithByItsOperator(t *testing.T) {
	r := newRig(t, kit.Light)
	r.u.deps.Sticks = func() []string { return nil }
	if _, err := r.u.desk.NewCase(context.Background(), loan.First, false); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "KINGSTON")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		r.u.doStick(stickWork{Dir: dir})
		r.u.lock()
	})
	r.locked()
	// What was written before the lock does not count here: only what comes after.
	if err := os.RemoveAll(filepath.Join(dir, stick.Name)); err != nil {
		t.Fatal(err)
	}
	r.enter("reviewer-1", reviewPassword)
	r.until("nothing is under way", func() bool { return r.u.chore == nil })
	if written(t, dir) {
		t.Error("another operator's signing in went on with it")
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-1", clerkPassword)
	r.until("writing ends", func() bool { return r.u.chore == nil })
	if !written(t, dir) {
		t.Error("its operator is back, and nothing was written")
	}
	if err := os.RemoveAll(filepath.Join(dir, stick.Name)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-1", clerkPassword)
	r.until("nothing is under way", func() bool { return r.u.chore == nil })
	if written(t, dir) {
		t.Error("it was written once more after it was done")
	}
}

func TestAFolderChosenForTheStickIsKeptForTheSession(t *testing.T) {
	r := newRig(t, kit.Light)
	usb := filepath.Join(t.TempDir(), "KINGSTON")
	r.u.deps.Sticks = func() []string { return []string{usb} }
	own := filepath.Join(t.TempDir(), "交换")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	card := func() *stickCard { return r.u.shell.screen.(*syncScreen).stick }
	r.ui(func() {
		r.u.shell.visit("sync")
		if card().chosen != usb {
			t.Errorf("before: %q is chosen", card().chosen)
		}
		card().take(own)
		r.u.shell.visit("today")
		r.u.shell.visit("sync")
		if s := card(); s.chosen != own || !strings.Contains(s.state.Text(), own) {
			t.Errorf("come back: %q is chosen, and it says %q", s.chosen, s.state.Text())
		}
		if err := os.Remove(own); err != nil {
			t.Fatal(err)
		}
		card().look()
		if s := card(); s.chosen != usb {
			t.Errorf("the folder is gone: %q is chosen", s.chosen)
		}
		if err := os.Mkdir(own, 0o700); err != nil {
			t.Fatal(err)
		}
		r.u.shell.visit("sync")
		if s := card(); s.chosen != own {
			t.Errorf("it is back: %q is chosen", s.chosen)
		}
		r.u.lock()
	})
	r.locked()
	r.enter("clerk-1", clerkPassword)
	r.ui(func() {
		r.u.shell.visit("sync")
		if s := card(); s.chosen != usb {
			t.Errorf("after the lock: %q is chosen", s.chosen)
		}
	})
}
