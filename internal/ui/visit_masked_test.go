package ui

import (
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

// othersOf is a case of clerk-1 that another clerk has open.
func othersOf(t *testing.T, prepare ...func(*rig, uuid.UUID)) *rig {
	t.Helper()
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, prepare...).id
	second := guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), second, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-2", reviewPassword)
	c, err := r.u.desk.OpenBeyond(t.Context(), id, "家长来电核对进度")
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.shell.take(c) })
	r.settle()
	return r
}

func TestTheBannerOfAMaskedCaseOffersWhatItSpeaksOf(t *testing.T) {
	t.Run("taking over one under way", func(t *testing.T) {
		r := othersOf(t, entered)
		b := r.visit().banner
		r.ui(func() {
			if !b.second.Visible() || b.second.Text() != "接手…" || b.button.Text() != "显示…" {
				t.Errorf("it says %q and offers %q, %q", b.text.Text(), b.button.Text(), b.second.Text())
			}
			b.second.Tapped(nil)
		})
		if got := r.dialogWords(); !strings.Contains(got, "接手后由您办理") {
			t.Errorf("the button leads to %q", got)
		}
	})
	t.Run("showing a void one", func(t *testing.T) {
		r := othersOf(t, entered, voided)
		v := r.visit()
		r.ui(func() {
			b := v.banner
			if !strings.Contains(b.text.Text(), "已作废") || !strings.Contains(b.text.Text(), "遮挡") || b.button.Text() != "显示…" || b.second.Visible() {
				t.Errorf("it says %q and offers %q", b.text.Text(), b.button.Text())
			}
			if v.problems.list.None == "没有发现问题" {
				t.Error("beside it nothing is said to be wrong")
			}
		})
		if err := r.u.desk.Reveal(t.Context(), v.id, []string{"student.phone"}, "家长来电核对进度"); err != nil {
			t.Errorf("for a reason: %v", err)
		}
	})
}

func TestAnEmergencySaysThatItIsOn(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	r.ui(v.breakGlass)
	r.settle()
	r.ui(func() {
		r.u.win.Canvas().Focused().(*kit.Field).SetText("洪水断网，家属急需核对")
		fyneTap(r.dialog().YesButton())
	})
	r.settle()
	words := r.dialogWords()
	until := v.local(r.u.deps.Now().Add(time.Hour)).Format("15:04")
	for _, want := range []string{"紧急查看已开启", until, "第 1 次"} {
		if !strings.Contains(words, want) {
			t.Errorf("of %q it says %q", want, words)
		}
	}
	r.ui(func() {
		if got := r.u.win.Canvas().Focused().(*kit.Field).Text(); got != "洪水断网，家属急需核对" {
			t.Errorf("the reason is asked again: %q", got)
		}
	})
}

func TestAGrantInForceSaysWhatIsLeftOfIt(t *testing.T) {
	id := uuid.MustParse("01a22608-0000-7000-8000-0000be15d786")
	for want, g := range map[string]guard.Given{
		"最多 2 件，已用于案件 be15d786，还可用 1 件": {Grant: guard.Grant{Count: 2}, Used: []uuid.UUID{id}},
		"最多 3 次，已用 2 次，还可用 1 次":         {Grant: guard.Grant{Count: 3, Fields: []string{desk.SearchField}}, Searched: 2},
		"案件 be15d786": {Grant: guard.Grant{Cases: []uuid.UUID{id}}},
	} {
		if got := reachOf(g); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReturnInAMaskedCaseThatWasJustOpenedSendsNothing(t *testing.T) {
	r := othersCase(t)
	r.settle()
	r.ui(func() {
		v := r.u.shell.current
		if f := r.u.win.Canvas().Focused(); v.full() || f != fyne.Focusable(v.main) {
			t.Errorf("full %v, the focus is on %T", v.full(), f)
		}
	})
}
