package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestTheReportOfTheRecordIsMadeBesideTheWork(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false, entered)
	r.another("aud-1", guard.Auditor)
	s := inManage[*recordSection](r, ofRecord)
	path := filepath.Join(t.TempDir(), "r.csv")
	r.ui(func() {
		if s.stop.Visible() || s.bar.Visible() {
			t.Error("with nothing to wait for it shows a bar")
		}
		s.reportTo(path)
		if !s.save.Disabled() || !s.stop.Visible() || !s.bar.Visible() || s.u.chore == nil || !strings.Contains(s.u.chore.words, "日志报告") {
			t.Error("nothing says what is waited for")
		}
		s.u.chore.done, s.u.chore.total = 3<<30, 10<<30
		s.refresh()
	})
	r.snap("record-report")
	r.until("the report is there", func() bool { return s.u.chore == nil })
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), "核验通过") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	r.ui(func() {
		if s.stop.Visible() || s.bar.Visible() {
			t.Error("the bar stays")
		}
	})
}
