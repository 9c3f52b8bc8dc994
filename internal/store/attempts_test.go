package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// missed is how many tries on an account the chain does not tell of yet.
func missed(s *Store, id string) int {
	for _, m := range s.Misses() {
		if m.Operator == id {
			return m.Count
		}
	}
	return 0
}

func TestEveryFailedSignInIsCounted(t *testing.T) {
	ctx := context.Background()
	wrong, right := []byte("wrong horse 1"), []byte("another good one")
	t.Run("while the account is locked, by the right password too", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), right))
		for range guard.MaxFailures + 3 {
			_, _ = s.Verify(ctx, "c2", wrong)
		}
		_, err := s.Verify(ctx, "c2", right)
		wantKind(t, err, fault.Locked)
		if got, want := missed(s, "c2"), guard.MaxFailures+4; got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	})
	t.Run("on an account that was switched off, and by none under one name alone", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), right))
		off := clerk("c2")
		off.Enabled = false
		noErr(t, s.AddOperator(ctx, off))
		for _, p := range [][]byte{right, wrong} {
			_, err := s.Verify(ctx, "c2", p)
			if err == nil {
				t.Fatal("a switched-off account signs in")
			}
			_, err = s.Verify(ctx, "nobody", p)
			wantKind(t, err, fault.Password)
		}
		if got := missed(s, "c2"); got != 2 {
			t.Errorf("got %d, want 2", got)
		}
		if got := missed(s, guard.Unknown); got != 2 {
			t.Errorf("by no account: got %d, want 2", got)
		}
		if got := s.MissTotals(); len(got) != 2 {
			t.Errorf("what was typed for an account is kept: %d", len(got))
		}
		noErr(t, s.EnableOperator(ctx, clerk("c2"), right))
		must(s.Verify(ctx, "c2", right))
	})
	t.Run("on an account of the roster that has no password here", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.AddOperator(ctx, clerk("c2")))
		for range guard.MaxFailures + 2 {
			_, err := s.Verify(ctx, "c2", wrong)
			wantKind(t, err, fault.Password)
		}
		if got, want := missed(s, "c2"), guard.MaxFailures+2; got != want {
			t.Errorf("got %d, want %d", got, want)
		}
		noErr(t, s.AddOperator(ctx, clerk("c3")))
		noErr(t, s.Close())
		noErr(t, os.Remove(filepath.Join(s.o.Dir, attemptsFile))) // as of a laptop that kept no word of them
		s = unlocked(t, s.o)
		noErr(t, s.Close())
		l := must(Open(ctx, s.o))
		for _, id := range []string{"c2", "c3", "c3"} {
			_, _, err := l.Unlock(ctx, id, wrong)
			wantKind(t, err, fault.Password)
		}
		noErr(t, l.Close())
		s = unlocked(t, s.o)
		if a, b := missed(s, "c2"), missed(s, "c3"); a != 1 || b != 2 {
			t.Errorf("while it was locked: got %d and %d, want 1 and 2", a, b)
		}
		noErr(t, s.EnableOperator(ctx, clerk("c2"), right))
		must(s.Verify(ctx, "c2", right))
		noErr(t, s.AddOperator(ctx, clerk("c2"))) // the roster names him again
		must(s.Verify(ctx, "c2", right))
	})
	t.Run("by no account that is known here, however many, in one count", func(t *testing.T) {
		s := newTestStore(t)
		o := s.o
		noErr(t, s.Close())
		now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
		o.Now = func() time.Time { return now }
		l := must(Open(ctx, o))
		var first int64
		for i := range 300 {
			_, _, err := l.Unlock(ctx, fmt.Sprintf("54%016d", i), []byte(password))
			wantKind(t, err, fault.Password)
			if size := must(os.Stat(filepath.Join(o.Dir, attemptsFile))).Size(); i == 9 {
				first = size
			} else if i == 299 && size > first+10 {
				t.Errorf("the file grew from %d to %d bytes", first, size)
			}
		}
		for _, typed := range []string{"", guard.Unknown, "c1 "} {
			_, _, err := l.Unlock(ctx, typed, []byte(password))
			wantKind(t, err, fault.Password)
		}
		if b := must(os.ReadFile(filepath.Join(o.Dir, attemptsFile))); bytes.Contains(b, []byte("540000")) {
			t.Error("what was typed for an account is in the open")
		}
		s, _, err := l.Unlock(ctx, "c1", []byte(password))
		noErr(t, err)
		defer s.Close()
		if got, want := s.Misses(), []Miss{{guard.Unknown, 303, now}}; !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		s.Told(s.Misses())
		if got, total := s.Misses(), s.MissTotals()[guard.Unknown]; len(got) != 0 || total != 303 {
			t.Errorf("once told of: %d, and %d ever", len(got), total)
		}
	})
	t.Run("of a password that was changed, by the former key file too", func(t *testing.T) {
		s := newTestStore(t)
		o := s.o
		former := must(os.ReadFile(filepath.Join(o.Dir, keysFile)))
		noErr(t, s.ChangePassword(ctx, "c1", []byte(password), right))
		noErr(t, s.Close())
		noErr(t, os.WriteFile(filepath.Join(o.Dir, keysFile), former, 0o600))
		l := must(Open(ctx, o))
		_, _, err := l.Unlock(ctx, "c1", []byte(password))
		wantKind(t, err, fault.Password)
		s, _, err = l.Unlock(ctx, "c1", right)
		noErr(t, err)
		defer s.Close()
		if got := missed(s, "c1"); got != 1 {
			t.Errorf("got %d, want 1", got)
		}
	})
	t.Run("also where many are tried at once", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), right))
		var all sync.WaitGroup
		for range 4 * guard.MaxFailures {
			all.Go(func() { _, _ = s.Verify(ctx, "c2", wrong) })
		}
		all.Wait()
		_, err := s.Verify(ctx, "c2", right)
		wantKind(t, err, fault.Locked)
	})
}

func TestALockIsNotEndedByAClockSetBack(t *testing.T) {
	ctx := context.Background()
	o := func() Options { s := newTestStore(t); noErr(t, s.Close()); return s.o }()
	now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	l := must(Open(ctx, o))
	defer l.Close()
	for range guard.MaxFailures {
		_, _, _ = l.Unlock(ctx, "c1", []byte("wrong horse 1"))
	}
	now = now.AddDate(-1, 0, 0)
	_, _, err := l.Unlock(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Locked)
	now = now.Add(14 * time.Minute)
	_, _, err = l.Unlock(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Locked)
	now = now.Add(2 * time.Minute)
	s, _, err := l.Unlock(ctx, "c1", []byte(password))
	noErr(t, err)
	noErr(t, s.Close())
}
