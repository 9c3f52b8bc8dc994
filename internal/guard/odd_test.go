package guard

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestACaseFilledInFromTheRosterAgainAndAgainIsOdd(t *testing.T) {
	a := Act{At: time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC), Operator: "x", Kind: loan.ChangeView, Detail: RosterTaken + "PT1", Case: uuid.New()}
	for n, want := range map[int]int{15: 0, 16: 1} {
		if got := Odd(slices.Repeat([]Act{a}, n)); len(got) != want || want == 1 && (got[0].Kind != OddLooks || got[0].Count != 15) {
			t.Errorf("%d times: got %+v", n, got)
		}
	}
}

func TestACasePassedOnAgainAndAgainIsOdd(t *testing.T) {
	a := Act{At: time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC), Operator: "x", Kind: loan.ChangePass, Case: uuid.New()}
	for n, want := range map[int]int{15: 0, 16: 1} {
		if got := Odd(slices.Repeat([]Act{a}, n)); len(got) != want || want == 1 && (got[0].Kind != OddPassed || got[0].Count != 15 || len(got[0].Cases) != 1) {
			t.Errorf("%d times: got %+v", n, got)
		}
	}
	days := slices.Repeat([]Act{a}, 8)
	for _, b := range slices.Repeat([]Act{a}, 8) {
		b.At = b.At.AddDate(0, 0, 1)
		days = append(days, b)
	}
	if got := Odd(days); len(got) != 0 {
		t.Errorf("on two days: got %+v", got)
	}
}

