package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

func TestALongNoticeIsShownWhole(t *testing.T) {
	s := show(t, NewField(), 600, 400)
	const words = "请先由本人重新登记同意。借款学生已撤回对处理敏感个人信息的同意，不能再拍照、读证件、登记手机号码、地址和困难类型或打印表格。"
	Notice(s.w, Bad, words)
	n := s.root.toasts.shown[0]
	check(t, "words", strings.Join(n.lines, ""), words)
	if n.Size().Width > 560 || n.Size().Height < 2*lineHeight(textSize()) {
		t.Errorf("it takes %v", n.Size())
	}
	var drawn strings.Builder
	for _, o := range test.WidgetRenderer(n).Objects() {
		if x, ok := o.(*canvas.Text); ok {
			drawn.WriteString(x.Text)
		}
	}
	check(t, "drawn", drawn.String(), words)
}
