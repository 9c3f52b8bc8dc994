package central

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestWhoReadAPersonsRecordAtTheCentreIsInIt has two auditors look one after the other.
func TestWhoReadAPersonsRecordAtTheCentreIsInIt(t *testing.T) {
	k := twoPoints(t)
	k.ask(t, "aud-province", RecordQuery{Sought: guard.Sought{Person: hers}})
	found := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Person: hers}})
	if !slices.ContainsFunc(found.Lines, func(l guard.Line) bool {
		return l.Device == k.c.ID() && l.Operator == "aud-province" && l.Reason == "年度检查" && slices.Contains(l.Shown, k.his)
	}) {
		t.Errorf("none of %d lines tells that the province's auditor read it", len(found.Lines))
	}
	for name, q := range map[string]guard.Sought{"another case": {Case: k.other.String()}, "who saw": {Person: hers, Seen: true}} {
		if found := k.ask(t, "aud-county", RecordQuery{Sought: q}); slices.ContainsFunc(found.Lines, func(l guard.Line) bool { return l.Device == k.c.ID() }) {
			t.Errorf("%s: it is among them", name)
		}
	}
}

func TestManyLooksAtPeoplesRecordsAtTheCentreAreOdd(t *testing.T) {
	k := twoPoints(t)
	for range 15 {
		k.ask(t, "aud-province", RecordQuery{Sought: guard.Sought{Person: hers}})
	}
	k.ask(t, "aud-bank", RecordQuery{Sought: guard.Sought{Person: hers}})
	odd, err := k.c.RecordOdd(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
	if err != nil {
		t.Fatal(err)
	}
	looks := map[string]int{}
	for _, o := range odd {
		if o.Kind == guard.OddLooks {
			looks[o.Operator] = o.Count
		}
	}
	if looks["aud-province"] != 15 || looks["aud-bank"] != 0 {
		t.Errorf("many looks of %v, want the province's 15", looks)
	}
}

// TestWhatTheCentreGrantedIsFoundByItsCase grants by the end of a case's id, as a request
// that was read out has it.
func TestWhatTheCentreGrantedIsFoundByItsCase(t *testing.T) {
	k := twoPoints(t)
	end := func(id uuid.UUID) string { return loan.ShortID(id) }
	name := fmt.Sprintf("grant new for clerk-9 case=%s case=%s", end(uuid.Must(uuid.NewV7())), end(k.his))
	act := Act{Verb: guard.ApproveGrant, Name: name, Reason: "核对投诉", Fields: []string{"student.phone"}}
	if _, err := k.c.Acting(t.Context(), k.auditors["admin-9"], act, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	k.east.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Reason: "核对投诉", Detail: guard.Plea{Operator: "clerk-9", Ask: guard.Ask{Fields: []string{"student.phone"}, Hours: 1, Case: guard.TagOf(k.his)}}.AnsweredDetail()})
	k.east.send(k.east.changes[len(k.east.changes)-1:])
	for of, x := range map[string]struct {
		q    guard.Sought
		want int
	}{
		"the case":           {guard.Sought{Case: k.his.String()}, 2},
		"the end of its id":  {guard.Sought{Case: end(k.his)}, 2},
		"its person":         {guard.Sought{Person: hers}, 2},
		"another case":       {guard.Sought{Case: k.other.String()}, 0},
		"who saw her data":   {guard.Sought{Person: hers, Seen: true}, 0},
		"another kind alone": {guard.Sought{Case: k.his.String(), Kinds: []loan.ChangeKind{loan.ChangeReveal}}, 0},
	} {
		n := 0
		for _, l := range k.ask(t, "aud-county", RecordQuery{Sought: x.q}).Lines {
			if strings.Contains(l.Detail, "grant new for") || strings.HasPrefix(l.Detail, "grant answered for") {
				n++
			}
		}
		if n != x.want {
			t.Errorf("by %s: %d lines, want %d", of, n, x.want)
		}
	}
}