func TestWhatIsOddInTheRecord(t *testing.T) {
	noon := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC) // by Beijing time
	times := func(n int, a Act) []Act {
		var out []Act
		for i := range n {
			b := a
			b.At, b.Case = a.At.Add(time.Duration(i)*time.Second), uuid.New()
			out = append(out, b)
		}
		return out
	}
	and := func(acts []Act, k loan.ChangeKind) []Act {
		for _, a := range slices.Clone(acts) {
			a.Kind, a.Detail = k, ""
			acts = append(acts, a)
		}
		return acts
	}
	taken := Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: RosterTaken + "PT1"}
	void := func(acts []Act) []Act { return and(acts, loan.ChangeVoid) }
	for name, c := range map[string]struct {
		acts []Act
		want OddKind
		n    int
	}{
		"a busy day with the roster":            {times(60, taken), "", 0},
		"much more than a day's work with it":   {times(75, taken), OddLooks, 15},
		"cases from the roster made void":       {void(times(15, taken)), OddLooks, 15},
		"a few of them":                         {void(times(14, taken)), "", 0},
		"other cases made void":                 {void(times(20, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "case"})), "", 0},
		"fourteen looks are a busy day":         {times(14, Act{At: noon, Operator: "x", Kind: loan.ChangeReveal}), "", 0},
		"fifteen are odd":                       {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeReveal}), OddLooks, 15},
		"looks of the own queue are not":        {times(50, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "case"}), "", 0},
		"searches beyond the queue are looks":   {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeSearch, Detail: "beyond 1"}), OddLooks, 15},
		"cases taken over by force are looks":   {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeTake}), OddLooks, 15},
		"searches of the queue are not":         {times(50, Act{At: noon, Operator: "x", Kind: loan.ChangeSearch, Detail: "3"}), "", 0},
		"cases opened and left on a busy day":   {times(59, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: CaseOpened}), "", 0},
		"many cases opened and left":            {times(60, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: CaseOpened}), OddIdle, 60},
		"many people's data shown":              {times(60, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: OwnShown}), OddIdle, 60},
		"many cases printed":                    {times(60, Act{At: noon, Operator: "x", Kind: loan.ChangePrint, Detail: "receipt"}), OddIdle, 60},
		"many marked urgent only":               {and(times(60, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: CaseOpened}), loan.ChangeUrgent), OddIdle, 60},
		"many opened and reviewed":              {and(times(200, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: CaseOpened}), loan.ChangeReview), "", 0},
		"records of many people":                {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: PersonRecord}), OddLooks, 15},
		"many records of persons with cases":    {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: PersonWords([]uuid.UUID{uuid.New()})}), OddLooks, 15},
		"many cases found to be erased":         {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: ErasureWords(uuid.Nil, "")}), OddLooks, 15},
		"many earlier cases' values":            {times(15, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: Compared + uuid.Nil.String()}), OddLooks, 15},
		"many requests to see":                  {times(10, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: AskedDetail([]byte{1})}), OddAsks, 10},
		"many requests to export":               {times(10, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: ExportAsked}), OddAsks, 10},
		"a few requests":                        {times(9, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: ExportAsked}), "", 0},
		"many answers to requests":              {times(30, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: AnswerDetail(true, uuid.Nil, "01")}), "", 0},
		"an export to one called refused":       {times(9, Act{At: noon, Operator: "x", Kind: loan.ChangeExport, Detail: "export 1 of 2 to refused; 500 times more"}), "", 0},
		"exports refused":                       {times(3, Act{At: noon, Operator: "x", Kind: loan.ChangeExport, Detail: ExportRefused}), OddRefused, 3},
		"under a grant, and counted":            {times(2, Act{At: noon, Operator: "x", Kind: loan.ChangeExport, Detail: ExportRefused + ", grant p-1; 50 times more"}), OddRefused, 100},
		"exports refused twice":                 {times(2, Act{At: noon, Operator: "x", Kind: loan.ChangeExport, Detail: ExportRefused}), "", 0},
		"work at night":                         {times(1, Act{At: noon.Add(11 * time.Hour), Operator: "x", Kind: loan.ChangeEdit}), OddNight, 1},
		"work at nine in the evening":           {times(1, Act{At: noon.Add(9 * time.Hour), Operator: "x", Kind: loan.ChangeEdit}), "", 0},
		"an erasing at night":                   {times(1, Act{At: noon.Add(11 * time.Hour), Operator: "x", Kind: loan.ChangeErase}), "", 0},
		"refused three times":                   {times(3, Act{At: noon, Operator: "x", Kind: loan.ChangeReveal, Detail: "refused"}), OddRefused, 3},
		"refused twice":                         {times(2, Act{At: noon, Operator: "x", Kind: loan.ChangeReveal, Detail: "refused"}), "", 0},
		"wrong passwords":                       {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeSignIn, Detail: FailedWords("x", 3, noon)}), OddPassword, 3},
		"a day of locks and sign-ins":           {times(39, Act{At: noon, Operator: "x", Kind: loan.ChangeSignIn}), "", 0},
		"more than a day has":                   {times(40, Act{At: noon, Operator: "x", Kind: loan.ChangeSignIn}), OddSignIns, 40},
		"as many to sync alone":                 {times(40, Act{At: noon, Operator: "x", Kind: loan.ChangeSignIn, Detail: "to sync alone"}), OddSignIns, 40},
		"an emergency":                          {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "glass e-0123456789ab"}), OddGlass, 1},
		"an emergency's review":                 {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: GlassWord{"e-0123456789ab", true, "y", true}.Detail()}), "", 0},
		"a temporary password given":            {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "act: officer add y" + TemporaryGiven}), OddLent, 1},
		"one used before its owner's":           {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "act: officer password x" + TemporaryUsed}), OddLent, 1},
		"an act by one":                         {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "refused act: list" + ByTemporary}), OddLent, 1},
		"one that was not given":                {times(2, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "refused act: officer add y" + TemporaryGiven}), "", 0},
		"one's own password":                    {times(9, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: "act: officer password x, of a temporary one"}), "", 0},
		"a busy day of a room":                  {times(200, Act{At: noon, Operator: "x", Kind: loan.ChangePass}), "", 0},
		"more hand-overs than a room's":         {times(215, Act{At: noon, Operator: "x", Kind: loan.ChangePass}), OddPassed, 15},
		"a portrait that came again":            {times(1, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: AgainWords(SameShot, "student", uuid.Nil)}), OddPortrait, 1},
		"fifteen of two people are two of less": {append(times(8, Act{At: noon, Operator: "x", Kind: loan.ChangeReveal}), times(8, Act{At: noon, Operator: "y", Kind: loan.ChangeReveal})...), "", 0},
		"and of two days too":                   {append(times(8, Act{At: noon, Operator: "x", Kind: loan.ChangeReveal}), times(8, Act{At: noon.AddDate(0, 0, 1), Operator: "x", Kind: loan.ChangeReveal})...), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := Odd(c.acts)
			if c.want == "" {
				if len(got) != 0 {
					t.Fatalf("got %+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Kind != c.want || got[0].Count != c.n || got[0].Operator != "x" || len(got[0].Cases) != min(c.n, len(c.acts), 20) {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestWhatWasSaidOfEmergenciesIsTold(t *testing.T) {
	noon := time.Date(2026, 8, 3, 4, 0, 0, 0, time.UTC)
	ids := []string{"e-0123456789ab", "e-0123456789ac", "e-0123456789ad"}
	var acts []Act
	for _, id := range ids {
		acts = append(acts, Act{At: noon, Operator: "x", Kind: loan.ChangeView, Detail: GlassWord{ID: id}.Detail()})
	}
	o := Odd(acts)[0]
	for name, c := range map[string]struct {
		said map[string]bool
		want string
	}{
		"nobody looked yet":      {nil, "3 次还没有复查"},
		"all were right":         {map[string]bool{ids[0]: true, ids[1]: true, ids[2]: true}, "复查属实"},
		"one of each":            {map[string]bool{ids[0]: true, ids[1]: false}, "1 次复查为不应使用、1 次还没有复查"},
		"one was not right":      {map[string]bool{ids[0]: true, ids[1]: false, ids[2]: true}, "1 次复查为不应使用"},
		"another's is not meant": {map[string]bool{"e-0123456789ae": false}, "3 次还没有复查"},
	} {
		o.Judge(func(_ uuid.UUID, id string) (right, reviewed bool) {
			right, reviewed = c.said[id]
			return right, reviewed
		})
		if got := o.Judged(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if other := (Oddity{Kind: OddNight, Count: 3}); other.Judged() != "" {
		t.Errorf("of work at night it says %q", other.Judged())
	}
}
