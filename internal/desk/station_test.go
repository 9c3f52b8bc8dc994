package desk_test

import (
	"context"
	"reflect"
	"sync"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// pair are two laptops of one county.
func pair(t *testing.T) (a, b *desk.Desk) {
	t.Helper()
	one, two := profile(t), profile(t)
	two.CADER, two.Centre = one.CADER, one.Centre
	raw := one.CountyKey.Bytes()
	key, err := seal.KeyFromBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	two.CountyKey = key
	a, b = laptopOf(t, t.TempDir(), one), laptopOf(t, t.TempDir(), two)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// bring takes a case's changes and images from one laptop to the other, as the
// neighbour road does.
func bring(t *testing.T, from, to *desk.Desk, id uuid.UUID) {
	t.Helper()
	ctx := context.Background()
	all, err := from.Store().Changes(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var fresh []*loan.Change
	for _, ch := range all {
		if ch.Device != to.Device() {
			fresh = append(fresh, ch)
		}
	}
	c, err := from.Store().Case(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range c.Manifest() {
		content, err := from.Store().Blob(ctx, a.Blob)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Store().TakeBlob(ctx, store.PendingBlob{Hash: a.Blob, Size: a.Size, Case: id}, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Store().Receive(ctx, fresh); err != nil {
		t.Fatal(err)
	}
}

func TestTwoStations(t *testing.T) {
	a, b := pair(t)
	ctx, must := context.Background(), step(t)
	c := must(a.TakeNumber(ctx, loan.First, false))
	if c.Ticket == nil || c.Ticket.Number != "A001" || !a.HeldHere(c) || len(c.Holders) != 1 {
		t.Fatalf("got %+v, held by %v", c.Ticket, c.Holders)
	}
	must(a.Edit(ctx, c.ID, map[string]any{"student.name": "韦小花"}))
	must(a.PassOn(ctx, c.ID, b.Device(), "B", loan.EntryStation))
	bring(t, a, b, c.ID)
	denied := func(what string, err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence() {
			t.Errorf("%s: %v", what, err)
		}
	}
	t.Run("who passed it on changes nothing any more, and hears where it is", func(t *testing.T) {
		_, err := a.Edit(ctx, c.ID, map[string]any{"student.name": "x"})
		denied("edit", err)
		if want := "案件正在 B 机“录入”工位办理，本机不能修改。请对方转交过来；对方无法转交时，请选“强制接手”并写明原因。"; fault.Sentence(err) != want {
			t.Errorf("got %s", fault.Sentence(err))
		}
		_, err = a.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook), picture(t, 10, 10, 1), "image/jpeg", "file")
		denied("attach", err)
		_, err = a.Void(ctx, c.ID, "重复受理")
		denied("void", err)
		_, err = a.PassOn(ctx, c.ID, a.Device(), "A", loan.CheckStation)
		denied("pass on", err)
		k, err := a.Case(ctx, c.ID)
		if err != nil || a.Handles(k) == nil || a.HeldHere(k) {
			t.Errorf("handles it still: %v", err)
		}
		if _, err := a.Open(ctx, c.ID); err != nil {
			t.Errorf("may not look: %v", err)
		}
	})
	t.Run("who it was passed on to works on it, and sees it unmasked", func(t *testing.T) {
		k := must(b.Open(ctx, c.ID))
		if !b.SeesFull(k) || b.Shown(k).Student.Name != "韦小花" || b.Handles(k) != nil {
			t.Error("masked, or not to be handled")
		}
		must(b.Edit(ctx, c.ID, map[string]any{"student.phone": "15400000001"}))
	})
	t.Run("the lists say who has it", func(t *testing.T) {
		for _, d := range []*desk.Desk{a, b} {
			rows := d.AtStations()
			if len(rows) != 1 || rows[0].Ticket != "A001-"+loan.TicketMark(a.Device()) || rows[0].Held[0].Name != "B" {
				t.Errorf("got %+v", rows)
			}
			if rows[0].Name == "韦小花" {
				t.Error("not masked")
			}
		}
	})
	t.Run("taken over by force with a reason, and only so", func(t *testing.T) {
		for _, none := range []string{"", "r", "。。。"} {
			if _, err := a.TakeOver(ctx, c.ID, loan.CheckStation, none); fault.KindOf(err) != fault.Input {
				t.Errorf("without a reason: %v", err)
			}
		}
		if _, err := b.TakeOver(ctx, c.ID, loan.CheckStation, "B 机没电了"); fault.KindOf(err) != fault.Exists {
			t.Errorf("who has it already: %v", err)
		}
		k := must(a.TakeOver(ctx, c.ID, loan.CheckStation, "B 机没电了"))
		if !a.HeldHere(k) || k.Holders[0].Reason != "B 机没电了" {
			t.Errorf("held by %v", k.Holders)
		}
		must(a.Edit(ctx, c.ID, map[string]any{"student.name": "韦大花"}))
		bring(t, a, b, c.ID)
		_, err := b.Edit(ctx, c.ID, map[string]any{"student.name": "y"})
		denied("the other", err)
	})
}

func TestNumbers(t *testing.T) {
	a, _ := pair(t)
	ctx := context.Background()
	if err := a.SetSeat(ctx, desk.Seat{Name: "b"}); fault.KindOf(err) != fault.Input {
		t.Errorf("a small letter: %v", err)
	}
	if err := a.SetSeat(ctx, desk.Seat{Name: "C", Stations: []loan.Station{"tea"}}); fault.KindOf(err) != fault.Input {
		t.Errorf("no station: %v", err)
	}
	if err := a.SetSeat(ctx, desk.Seat{Name: "C", Stations: []loan.Station{loan.NumberStation, loan.CheckStation}}); err != nil {
		t.Fatal(err)
	}
	if s, err := a.Seat(ctx); err != nil || s.Name != "C" || len(s.Stations) != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
	t.Run("no number is given twice, however many are asked for at once", func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]bool{}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				c, err := a.TakeNumber(ctx, loan.First, false)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || seen[c.Ticket.Number] {
					t.Errorf("got %v", err)
					return
				}
				seen[c.Ticket.Number] = true
			})
		}
		wg.Wait()
		if !seen["C001"] || !seen["C008"] {
			t.Errorf("got %v", seen)
		}
	})
}

