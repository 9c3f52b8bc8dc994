package courier

import (
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// A line that carries 100 bytes each tenth of a second carries 1000 a second,
// from the first second on, of both cases together and of each.
func TestSpeedIsTrueFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Courier{watch: map[int]func(State){}, under: map[loan.Hash]portion{}, aside: map[loan.Hash]Aside{}}
		a, b := uuid.UUID{1}, uuid.UUID{2}
		blobs := []store.PendingBlob{{Hash: loan.Hash{1}, Case: a, Size: 1 << 20}, {Hash: loan.Hash{2}, Case: b, Size: 1 << 20}}
		carry := func(of store.PendingBlob, seconds int) {
			for range 10 * seconds {
				time.Sleep(100 * time.Millisecond)
				c.sentOf(of, 100)
			}
		}
		near := func(what string, got, want float64) {
			t.Helper()
			if got < want*0.8 || got > want*1.2 {
				t.Errorf("%s: %.0f bytes a second, want %.0f", what, got, want)
			}
		}
		time.Sleep(300 * time.Millisecond) // no second begins with it
		ended := c.begun()
		carry(blobs[0], 2)
		near("after two seconds", c.State().Speed, 1000)
		near("of the case that goes", c.Pace()[a], 1000)
		ended()
		ended = c.begun() // the next lot follows at once
		carry(blobs[1], 1)
		near("a second later", c.State().Speed, 1000)
		carry(blobs[1], 7)
		near("after ten seconds", c.State().Speed, 1000)
		near("of the case that goes now", c.Pace()[b], 1000)
		if pace, there := c.Pace()[a]; there {
			t.Errorf("the case that went before goes at %.0f", pace)
		}
		time.Sleep(3 * time.Second)
		near("while nothing moves", c.State().Speed, 2000.0/speedSpan)
		if c.State().Stands {
			t.Error("after three seconds it stands")
		}
		time.Sleep(8 * time.Second)
		if !c.State().Stands {
			t.Error("after eleven seconds it does not stand")
		}
		if ended(); c.State().Stands {
			t.Error("what is not being sent stands")
		}
		time.Sleep(time.Hour)
		if got := c.State().Speed; got != 0 || len(c.Pace()) != 0 {
			t.Errorf("after an hour: %.0f bytes a second, %v", got, c.Pace())
		}
		defer c.begun()()
		carry(blobs[0], 2)
		near("when it begins again", c.State().Speed, 1000)
		if c.State().Stands {
			t.Error("it stands, and goes")
		}
	})
}

// What was set aside does not go, and no time is counted for it.
func TestWhatIsSetAsideTakesNoTime(t *testing.T) {
	c := &Courier{watch: map[int]func(State){}, under: map[loan.Hash]portion{}, aside: map[loan.Hash]Aside{}, log: slog.New(slog.DiscardHandler)}
	a := store.PendingBlob{Hash: loan.Hash{1}, Case: uuid.UUID{1}, Size: 3000}
	b := store.PendingBlob{Hash: loan.Hash{2}, Case: uuid.UUID{2}, Size: 1000}
	c.show(store.Outbox{Blobs: []store.PendingBlob{a, b}, Bytes: 4000})
	c.setAside(a, errStalled)
	s := c.State()
	if s.Speed = 500; s.ToGo() != 1000 || s.Left() != 2*time.Second {
		t.Errorf("%d bytes go yet, in %v", s.ToGo(), s.Left())
	}
	c.settings.Metered = true // and it is not held back a second time
	c.show(store.Outbox{Blobs: []store.PendingBlob{a, b}, Bytes: 4000})
	if s := c.State(); s.HeldBytes != 1000 || s.ToGo() != 0 {
		t.Errorf("on a metered network %d bytes are held, %d go yet", s.HeldBytes, s.ToGo())
	}
}

// Who looks at what was set aside, and presses what stands beside it, must find
// it where it was.
func TestWhatIsSetAsideKeepsItsPlace(t *testing.T) {
	c := &Courier{watch: map[int]func(State){}, under: map[loan.Hash]portion{}, aside: map[loan.Hash]Aside{}, log: slog.New(slog.DiscardHandler)}
	for i := range 20 {
		c.setAside(store.PendingBlob{Hash: loan.Hash{byte(7 * i)}, Case: uuid.UUID{byte(i / 2)}}, errStalled)
	}
	told := 0
	c.Watch(func(State) { told++ })
	first := c.State().Aside
	for range 10 {
		c.update(func(*State) {})
		if !slices.Equal(c.State().Aside, first) {
			t.Fatal("it was told in another order")
		}
	}
	if told != 0 {
		t.Errorf("that nothing changed was told %d times", told)
	}
}
