package ui

import (
	"strings"
	"testing"

	"doorstep/internal/ui/kit"
)

func TestWhatWasTickedGoesOnThroughAnEmergency(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	r.ui(v.askReveal)
	r.settle()
	boxes := r.checks() // 姓名, 手机号码, 身份证号与出生日期, 通讯地址, 影像和合同
	r.ui(func() { boxes[2].SetChecked(true) })
	r.presses("紧急查看…")
	r.settle()
	r.ui(func() { r.u.win.Canvas().Focused().(*kit.Field).SetText("急") })
	r.answer()
	if _, say := r.blamed(); !strings.Contains(say, "洪水断网") || strings.Contains(say, "家长来电") {
		t.Errorf("the example of an emergency: %q", say)
	}
	r.ui(func() { r.u.win.Canvas().Focused().(*kit.Field).SetText("洪水断网，家属急需核对") })
	r.answer()
	r.settle()
	if on := r.checks(); len(on) != 5 || on[0].Checked() || !on[1].Checked() || !on[2].Checked() || on[4].Checked() {
		t.Error("what was ticked is lost")
	}
}
