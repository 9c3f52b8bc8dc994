package desk_test

import (
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// differing is what a case differs in from a source: field → what is there.
func differing(t *testing.T, d *desk.Desk, c *loan.Case, from desk.Source) map[string]string {
	t.Helper()
	all, err := d.Differences(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, x := range all {
		if x.Here == "" || x.There == "" || x.Here == x.There {
			t.Errorf("no difference: %+v", x)
		}
		if x.Source == from {
			out[x.Field] = x.There
		}
	}
	return out
}

func wantDifferences(t *testing.T, got, want map[string]string) {
	t.Helper()
	for f, v := range want {
		if got[f] != v {
			t.Errorf("%s: got %q, want %q", f, got[f], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatDiffersIsSetSideBySide(t *testing.T) {
	c := newCounty(t)
	ctx, d, must := t.Context(), c.d, step(t)
	k := entered(t, d)
	t.Run("nothing, where all agree", func(t *testing.T) {
		if all, err := d.Differences(ctx, k); err != nil || len(all) != 0 {
			t.Errorf("got %+v, %v", all, err)
		}
	})
	t.Run("from the card and its number", func(t *testing.T) {
		k = must(d.Edit(ctx, k.ID, map[string]any{"student.id_ocr_name": "韦测丁", "student.birth": "2005-03-15", "coborrowers.0.sex": "女"}))
		wantDifferences(t, differing(t, d, k, desk.FromCard), map[string]string{"student.name": "韦测丁", "student.birth": "2005-03-14", "coborrowers.0.sex": "男"})
	})
	t.Run("from the roster, by number", func(t *testing.T) {
		s := loan.Preapplied{IDNo: "522727200503149914", Name: "韦测𬎆", Phone: "15400000099", Ethnic: "苗族", Approved: true}
		c.send(bulletin.Roster, "PT1", rosterOf(s))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{"student.phone": "15400000099", "student.ethnic": "苗族"})
	})
	t.Run("from the roster, by a name that one has", func(t *testing.T) {
		s := student(9, "韦测𬎆", true)
		s.Phone, s.Ethnic = "15400000001", "布依族"
		c.send(bulletin.Roster, "PT1", rosterOf(s))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{"student.id_no": s.IDNo})
		other := student(8, "韦测𬎆", true)
		c.send(bulletin.Roster, "PT1", rosterOf(s, other))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{})
	})
	t.Run("from an earlier case of the student", func(t *testing.T) {
		second := entered(t, d)
		second = must(d.Edit(ctx, second.ID, map[string]any{"study.major": "另一专业", "coborrowers.0.relation": "母", "student.address": ""}))
		wantDifferences(t, differing(t, d, second, desk.FromEarlier), map[string]string{"study.major": "测试专业", "coborrowers.0.relation": "父"})
		must(d.Void(ctx, k.ID, "重复受理"))
		wantDifferences(t, differing(t, d, second, desk.FromEarlier), map[string]string{})
	})
}

func TestACorrectionKeepsOldAndNew(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealed(t, d)
	c, err := d.Correct(t.Context(), c.ID, map[string]any{"loan.amount": 5000, "student.phone": "15400000003"}, "金额有误")
	if err != nil {
		t.Fatal(err)
	}
	wantDifferences(t, differing(t, d, c, desk.FromCorrected), map[string]string{"loan.amount": "5800", "student.phone": "15400000001"})
}

func TestDifferencesAreForWhoSeesTheCase(t *testing.T) {
	c, as := staffed(t)
	for _, r := range guard.Roles() {
		if _, err := as(r).Differences(t.Context(), c); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: got %v", r, err)
		}
	}
}
