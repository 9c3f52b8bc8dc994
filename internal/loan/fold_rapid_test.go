package loan_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	. "doorstep/internal/loan"
)

// anyChange draws a kind with a body that may or may not fit the moment.
func anyChange(t *rapid.T, c *Case) (ChangeKind, any) {
	party := rapid.SampledFrom([]Party{StudentParty, CoborrowerParty}).Draw(t, "party")
	n := byte(rapid.IntRange(1, 3).Draw(t, "blob"))
	amount := rapid.IntRange(10, 14).Draw(t, "amount") * 100
	slot := rapid.SampledFrom([]Slot{PortraitStudent, DocSlot(HukouBook)}).Draw(t, "slot")
	a := Attachment{Slot: slot, Blob: blob(n), Media: "image/jpeg", Size: 7}
	finish := uuid.Nil.String()
	if c != nil && c.Finish != nil {
		finish = c.Finish.ID.String()
	}
	switch rapid.IntRange(0, 24).Draw(t, "kind") {
	case 0, 1, 2:
		return ChangeEdit, fields("loan.amount", amount)
	case 3:
		return ChangeEdit, fields("student.phone", string(rune('0'+n)), "coborrowers.0.name", "韦")
	case 4:
		return ChangeResolve, fields("loan.amount", amount)
	case 5:
		return ChangeAttach, AttachBody{Attachment: a}
	case 6:
		return ChangeDetach, DetachBody{slot, blob(n)}
	case 7:
		return ChangeAttest, PartyBody{StudentParty}
	case 8:
		return ChangeConsent, ConsentBody{party, ConsentCredit, "text-1", amount > 1100}
	case 9, 10:
		return ChangeSubmit, nil
	case 11, 12:
		return ChangeReview, ReviewBody{Pass: amount > 1000}
	case 13:
		return ChangeContract, ContractBody{Template: "t", Blob: blob(n)}
	case 14:
		return ChangeSign, SignBody{Party: party, By: InPerson, Contract: blob(n), Ink: blob(9)}
	case 15:
		return ChangeSeal, SealBody{Blob: blob(4)}
	case 16:
		return rapid.SampledFrom([]ChangeKind{ChangeFinish, ChangeAccept, ChangeReturn}).Draw(t, "late"), struct{}{}
	case 17:
		return ChangePass, PassBody{To: uuid.UUID{0: n, 15: 0xDE}, Station: EntryStation}
	case 18:
		return ChangeTake, TakeBody{Station: PhotoStation, Reason: "r"}
	case 19:
		return ChangeTicket, TicketBody{Day: "2026-08-01", Number: "A001"}
	case 20:
		return ChangeReplace, ReplaceBody{Attachment: a, Lost: blob(n%3 + 1)}
	case 21:
		return ChangeArrange, ArrangeBody{Slot: slot, Order: []Hash{blob(n), blob(n%3 + 1)}}
	case 22:
		part := rapid.SampledFrom([]Part{HukouCover, HukouHead, JoinParts(HukouHead, HukouSecond), ""}).Draw(t, "part")
		return ChangeArrange, ArrangeBody{Slot: slot, Parts: map[Hash]Part{blob(n): part}}
	case 23:
		return ChangeAttach, AttachBody{Attachment: a, Instead: blob(n%3 + 1)}
	}
	return rapid.SampledFrom([]ChangeKind{ChangeReceive, ChangeCorrect, ChangeVoid}).Draw(t, "last"),
		map[string]any{"reason": "r", "finish": finish, "receipt_no": "", "contract_no": "", "check_code": ""}
}

// history lets up to three laptops write and meet, as honest ones do.
func history(t *rapid.T) []*laptop {
	desks := []*laptop{newLaptop(3), newLaptop(1), newLaptop(2)}[:rapid.IntRange(2, 3).Draw(t, "laptops")]
	opened(desks[0])
	for _, d := range desks[1:] {
		d.get(desks[0])
	}
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		d := rapid.SampledFrom(desks).Draw(t, "laptop")
		if rapid.IntRange(0, 3).Draw(t, "meets") == 0 {
			d.get(rapid.SampledFrom(desks).Draw(t, "whom"))
			continue
		}
		kind, body := anyChange(t, d.fold())
		d.write(rapid.SampledFrom([]string{"anna", "bert"}).Draw(t, "operator"), kind, body)
	}
	return desks
}

func shuffled(t *rapid.T, in []*Change) []*Change {
	out := slices.Clone(in)
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestFoldIsOrderFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desks := history(t)
		whole := newLaptop(9)
		for _, d := range desks {
			whole.get(d)
		}
		want := whole.fold()
		once := shuffled(t, whole.all())
		if got := shown(Fold(append(once, once[:len(once)/2]...))); got != shown(want) {
			t.Fatalf("another order, with repeats:\n%s\nwant\n%s", got, shown(want))
		}
		// However they meet, all end with the same case.
		for _, d := range desks {
			d.get(whole)
			if got := shown(d.fold()); got != shown(want) {
				t.Fatalf("a laptop that met them all:\n%s\nwant\n%s", got, shown(want))
			}
		}
		for _, k := range want.Conflicts {
			last := k.Values[len(k.Values)-1]
			if got, err := want.App.Field(k.Field); err != nil || string(got) != last.Value {
				t.Fatalf("%s shows %s, %v, want the last value %s", k.Field, got, err, last.Value)
			}
		}
	})
}

