package kit

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// drawnWords are the lines that a status line draws.
func drawnWords(s *StatusLine) (out []string) {
	for _, o := range test.WidgetRenderer(s).Objects() {
		if t, ok := o.(*canvas.Text); ok && t.Visible() {
			out = append(out, t.Text)
		}
	}
	return out
}

func TestTheFootOfTheRail(t *testing.T) {
	const low, long, short = 768, "上传受阻，请看“同步”", "已连接中心"
	for _, scale := range []float32{1, 1.15, 1.3} {
		t.Run(fmt.Sprintf("says whole where to look at a scale of %v", scale), func(t *testing.T) {
			net, outbox, saved := NewStatusLine(Info, "正在查看网络…"), NewStatusLine(Info, "正在清点等待送达的案件…"), NewStatusLine(Good, "已保存 10:00:00")
			r := NewRail("题", "副题", RailEntry{ID: "a", Text: "甲"})
			r.SetFooter(net, outbox, saved)
			show(t, r, 170*scale, low)
			wear(Light, scale)
			r.Resize(r.MinSize().Max(r.Size()))
			net.Set(Bad, long)
			for _, l := range []*StatusLine{net, outbox, saved} {
				if got := strings.Join(drawnWords(l), ""); got != l.Text() {
					t.Errorf("it says %q of %q", got, l.Text())
				}
			}
			for i, l := range []*StatusLine{net, outbox} {
				next := []*StatusLine{outbox, saved}[i]
				if end := l.Position().Y + l.Size().Height; end > next.Position().Y+0.5 {
					t.Errorf("%q ends at %v, and %q begins at %v", l.Text(), end, next.Text(), next.Position().Y)
				}
			}
			if end := saved.Position().Y + saved.Size().Height; end > low {
				t.Errorf("the last line ends at %v", end)
			}
			two := net.Size().Height
			net.Set(Good, short)
			check(t, "lines", len(drawnWords(net)), 1)
			if net.Size().Height >= two {
				t.Error("one line stands as high as two")
			}
		})
	}
	t.Run("cuts what two lines do not hold, at its end", func(t *testing.T) {
		l := NewStatusLine(Bad, strings.Repeat("字", 60))
		r := NewRail("题", "", RailEntry{ID: "a", Text: "甲"})
		r.SetFooter(l)
		show(t, r, 170, 400)
		lines := drawnWords(l)
		if len(lines) != 2 || !strings.HasSuffix(lines[1], "…") {
			t.Errorf("it draws %q", lines)
		}
	})
}
