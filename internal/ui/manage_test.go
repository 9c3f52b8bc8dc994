package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
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

// asAdmin is a window at which a data administrator is signed in.
func asAdmin(t *testing.T) *rig {
	t.Helper()
	admin := desk.Operator{ID: "admin-1", Name: "练习管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
	dir := t.TempDir()
	u := testWindow(t, dir, kit.Light)
	d, err := u.deps.Door.Settle(t.Context(), desk.Enrolment{Profile: testProfile(t), Roster: []desk.Operator{admin}}, admin, []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t, u}
	r.ui(func() {
		u.signedIn(d)
		u.stopCarrier()
	})
	return r
}

func TestKeepingInTheWindow(t *testing.T) {
	r := asAdmin(t)
	s := inManage[*keptSection](r, ofKept)
	r.ui(func() {
		if s.season == nil || s.season.Disabled() {
			t.Fatal("a data administrator cannot erase a season")
		}
		fyneTap(s.now)
	})
	r.until("the housekeeping is done", func() bool { return r.u.chore == nil })
	r.settle()
	r.snap("manage-kept")
	r.ui(func() {
		if got := s.state.Text(); !strings.HasPrefix(got, "上次整理") {
			t.Errorf("got %q", got)
		}
		fyneTap(s.season)
	})
	r.snap("dialog-season")
	asked := r.dialog()
	r.ui(func() {
		if fyneTap(asked.YesButton()); r.u.chore != nil || r.u.win.Canvas().Overlays().Top() != asked {
			t.Error("a season is erased without the year being typed")
		}
	})
	r.typeLines(s.year.Value())
	if r.u.chore != nil {
		t.Error("Return alone erased a season")
	}
	r.ui(func() { fyneTap(asked.YesButton()) })
	r.until("the season is erased", func() bool { return r.u.chore == nil })
	r.settle()
	r.snap("dialog-erased")
	if r.dialog() == asked {
		t.Error("the result is not told")
	}
}

func TestWhatAnErasingTells(t *testing.T) {
	all := erasedWords(desk.Erased{Cases: 5, Blobs: 9, Aside: 3, AsideLeft: 4, Refused: []desk.Refusal{{Why: desk.WhyOpen, Cases: make([]uuid.UUID, 2)}, {Why: desk.WhyUnsent, Cases: make([]uuid.UUID, 1)}, {Why: desk.WhyPart, Cases: make([]uuid.UUID, 1)}}})
	if len(all) != 6 {
		t.Fatalf("got %v", all)
	}
	for n, want := range []string{"5 件案件", "删除了修复或还原时留下的 3 个", "留下的 4 个旧数据文件", "2 件留下：还没有办完", "没有送到中心", "另一位系统数据管理员"} {
		if !strings.Contains(all[n].Text, want) {
			t.Errorf("got %q, want %q in it", all[n].Text, want)
		}
	}
	_, text := keptWords(desk.Kept{Aside: 2}, func(time.Time) string { return "" })
	if !strings.Contains(text, "2 个旧数据文件") {
		t.Errorf("got %q", text)
	}
}

func TestAuditInTheWindow(t *testing.T) {
	r := asAdmin(t)
	s := inManage[*auditSection](r, ofAudit)
	r.ui(func() { fyneTap(s.begin) })
	r.until("the audit is done", func() bool { return r.u.chore == nil })
	r.settle()
	r.snap("manage-audit")
	r.ui(func() {
		if len(s.result.Objects) < 2 {
			t.Errorf("got %d cards, want the verdict and this laptop's chain", len(s.result.Objects))
		}
		s.show(audited{desk.AuditReport{Chains: []desk.ChainAudit{{Own: true, Changes: 120, Erased: []desk.BodiesErased{{Rule: "season", Bodies: 40}},
			Gaps: []loan.Range{{From: 7, To: 9}}, Wrong: []desk.Wrong{{From: 17, To: 17, What: desk.TamperAltered}, {From: 40, To: 43, What: desk.TamperGone}}}},
			Blobs:  []desk.BlobsErased{{Rule: "images-7d", Blobs: 12, Bytes: 3 << 20, First: testClock(), Last: testClock()}},
			Spoilt: true, SpoiltOf: []uuid.UUID{uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d")}}, testClock()})
	})
	r.snap("manage-audit-bad")
}

func TestWhatAnAuditFoundIsToldWhereverItEnds(t *testing.T) {
	r := asAdmin(t)
	s := inManage[*auditSection](r, ofAudit)
	r.ui(func() {
		fyneTap(s.begin)
		r.u.shell.screen.(*manage).turn(ofRecord)
	})
	r.until("it is said", func() bool {
		return r.u.chore == nil && strings.Contains(strings.Join(allWords(r.u.win.Canvas().Content()), ""), "核验通过")
	})
	r.ui(func() { r.u.shell.visit("today") })
	if s := inManage[*auditSection](r, ofAudit); len(s.result.Objects) < 2 {
		t.Errorf("looked at again: %d cards, want the verdict and this laptop's chain", len(s.result.Objects))
	}
	r.ui(func() {
		s.found(audited{desk.AuditReport{Chains: []desk.ChainAudit{{Own: true, Wrong: []desk.Wrong{{From: 17, To: 17, What: desk.TamperAltered}}}}}, testClock()})
	})
	if words := r.dialogWords(); !strings.Contains(words, "发现问题") {
		t.Errorf("of a chain that was altered it says %q", words)
	}
	t.Run("and of pictures apart from the chains, and before those that are whole", func(t *testing.T) {
		r.ui(func() {
			s := newAuditSection(r.u)
			of := uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d")
			s.show(audited{desk.AuditReport{Chains: []desk.ChainAudit{{Own: true}, {Device: of, Wrong: []desk.Wrong{{From: 17, To: 17, What: desk.TamperAltered}}}},
				Spoilt: true, SpoiltOf: []uuid.UUID{of}}, testClock()})
			words := strings.Join(allWords(s.result), "")
			at := -1
			for _, next := range []string{"发现问题", "影像和文件", "1 件案件", "0a0b0c0d", "1 处有问题", "本机", "完整"} {
				i := strings.Index(words, next)
				if i <= at {
					t.Errorf("it says %q: %q is not in its place", words, next)
				}
				at = i
			}
		})
		r.ui(func() {
			s := newAuditSection(r.u)
			s.show(audited{desk.AuditReport{Chains: []desk.ChainAudit{{Own: true}}, Spoilt: true}, time.Date(2026, 8, 1, 16, 30, 0, 0, time.UTC)})
			words := strings.ReplaceAll(strings.Join(allWords(s.result), ""), " ", "")
			for _, want := range []string{"2026-08-0200:30", "影像和文件", "与写入时不一致", "数据有问题？", "完整"} {
				if !strings.Contains(words, want) {
					t.Errorf("it says %q, want %q in it", words, want)
				}
			}
		})
	})
}

func TestAClerkMayNotAuditOrErase(t *testing.T) {
	r := newRig(t, kit.Light)
	if s := inManage[*auditSection](r, ofAudit); !s.begin.Disabled() {
		t.Error("a clerk may audit")
	}
	if s := inManage[*keptSection](r, ofKept); s.season != nil {
		t.Error("a clerk is offered to erase a season")
	}
}

func TestLockEndsTheChoreUnderWay(t *testing.T) {
	r := newRig(t, kit.Light)
	ended, told := make(chan error, 1), false
	r.ui(func() {
		r.u.begins("long", "很久的事", func(ctx context.Context, _ func(done, total int64)) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}, func(error) { told = true })
		r.u.lock()
	})
	r.locked()
	select {
	case <-ended:
	default:
		t.Error("the store was closed over a chore under way")
	}
	r.settle()
	r.ui(func() {
		if told || r.u.chore != nil {
			t.Error("the chore of one operator goes on for the next")
		}
	})
}
