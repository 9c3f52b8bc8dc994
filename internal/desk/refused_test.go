package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// refusalsIn are the details of refusals from a place of the chain on.
func refusalsIn(t *testing.T, d *desk.Desk, from uint64) []string {
	t.Helper()
	all, err := d.Store().Pending(t.Context(), from, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, ch := range all {
		if b, err := loan.Body[loan.ViewBody](ch); err == nil && strings.Contains(b.Detail, "refused") {
			out = append(out, ch.Operator+" "+string(ch.Kind)+" "+b.Detail)
		}
	}
	return out
}

func TestALoopOfRefusedCallsDoesNotFillTheChain(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	ctx := t.Context()
	head := func() uint64 { n, _ := f.d.Store().Head(); return n }
	from := head()
	for range 100 {
		if _, err := f.d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000}); fault.KindOf(err) != fault.Denied {
			t.Fatal(err)
		}
		if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "家长来电核对"); fault.KindOf(err) != fault.Denied {
			t.Fatal(err)
		}
	}
	want := []string{"reviewer-1 view refused edit: role", "reviewer-1 reveal refused"}
	if got := refusalsIn(t, f.d, from); fmt.Sprint(got) != fmt.Sprint(want) || head() != from+2 {
		t.Fatalf("got %q and %d changes, want %q", got, head()-from, want)
	}
	f.now = f.now.Add(time.Hour)
	if _, err := f.d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000}); fault.KindOf(err) != fault.Denied {
		t.Fatal(err)
	}
	got := strings.Join(refusalsIn(t, f.d, from), "\n")
	for _, want := range []string{"refused edit: role; 99 times more", "reveal refused; 99 times more"} {
		if !strings.Contains(got, want) {
			t.Errorf("an hour later the chain says %q, want %q in it", got, want)
		}
	}
	f.in("reviewer-1", reviewPassword, f.now)
	from = head()
	for i := range 100 {
		if _, err := f.d.TakeGrant(ctx, seal.Spoken(must(t, guard.Ask{Nonce: [4]byte{byte(i), 9}, Fields: []string{guard.ImagesField}, Hours: 2, Count: 9})), seal.Spoken(make([]byte, seal.AnswerSize))); fault.KindOf(err) != fault.Missing {
			t.Fatal(err)
		}
	}
	f.in("admin-1", clerkPassword, f.now)
	want = []string{"reviewer-1 view grant refused: no such request", "reviewer-1 view grant refused: no such request; 99 times more"}
	if got := refusalsIn(t, f.d, from); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("after signing out the chain says %q, want %q", got, want)
	}
	odd := map[string]int{}
	r, err := f.d.Record(ctx, desk.Sought{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range r.Odd {
		if o.Kind == guard.OddRefused {
			odd[o.Operator] += o.Count
		}
	}
	if odd["reviewer-1"] != 301 {
		t.Errorf("odd: %v, want 301 refusals of reviewer-1", odd)
	}
}

func TestWhatWasAskedForInCountedTriesStandsInTheChain(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, f.now)
	from, _ := f.d.Store().Head()
	for _, try := range []struct{ field, reason string }{{guard.ImagesField, "家长来电核对"}, {"student.id_no", "学校要求核对"}, {"student.birth", "再核对一次"}, {"student.id_no", "再次核对"}} {
		fields := []string{guard.ImagesField}
		if try.field != guard.ImagesField {
			fields = append(fields, try.field)
		}
		if err := f.d.Reveal(t.Context(), c.ID, fields, try.reason); fault.KindOf(err) != fault.Denied {
			t.Fatal(err)
		}
	}
	f.in("admin-1", clerkPassword, f.now)
	all, err := f.d.Store().Pending(t.Context(), from, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range all {
		b, err := loan.Body[loan.ViewBody](ch)
		if err != nil || b.Detail != "refused; 3 times more" {
			continue
		}
		if got, want := fmt.Sprint(b.Fields, b.Reason), "[images student.id_no student.birth]再次核对"; got != want || ch.Case != c.ID {
			t.Errorf("got %s of %s, want %s of %s", got, ch.Case, want, c.ID)
		}
		return
	}
	t.Error("no count stands in the chain")
}

func TestManySortsOfRefusalsDoNotFillTheChain(t *testing.T) {
	f := newField(t)
	var cases []uuid.UUID
	for range 60 {
		c, err := f.d.NewCase(t.Context(), loan.First, false)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c.ID)
	}
	f.in("reviewer-1", reviewPassword, clock())
	from, _ := f.d.Store().Head()
	for _, id := range cases {
		if _, err := f.d.Edit(t.Context(), id, map[string]any{"loan.amount": 5000}); fault.KindOf(err) != fault.Denied {
			t.Fatal(err)
		}
	}
	if got := refusalsIn(t, f.d, from); len(got) != 40 {
		t.Errorf("%d lines, want 40", len(got))
	}
	f.in("admin-1", clerkPassword, clock())
	got := refusalsIn(t, f.d, from)
	if len(got) != 41 || got[40] != "reviewer-1 view refused: others; 20 times more" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

func TestAForgedFileIsRefusedAndRecorded(t *testing.T) {
	f := newField(t)
	issue := func(by *seal.Signer, county string) []byte {
		g := guard.Grant{ID: "g-1", Operator: "clerk-1", By: "admin-1", Fields: []string{guard.ImagesField}, Count: 50, Reason: "核对", From: clock(), Until: clock().Add(time.Hour)}
		content, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b := bulletin.Bulletin{County: county, Kind: bulletin.Grant, Name: g.ID, Version: uint64(clock().UnixMilli()), Issued: clock().UTC(), Content: content}
		raw, err := b.Sign(by)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	another, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	altered := issue(f.centre, "522727")
	altered[len(altered)-1] ^= 1
	for name, c := range map[string]struct {
		raw    []byte
		detail string
	}{
		"forged": {issue(another, "522727"), "file refused: untrusted"}, "of another county": {issue(f.centre, "522728"), "file refused: untrusted"}, "altered": {altered, "file refused: damaged"},
	} {
		f.in("clerk-1", clerkPassword, clock())
		from, _ := f.d.Store().Head()
		_, err := f.d.TakeFile(t.Context(), c.raw)
		if err == nil || fault.Sentence(err) == fault.KindOf(err).Sentence() {
			t.Errorf("%s: got %v, want refused in words", name, err)
		}
		if got := refusalsIn(t, f.d, from); len(got) != 1 || got[0] != "clerk-1 view "+c.detail {
			t.Errorf("%s: the chain says %q", name, got)
		}
	}
}
