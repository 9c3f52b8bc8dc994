package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// inManage opens a section of 管理.
func inManage[S section](r *rig, id string) (s S) {
	r.t.Helper()
	r.ui(func() {
		r.u.shell.section = id
		r.u.shell.visit("manage")
		s = r.u.shell.screen.(*manage).shownNow.(S)
	})
	r.settle()
	return s
}

func TestBackupInTheWindow(t *testing.T) {
	r := newRig(t, kit.Light)
	s := inManage[*backupSection](r, ofBackup)
	r.ui(func() {
		if got := s.state.Text(); !strings.Contains(got, "还没有设置") || !s.make.Disabled() {
			t.Errorf("with no folder: got %q, button on %v", got, !s.make.Disabled())
		}
	})
	r.snap("manage-backup-none")
	stick := t.TempDir()
	if err := r.u.desk.SetBackupDir(t.Context(), stick); err != nil {
		t.Fatal(err)
	}
	r.ui(s.refresh)
	r.settle()
	r.ui(func() {
		if s.make.Disabled() {
			t.Fatal("with the stick in nothing can be backed up")
		}
		fyneTap(s.make)
		if r.u.chore == nil {
			t.Error("nothing is under way")
		}
		if r.u.begins("second", "第二件", nil, nil) {
			t.Error("two chores run at once")
		}
	})
	r.until("the backup is made", func() bool { return r.u.chore == nil })
	r.settle()
	r.ui(func() {
		if got := s.state.Text(); !strings.HasPrefix(got, "备份盘已插好，最近一天") {
			t.Errorf("after the backup: got %q", got)
		}
	})
	r.snap("manage-backup-made")
	if found, err := filepath.Glob(filepath.Join(stick, "doorstep-backup-*", "backup.bolt")); err != nil || len(found) != 1 {
		t.Errorf("on the stick: got %v, %v", found, err)
	}
	if err := os.RemoveAll(stick); err != nil {
		t.Fatal(err)
	}
	r.ui(s.refresh)
	r.settle()
	r.ui(func() {
		if got := s.state.Text(); !strings.Contains(got, "没有插好") || !s.make.Disabled() {
			t.Errorf("with the stick gone: got %q, button on %v", got, !s.make.Disabled())
		}
	})
}

func fyneTap(b *kit.Button) { b.Tapped(&fyne.PointEvent{}) }
