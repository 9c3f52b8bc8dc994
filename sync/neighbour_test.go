package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/neighbour"
	"github.com/google/uuid"
)

// inRoom turns 同室协作 on at a laptop, until stop or the end of the test.
func (l *laptop) inRoom(t testing.TB) (r *neighbour.Room, stop func()) {
	t.Helper()
	r, err := neighbour.New(neighbour.Config{Store: l.Store, Listen: "127.0.0.1:0", Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; fault.KindOf(err) != fault.Cancelled {
			t.Errorf("the room ended with %v", err)
		}
	}
	t.Cleanup(stop)
	soon(t, "the door is open", func() bool { return r.State().On })
	return r, stop
}

func soon(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(hangs); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func (l *laptop) holdsCase(id uuid.UUID) bool {
	k, err := l.Case(context.Background(), id)
	return err == nil && len(k.Holders) == 1 && k.Holders[0].Device == l.Profile().Device
}

func (l *laptop) carriesFor() int {
	all, err := l.Carried(context.Background())
	if err != nil {
		return 0
	}
	of := map[uuid.UUID]bool{}
	for _, c := range all {
		of[c.Device] = true
	}
	return len(of)
}

// One case walks over the seven stations with no centre in reach; then the last
// laptop gets the network, and everything arrives at the centre once.
func TestACaseWalksOverSevenStations(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	var all []*laptop
	var rooms []*neighbour.Room
	for range loan.Stations() {
		all = append(all, newLaptop(t, s))
	}
	s.stop()
	for _, l := range all {
		r, _ := l.inRoom(t)
		rooms = append(rooms, r)
	}
	id := all[0].draft(t)
	const clerk = "practice-clerk"
	all[0].commit(t, id, clerk, loan.ChangeTicket, loan.TicketBody{Day: "2026-08-01", Number: "A001"})
	for i, l := range all[:6] {
		next := all[i+1]
		paper := noise("paper "+string(rune('0'+i)), 30_000)
		if i < 5 {
			l.commit(t, id, clerk, loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: loan.Attachment{
				Slot: loan.DocSlot(loan.HukouBook), Blob: l.BlobName(paper), Size: int64(len(paper)), Media: "image/jpeg"}}, paper)
		}
		l.commit(t, id, clerk, loan.ChangePass, loan.PassBody{To: next.Profile().Device, Station: loan.Stations()[i+1], Name: "B"})
		if err := rooms[i].Dial(rooms[i+1].State().Codes[0]); err != nil {
			t.Fatal(err)
		}
		soon(t, "the next station has the case, and carries what is before it", func() bool {
			return next.holdsCase(id) && next.carriesFor() == i+1
		})
	}
	last := all[6]
	last.finish(t, id)
	draft := all[2].draft(t, noise("left at the third", 5000))
	soonCarried(t, rooms, all[2], all[3], last)

	s = startServer(t, s.dir, s.url[len("https://"):])
	mustCarry(t, last, s.url)
	t.Run("the centre holds the whole case", func(t *testing.T) {
		if h := heldCase(t, s, id); h.Status != "received" || !h.Whole() || h.Conflicts != 0 || h.Aside != 0 {
			t.Errorf("got %+v", h)
		}
		if all, err := last.Carried(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%d parcels are carried still, %v", len(all), err)
		}
		if got := last.status(t, id); got != loan.Received {
			t.Errorf("the last laptop: %s", got)
		}
	})
	t.Run("and the records of all, of which nobody but the centre could read the rest", func(t *testing.T) {
		if h := heldCase(t, s, draft); h.Status != "draft" {
			t.Errorf("got %+v", h)
		}
		if _, err := last.Case(t.Context(), draft); fault.KindOf(err) != fault.Missing {
			t.Errorf("the last laptop knows another's draft: %v", err)
		}
	})
	before := s.holdings(t)
	t.Run("the receipts come home from laptop to laptop", func(t *testing.T) {
		// The next question is whether the others' blobs are there; then they go home.
		mustCarry(t, last, s.url)
		for i := len(rooms) - 1; i >= 0; i-- {
			rooms[i].Wake()
		}
		for i, l := range all[:6] {
			soon(t, "its changes are acknowledged", func() bool {
				for _, r := range rooms {
					r.Wake()
				}
				box, err := l.Outbox(context.Background())
				left := 0
				if i == 2 {
					left = 1 // of the draft, which went to nobody
				}
				return err == nil && box.Acked == box.Last && len(box.Blobs) == left
			})
		}
	})
	t.Run("each laptop's own sync adds nothing", func(t *testing.T) {
		for _, l := range all {
			if l != all[2] {
				mustCarry(t, l, s.url)
			}
		}
		after := s.holdings(t)
		if len(after.Cases) != len(before.Cases) || after.Refused != 0 || after.Blobs != before.Blobs {
			t.Errorf("%d cases, %d blobs, %d refused; before %d, %d", len(after.Cases), after.Blobs, after.Refused, len(before.Cases), before.Blobs)
		}
		a, _ := json.Marshal(heldCase(t, s, id))
		for _, k := range before.Cases {
			if b, _ := json.Marshal(k); k.ID == id && string(a) != string(b) {
				t.Errorf("the case changed: %s, then %s", b, a)
			}
		}
	})
	for i, l := range all {
		if err := l.VerifyChain(t.Context()); err != nil {
			t.Errorf("laptop %d: %v", i, err)
		}
	}
}

// A receipt that a neighbour brings can end a parcel while it is being handed in.
func TestAParcelGoneWhileHandedInEndsNoSync(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.draft(t)
	gone := store.Carried{Device: uuid.Must(uuid.NewV7()), First: 1, Last: 1}
	if err := l.KeepCarried(t.Context(), gone, []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(l.dir, "carried", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	// A name that is listed and cannot be read is what the race shows.
	if err := os.Symlink(filepath.Join(l.dir, "nothing"), files[0]); err != nil {
		t.Skip("no links here: ", err)
	}
	mustCarry(t, l, s.url)
	if h := heldCase(t, s, id); h.Status != "draft" {
		t.Errorf("got %+v", h)
	}
}

// soonCarried waits until what a laptop wrote last is carried by others.
func soonCarried(t *testing.T, rooms []*neighbour.Room, of *laptop, by ...*laptop) {
	t.Helper()
	last, _ := of.Head()
	for _, l := range by {
		soon(t, "others carry it", func() bool {
			for _, r := range rooms {
				r.Wake()
			}
			all, err := l.Carried(context.Background())
			if err != nil {
				return false
			}
			for _, c := range all {
				if c.Device == of.Profile().Device && c.Last == last {
					return true
				}
			}
			return false
		})
	}
}
