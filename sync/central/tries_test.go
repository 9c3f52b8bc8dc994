package central

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestTriesByNoAccountOfALaptopAreInTheRecordOfAll(t *testing.T) {
	k := twoPoints(t)
	n := len(k.east.changes)
	ch := k.east.change(uuid.Nil, loan.ChangeSignIn, loan.ViewBody{Detail: guard.FailedWords(guard.Unknown, 7, time.Now())})
	ch.Operator = guard.Unknown
	k.east.send(k.east.changes[n:])
	found := k.ask(t, "aud-east", RecordQuery{Sought: guard.Sought{Operator: guard.Unknown}})
	if len(found.Lines) != 1 || !strings.HasPrefix(found.Lines[0].Row(nil, guard.AccountLabel)[slices.Index(guard.LineColumns(), "备注")], "登录失败 7 次，账号不在本机") {
		t.Errorf("got %+v", found.Lines)
	}
	all, err := k.c.RecordOdd(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
	if err != nil || !slices.ContainsFunc(all, func(o Odd) bool {
		return o.Kind == guard.OddPassword && o.Operator == guard.Unknown && o.Count == 7 && len(o.Points) == 1
	}) {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestAFloodOfTriesByNoAccountDoesNotFillTheCentresChain(t *testing.T) {
	c := staffed(t)
	now := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	c.now = func() time.Time { return now }
	flood := func(n int) {
		t.Helper()
		for i := range n {
			if _, err := c.Acting(t.Context(), Person{fmt.Sprintf("%s%047d", hers, i), []byte("x")}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { return nil }); fault.KindOf(err) != fault.Input {
				t.Fatalf("somebody unknown acts, or %v", fault.KindOf(err))
			}
		}
	}
	want := func(when string, lines ...string) {
		t.Helper()
		got := slices.DeleteFunc(record(t, c), func(s string) bool { return !strings.HasPrefix(s, guard.Unknown+": ") })
		if !slices.Equal(got, lines) {
			t.Errorf("%s: the chain says %q", when, got)
		}
	}
	one := guard.Unknown + ": " + guard.CentreRefused
	flood(60)
	want("within an hour", slices.Repeat([]string{one}, mostTries)...)
	in := func() {
		t.Helper()
		if _, err := c.Acting(t.Context(), Person{"admin-9", []byte(adminPassword)}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	in()
	told := append(slices.Repeat([]string{one}, mostTries), one+"; 50 times more")
	want("once somebody signed in", told...)
	in()
	want("and again", told...)
	flood(2)
	now = now.Add(time.Hour)
	flood(1)
	want("in the next hour", append(told, one+"; 2 times more", one)...)
}

func TestWrongPasswordsAtTheCentreAreOdd(t *testing.T) {
	k := twoPoints(t)
	if _, err := k.c.Acting(t.Context(), Person{"admin-9", []byte("wrong wrong")}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { return nil }); fault.KindOf(err) != fault.Password {
		t.Fatal(err)
	}
	all, err := k.c.RecordOdd(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
	if err != nil || !slices.ContainsFunc(all, func(o Odd) bool { return o.Kind == guard.OddPassword && o.Operator == "admin-9" }) {
		t.Errorf("got %+v, %v", all, err)
	}
}
