package guard

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestCasesTakenOverAreBounded(t *testing.T) {
	now := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	op, here := operator("clerk-1", Clerk), uuid.New()
	c := caseOf(loan.Draft, "author", "")
	c.ID = uuid.New()
	of := func(n int) (out []uuid.UUID) {
		for range n {
			out = append(out, uuid.New())
		}
		return out
	}
	given := func(change func(*Given)) []Given {
		g := Given{Grant: Grant{ID: "p-1", Operator: "clerk-1", Fields: []string{TakeField}, Count: 2, Reason: "经办人请假", By: "admin-1", From: now, Until: now.Add(time.Hour)}}
		change(&g)
		return []Given{g}
	}
	own, passed := caseOf(loan.Draft, "clerk-1", ""), caseOf(loan.Draft, "author", "")
	passed.Holders = []loan.Holding{{Device: here}, {Device: uuid.New()}}
	for name, k := range map[string]struct {
		c     *loan.Case
		t     Takes
		grant string
		free  bool
		words string // "" allows
	}{
		"the last of the day":                   {c, Takes{Today: of(MaxTakes - 1)}, "", false, ""},
		"one more":                              {c, Takes{Today: of(MaxTakes)}, "", false, "已达上限"},
		"one of that day once more":             {c, Takes{Today: append(of(MaxTakes), c.ID)}, "", true, ""},
		"his own, from another laptop":          {own, Takes{Today: of(MaxTakes)}, "", true, ""},
		"one that he works on here, held twice": {passed, Takes{Today: of(MaxTakes)}, "", true, ""},
		"after the file was set back":           {c, Takes{Stale: true}, "", false, "恢复过备份"},
		"by a grant":                            {c, Takes{Today: of(MaxTakes), Grants: given(func(*Given) {})}, "p-1", false, ""},
		"a grant is kept for later":             {c, Takes{Today: of(3), Grants: given(func(*Given) {})}, "", false, ""},
		"a grant of after a setting back":       {c, Takes{Stale: true, Grants: given(func(*Given) {})}, "p-1", false, ""},
		"a grant that is used up":               {c, Takes{Today: of(MaxTakes), Grants: given(func(g *Given) { g.Taken = of(2) })}, "", false, "用完"},
		"but for a case that it was used for":   {c, Takes{Today: of(MaxTakes), Grants: given(func(g *Given) { g.Taken = append(of(1), c.ID) })}, "p-1", true, ""},
		"a grant that was taken back":           {c, Takes{Today: of(MaxTakes), Grants: given(func(g *Given) { g.Revoked, g.Taken = true, []uuid.UUID{c.ID} })}, "", false, "撤销"},
		"a grant that is over":                  {c, Takes{Today: of(MaxTakes), Grants: given(func(g *Given) { g.Until = now })}, "", false, "过期"},
		"another's grant":                       {c, Takes{Today: of(MaxTakes), Grants: given(func(g *Given) { g.Operator = "clerk-2" })}, "", false, "已达上限"},
		"a grant to search":                     {c, Takes{Today: of(MaxTakes), Grants: given(func(g *Given) { g.Fields = []string{SearchField} })}, "", false, "已达上限"},
	} {
		t.Run(name, func(t *testing.T) {
			grant, free, err := MayTake(op, k.c, here, k.t, now)
			if k.words == "" && (err != nil || grant != k.grant || free != k.free) {
				t.Errorf("got %q, free %v, %v", grant, free, err)
			}
			if k.words != "" && (fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), k.words) || !strings.Contains(fault.Sentence(err), "系统数据管理员")) {
				t.Errorf("got %v: %s", err, fault.Sentence(err))
			}
		})
	}
}

func TestAGrantToTakeOverIsCountedAndShowsNothing(t *testing.T) {
	if one := (Ask{Fields: []string{TakeField}, Hours: 2, Case: [4]byte{1}}); fault.KindOf(one.Validate()) != fault.Input {
		t.Error("of one case it passes")
	}
	many := Ask{Fields: []string{TakeField}, Hours: 2, Count: 40}
	b, err := many.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseAsk(b); err != nil || len(got.Fields) != 1 || got.Fields[0] != TakeField {
		t.Errorf("got %+v, %v", got, err)
	}
	g, err := Plea{Operator: "clerk-1", Ask: many}.Grant(uuid.Nil, "经办人请假", "admin-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := MayReveal(operator("clerk-1", Reviewer), nil, []string{TakeField}, "核对投诉", Basis{Grants: []Given{{Grant: g}}}, g.From); err == nil {
		t.Error("it shows a field of that name")
	}
	g.Release = &Release{To: "x", Key: "age1" + strings.Repeat("q", 58)}
	if fault.KindOf(g.Validate()) != fault.Input {
		t.Error("an export of take-overs passes")
	}
}

func TestTakingOverAfterTheDaysAreUsedUpIsOdd(t *testing.T) {
	at := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	got := Odd([]Act{{At: at, Operator: "clerk-1", Case: uuid.New(), Kind: loan.ChangeView, Detail: TakeRefused},
		{At: at, Operator: "clerk-1", Kind: loan.ChangeView, Detail: TakeRefused + "; 3 times more"},
		{At: at, Operator: "clerk-2", Kind: loan.ChangeView, Detail: TakenWords("p-1")}})
	i := 0
	for _, o := range got {
		if o.Kind == OddTakes {
			i++
			if o.Operator != "clerk-1" || o.Count != 4 || len(o.Cases) != 1 {
				t.Errorf("got %+v", o)
			}
		}
	}
	if i != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestAGrantForSeveralThingsCountsThemTogether(t *testing.T) {
	now := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	op, here := operator("clerk-1", Clerk), uuid.New()
	c := caseOf(loan.Draft, "author", "")
	c.ID = uuid.New()
	today := make([]uuid.UUID, MaxTakes)
	for name, use := range map[string]func(*Given){
		"a case was taken over": func(g *Given) { g.Taken = []uuid.UUID{uuid.New()} },
		"a search was made":     func(g *Given) { g.Searched = 1 },
		"a case was shown":      func(g *Given) { g.Used = []uuid.UUID{uuid.New()} },
		"nothing was done":      func(*Given) {},
	} {
		t.Run(name, func(t *testing.T) {
			g := Given{Grant: Grant{ID: "p-1", Operator: "clerk-1", Fields: []string{"student.name", SearchField, TakeField}, Count: 1, Reason: "核对", By: "admin-1", From: now, Until: now.Add(time.Hour)}}
			use(&g)
			_, _, take := MayTake(op, c, here, Takes{Today: today, Grants: []Given{g}}, now)
			_, search := MaySearch(op, Searches{Today: MaxSearches, Grants: []Given{g}}, now)
			shown, look := MayReveal(op, c, []string{"student.name"}, "家长来电核对", Basis{Today: today, Grants: []Given{g}}, now)
			for what, err := range map[string]error{"a take-over": take, "a search": search, "a look": look} {
				if name == "nothing was done" && err != nil || name != "nothing was done" && (fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "用完")) {
					t.Errorf("%s by %q: got %v: %s", what, shown, err, fault.Sentence(err))
				}
			}
		})
	}
}
