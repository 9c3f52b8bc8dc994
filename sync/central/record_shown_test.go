package central

import (
	"encoding/hex"
	"slices"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestWhoSawARowOfAPersonsCaseToEraseItIsInHisRecord(t *testing.T) {
	k := twoPoints(t)
	k.east.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Detail: guard.ErasureWords(k.his, "")})
	k.east.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Detail: guard.ErasureWords(k.other, "")})
	k.east.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Detail: "record"})
	k.east.send(k.east.changes)
	views, reveals := []loan.ChangeKind{loan.ChangeView}, []loan.ChangeKind{loan.ChangeReveal}
	for name, x := range map[string]struct {
		q    guard.Sought
		want int
	}{
		"a person's looks":             {guard.Sought{Kinds: views, Person: hers}, 1},
		"a case's looks":               {guard.Sought{Kinds: views, Case: k.his.String()}, 1},
		"all that was done":            {guard.Sought{Person: hers}, 1},
		"and none where none is meant": {guard.Sought{Kinds: reveals, Person: hers}, 0},
	} {
		found, n := k.ask(t, "aud-county", RecordQuery{Sought: x.q}), 0
		for _, l := range found.Lines {
			if l.Device == k.east.enrol.Device && slices.Equal(l.Shown, []uuid.UUID{k.his}) {
				n++
			}
		}
		if n != x.want {
			t.Errorf("%s: %d lines of %d, want %d", name, n, found.Total, x.want)
		}
	}
}

func TestAnAnswerWhereTheCaseIsNotIsFoundByTheCase(t *testing.T) {
	k := twoPoints(t)
	ask, err := guard.Ask{Fields: []string{guard.ImagesField}, Hours: 2, Case: guard.TagOf(k.his)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	said := guard.AnswerDetail(false, uuid.Must(uuid.NewV7()), hex.EncodeToString(ask))
	k.east.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Detail: said, Reason: "没有必要"})
	k.east.send(k.east.changes)
	for sought, want := range map[string]int{k.his.String(): 1, k.his.String()[28:]: 1, k.other.String(): 0} {
		found, n := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Case: sought}}), 0
		for _, l := range found.Lines {
			if l.Detail == said {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d lines of %d, want %d", sought, n, found.Total, want)
		}
	}
}
