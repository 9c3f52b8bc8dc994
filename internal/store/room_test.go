package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestRoomCases(t *testing.T) {
	s, ctx := newTestStore(t), t.Context()
	alone, passed := newCase(t, s, 1), newCase(t, s, 2)
	peer, own := uuid.New(), s.Profile().Device
	pass := func(to uuid.UUID) {
		t.Helper()
		_, err := s.Commit(ctx, []Entry{{Case: passed, Kind: loan.ChangePass, Operator: "c1",
			Body: loan.PassBody{To: to, Station: loan.EntryStation, Name: "B"}}}, nil)
		noErr(t, err)
	}
	pass(peer)
	t.Run("a laptop may know of the cases it holds, and of no other", func(t *testing.T) {
		got := must(s.RoomCases(ctx, peer))
		if len(got) != 1 || got[0].ID != passed {
			t.Errorf("got %v", got)
		}
		if got := must(s.RoomCases(ctx, uuid.New())); len(got) != 0 {
			t.Errorf("a third laptop: %v", got)
		}
	})
	t.Run("who wrote to a case hears of it when it was passed on", func(t *testing.T) {
		if got := must(s.RoomCases(ctx, own)); len(got) != 1 || got[0].ID != passed {
			t.Errorf("got %v", got)
		}
	})
	t.Run("the list says who holds it, also after the store was closed", func(t *testing.T) {
		check := func() {
			t.Helper()
			sum, _ := s.Summary(passed)
			other, _ := s.Summary(alone)
			if !sum.HeldBy(peer) || sum.HeldBy(own) || sum.Holders[0].Station != loan.EntryStation || len(other.Holders) != 0 {
				t.Errorf("held by %v and %v", sum.Holders, other.Holders)
			}
			if w := s.AtStations(); len(w) != 1 || w[0].ID != passed {
				t.Errorf("waiting: %d", len(w))
			}
		}
		check()
		s = reopened(t, s)
		check()
	})
}

func TestLastTicket(t *testing.T) {
	s, ctx := newTestStore(t), t.Context()
	for i, n := range []string{"A001", "A012", "B003"} {
		id := newCase(t, s, i)
		_, err := s.Commit(ctx, []Entry{{Case: id, Kind: loan.ChangeTicket, Operator: "c1", Body: loan.TicketBody{Day: "2026-08-01", Number: n}}}, nil)
		noErr(t, err)
	}
	for _, c := range []struct {
		day    loan.Date
		letter string
		want   int
	}{{"2026-08-01", "A", 12}, {"2026-08-01", "B", 3}, {"2026-08-01", "C", 0}, {"2026-08-02", "A", 0}} {
		if got := s.LastTicket(c.day, c.letter); got != c.want {
			t.Errorf("%s of %s: got %d, want %d", c.letter, c.day, got, c.want)
		}
	}
}

func TestTakeBlob(t *testing.T) {
	s, ctx := newTestStore(t), t.Context()
	content := bytes.Repeat([]byte("scan"), 50_000)
	b := PendingBlob{Hash: s.BlobName(content), Size: int64(len(content)), Case: uuid.New()}
	if err := s.TakeBlob(ctx, b, content[1:]); fault.KindOf(err) != fault.Input {
		t.Errorf("content of another name: %v", err)
	}
	if there := must(s.HoldsBlob(ctx, b.Hash)); there {
		t.Error("is here before it came")
	}
	s.write.Lock()
	noErr(t, s.update(ctx, "test", func(tx *bbolt.Tx) error { return s.putWanted(tx, Wanted{Blobs: []loan.Hash{{1}, b.Hash}}) }))
	s.write.Unlock()
	for range 2 {
		noErr(t, s.TakeBlob(ctx, b, content))
	}
	if want := must(s.Wanted(ctx)); len(want.Blobs) != 1 || want.Blobs[0] == b.Hash {
		t.Error("what came is still asked for, or what did not is no longer")
	}
	if got := must(s.Blob(ctx, b.Hash)); !bytes.Equal(got, content) || !must(s.HoldsBlob(ctx, b.Hash)) {
		t.Error("other content")
	}
	box := must(s.Outbox(ctx))
	if len(box.Blobs) != 1 || box.Blobs[0] != b {
		t.Errorf("outbox %v", box.Blobs)
	}
	s = reopened(t, s)
	noErr(t, s.VerifyLedger(ctx))
	if got := must(s.Blob(ctx, b.Hash)); !bytes.Equal(got, content) {
		t.Error("other content after opening again")
	}
}

func TestCarried(t *testing.T) {
	s, ctx := newTestStore(t), t.Context()
	if got := must(s.Carried(ctx)); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	dev := uuid.New()
	second, first := Carried{dev, 9, 1 << 40}, Carried{dev, 1, 8}
	noErr(t, s.KeepCarried(ctx, second, []byte("two")))
	noErr(t, s.KeepCarried(ctx, first, []byte("one")))
	for _, bad := range []Carried{{}, {dev, 0, 1}, {dev, 2, 1}, {s.Profile().Device, 1, 1}} {
		if err := s.KeepCarried(ctx, bad, []byte("x")); fault.KindOf(err) != fault.Input {
			t.Errorf("%v: %v", bad, err)
		}
	}
	// What is no such file is left alone.
	noErr(t, os.WriteFile(filepath.Join(s.Dir(), carriedDir, "note.txt"), nil, 0o600))
	got := must(s.Carried(ctx))
	if len(got) != 2 || got[0] != first || got[1] != second {
		t.Fatalf("got %v", got)
	}
	if b := must(s.ReadCarried(ctx, second)); string(b) != "two" {
		t.Errorf("got %q", b)
	}
	longer := Carried{dev, 9, 1<<40 + 5}
	noErr(t, s.KeepCarried(ctx, longer, []byte("two and more")))
	if got := must(s.Carried(ctx)); len(got) != 2 || got[1] != longer {
		t.Errorf("a longer one: got %v", got)
	}
	second = longer
	noErr(t, s.DropCarried(ctx, first))
	noErr(t, s.DropCarried(ctx, first))
	if _, err := s.ReadCarried(ctx, first); fault.KindOf(err) != fault.Missing {
		t.Errorf("got %v", err)
	}
}
