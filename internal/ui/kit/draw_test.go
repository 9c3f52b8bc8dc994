package kit

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

func TestLinesBreakNoNumberAndNoTime(t *testing.T) {
	plain := fyne.TextStyle{}
	for name, c := range map[string]struct {
		before string // fills the line but for its last character
		want   []string
	}{
		"a number before a comma":    {"申请：影像，案件 953b1e20", []string{"申请：影像，案件 ", "953b1e20，24 小时"}},
		"a time":                     {"到 11-30 07:", []string{"到 11-30 ", "07:08 为止"}},
		"a run longer than the line": {"0123456789", []string{"0123456789", "012345，"}},
	} {
		text := strings.Join(c.want, "")
		got := wrap(text, 14, plain, textWidth(c.before, 14, plain)+1)
		if name == "a run longer than the line" {
			if len(got) < 2 || strings.HasPrefix(got[len(got)-1], "，") {
				t.Errorf("%s: got %q", name, got)
			}
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
