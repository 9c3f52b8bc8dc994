package central

import (
	"slices"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestWhoErasedACaseAndWhyIsFoundByTheCaseAtTheCentre(t *testing.T) {
	k := twoPoints(t)
	k.east.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Reason: "本人当面要求", Detail: "erasing of case " + k.his.String() + " on request: to be done"})
	k.east.asks("admin-9", k.his)
	k.east.send(k.east.since(len(k.east.changes) - 2))
	for of, x := range map[string]struct {
		q    guard.Sought
		want int
	}{
		"the case":           {guard.Sought{Case: k.his.String()}, 2},
		"the end of its id":  {guard.Sought{Case: loan.ShortID(k.his)}, 2},
		"its person":         {guard.Sought{Person: hers}, 2},
		"erasings alone":     {guard.Sought{Case: k.his.String(), Kinds: []loan.ChangeKind{loan.ChangeErase}}, 1},
		"another case":       {guard.Sought{Case: k.other.String()}, 0},
		"who saw her data":   {guard.Sought{Person: hers, Seen: true}, 0},
		"another kind alone": {guard.Sought{Case: k.his.String(), Kinds: []loan.ChangeKind{loan.ChangeReveal}}, 0},
	} {
		lines := slices.DeleteFunc(k.ask(t, "aud-county", RecordQuery{Sought: x.q}).Lines, func(l guard.Line) bool { return l.Label() != "清除" || l.Reason == "" })
		if len(lines) != x.want {
			t.Errorf("by %s: %d lines, want %d", of, len(lines), x.want)
		}
	}
}
