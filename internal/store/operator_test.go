package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

func TestUnlock(t *testing.T) {
	ctx := context.Background()
	t.Run("five wrong passwords lock the account, also after starting again", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
		noErr(t, s.Close())
		now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
		o := s.o
		o.Now = func() time.Time { return now }
		for n := range guard.MaxFailures {
			l := must(Open(ctx, o))
			_, _, err := l.Unlock(ctx, "c1", []byte("wrong"))
			want := fault.Password
			if n == guard.MaxFailures-1 {
				want = fault.Locked
			}
			wantKind(t, err, want)
			noErr(t, l.Close())
		}
		l := must(Open(ctx, o))
		defer l.Close()
		_, _, err := l.Unlock(ctx, "c1", []byte(password))
		wantKind(t, err, fault.Locked)
		now = now.Add(16 * time.Minute)
		s, who, err := l.Unlock(ctx, "c1", []byte(password))
		noErr(t, err)
		defer s.Close()
		if who.ID != "c1" || who.Failures != 0 || !who.Enabled {
			t.Fatalf("got %+v", who)
		}
	})
	t.Run("a locked store can be tried by another, and is spent once unlocked", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
		noErr(t, s.Close())
		l := must(Open(ctx, s.o))
		_, _, err := l.Unlock(ctx, "nobody", []byte(password))
		wantKind(t, err, fault.Password)
		if got := l.Operators(); len(got) != 2 || got[1] != (OperatorName{"c2", "操作员c2"}) {
			t.Fatalf("got %v", got)
		}
		u, who, err := l.Unlock(ctx, "c2", []byte("another good one"))
		noErr(t, err)
		defer u.Close()
		if who.ID != "c2" {
			t.Fatalf("got %v", who.ID)
		}
		_, _, err = l.Unlock(ctx, "c2", []byte("another good one"))
		wantKind(t, err, fault.Busy)
		noErr(t, l.Close())
		if _, err := u.Operators(ctx); err != nil {
			t.Fatalf("closing the spent Locked closed the store: %v", err)
		}
	})
	t.Run("a broken count of failures locks nobody out", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.Close())
		for _, b := range []string{"", "{", "null", "[]", `{"c1":{"failures":"x"}}`} {
			noErr(t, os.WriteFile(filepath.Join(s.o.Dir, attemptsFile), []byte(b), 0o600))
			noErr(t, unlocked(t, s.o).Close())
		}
	})
}

func TestOperators(t *testing.T) {
	ctx := context.Background()
	t.Run("the roster comes without passwords; enabling gives one", func(t *testing.T) {
		s := newTestStore(t)
		r := guard.Operator{ID: "r1", Name: "复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
		noErr(t, s.AddOperator(ctx, r))
		_, err := s.Verify(ctx, "r1", []byte("review password"))
		wantKind(t, err, fault.Password)
		if s.CanSignIn("r1") || !s.CanSignIn("c1") {
			t.Fatal("who can sign in")
		}
		noErr(t, s.EnableOperator(ctx, r, []byte("review password")))
		who, err := s.Verify(ctx, "r1", []byte("review password"))
		noErr(t, err)
		if !who.Has(guard.Reviewer) || who.Name != "复核员" {
			t.Fatalf("got %+v", who)
		}
		s = reopened(t, s)
		list := must(s.Operators(ctx))
		if len(list) != 2 || list[0].ID != "c1" || list[1].ID != "r1" {
			t.Fatalf("got %d operators", len(list))
		}
		must(s.Verify(ctx, "r1", []byte("review password")))
	})
	t.Run("switched off by the roster means out", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
		off := clerk("c2")
		off.Enabled = false
		noErr(t, s.AddOperator(ctx, off))
		_, err := s.Verify(ctx, "c2", []byte("another good one"))
		wantKind(t, err, fault.Password)
		noErr(t, s.Close())
		l := must(Open(ctx, s.o))
		defer l.Close()
		if got := l.Operators(); len(got) != 1 {
			t.Fatalf("got %v", got)
		}
	})
	t.Run("a new password replaces the old one", func(t *testing.T) {
		s := newTestStore(t)
		wantKind(t, s.ChangePassword(ctx, "c1", []byte("wrong"), []byte("the new password")), fault.Password)
		noErr(t, s.ChangePassword(ctx, "c1", []byte(password), []byte("the new password")))
		_, err := s.Verify(ctx, "c1", []byte(password))
		wantKind(t, err, fault.Password)
		noErr(t, s.Close())
		l := must(Open(ctx, s.o))
		defer l.Close()
		u, _, err := l.Unlock(ctx, "c1", []byte("the new password"))
		noErr(t, err)
		noErr(t, u.Close())
	})
	t.Run("an administrator's new password ends a lock", func(t *testing.T) {
		s := newTestStore(t)
		for range guard.MaxFailures {
			_, _ = s.Verify(ctx, "c1", []byte("wrong"))
		}
		_, err := s.Verify(ctx, "c1", []byte(password))
		wantKind(t, err, fault.Locked)
		noErr(t, s.EnableOperator(ctx, clerk("c1"), []byte("the new password")))
		must(s.Verify(ctx, "c1", []byte("the new password")))
	})
	t.Run("forms that are wrong are refused", func(t *testing.T) {
		s := newTestStore(t)
		wantKind(t, s.AddOperator(ctx, guard.Operator{ID: "x"}), fault.Input)
		wantKind(t, s.EnableOperator(ctx, clerk("c2"), nil), fault.Input)
		if len(must(s.Operators(ctx))) != 1 {
			t.Fatal("kept")
		}
	})
	t.Run("the county recovers the data of a laptop whose passwords are lost", func(t *testing.T) {
		county, p := must(seal.NewSigner()), profile()
		p.Recovery = county.Public()
		o := options(t.TempDir())
		s := must(Create(ctx, o, p, clerk("c1"), []byte(password)))
		want := s.data.Bytes()
		noErr(t, s.Close())
		keys := must(seal.ParseKeyfile(must(os.ReadFile(filepath.Join(o.Dir, keysFile)))))
		got := must(keys.Recover(county, p.Device)).Bytes()
		if string(got) != string(want) {
			t.Fatal("another key")
		}
	})
}

func TestSettings(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	var n int
	wantKind(t, s.Setting(ctx, "scale", &n), fault.Missing)
	noErr(t, s.SetSetting(ctx, "scale", 125))
	s = reopened(t, s)
	noErr(t, s.Setting(ctx, "scale", &n))
	if n != 125 {
		t.Fatalf("got %d", n)
	}
	var text string
	wantKind(t, s.Setting(ctx, "scale", &text), fault.Damaged)
	wantKind(t, s.SetSetting(ctx, "", 1), fault.Input)
}