// No edit of a field is lost: each is what the case shows, or in a conflict,
// or set aside, or was seen by a later write of the same field.
func TestFoldLosesNoEdit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := newLaptop(9)
		for _, d := range history(t) {
			whole.get(d)
		}
		c := whole.fold()
		aside := map[uuid.UUID]bool{}
		for _, a := range c.Aside {
			aside[a.Change] = true
		}
		writes := map[uuid.UUID]json.RawMessage{}
		for _, ch := range whole.knows {
			if (ch.Kind == ChangeEdit || ch.Kind == ChangeResolve) && !aside[ch.ID] {
				b, err := Body[EditBody](ch)
				if v, ok := b.Fields["loan.amount"]; ok && err == nil {
					writes[ch.ID] = v
				}
			}
		}
		shows, err := c.App.Field("loan.amount")
		if err != nil {
			t.Fatal(err)
		}
		for id, v := range writes {
			if string(v) == string(shows) || overwritten(whole, writes, id) {
				continue
			}
			found := false
			for _, k := range c.Conflicts {
				for _, kv := range k.Values {
					found = found || kv.Change == id
				}
			}
			if !found {
				t.Fatalf("the value %s of %s is neither shown (%s) nor in a conflict", v, id, shows)
			}
		}
	})
}

// overwritten says whether another write of the field had seen the change.
func overwritten(l *laptop, writes map[uuid.UUID]json.RawMessage, id uuid.UUID) bool {
	var saw func(ch *Change) bool
	saw = func(ch *Change) bool {
		return slices.ContainsFunc(ch.Seen, func(s uuid.UUID) bool {
			return s == id || l.knows[s] != nil && saw(l.knows[s])
		})
	}
	for other := range writes {
		if other != id && saw(l.knows[other]) {
			return true
		}
	}
	for _, ch := range l.knows {
		if ch.Kind == ChangeCorrect && saw(ch) {
			return true
		}
	}
	return false
}

func TestApplyEqualsFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLaptop(1)
		opened(l)
		c := &Case{}
		if err := c.Apply(l.all()[0]); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			kind, body := anyChange(t, c)
			ch := l.make(rapid.SampledFrom([]string{"anna", "bert"}).Draw(t, "operator"), kind, body, c.Heads)
			before := shown(c)
			if err := c.Apply(ch); err != nil {
				if shown(c) != before {
					t.Fatalf("a refused %s altered the case", kind)
				}
				continue
			}
			l.knows[ch.ID] = ch
			if got, want := shown(c), shown(l.fold()); got != want {
				t.Fatalf("after %s Apply gives\n%s\nFold gives\n%s", kind, got, want)
			}
		}
	})
}

// What no honest laptop writes: any seen heads, ids used twice, no body.
func TestFoldOfHostileChangesIsOrderFreeToo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*Change
		ids := func() uuid.UUID { return uuid.UUID{0: byte(rapid.IntRange(0, 5).Draw(t, "id"))} }
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			kind, body := anyChange(t, nil)
			if rapid.IntRange(0, 4).Draw(t, "opens") == 0 {
				kind, body = ChangeOpen, OpenBody{Application{Kind: First}}
			}
			if rapid.IntRange(0, 5).Draw(t, "erased") == 0 {
				body = nil
			}
			l := newLaptop(byte(rapid.IntRange(1, 3).Draw(t, "laptop")))
			ch := l.make("x", kind, body, nil)
			ch.ID, ch.Counter = ids(), uint64(rapid.IntRange(0, 3).Draw(t, "counter"))
			for range rapid.IntRange(0, 3).Draw(t, "heads") {
				ch.Seen = append(ch.Seen, ids())
			}
			ch.Seen = sortedIDs(ch.Seen)
			if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
				ch.Case = uuid.Nil
			}
			all = append(all, ch)
		}
		before := maps.Collect(slices.All(all))
		if got, want := shown(Fold(shuffled(t, all))), shown(Fold(all)); got != want {
			t.Fatalf("another order:\n%s\nwant\n%s", got, want)
		}
		for i, ch := range all {
			if before[i] != ch {
				t.Fatal("Fold altered what it was given")
			}
		}
	})
}

func BenchmarkFold(b *testing.B) {
	l := signing(Draft)
	for i := range 300 {
		l.write("clerk", ChangeEdit, fields("loan.amount", 1000+i))
	}
	all := l.all()
	for b.Loop() {
		Fold(all)
	}
}

func BenchmarkApply(b *testing.B) {
	l := signing(Draft)
	for i := range 60 {
		l.write("clerk", ChangeEdit, fields("loan.amount", 1000+i))
	}
	before := l.fold()
	next := l.make("clerk", ChangeEdit, fields("loan.amount", 1), before.Heads)
	for b.Loop() {
		c := *before
		if err := c.Apply(next); err != nil {
			b.Fatal(err)
		}
	}
}
