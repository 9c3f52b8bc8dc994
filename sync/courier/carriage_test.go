package courier

import (
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func TestBytesDoneNeverGoBack(t *testing.T) {
	c := &Courier{watch: map[int]func(State){}, under: map[loan.Hash]portion{}, aside: map[loan.Hash]Aside{}}
	a := store.PendingBlob{Hash: loan.Hash{1}, Size: 100, Case: uuid.UUID{1}}
	b := store.PendingBlob{Hash: loan.Hash{2}, Size: 100, Case: uuid.UUID{2}}
	box := func(sent int64, blobs ...store.PendingBlob) store.Outbox {
		return store.Outbox{Sent: sent, Blobs: blobs, Bytes: int64(100 * len(blobs)), Last: 1}
	}
	last := int64(0)
	check := func(what string, done, total int64) {
		t.Helper()
		s := c.State()
		if s.Done != done || s.Total != total {
			t.Errorf("%s: %d of %d, want %d of %d", what, s.Done, s.Total, done, total)
		}
		if s.Done < last {
			t.Errorf("%s: it went back from %d to %d", what, last, s.Done)
		}
		last = s.Done
	}
	c.show(box(0, a, b))
	check("at first", 0, 200)
	c.found([]store.PendingBlob{a, b}, []parcel.Lack{{Ranges: [][2]int64{{60, 100}}}, {Ranges: [][2]int64{{0, 100}}}})
	c.show(box(0, a, b))
	check("the centre has a part from before", 60, 200)
	c.sentOf(a, 40)
	check("a is whole there", 100, 200)
	c.sentOf(a, 40) // once more, as after a lost answer
	check("the same chunk twice", 100, 200)
	if got := c.Underway()[a.Case]; got != 100 {
		t.Errorf("%d bytes of the case under way", got)
	}
	c.show(box(100, b))
	check("a is acknowledged", 100, 200)
	c.sentOf(b, 50)
	check("half of b", 150, 200)
	c.found([]store.PendingBlob{b}, []parcel.Lack{{Ranges: [][2]int64{{0, 100}}}})
	c.show(box(100, b))
	check("the centre dropped b", 150, 200)
	c.show(box(100, b, a))
	check("more came to wait", 150, 300)
	last = 0
	c.show(box(0))
	check("nothing waits: the next lot begins anew", 0, 0)
}

func TestWhatGoesOverAMeteredNetwork(t *testing.T) {
	contract, image := store.PendingBlob{Contract: true}, store.PendingBlob{}
	for _, x := range []struct {
		name                     string
		s                        store.SyncSettings
		metered                  bool
		records, contract, image bool
		hold                     Hold
	}{
		{"not metered", store.SyncSettings{}, false, true, true, true, HeldNothing},
		{"metered", store.SyncSettings{}, true, true, false, false, HeldMetered},
		{"metered by hand", store.SyncSettings{Metered: true}, false, true, false, false, HeldMetered},
		{"contracts too", store.SyncSettings{OnMetered: store.MeteredContracts}, true, true, true, false, HeldMetered},
		{"all", store.SyncSettings{OnMetered: store.MeteredAll}, true, true, true, true, HeldNothing},
		{"nothing", store.SyncSettings{OnMetered: store.MeteredNothing}, true, false, false, false, HeldMetered},
		{"a rule for metered networks alone", store.SyncSettings{OnMetered: store.MeteredNothing}, false, true, true, true, HeldNothing},
		{"paused", store.SyncSettings{Paused: true, OnMetered: store.MeteredAll}, true, false, false, false, HeldPaused},
	} {
		c := &Courier{settings: x.s, metered: func() bool { return x.metered }}
		p := c.permitted()
		if p.records != x.records || p.goes(contract) != x.contract || p.goes(image) != x.image || p.hold != x.hold {
			t.Errorf("%s: got %+v", x.name, p)
		}
	}
}

func TestWhatIsNoRecordsFault(t *testing.T) {
	for _, x := range []struct {
		name       string
		status     int
		kind, code string
		want       bool
	}{
		{"a rule", 400, "input", "rule", true},
		{"too large", 413, "too large", "", true},
		{"a newer sort of change", 400, "newer", "", true},
		{"a clone", 409, "refused", "clone", false},
		{"shut out", 403, "denied", "revoked", false},
		{"a gap", 409, "conflict", "gap", false},
		{"a signature that does not hold", 400, "untrusted", "", false},
		{"busy", 503, "busy", "busy", false},
		{"broken", 500, "other", "", false},
	} {
		err := refused("t", &refusal{status: x.status, Problem: parcel.Problem{Kind: x.kind, Code: x.code}})
		if got := refusesRecords(err); got != x.want {
			t.Errorf("%s: got %v, want %v", x.name, got, x.want)
		}
	}
	if refusesRecords(fault.New("t", fault.Untrusted, nil)) {
		t.Error("what another than the centre said")
	}
}

func TestAllIsSentOnlyWhereTheCentresListEndsAsTheLaptops(t *testing.T) {
	refused := []store.Refused{{Counter: 10}}
	for name, x := range map[string]struct {
		held uint64
		box  store.Outbox
		sent bool
		kind fault.Kind // Other: it agrees
	}{
		"it ends as the laptop's":                       {10, store.Outbox{Last: 10}, true, fault.Other},
		"it ends sooner":                                {9, store.Outbox{Last: 10, Changes: 1}, false, fault.Offline},
		"it ends sooner, at what it refused":            {9, store.Outbox{Last: 10, Changes: 1, Refused: refused}, false, fault.Other},
		"it ends even before what it refused":           {8, store.Outbox{Last: 10, Changes: 2, Refused: refused}, false, fault.Offline},
		"a blob waits":                                  {10, store.Outbox{Last: 10, Blobs: []store.PendingBlob{{Size: 1}}}, false, fault.Other},
		"it ends later, at what the laptop has no more": {12, store.Outbox{Last: 10, Changes: 1}, false, fault.Offline},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Courier{watch: map[int]func(State){}, under: map[loan.Hash]portion{}, aside: map[loan.Hash]Aside{}, held: x.held}
			if err := c.agree(t.Context(), x.box); (err == nil) != (x.kind == fault.Other) || fault.KindOf(err) != x.kind {
				t.Errorf("got %v", err)
			}
			if got := c.State().AllSent; got != x.sent {
				t.Errorf("all sent: %v", got)
			}
		})
	}
}
