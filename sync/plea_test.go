package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// at signs an operator of the roster in at a laptop.
func (l *laptop) at(t testing.TB, id string) *desk.Desk {
	t.Helper()
	o, err := l.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if !l.CanSignIn(id) {
		if err := l.EnableOperator(t.Context(), o, []byte(password)); err != nil {
			t.Fatal(err)
		}
	}
	d, err := desk.At(t.Context(), l.Store, o, desk.Tools{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestARequestGoesUpAndItsGrantComesDown asks for a grant at one laptop and
// answers at another, with the real server between them.
func TestARequestGoesUpAndItsGrantComesDown(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	a, b := newLaptop(t, s), newLaptop(t, s)
	point := a.Profile().Point
	for _, o := range [][]string{
		{"rev-9", "某复核员", "reviewer", "point", point}, {"admin-9", "县管理员", "dataadmin", "county", "522727"}, {"admin-p", "点管理员", "dataadmin", "point", point},
		{"admin-5", "省管理员", "dataadmin", "province", "52"},
	} {
		s.must(t, "operator", "add", "--id", o[0], "--name", o[1], "--role", o[2], "--level", o[3], "--org", o[4])
	}
	mustCarry(t, a, s.url)
	mustCarry(t, b, s.url)
	id := a.draft(t, noise("paper", 2_000))
	asker := a.at(t, "rev-9")
	images := []string{guard.ImagesField}
	ask := func() desk.Asked {
		t.Helper()
		k, err := asker.AskGrant(t.Context(), desk.Wanted{Fields: images, Case: id, Hours: 2, Reason: "核对家长投诉"})
		if err != nil {
			t.Fatal(err)
		}
		mustCarry(t, a, s.url)
		mustCarry(t, b, s.url)
		return k
	}
	ask()
	for _, who := range []string{"admin-5"} {
		if list, err := b.at(t, who).Pleas(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%s sees %d requests, %v; want none", who, len(list), err)
		}
	}
	if _, err := b.at(t, "admin-p").Pleas(t.Context()); fault.KindOf(err) != fault.Denied {
		t.Errorf("an administrator of the point: %v", err)
	}
	admin := b.at(t, "admin-9")
	list, err := admin.Pleas(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d requests, %v", len(list), err)
	}
	if p := list[0]; p.Operator != "rev-9" || p.Case != id || p.Hours != 2 || p.Reason != "核对家长投诉" || p.Device != a.Profile().Device || !strings.Contains(p.Where, point) {
		t.Errorf("got %+v", p)
	}

	t.Run("an approval that a laptop makes up for who may not is no grant", func(t *testing.T) {
		w := list[0]
		raw := strings.Fields(s.must(t, "grant", "waiting"))
		digits := raw[indexAfter(raw, "核对码")]
		for _, who := range []string{"practice-clerk", "admin-5", "admin-p", "rev-9", "nobody"} {
			b.commit(t, uuid.Nil, who, loan.ChangeView, loan.ViewBody{Reason: "核对属实", Detail: guard.AnswerDetail(true, w.Device, digits)})
		}
		mustCarry(t, b, s.url)
		mustCarry(t, a, s.url)
		if got, err := asker.Grants(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("got %d grants, %v", len(got), err)
		}
	})
	t.Run("the county's administrator approves, and the grant comes down", func(t *testing.T) {
		if err := admin.AnswerPlea(t.Context(), list[0], true, "核对属实，同意"); err != nil {
			t.Fatal(err)
		}
		if again, err := admin.Pleas(t.Context()); err != nil || len(again) != 0 {
			t.Errorf("it still waits here: %d, %v", len(again), err)
		}
		mustCarry(t, b, s.url)
		if err := asker.Reveal(t.Context(), id, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
			t.Errorf("before it came down: %v", err)
		}
		mustCarry(t, a, s.url)
		got, err := asker.Grants(t.Context())
		if err != nil || len(got) != 1 || got[0].By != "admin-9" || got[0].Cases[0] != id || got[0].Device != a.Profile().Device {
			t.Fatalf("got %+v, %v", got, err)
		}
		if err := asker.Reveal(t.Context(), id, images, "核对家长投诉"); err != nil {
			t.Errorf("what it is for: %v", err)
		}
		if asks, err := asker.Asks(t.Context()); err != nil || len(asks) != 0 {
			t.Errorf("%d requests still wait, %v", len(asks), err)
		}
		if out := s.must(t, "answer", "list"); !strings.Contains(out, "admin-9") {
			t.Errorf("the centre does not say who answered: %s", out)
		}
	})
	t.Run("a request that is declined says by whom and why", func(t *testing.T) {
		ask()
		list, err := admin.Pleas(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("got %d requests, %v", len(list), err)
		}
		if err := admin.AnswerPlea(t.Context(), list[0], false, "理由不足，请补充"); err != nil {
			t.Fatal(err)
		}
		mustCarry(t, b, s.url)
		mustCarry(t, a, s.url)
		asks, err := asker.Asks(t.Context())
		if err != nil || len(asks) != 1 || asks[0].Declined != "admin-9" || asks[0].Word != "理由不足，请补充" {
			t.Errorf("got %+v, %v", asks, err)
		}
	})
	t.Run("one that is taken back is on no list, and an answer that crosses with it grants nothing", func(t *testing.T) {
		for _, crosses := range []bool{false, true} {
			k := ask()
			list, err := admin.Pleas(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatalf("got %d requests, %v", len(list), err)
			}
			raw := strings.Fields(s.must(t, "grant", "waiting"))
			digits := raw[indexAfter(raw, "核对码")]
			if err := asker.WithdrawAsk(t.Context(), k.Code); err != nil {
				t.Fatal(err)
			}
			if crosses { // the centre hears the approval first
				if err := admin.AnswerPlea(t.Context(), list[0], true, "核对属实，同意"); err != nil {
					t.Fatal(err)
				}
				mustCarry(t, b, s.url)
			}
			mustCarry(t, a, s.url)
			mustCarry(t, b, s.url)
			mustCarry(t, a, s.url)
			if list, err := admin.Pleas(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("%d requests are still told of, %v", len(list), err)
			}
			code, _, errs := s.verb(t, "grant", "decide", "--device", a.Profile().Device.String(), "--ask", digits, "--reason", "核对属实，同意", "--yes", "--by", "admin-9")
			if code == 0 || !strings.Contains(errs, "took it back") {
				t.Errorf("answered at the centre: exit %d, %s", code, errs)
			}
			code, _, errs = s.verb(t, "grant", "answer", "--device", a.Profile().Device.String()[28:], "--operator", "rev-9", "--by", "admin-9", "--reason", "核对属实，同意", "--code", k.Code, "--yes")
			if code == 0 || !strings.Contains(errs, "took it back") {
				t.Errorf("answered by telephone: exit %d, %s", code, errs)
			}
			want := 1 // that of before
			if got, err := asker.Grants(t.Context()); err != nil || len(got) != want {
				t.Errorf("got %d grants, %v; want %d", len(got), err, want)
			}
			if n := len(a.Bulletins(bulletin.Grant)); n != want {
				t.Errorf("%d grants are in force by the centre's word, want %d", n, want)
			}
		}
	})
	t.Run("the centre's command answers too", func(t *testing.T) {
		ask()
		raw := strings.Fields(s.must(t, "grant", "waiting"))
		args := []string{"grant", "decide", "--device", a.Profile().Device.String(), "--ask", raw[indexAfter(raw, "核对码")], "--reason", "核对属实，同意", "--yes", "--by"}
		if code, _, _ := s.verb(t, append(args, "admin-5")...); code != exitUsage {
			t.Errorf("by the province's: exit %d", code)
		}
		s.must(t, append(args, "admin-9")...)
		mustCarry(t, a, s.url)
		if got, err := asker.Grants(t.Context()); err != nil || len(got) != 2 {
			t.Errorf("got %d grants, %v", len(got), err)
		}
	})
	t.Run("one that is answered by a code leaves the list at once, before the centre hears of it", func(t *testing.T) {
		k := ask()
		if list, err := admin.Pleas(t.Context()); err != nil || len(list) != 1 {
			t.Fatalf("got %d requests, %v", len(list), err)
		}
		spoken, err := admin.AnswerAsk(t.Context(), a.Profile().Device.String()[28:], "rev-9", k.Code, "核对属实，同意")
		if err != nil {
			t.Fatal(err)
		}
		if list, err := admin.Pleas(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%d requests still wait here, %v", len(list), err)
		}
		if _, err := asker.TakeGrant(t.Context(), k.Code, spoken); err != nil {
			t.Fatal(err)
		}
		mustCarry(t, a, s.url)
		mustCarry(t, b, s.url)
		if list, err := admin.Pleas(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%d requests wait once the centre heard of it, %v", len(list), err)
		}
	})
	t.Run("what was answered at the laptop that asked waits for nobody", func(t *testing.T) {
		a.at(t, "admin-9")
		k := ask()
		if _, err := asker.ApproveAsk(t.Context(), k.Code, "admin-9", []byte(password), nil); err != nil {
			t.Fatal(err)
		}
		mustCarry(t, a, s.url)
		mustCarry(t, b, s.url)
		if list, err := admin.Pleas(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("got %d requests, %v", len(list), err)
		}
	})
}

// TestOneClerksManyRequestsHideNobodys has a laptop with an earlier program, or one that
// lies, send hundreds.
func TestOneClerksManyRequestsHideNobodys(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	a, b := newLaptop(t, s), newLaptop(t, s)
	point := a.Profile().Point
	for _, o := range [][]string{
		{"rev-9", "某复核员", "reviewer", "point", point}, {"clerk-9", "某操作员", "clerk", "point", point}, {"admin-9", "县管理员", "dataadmin", "county", "522727"},
	} {
		s.must(t, "operator", "add", "--id", o[0], "--name", o[1], "--role", o[2], "--level", o[3], "--org", o[4])
	}
	mustCarry(t, a, s.url)
	mustCarry(t, b, s.url)
	id := a.draft(t, noise("paper", 2_000))
	if _, err := a.at(t, "rev-9").AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: id, Hours: 2, Reason: "核对家长投诉"}); err != nil {
		t.Fatal(err)
	}
	mustCarry(t, a, s.url)
	for i := range 250 {
		raw, err := guard.Ask{Nonce: [4]byte{byte(i), byte(i >> 8), 1, 1}, Fields: []string{"student.phone"}, Hours: 2, Count: 1}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b.commit(t, uuid.Nil, "clerk-9", loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对", Detail: guard.AskedDetail(raw)})
	}
	mustCarry(t, b, s.url)
	mustCarry(t, b, s.url)
	list, err := b.at(t, "admin-9").Pleas(t.Context())
	of := map[string]int{}
	for _, p := range list {
		of[p.Operator]++
	}
	if err != nil || of["rev-9"] != 1 || of["clerk-9"] != guard.MaxOwn {
		t.Errorf("of the reviewer %d, of the clerk %d, %v; want 1 and 10", of["rev-9"], of["clerk-9"], err)
	}
	mine := b.at(t, "clerk-9")
	if _, err := mine.AskGrant(t.Context(), desk.Wanted{Fields: []string{"student.phone"}, Count: 1, Hours: 2, Reason: "家长来电核对"}); err != nil {
		t.Fatal(err)
	}
	if asks, err := mine.Asks(t.Context()); err != nil || len(asks) != 1 || !asks[0].Behind {
		t.Errorf("who asked is not told that it waits behind the others: %+v, %v", asks, err)
	}
	if words := strings.Fields(s.must(t, "grant", "waiting")); strings.Count(strings.Join(words, " "), "clerk-9") < 250 {
		t.Error("the centre's command does not list all")
	}
}

func indexAfter(words []string, word string) int {
	for i, w := range words {
		if w == word && i+1 < len(words) {
			return i + 1
		}
	}
	return 0
}
