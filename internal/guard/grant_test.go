package guard

import (
	"reflect"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func aGrant() Grant {
	at := time.Date(2026, 8, 1, 8, 0, 0, 0, time.UTC)
	return Grant{ID: "g-1", Operator: "li-4", Fields: []string{"student.id_no"}, Count: 2, Reason: "核对学籍", By: "admin-1", From: at, Until: at.Add(72 * time.Hour)}
}

func TestAGrantCoversWhatItNamesAndNoMore(t *testing.T) {
	g := aGrant()
	op := Operator{ID: "li-4", Enabled: true}
	one, two, three := &loan.Case{ID: uuid.New()}, &loan.Case{ID: uuid.New()}, &loan.Case{ID: uuid.New()}
	named := g
	named.Count, named.Cases = 0, []uuid.UUID{one.ID}
	in := g.From.Add(time.Hour)
	off := op
	off.Enabled = false
	for name, c := range map[string]struct {
		g     Grant
		op    Operator
		field string
		c     *loan.Case
		used  []uuid.UUID
		now   time.Time
		want  bool
	}{
		"its operator, field and time": {g, op, "student.id_no", one, nil, in, true},
		"another operator":             {g, Operator{ID: "wang-5", Enabled: true}, "student.id_no", one, nil, in, false},
		"an account switched off":      {g, off, "student.id_no", one, nil, in, false},
		"another field":                {g, op, "student.phone", one, nil, in, false},
		"before its time":              {g, op, "student.id_no", one, nil, g.From.Add(-time.Second), false},
		"at its end":                   {g, op, "student.id_no", one, nil, g.Until, false},
		"no case":                      {g, op, "student.id_no", nil, nil, in, false},
		"the last of its count":        {g, op, "student.id_no", two, []uuid.UUID{one.ID}, in, true},
		"one more than its count":      {g, op, "student.id_no", three, []uuid.UUID{one.ID, two.ID}, in, false},
		"again a case it was used for": {g, op, "student.id_no", two, []uuid.UUID{one.ID, two.ID}, in, true},
		"the case it names":            {named, op, "student.id_no", one, nil, in, true},
		"a case it does not name":      {named, op, "student.id_no", two, nil, in, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.g.Covers(c.op, c.field, c.c, c.used, c.now); got != c.want {
				t.Errorf("got %v want %v", got, c.want)
			}
		})
	}
}

func TestGrantsThatSayTooLittleOrTooMuchAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Grant){
		"no id":               func(g *Grant) { g.ID = "" },
		"nobody":              func(g *Grant) { g.Operator = "" },
		"no approver":         func(g *Grant) { g.By = "" },
		"approved by oneself": func(g *Grant) { g.By = g.Operator },
		"no field":            func(g *Grant) { g.Fields = nil },
		"an unknown field":    func(g *Grant) { g.Fields = []string{"everything"} },
		"no bound":            func(g *Grant) { g.Count = 0 },
		"too many":            func(g *Grant) { g.Count = MaxGrantCases + 1 },
		"two bounds":          func(g *Grant) { g.Cases = []uuid.UUID{uuid.New()} },
		"no reason":           func(g *Grant) { g.Reason = "" },
		"no end":              func(g *Grant) { g.Until = time.Time{} },
		"an end before":       func(g *Grant) { g.Until = g.From },
		"half a year":         func(g *Grant) { g.Until = g.From.AddDate(0, 6, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			g := aGrant()
			change(&g)
			if _, err := g.Encode(); fault.KindOf(err) != fault.Input {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzGrant(f *testing.F) {
	b, err := aGrant().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"id":"x","id":"y"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := ParseGrant(b)
		if err != nil {
			return
		}
		again, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		h, err := ParseGrant(again)
		if err != nil || !h.From.Equal(g.From) || !reflect.DeepEqual(h.Fields, g.Fields) || h.ID != g.ID {
			t.Fatalf("%+v came back as %+v, %v", g, h, err)
		}
	})
}
