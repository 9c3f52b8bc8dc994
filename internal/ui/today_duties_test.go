package ui

import (
	"os"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/rulebook"
	"doorstep/internal/ui/kit"
)

// duties is what 今日 tells of, once it is in view.
func (r *rig) duties() (told []duty) {
	r.t.Helper()
	r.ui(func() { r.u.shell.visit("today") })
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
