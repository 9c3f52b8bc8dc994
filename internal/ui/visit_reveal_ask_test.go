package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// checks are the boxes of the dialog on top, in order.
func (r *rig) checks() (all []*kit.Check) {
	r.ui(func() {
		for _, o := range test.LaidOutObjects(r.dialog()) {
			if c, ok := o.(*kit.Check); ok {
				all = append(all, c)
			}
		}
	})
	return all
}

// presses presses a button of the dialog on top.
func (r *rig) presses(words string) {
	r.t.Helper()
	r.ui(func() {
		for _, b := range findButtons(fyne.CanvasObject(r.dialog())) {
			if b.Text() == words {
				fyneTap(b)
				return
			}
		}
		r.t.Errorf("no button says %s", words)
	})
	r.settle()
}

func TestARefusalToShowStandsWhereItIsAboutAndWhatWasFilledInGoesOn(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	r.ui(v.askReveal)
	r.settle()
	boxes := r.checks() // 姓名, 手机号码, 身份证号与出生日期, 通讯地址, 影像和合同
	if len(boxes) != 5 || !boxes[1].Checked() {
		t.Fatalf("%d boxes", len(boxes))
	}
	if words := r.labelled()[1].Hint(); !strings.Contains(words, "影像和合同须有授权") || !strings.Contains(words, "还可看 10 件") {
		t.Errorf("what a reason shows: %q", words)
	}
	r.snap("reveal-reason")
	r.answer()
	if at, say := r.blamed(); at != 0 {
		t.Errorf("without a reason: blamed is field %d: %q", at, say)
	}
	r.ui(func() {
		boxes[4].SetChecked(true)
		r.u.win.Canvas().Focused().(*kit.Field).SetText("核对家长投诉的材料")
	})
	r.answer()
	if at, say := r.blamed(); at != 1 || !strings.Contains(say, "影像") {
		t.Errorf("pictures without leave: blamed is field %d: %q", at, say)
	}
	r.snap("reveal-refused")
	for _, way := range []string{"申请授权…", "紧急查看…"} {
		r.presses(way)
		r.ui(func() {
			if got := r.u.win.Canvas().Focused().(*kit.Field).Text(); got != "核对家长投诉的材料" {
				t.Errorf("%s: the reason is %q", way, got)
			}
		})
		if way == "申请授权…" {
			on := r.checks()
			if len(on) != 5 || !on[1].Checked() || !on[4].Checked() || on[0].Checked() {
				t.Error("what was ticked is lost")
			}
			if words := r.labelled()[1].Hint(); !strings.Contains(words, "只有影像和合同须申请") {
				t.Errorf("what needs leave: %q", words)
			}
			r.snap("grant-reason")
			r.ui(func() {
				r.dialog().Close()
				v.askRevealBy("", "核对家长投诉的材料")
			})
			r.settle()
		}
	}
}

func TestTheDialogThatShowsSaysWhatIsGrantedAndUntilWhen(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	r.ui(v.askReveal)
	r.settle()
	if words := r.dialogWords(); strings.Contains(words, "已批准查看") {
		t.Errorf("before: %q", words)
	}
	r.ui(func() { r.dialog().Close() })
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{"student.phone", guard.ImagesField}, Case: v.id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.answerAsk(a, nil) })
	r.settle()
	if words := r.dialogWords(); !strings.Contains(words, "批准后自动到本机，不必等在这里") {
		t.Errorf("who waits is not told that the answer comes by itself: %q", words)
	}
	r.snap("grant-wait-network")
	r.ui(func() { r.dialog().Close() })
	g, err := r.u.desk.ApproveAsk(t.Context(), a.Code, "admin-1", []byte(reviewPassword), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.ui(v.askReveal)
	r.settle()
	want := "已批准查看：学生手机号码、影像和合同，到 " + v.stamp(g.Until) + " 为止。"
	if words := r.dialogWords(); !strings.Contains(words, want) {
		t.Errorf("it says %q, want %q in it", words, want)
	}
	r.snap("reveal-granted")
	r.ui(func() { r.dialog().Close() })
	if _, err := r.u.desk.BreakGlass(t.Context(), v.id, "断网应急核对"); err != nil {
		t.Fatal(err)
	}
	r.ui(v.askReveal)
	r.settle()
	if words := r.dialogWords(); !strings.Contains(words, "紧急查看到 ") || strings.Contains(words, "已批准查看") {
		t.Errorf("with an emergency that lets all be seen it says %q", words)
	}
}
