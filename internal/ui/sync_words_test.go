package ui

import (
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"github.com/google/uuid"
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

// The network is there, and the centre has no room: nobody is sent to look for a
// network, and nothing is shown as on its way, also while it is tried again.
func TestACentreWithoutRoomIsNoMissingNetwork(t *testing.T) {
	full := fault.Tell("t", fault.Offline, "网络正常，中心的磁盘已满。", nil)
	id := uuid.New()
	rows := []desk.WaitingRow{{Row: desk.Row{ID: id}, Images: desk.Going{All: store.Part{Blobs: 1, Bytes: 100}, Left: store.Part{Blobs: 1, Bytes: 100}}}}
	for _, phase := range []courier.Phase{courier.Waiting, courier.Connecting, courier.Sending, courier.Idle} {
		s := courier.State{Phase: phase, Online: true, NoRoom: true, Err: full, Reason: fault.Offline,
			Blobs: 1, Cases: 1, Bytes: 100, Done: 100, Total: 100, Speed: 50, Sent: 900}
		_, net := networkWords(s)
		_, outbox := outboxWords(s)
		kind, head := headline(s, time.Now())
		bar, _ := progressWords(s)
		_, row := whyWaits(rows[0], s, 100)
		for what, c := range map[string][2]string{
			"the rail":     {net, "中心暂时收不下材料"},
			"what waits":   {outbox, "1 件案件等待送达"},
			"the headline": {head, "网络正常，中心的磁盘已满。"},
			"its word":     {stateWords(kind, s), "中心收不下材料"},
			"the bar":      {bar, ""},
			"the row":      {row, "中心暂时收不下"},
			"its speed":    {waysOf(rows, s, nil, map[uuid.UUID]float64{id: 50})[id].words(), ""},
		} {
			if c[0] != c[1] {
				t.Errorf("phase %d: %s says %q, want %q", phase, what, c[0], c[1])
			}
		}
	}
}
