package kit

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestNoteSaysWholeSentencesWhereItCan(t *testing.T) {
	const both = "姓名或密码不正确。请重新输入；忘记密码请联系县资助中心。"
	for _, c := range []struct {
		name, note string
		width      float32
		want       string
	}{
		{"all of it where it fits", both, 900, both},
		{"the first sentence where not", both, 200, "姓名或密码不正确。"},
		{"no code before words are cut", "贷款金额超过本学年最高限额　E-AM-001", 180, "贷款金额超过本学年最高限额"},
		{"the first clause of a sentence that is too long", "贷款金额超过学费与住宿费之和，超出部分仅可用于日常生活费，请学生确认　W-AM-005", 200, "贷款金额超过学费与住宿费之和"},
		{"an ellipsis only where a sentence is too long", "贷款金额超过本学年最高限额", 100, ellipsis("贷款金额超过本学年最高限额", captionSize(), fyne.TextStyle{}, 100)},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, "note", noteFor(c.note, c.width), c.want) })
	}
}
