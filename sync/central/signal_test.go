package central

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// second opens the same centre again, as another server of it.
func second(t *testing.T, dir, address string) (*Central, string) {
	t.Helper()
	c, err := Open(t.Context(), Options{Dir: dir, Beside: true, Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, serve(t, c)
}

func (l *laptop) signal(to uuid.UUID, b []byte) int {
	l.t.Helper()
	status, _, _ := l.do("POST", "/v1/signal/"+to.String(), parcel.TypeChunk, b)
	return status
}

func (l *laptop) signals(q parcel.SignalQuestion) []parcel.Signal {
	l.t.Helper()
	var out parcel.SignalAnswer
	l.ask("/v1/signal", q, &out)
	return out.Signals
}

// once does something as soon as a device waits at a server; the test ends
// after it.
func once(t *testing.T, c *Central, d uuid.UUID, do func()) (wait func()) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 30_000 {
			c.board.mu.Lock()
			waits := c.board.waiting[d] != nil
			c.board.mu.Unlock()
			if waits {
				do()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("nobody waits")
	})
	t.Cleanup(wg.Wait)
	return wg.Wait
}

func TestSignals(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)

	t.Run("come in order, with the sender's name, and again until they are done", func(t *testing.T) {
		for i := range 3 {
			if got := a.signal(b.enrol.Device, fmt.Appendf(nil, "m%d", i)); got != http.StatusNoContent {
				t.Fatalf("status %d", got)
			}
			time.Sleep(2 * time.Millisecond)
		}
		for range 2 {
			got := b.signals(parcel.SignalQuestion{})
			if len(got) != 3 || string(got[0].Body) != "m0" || string(got[2].Body) != "m2" || got[1].From != a.enrol.Device {
				t.Fatalf("got %v", got)
			}
		}
		all := b.signals(parcel.SignalQuestion{})
		if got := b.signals(parcel.SignalQuestion{Done: []string{all[0].ID, all[1].ID}}); len(got) != 1 || got[0].ID != all[2].ID {
			t.Fatalf("got %v", got)
		}
		once(t, c, b.enrol.Device, func() { a.signal(b.enrol.Device, []byte("late")) })
		if got := b.signals(parcel.SignalQuestion{Done: []string{all[2].ID}}); len(got) != 1 || string(got[0].Body) != "late" {
			t.Fatalf("got %v", got)
		}
	})
	t.Run("nobody drops what is another's", func(t *testing.T) {
		id := b.signals(parcel.SignalQuestion{})[0].ID
		once(t, c, a.enrol.Device, func() { b.signal(a.enrol.Device, []byte("x")) })
		a.signals(parcel.SignalQuestion{Done: []string{id}})
		if got := b.signals(parcel.SignalQuestion{}); len(got) != 1 || got[0].ID != id {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a new question ends the one before it", func(t *testing.T) {
		e := enrol(t, c, url)
		var second []parcel.Signal
		wait := once(t, c, e.enrol.Device, func() {
			c.board.mu.Lock()
			old := c.board.waiting[e.enrol.Device]
			c.board.mu.Unlock()
			once(t, c, e.enrol.Device, func() { <-old.over; a.signal(e.enrol.Device, []byte("x")) })
			second = e.signals(parcel.SignalQuestion{})
		})
		if got := e.signals(parcel.SignalQuestion{}); len(got) != 0 {
			t.Errorf("the old one got %v", got)
		}
		if wait(); len(second) != 1 {
			t.Errorf("the new one got %v", second)
		}
	})
}

// The question is there before the signal is: only the round of looks finds it.
func TestASignalFindsWhoWaitsAtAnotherServer(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	c2, url2 := second(t, dir, "")
	b.url = url2
	once(t, c2, b.enrol.Device, func() { a.signal(b.enrol.Device, []byte("over there")) })
	// At the end of its time the question is answered without another look.
	if got := b.signals(parcel.SignalQuestion{}); len(got) != 1 || string(got[0].Body) != "over there" {
		t.Errorf("got %v", got)
	}
}

func TestSignalsAreBounded(t *testing.T) {
	now := time.Now()
	c, err := Open(t.Context(), Options{Dir: t.TempDir(), Practice: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	url := serve(t, c)
	a, b, gone := enrol(t, c, url), enrol(t, c, url), enrol(t, c, url)
	if err := c.Revoke(t.Context(), gone.enrol.Device); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		from *laptop
		to   uuid.UUID
		n    int
		want int
	}{
		"nothing":                   {a, b.enrol.Device, 0, http.StatusBadRequest},
		"to itself":                 {a, a.enrol.Device, 1, http.StatusBadRequest},
		"to nobody":                 {a, uuid.New(), 1, http.StatusNotFound},
		"to one who was revoked":    {a, gone.enrol.Device, 1, http.StatusNotFound},
		"from one who was revoked":  {gone, b.enrol.Device, 1, http.StatusForbidden},
		"one byte more than may be": {a, b.enrol.Device, parcel.MaxSignal + 1, http.StatusRequestEntityTooLarge},
		"as much as may be":         {a, b.enrol.Device, parcel.MaxSignal, http.StatusNoContent},
	} {
		t.Run(name, func(t *testing.T) {
			if got := k.from.signal(k.to, make([]byte, k.n)); got != k.want {
				t.Errorf("got %d, want %d", got, k.want)
			}
		})
	}
	t.Run("of one sender", func(t *testing.T) {
		for a.signal(b.enrol.Device, []byte("x")) == http.StatusNoContent {
		}
		if got := len(b.signals(parcel.SignalQuestion{})); got != maxOfOne {
			t.Errorf("%d wait, want %d", got, maxOfOne)
		}
	})
	t.Run("in time: what nobody fetched goes", func(t *testing.T) {
		now = now.Add(signalFor + time.Second)
		if got := a.signal(b.enrol.Device, []byte("new")); got != http.StatusNoContent {
			t.Fatalf("status %d", got)
		}
		if got := b.signals(parcel.SignalQuestion{}); len(got) != 1 || string(got[0].Body) != "new" {
			t.Errorf("got %v", got)
		}
		var n int
		if err := c.db.QueryRow(`SELECT COUNT(*) FROM signals`).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d rows, %v; want 1", n, err)
		}
	})
	t.Run("so often", func(t *testing.T) {
		got := http.StatusNoContent
		for range 100 {
			got = a.signal(uuid.New(), []byte("x"))
		}
		if got != http.StatusServiceUnavailable {
			t.Errorf("got %d, want 503", got)
		}
	})
}

func TestWhoCanBeCalled(t *testing.T) {
	c, err := Open(t.Context(), Options{Dir: t.TempDir(), Practice: true, ICE: []parcel.ICEServer{{URL: "stun:192.0.2.1:3478"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	url := serve(t, c)
	a, b, quiet := enrol(t, c, url), enrol(t, c, url), enrol(t, c, url)
	a.signal(b.enrol.Device, []byte("x"))
	a.signal(quiet.enrol.Device, []byte("x"))
	b.signals(parcel.SignalQuestion{Listen: true})
	quiet.signals(parcel.SignalQuestion{})
	get := func() (out parcel.PeersResponse) {
		_, typ, raw := a.do("GET", "/v1/peers", parcel.TypeJSON, nil)
		if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxJSON, &out); err != nil || typ != parcel.TypeJSON {
			t.Fatalf("%s: %v", raw, err)
		}
		return out
	}
	got := get()
	if len(got.Devices) != 1 || got.Devices[0].Device != b.enrol.Device || got.Devices[0].Point == "" || len(got.ICE) != 1 || got.ICE[0].URL != "stun:192.0.2.1:3478" {
		t.Errorf("got %+v", got)
	}
	if err := c.Revoke(t.Context(), b.enrol.Device); err != nil {
		t.Fatal(err)
	}
	if got := get(); len(got.Devices) != 0 {
		t.Errorf("got %+v after the revocation", got)
	}
}

func TestTheShutOutNeitherHearNorAreHeard(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	a, b, e := enrol(t, c, url), enrol(t, c, url), enrol(t, c, url)
	if a.signal(b.enrol.Device, []byte("from a")) != http.StatusNoContent || e.signal(b.enrol.Device, []byte("from e")) != http.StatusNoContent {
		t.Fatal("not taken")
	}
	if err := c.Revoke(t.Context(), a.enrol.Device); err != nil {
		t.Fatal(err)
	}
	if got := b.signals(parcel.SignalQuestion{}); len(got) != 1 || got[0].From != e.enrol.Device {
		t.Errorf("after a was shut out: got %d signals, want that of e alone", len(got))
	}
	for name, status := range map[string]int{"it is called": b.signal(a.enrol.Device, []byte("x")), "it calls": a.signal(b.enrol.Device, []byte("x"))} {
		if status == http.StatusNoContent {
			t.Errorf("%s, and the centre passes it on", name)
		}
	}
	// Its question was under way when it was shut out.
	d, err := c.device(t.Context(), e.enrol.Device.String())
	if err != nil {
		t.Fatal(err)
	}
	if got := b.signal(e.enrol.Device, []byte("late")); got != http.StatusNoContent {
		t.Fatalf("status %d", got)
	}
	if err := c.Revoke(t.Context(), e.enrol.Device); err != nil {
		t.Fatal(err)
	}
	if got, err := c.await(t.Context(), d); fault.KindOf(err) != fault.Denied {
		t.Errorf("its question is answered: %d signals, %v", len(got), err)
	}
}