func TestTwoLaptopsOfOneLetterThatNeverMet(t *testing.T) {
	a, b := pair(t)
	for loan.TicketMark(a.Device()) == loan.TicketMark(b.Device()) { // once in 1024
		a, b = pair(t)
	}
	ctx, must := context.Background(), step(t)
	first := must(a.TakeNumber(ctx, loan.First, false))
	second := must(b.TakeNumber(ctx, loan.First, false))
	if first.Ticket.Number != "A001" || second.Ticket.Number != "A001" {
		t.Fatalf("got %s and %s, want both to begin at A001", first.Ticket.Number, second.Ticket.Number)
	}
	if first.TicketLabel() == second.TicketLabel() || first.TicketLabel() != "A001-"+loan.TicketMark(a.Device()) {
		t.Errorf("told: %s and %s, want two numbers", first.TicketLabel(), second.TicketLabel())
	}
	// They meet: both stand on one screen, and the next number is a new one.
	must(a.PassOn(ctx, first.ID, b.Device(), "A", loan.CheckStation))
	bring(t, a, b, first.ID)
	seen := map[string]bool{}
	for _, r := range b.AtStations() {
		seen[r.Ticket] = true
	}
	if len(seen) != 2 || !seen[first.TicketLabel()] || !seen[second.TicketLabel()] {
		t.Errorf("on the screen: %v, want both numbers", seen)
	}
	if c := must(b.TakeNumber(ctx, loan.First, false)); c.Ticket.Number != "A002" {
		t.Errorf("the next: got %s, want A002", c.Ticket.Number)
	}
}

func TestTheRoomIsOnForOneDay(t *testing.T) {
	a, _ := pair(t)
	ctx := context.Background()
	check := func(want bool) {
		t.Helper()
		if on, err := a.InRoom(ctx); err != nil || on != want {
			t.Errorf("got %v, %v, want %v", on, err, want)
		}
	}
	check(false)
	for _, on := range []bool{true, false, true} {
		if err := a.SwitchRoom(ctx, on); err != nil {
			t.Fatal(err)
		}
		check(on)
	}
	if err := a.Store().SetSetting(ctx, "room.on", loan.Date("2023-08-04")); err != nil {
		t.Fatal(err)
	}
	check(false) // it was yesterday
}

func TestOtherPlacesAreReachedForOneDay(t *testing.T) {
	a, _ := pair(t)
	ctx := context.Background()
	check := func(want bool) {
		t.Helper()
		if on, err := a.Remote(ctx); err != nil || on != want {
			t.Errorf("got %v, %v, want %v", on, err, want)
		}
	}
	check(false)
	before, _ := a.Store().Head()
	for _, on := range []bool{true, false, true} {
		if err := a.SwitchRemote(ctx, on); err != nil {
			t.Fatal(err)
		}
		check(on)
	}
	if err := a.NoteCall(ctx, uuid.New()); err != nil {
		t.Fatal(err)
	}
	if after, _ := a.Store().Head(); after != before+4 {
		t.Errorf("%d acts are in the log, want 4", after-before)
	}
	if room, err := a.InRoom(ctx); err != nil || room {
		t.Errorf("the room is on too: %v", err)
	}
	if err := a.Store().SetSetting(ctx, "remote.on", loan.Date("2023-08-04")); err != nil {
		t.Fatal(err)
	}
	check(false) // it was yesterday
}

func TestTheStationsTellNumbersToTheCounterAlone(t *testing.T) {
	_, as := staffed(t)
	d := as(guard.Clerk)
	c := step(t)(d.TakeNumber(t.Context(), loan.First, false))
	step(t)(d.Edit(t.Context(), c.ID, map[string]any{"student.name": "韦小花", "student.id_no": "522727200503149914", "student.phone": "15400000001", "study.school_name": "测试大学"}))
	for r, want := range map[guard.Role]int{guard.Clerk: 1, guard.Reviewer: 1, guard.DataAdmin: 0, guard.Auditor: 0} {
		t.Run("to a "+string(r), func(t *testing.T) {
			d := as(r)
			rows := d.AtStations()
			if len(rows) != want || d.MayCall() != (want > 0) {
				t.Fatalf("got %+v, want %d rows", rows, want)
			}
			for _, row := range rows {
				if want := (desk.Standing{Ticket: c.TicketLabel(), Name: guard.MaskName("韦小花"), Held: []desk.Held{{Station: loan.NumberStation, Name: "A", Own: true}}}); !reflect.DeepEqual(row, want) {
					t.Errorf("got %+v, want %+v", row, want)
				}
			}
		})
	}
}
