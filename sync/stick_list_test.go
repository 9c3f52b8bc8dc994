package main

import (
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

func TestAStickBringsHomeWhichLaptopsAndAccountsStand(t *testing.T) {
	ctx := t.Context()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	reviewer := guard.Operator{ID: "practice-reviewer", Name: "练习复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
	if err := l.EnableOperator(ctx, reviewer, []byte("the reviewer's own")); err != nil {
		t.Fatal(err)
	}
	verbOK(t, "operator", "off", "--data", s.dir, "--id", "practice-reviewer")
	lost := newLaptop(t, s)
	verbOK(t, "device", "lost", "--data", s.dir, "--id", lost.Profile().Device.String())
	dir, before := t.TempDir(), time.Now().Add(-time.Minute)
	l.write(t, dir)
	takeStick(t, s, dir, exitOK)
	l.read(t, dir)
	for _, k := range []bulletin.Kind{bulletin.Devices, bulletin.Operators} {
		if list := l.Bulletins(k); len(list) != 1 || list[0].Issued.Before(before) {
			t.Errorf("%s: got %+v, want one of now", k, list)
		}
	}
	if out, err := l.ShutOut(ctx, lost.Profile().Device); err != nil || !out {
		t.Errorf("the lost laptop is shut out: %v, %v", out, err)
	}
	if _, err := l.Verify(ctx, "practice-reviewer", []byte("the reviewer's own")); fault.KindOf(err) != fault.Password {
		t.Errorf("who was switched off signs in: got %v", err)
	}
	t.Run("the next stick, with the same lists, and the network are no fault", func(t *testing.T) {
		l.finished(t, noise("a", 9_000))
		l.write(t, dir)
		takeStick(t, s, dir, exitOK)
		if r := l.read(t, dir); r.Answers != 1 || r.WaitingChanges+r.WaitingBlobs != 0 {
			t.Errorf("read: %+v", r)
		}
		mustCarry(t, l, s.url)
	})
}
