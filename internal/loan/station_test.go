package loan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	. "doorstep/internal/loan"
)

func passTo(l *laptop, s Station) PassBody { return PassBody{To: l.id, Station: s, Name: "B"} }

func holders(c *Case) []uuid.UUID {
	var out []uuid.UUID
	for _, h := range c.Holders {
		out = append(out, h.Device)
	}
	return out
}

func TestPassingOn(t *testing.T) {
	a, b, d := newLaptop(1), newLaptop(2), newLaptop(3)
	opened(a)
	t.Run("nobody holds a case before it is passed on, and all may work on it", func(t *testing.T) {
		c := mustFold(t, a)
		if len(c.Holders) != 0 || !c.HeldBy(a.id) || !c.HeldBy(b.id) {
			t.Errorf("held by %v", c.Holders)
		}
	})
	a.write("anna", ChangePass, passTo(b, CheckStation))
	b.get(a)
	t.Run("who it was passed on to holds it", func(t *testing.T) {
		c := mustFold(t, b)
		if got := holders(c); !slices.Equal(got, []uuid.UUID{b.id}) || c.HeldBy(a.id) || c.Holders[0].Station != CheckStation {
			t.Errorf("held by %v", c.Holders)
		}
	})
	t.Run("who does not hold it passes nothing on", func(t *testing.T) {
		a.write("anna", ChangePass, passTo(d, EntryStation))
		c := a.fold()
		if got := holders(c); !slices.Equal(got, []uuid.UUID{b.id}) || len(c.Aside) != 1 {
			t.Errorf("held by %v, %d set aside", got, len(c.Aside))
		}
	})
	t.Run("who takes it over with a reason holds it alone", func(t *testing.T) {
		a.write("anna", ChangeTake, TakeBody{Station: CheckStation, Reason: "the other laptop is broken"})
		c := a.fold()
		if got := holders(c); !slices.Equal(got, []uuid.UUID{a.id}) || c.Holders[0].Reason == "" {
			t.Errorf("held by %v", c.Holders)
		}
	})
	t.Run("taken over and passed on at the same time, two hold it and both see so", func(t *testing.T) {
		b.write("bert", ChangePass, passTo(d, EntryStation)) // has not heard of the taking over
		a.get(b)
		b.get(a)
		d.get(a)
		for _, l := range []*laptop{a, b, d} {
			if got := holders(l.fold()); len(got) != 2 || !slices.Contains(got, a.id) || !slices.Contains(got, d.id) {
				t.Errorf("held by %v", got)
			}
		}
	})
	t.Run("one of the two ends it", func(t *testing.T) {
		d.write("dora", ChangeTake, TakeBody{Station: EntryStation, Reason: "agreed"})
		a.get(d)
		if got := holders(a.fold()); !slices.Equal(got, []uuid.UUID{d.id}) {
			t.Errorf("held by %v", got)
		}
	})
}

func TestBodiesOfThePipeline(t *testing.T) {
	for name, bad := range map[string]struct {
		kind ChangeKind
		body any
	}{
		"to nobody":          {ChangePass, PassBody{Station: CheckStation}},
		"to no station":      {ChangePass, PassBody{To: uuid.UUID{1}, Station: "tea"}},
		"a long name":        {ChangePass, PassBody{To: uuid.UUID{1}, Station: CheckStation, Name: "012345678"}},
		"without a reason":   {ChangeTake, TakeBody{Station: CheckStation}},
		"a taker of no name": {ChangeTake, TakeBody{Reason: "r"}},
		"no day":             {ChangeTicket, TicketBody{Number: "A001"}},
		"no number":          {ChangeTicket, TicketBody{Day: "2026-08-01", Number: "001"}},
		"not a number":       {ChangeTicket, TicketBody{Day: "2026-08-01", Number: "A01x"}},
	} {
		l := newLaptop(1)
		opened(l)
		l.write("anna", bad.kind, bad.body)
		if c := l.fold(); len(c.Aside) != 1 || len(c.Holders) != 0 || c.Ticket != nil {
			t.Errorf("%s was taken", name)
		}
	}
	l := newLaptop(1)
	opened(l)
	l.write("anna", ChangeTicket, TicketBody{Day: "2026-08-01", Number: "A007"})
	if c := mustFold(t, l); c.Ticket == nil || c.Ticket.Number != "A007" {
		t.Error("no ticket")
	}
}

// Without a taking over no two laptops ever hold a case at once, however they
// write and meet; and who meets all knows one set of holders.
func TestOneHoldsUnlessAPersonTakesOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		force := rapid.Bool().Draw(t, "force")
		desks := []*laptop{newLaptop(3), newLaptop(1), newLaptop(2)}
		opened(desks[0])
		desks[1].get(desks[0])
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			d, other := rapid.SampledFrom(desks).Draw(t, "laptop"), rapid.SampledFrom(desks).Draw(t, "other")
			switch n := rapid.IntRange(0, 4).Draw(t, "what"); {
			case n <= 1:
				d.get(other)
			case n == 2 && force:
				d.write("anna", ChangeTake, TakeBody{Station: PhotoStation, Reason: "r"})
			default:
				// Honest programs ask first, hostile ones do not.
				d.write("anna", ChangePass, passTo(other, EntryStation))
			}
		}
		whole, again := newLaptop(9), newLaptop(9)
		for i := range desks {
			whole.get(desks[i])
			again.get(desks[len(desks)-1-i])
		}
		c := whole.fold()
		if shown(again.fold()) != shown(c) || shown(Fold(shuffled(t, whole.all()))) != shown(c) {
			t.Fatal("holders hang on the order")
		}
		if !force && len(c.Holders) > 1 {
			t.Fatalf("%d hold it, and nobody took it over", len(c.Holders))
		}
	})
}

func TestMarksOfLaptops(t *testing.T) {
	seen := map[string]int{}
	for n := range 4096 {
		m := TicketMark(uuid.UUID{0: byte(n), 1: byte(n >> 8), 15: 7})
		if len(m) != 2 || strings.ContainsAny(m, "ILOU") || strings.ToUpper(m) != m {
			t.Fatalf("mark %q", m)
		}
		seen[m]++
	}
	if len(seen) < 900 {
		t.Errorf("4096 laptops have %d marks of 1024", len(seen))
	}
	// What was told to a family stays, whatever version of the program calls it.
	if got := TicketMark(uuid.MustParse("0189c000-0000-7000-8000-000000000001")); got != "BT" {
		t.Errorf("a known laptop's mark: got %s", got)
	}
}
