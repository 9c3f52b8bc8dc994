package guard

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

func TestSearchesBeyondTheQueueAreBounded(t *testing.T) {
	now := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	op := Operator{ID: "clerk-1", Roles: []Role{Clerk}, Enabled: true}
	given := func(change func(*Given)) Given {
		g := Given{Grant: Grant{ID: "p-1", Operator: "clerk-1", Fields: []string{SearchField}, Count: 2, Reason: "核对", By: "admin-1", From: now, Until: now.Add(time.Hour)}}
		change(&g)
		return g
	}
	for name, c := range map[string]struct {
		s     Searches
		grant string
		words string // "" allows
	}{
		"the last of the day":             {Searches{Today: MaxSearches - 1}, "", ""},
		"one more":                        {Searches{Today: MaxSearches}, "", "已达上限"},
		"after the file was set back":     {Searches{Stale: true}, "", "恢复过备份"},
		"by a grant":                      {Searches{Today: MaxSearches, Grants: []Given{given(func(*Given) {})}}, "p-1", ""},
		"a grant is kept for later":       {Searches{Today: 3, Grants: []Given{given(func(*Given) {})}}, "", ""},
		"a grant of after a setting back": {Searches{Stale: true, Grants: []Given{given(func(*Given) {})}}, "p-1", ""},
		"a grant that is used up":         {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Searched = 2 })}}, "", "用完"},
		"a grant that was taken back":     {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Revoked = true })}}, "", "撤销"},
		"a grant that is over":            {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Until = now })}}, "", "过期"},
		"a grant of another laptop":       {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Elsewhere = true })}}, "", "另一台"},
		"a grant of before that":          {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Stale = true })}}, "", "恢复过备份"},
		"another's grant":                 {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Operator = "clerk-2" })}}, "", "已达上限"},
		"a grant to look":                 {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Fields = []string{"student.name"} })}}, "", "已达上限"},
		"one used up, and a fresh one":    {Searches{Today: MaxSearches, Grants: []Given{given(func(g *Given) { g.Searched = 2 }), given(func(g *Given) { g.ID = "p-2" })}}, "p-2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			grant, err := MaySearch(op, c.s, now)
			if c.words == "" && (err != nil || grant != c.grant) {
				t.Errorf("got %q, %v", grant, err)
			}
			if c.words != "" && (fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), c.words)) {
				t.Errorf("got %v: %s", err, fault.Sentence(err))
			}
		})
	}
}

func TestAGrantToSearchIsCountedAndShowsNothing(t *testing.T) {
	one := Ask{Fields: []string{SearchField}, Hours: 2, Case: [4]byte{1}}
	if fault.KindOf(one.Validate()) != fault.Input {
		t.Error("a search of one case passes")
	}
	many := Ask{Fields: []string{SearchField}, Hours: 2, Count: 5}
	b, err := many.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseAsk(b); err != nil || len(got.Fields) != 1 || got.Fields[0] != SearchField {
		t.Errorf("got %+v, %v", got, err)
	}
	g, err := Plea{Operator: "clerk-1", Ask: many}.Grant(uuid.Nil, "核对", "admin-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	g.Release = &Release{To: "x", Key: "age1" + strings.Repeat("q", 58)}
	if fault.KindOf(g.Validate()) != fault.Input {
		t.Error("an export of searches passes")
	}
	reviewer := Operator{ID: "clerk-1", Roles: []Role{Reviewer}, Enabled: true}
	g.Release = nil
	if _, err := MayReveal(reviewer, nil, []string{SearchField}, "核对投诉", Basis{Grants: []Given{{Grant: g}}}, g.From); err == nil {
		t.Error("it shows a field of that name")
	}
}
