package ui

import (
	"os"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/ui/kit"
)

// duties is what 今日 tells of, once it is in view.
func (r *rig) duties() (told []duty) {
	r.t.Helper()
	r.ui(func() { r.u.shell.visit("today") })
	r.until("what waits", func() bool { return r.u.shell.screen.(*today).duties.heard })
	r.settle()
	r.ui(func() {
		d := r.u.shell.screen.(*today).duties
		if told = d.told; d.content.Visible() != (len(told) > 0) {
			r.t.Errorf("in view %t with %d lines", d.content.Visible(), len(told))
		}
	})
	return told
}

// deals presses the button of a line.
func (r *rig) deals(line int) {
	r.t.Helper()
	r.ui(func() { fyneTap(findButtons(r.u.shell.screen.(*today).duties.content)[line]) })
	r.settle()
}

func TestWhoSignsInIsToldOfAFileOfTheFolderThatIsNotUsed(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		r := newIssuerRig(t, variant)
		const head, school = "code\tname\tkind\tlevel\tplace\tauthority\n", "4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n"
		r.send(bulletin.Schools, bulletin.RegisterName, []byte(head+school))
		if got := r.duties(); len(got) != 0 {
			t.Errorf("told %+v of an honest folder", got)
		}
		path := rulebook.RegisterPath(r.u.desk.Store().Dir())
		r.ui(r.u.lock)
		r.locked()
		if err := os.WriteFile(path, []byte(head+school+"4152010658\t野鸡大学\tregular\t本科\t贵阳市\t贵州省\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.enter("clerk-1", clerkPassword)
		got := r.duties()
		if len(got) != 1 || !strings.Contains(got[0].words, "院校名册不是县里下发的") || !strings.Contains(got[0].words, "请告诉系统数据管理员") {
			t.Fatalf("told %+v", got)
		}
		golden(t, r.u, "today-folder-"+look)
		r.snap("today-folder-" + look)
		r.deals(0)
		r.ui(func() {
			m, ok := r.u.shell.screen.(*manage)
			if !ok || m.sections.Value() != ofDevice {
				t.Fatalf("it leads to %s", r.u.shell.name)
			}
			if s := m.shownNow.(*deviceSection).county.state; !strings.Contains(s.Text(), "院校名册不是县里下发的") {
				t.Errorf("there it says %q", s.Text())
			}
		})
	}
}

func TestWhoMayAnswerIsToldOnTodayHowMuchWaits(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		r := newRig(t, variant)
		id := r.open(loan.First, false, entered).id
		for i, export := range []bool{true, false, true} {
			if _, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: id, Hours: 2 + i, Reason: "市资助中心抽查合同", Export: export}); err != nil {
				t.Fatal(err)
			}
		}
		r.another("reviewer-2", guard.Reviewer)
		if _, err := r.u.desk.BreakGlass(t.Context(), id, "水灾断网，家长急需核对"); err != nil {
			t.Fatal(err)
		}
		if got := r.duties(); len(got) != 0 {
			t.Errorf("who answers nothing is told %+v", got)
		}
		r.another("admin-1", guard.DataAdmin)
		got := r.duties()
		if len(got) != 3 || !strings.Contains(got[0].words, "1 份查看申请") || !strings.Contains(got[1].words, "2 份导出申请") || !strings.Contains(got[2].words, "1 次紧急查看") {
			t.Fatalf("told %+v", got)
		}
		golden(t, r.u, "today-duties-"+look)
		r.snap("today-duties-" + look)
		for line := range got {
			r.duties()
			r.deals(line)
			r.ui(func() {
				if m, ok := r.u.shell.screen.(*manage); !ok || m.sections.Value() != ofGrants {
					t.Errorf("line %d leads to %s", line, r.u.shell.name)
				}
			})
		}
		g, err := r.u.desk.Glasses(t.Context())
		if err != nil || len(g) != 1 {
			t.Fatalf("%d emergencies, %v", len(g), err)
		}
		if err := r.u.desk.ReviewGlass(t.Context(), g[0].ID, true, "水灾属实"); err != nil {
			t.Fatal(err)
		}
		if got := r.duties(); len(got) != 2 {
			t.Errorf("once it is reviewed: told %+v", got)
		}
	}
}

func TestTheCountyIsToldWhatTheProvinceReviews(t *testing.T) {
	got := waitWords(desk.Duties{Above: 2})
	if want := "县级人员用了紧急查看，2 次等省级复查，请告诉省级。"; len(got) != 1 || got[0].words != want || got[0].section != ofGrants {
		t.Errorf("told %+v, want %s", got, want)
	}
}
