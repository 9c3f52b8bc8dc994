package ui

import (
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// waiting is a row of which a contract and images of so many bytes wait.
func waiting(id byte, u loan.Urgency, contract, images int64) desk.WaitingRow {
	r := desk.WaitingRow{Row: desk.Row{ID: uuid.UUID{id}, Urgency: u}}
	r.Contract.Left, r.Contract.All = store.Part{Blobs: int(min(contract, 1)), Bytes: contract}, store.Part{Blobs: 1, Bytes: contract}
	r.Images.Left, r.Images.All = store.Part{Blobs: int(min(images, 1)), Bytes: images}, store.Part{Blobs: 1, Bytes: images}
	return r
}

func TestEachCaseHasItsSpeedAndTimeLeft(t *testing.T) {
	rows := []desk.WaitingRow{
		waiting(1, loan.Urgent, 100, 900), waiting(2, loan.NotUrgent, 200, 1800), waiting(3, loan.NotUrgent, 0, 1000), waiting(4, loan.NotUrgent, 300, 0),
	}
	under := map[uuid.UUID]int64{{1}: 500}
	pace := map[uuid.UUID]float64{{1}: 90, {2}: 10}
	sending := courier.State{Phase: courier.Sending, Speed: 100}
	contracts := sending
	contracts.Hold, contracts.Settings.OnMetered = courier.HeldMetered, desk.MeteredContracts
	records := contracts
	records.Settings.OnMetered = desk.MeteredRecords
	aside := sending
	aside.Aside = []courier.Aside{{Case: uuid.UUID{2}, Size: 800}}
	unknown := sending
	unknown.Speed = 0
	paused := sending
	paused.Phase = courier.Paused
	none := [4]time.Duration{}
	for name, k := range map[string]struct {
		s    courier.State
		left [4]time.Duration // seconds
	}{
		// 500 of the urgent one, then contracts of 200 and 300, then images.
		"by the order of sending":                {sending, [4]time.Duration{5, 28, 38, 10}},
		"while contracts alone may go":           {contracts, [4]time.Duration{0, 0, 0, 5}},
		"while records alone may go":             {records, none},
		"where a picture was set aside":          {aside, [4]time.Duration{5, 0, 30, 10}},
		"where nobody knows the speed yet":       {unknown, none},
		"and while sending is paused, of no one": {paused, none},
	} {
		t.Run(name, func(t *testing.T) {
			got := waysOf(rows, k.s, under, pace)
			for i, r := range rows {
				if w := got[r.ID]; w.left != k.left[i]*time.Second || w.under != under[r.ID] {
					t.Errorf("case %d: %v left, %d bytes there; want %v, %d", i+1, w.left, w.under, k.left[i]*time.Second, under[r.ID])
				}
			}
		})
	}
	t.Run("in words", func(t *testing.T) {
		all := waysOf(rows, sending, under, pace)
		for i, want := range []string{"　90 B/秒　约剩 5 秒", "　10 B/秒　约剩 28 秒", "　约剩 38 秒", "　约剩 10 秒"} {
			if got := all[rows[i].ID].words(); got != want {
				t.Errorf("case %d: %q, want %q", i+1, got, want)
			}
		}
		if got := (way{left: 200 * time.Millisecond}).words(); got != "　约剩 1 秒" {
			t.Errorf("the last moment: %q", got)
		}
	})
}
