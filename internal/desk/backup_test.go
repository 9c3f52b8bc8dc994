package desk_test

import (
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

func TestBackup(t *testing.T) {
	d, stick := laptop(t, t.TempDir()), filepath.Join(t.TempDir(), "stick")
	defer d.Close()
	ctx := t.Context()
	state := func() desk.BackupState {
		t.Helper()
		s, err := d.BackupState(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := state(); s.Dir != "" || s.There || s.Due || !s.Last.Made.IsZero() {
		t.Errorf("before any: %+v", s)
	}
	if _, err := d.Backup(ctx, nil); fault.KindOf(err) != fault.Missing {
		t.Errorf("with no folder: %v", err)
	}
	if err := d.SetBackupDir(ctx, stick); fault.KindOf(err) != fault.Missing {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.SetBackupDir(ctx, stick); err != nil {
		t.Fatal(err)
	}
	if s := state(); s.Dir != stick || !s.There || !s.Due {
		t.Errorf("before the first: %+v", s)
	}
	if made, err := d.BackupIfDue(ctx); err != nil || !made {
		t.Fatalf("the first one: %v, %v", made, err)
	}
	if s := state(); s.Due || s.Last.Made.IsZero() || s.Last.Changes == 0 || s.Last.Device != d.Store().Profile().Device {
		t.Errorf("after the first: %+v", s)
	}
	if made, err := d.BackupIfDue(ctx); err != nil || made {
		t.Errorf("again on the same day: %v, %v", made, err)
	}
	n, _ := d.Store().Head()
	last, err := d.Store().Pending(ctx, n-1, 1)
	if err != nil || len(last) != 1 || last[0].Kind != loan.ChangeBackup || last[0].Operator != "clerk-1" {
		t.Errorf("the chain ends with %+v, %v", last, err)
	}
	if err := store.Restore(ctx, stick, t.TempDir()); err != nil {
		t.Error(err)
	}
	t.Run("a stick that is not in is no failure of the day", func(t *testing.T) {
		if err := os.Rename(stick, stick+"-out"); err != nil {
			t.Fatal(err)
		}
		if made, err := d.BackupIfDue(ctx); err != nil || made || state().There {
			t.Errorf("%v, %v", made, err)
		}
		if _, err := d.Backup(ctx, nil); fault.KindOf(err) != fault.Missing {
			t.Errorf("asked for: %v", err)
		}
	})
}
