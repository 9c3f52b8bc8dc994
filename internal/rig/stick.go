package rig

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// backup restores the last backup and compares what comes of it with the model
// of that time. The one before it, or the one that had begun, will do while the
// operation that made it has not ended. An old one is looked at now and then.
func (v *verifier) backup(ctx context.Context) error {
	begun := v.next.verb == backup
	if !begun && (v.m.stick == 0 || v.m.applied-v.m.stick > 20 && v.m.applied%16 != 0) {
		return nil
	}
	if full, err := readSetting(ctx, v.s, noRoom); err != nil || full.Op > 0 && full.Op >= v.m.stick {
		return err
	}
	dir, err := os.MkdirTemp("", "doorstep-rig-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "data")
	err = store.Restore(ctx, stickOf(v.s.Dir()), dir)
	if v.m.stick == 0 && (fault.KindOf(err) == fault.Missing || fault.KindOf(err) == fault.Damaged) {
		return nil // the first one had begun
	}
	if err != nil {
		return fmt.Errorf("backup of op %d: %w", v.m.stick, err)
	}
	if err := v.restored(ctx, dir); err != nil {
		return fmt.Errorf("backup of op %d: %w", v.m.stick, err)
	}
	return nil
}

func (v *verifier) restored(ctx context.Context, dir string) error {
	s, err := openStore(ctx, dir, v.m.seed, &clock{})
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := applied(ctx, s)
	if err != nil {
		return err
	}
	if n != v.m.stick-1 && (v.next.verb != backup || n != v.m.applied) {
		return fmt.Errorf("it ends with op %d", n)
	}
	if err := ownChecks(ctx, s); err != nil {
		return err
	}
	m := modelOf(v.m.seed, n)
	then := &verifier{s: s, m: m, next: m.next(n + 1), names: v.names, led: true}
	if err := then.all(ctx); err != nil {
		return err
	}
	head, _ := s.Head()
	own, err := s.Pending(ctx, head-1, 1)
	if err != nil || len(own) != 1 || own[0].Kind != loan.ChangeRestore || head <= m.counter {
		return fmt.Errorf("the chain is not led on: head %d, before %d, %w", head, m.counter, err)
	}
	return nil
}
