package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

func TestAListThatWraps(t *testing.T) {
	const who, what = "欧阳练习审计员（auditor-1）", "登录"
	texts := []string{who, what, strings.Repeat("长", 80)}
	l := NewList([]Column{{Weight: 1}}, func() int { return len(texts) }, func(i int) []Cell { return []Cell{{Text: texts[i]}} })
	l.Wraps = true
	show(t, l, 180, 400)
	row := func(i int) (out []string) {
		from, to := float32(i)*l.rowHeight(), float32(i+1)*l.rowHeight()
		for _, o := range l.layer.Objects {
			y := o.Position().Y
			if w, ok := o.(*canvas.Text); ok && y >= from && y+w.Size().Height <= to {
				out = append(out, w.Text)
			}
		}
		return out
	}
	t.Run("shows whole in two lines what one does not hold", func(t *testing.T) {
		if got := row(0); len(got) != 2 || strings.Join(got, "") != who {
			t.Errorf("got %q", got)
		}
	})
	t.Run("keeps on one line what one holds", func(t *testing.T) {
		if got := row(1); len(got) != 1 || got[0] != what {
			t.Errorf("got %q", got)
		}
	})
	t.Run("cuts what two lines do not hold, at its end", func(t *testing.T) {
		if got := row(2); len(got) != 2 || !strings.HasSuffix(got[1], "…") || strings.Contains(got[0], "…") {
			t.Errorf("got %q", got)
		}
	})
}

func TestTwoLinesBreakBehindACommaWhereBothHold(t *testing.T) {
	wear(Light, 1)
	if got := strings.Join(twoLines("上传受阻，请看“同步”", captionSize(), fyne.TextStyle{}, 122), "|"); got != "上传受阻，|请看“同步”" {
		t.Errorf("got %q", got)
	}
}
