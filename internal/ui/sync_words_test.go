package ui

import (
	"testing"

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
