package ui

import (
	"testing"

	"doorstep/internal/fault"
)

func TestWhatIsNotSavedIsSaidOnce(t *testing.T) {
	for k, want := range map[fault.Kind]string{fault.Full: "没有保存：磁盘空间不足。", fault.Denied: "没有保存："} {
		why := sentence(fault.New("save", k, nil))
		got := notSaved(why)
		if k == fault.Full && (len(got) < len(want) || got[:len(want)] != want) || k == fault.Denied && got != want+why {
			t.Errorf("of %q it says %q", why, got)
		}
	}
}
