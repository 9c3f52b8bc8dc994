package ui

import (
	"strings"
	"testing"

	"doorstep/internal/ui/kit"
)

func TestAnEmergencyThatRunsIsSaidAndUsesUpNoFurtherOne(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	if _, err := r.u.desk.BreakGlass(t.Context(), v.id, "洪水断网，家属急需核对"); err != nil {
		t.Fatal(err)
	}
	r.ui(v.refreshCase)
	says := func(words string) func() bool {
		return func() bool { return strings.Contains(v.banner.text.Text(), words) }
	}
	r.until("the banner says until when it runs", says("紧急查看到 11:00 为止"))
	r.ui(v.breakGlass)
	r.until("it is gone on with", func() bool { return strings.Contains(wordsOf(r.dialog()), "不另计次数") })
	r.ui(func() { r.dialog().Close() })
	if err := r.u.desk.Reveal(t.Context(), v.id, []string{"images", "student.phone"}, "洪水断网，家属急需核对"); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	all, err := r.u.desk.Glasses(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d emergencies wait for a review, %v", len(all), err)
	}
	var d *kit.Dialog
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofGrants)
		r.u.shell.screen.(*manage).shownNow.(*grantSection).review(all[0])
		d = r.dialog()
	})
	r.until("the review says what was seen", func() bool { return strings.Contains(wordsOf(d), "显示了 1 次") })
	r.ui(func() {
		for _, want := range []string{all[0].Case.String(), "2023-08-05 10:00", "影像和合同、学生手机号码"} {
			if words := wordsOf(d); !strings.Contains(words, want) {
				t.Errorf("the review does not say %s: %s", want, words)
			}
		}
	})
}
