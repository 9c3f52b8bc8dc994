package store

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// fields are what a case says, for comparing.
func fields(t *testing.T, c *loan.Case) string {
	t.Helper()
	b, err := json.Marshal(c)
	noErr(t, err)
	return string(b)
}

func TestTheCaseACommitGives(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	s.o.Now = clock()
	id, other := newCase(t, s, 1), newCase(t, s, 2)
	unfolded := func(t *testing.T, id uuid.UUID) string {
		t.Helper()
		return fields(t, loan.Fold(must(s.Changes(ctx, id))))
	}
	edit := func(t *testing.T, id uuid.UUID, value string) *loan.Case {
		t.Helper()
		c, err := s.CommitCase(ctx, []Entry{editEntry(id, "student.address", value)}, nil)
		noErr(t, err)
		return c
	}
	t.Run("is the fold of what is on disk", func(t *testing.T) {
		for i, to := range []uuid.UUID{id, id, other, id, other, other} {
			c := edit(t, to, string(rune('a'+i)))
			if got, want := fields(t, c), unfolded(t, to); got != want {
				t.Fatalf("edit %d: got %s want %s", i, got, want)
			}
			if got, want := fields(t, must(s.Case(ctx, to))), unfolded(t, to); got != want {
				t.Fatalf("edit %d: read again: got %s want %s", i, got, want)
			}
		}
	})
	t.Run("is the fold of what is on disk, whatever the first words were", func(t *testing.T) {
		able := true
		for name, app := range map[string]loan.Application{
			"nothing":                  {},
			"text that is not UTF-8":   {Student: loan.Person{Name: "a\xffb"}, Docs: []loan.Doc{"\xff"}},
			"one in a pointer's value": {Loan: loan.Terms{Previous: &loan.Previous{ContractNo: "\xff"}}},
			"text that JSON escapes":   {Student: loan.Person{Name: "<a>&\u2028\"\\\x00"}},
			"lists with nothing":       {Coborrowers: []loan.Coborrower{}, Docs: []loan.Doc{}, Loan: loan.Terms{Purpose: []string{}}},
			"what is behind pointers":  {Coborrowers: []loan.Coborrower{{CivilCapacity: &able}}, Loan: loan.Terms{Previous: &loan.Previous{}}},
		} {
			for _, media := range []string{"image/jpeg", "\xff", "<"} {
				id := must(uuid.NewV7())
				c, err := s.CommitCase(ctx, []Entry{
					{Case: id, Kind: loan.ChangeOpen, Operator: "c1", Body: loan.OpenBody{Application: app}},
					{Case: id, Kind: loan.ChangeAttach, Operator: "c1", Body: loan.AttachBody{Source: media,
						Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: loan.Hash{1}, Media: media, Size: 1}}},
				}, nil)
				noErr(t, err)
				if got, want := fields(t, c), unfolded(t, id); got != want {
					t.Errorf("%s, %q: got %s want %s", name, media, got, want)
				}
			}
		}
	})
	t.Run("is the caller's own", func(t *testing.T) {
		c := edit(t, id, "mine")
		c.App.Student.Name = "changed"
		c.App.Coborrowers[0].Name = "changed"
		c.Authors["changed"] = true
		c.Heads[0] = uuid.New()
		if got, want := fields(t, must(s.Case(ctx, id))), unfolded(t, id); got != want {
			t.Fatalf("got %s want %s", got, want)
		}
	})
	t.Run("is not touched by a change that is refused", func(t *testing.T) {
		edit(t, id, "before")
		_, err := s.CommitCase(ctx, []Entry{editEntry(id, "student.address", "half"), editEntry(id, "no.such.field", "x")}, nil)
		wantKind(t, err, fault.Input)
		if got, want := fields(t, must(s.Case(ctx, id))), unfolded(t, id); got != want {
			t.Fatalf("got %s want %s", got, want)
		}
		if c := edit(t, id, "after"); fields(t, c) != unfolded(t, id) {
			t.Fatal("another case after the refusal")
		}
	})
	t.Run("knows the looks at it and what others wrote", func(t *testing.T) {
		edit(t, id, "seen")
		_, err := s.Commit(ctx, []Entry{{Case: id, Kind: loan.ChangeView, Operator: "c1", Body: loan.ViewBody{}}}, nil)
		noErr(t, err)
		edit(t, id, "seen again")
		theirs := must(s.Changes(ctx, id))[0]
		theirs.ID, theirs.Device, theirs.Counter, theirs.Prev = uuid.New(), uuid.New(), 1, loan.Hash{}
		theirs.Kind, theirs.Seen = loan.ChangeEdit, must(s.Case(ctx, id)).Heads
		theirs.Body = []byte(`{"fields":{"student.address":"theirs"}}`)
		theirs.BodyHash = loan.BodyHashOf(s.Sum, theirs.Salt, theirs.Body)
		noErr(t, s.Receive(ctx, []*loan.Change{theirs}))
		if c := must(s.Case(ctx, id)); c.App.Student.Address != "theirs" {
			t.Fatal("what another device wrote is not seen")
		}
		if c := edit(t, id, "ours"); fields(t, c) != unfolded(t, id) {
			t.Fatal("not the fold after another's change")
		}
	})
	t.Run("is none where none is meant, and none after Close", func(t *testing.T) {
		c, err := s.CommitCase(ctx, []Entry{{Kind: loan.ChangeSearch, Operator: "c1", Body: loan.ViewBody{Detail: "1"}}}, nil)
		if c != nil || err != nil {
			t.Fatalf("got a case or %v", err)
		}
		noErr(t, s.Close())
		_, err = s.Case(ctx, id)
		wantKind(t, err, fault.Busy)
	})
}
