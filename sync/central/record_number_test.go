package central

import (
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

func TestANumberThatCannotBeOneIsRefusedUnlessACaseHasIt(t *testing.T) {
	k := twoPoints(t)
	const wrong, entered = "522727200503149915", "52272720050314103X"
	for number, want := range map[string]fault.Kind{wrong: fault.Input, "522727" + "20050314991": fault.Input, entered: fault.Other, hers: fault.Other} {
		_, err := k.c.Record(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Person: number, Reason: "年度检查"}})
		if want == fault.Other && err != nil || want != fault.Other && fault.KindOf(err) != want {
			t.Errorf("a number of %d characters: got %v, want %v", len(number), err, want)
		}
		if err != nil && (strings.Contains(err.Error(), number) || len(number) == 18 && !strings.Contains(err.Error(), "wrong number")) {
			t.Errorf("it says %q", strings.ReplaceAll(err.Error(), number, "the number"))
		}
	}
}
