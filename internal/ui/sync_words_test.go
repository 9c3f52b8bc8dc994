package ui

import (
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/courier"
)

func TestOnlyAMissingNetworkIsCalledOffline(t *testing.T) {
	for kind, want := range map[fault.Kind]string{
		fault.Offline:   "离线，可继续受理",
		fault.Conflict:  "上传受阻，请看“同步”",
		fault.Untrusted: "上传受阻，请看“同步”",
	} {
		_, got := networkWords(courier.State{Err: fault.New("sync", kind, nil)})
		if got != want {
			t.Errorf("%v: got %q, want %q", kind, got, want)
		}
	}
}

func TestHealingIsTold(t *testing.T) {
	if _, got := headline(courier.State{Phase: courier.Healing, Online: true}, time.Now()); got != "正在从中心取回本机缺少的数据，可以照常受理。" {
		t.Errorf("it says %q", got)
	}
}
