package main

import (
	"strings"
	"testing"
)

func TestAGrantThatNobodyKnowsIsWithdrawnWithAWord(t *testing.T) {
	w := newTwoLaptops(t)
	k, _ := w.ask()
	grant := mustGrant(t, w, k)
	for id, known := range map[string]bool{grant: true, grant[:len(grant)-1] + "x": false} {
		code, _, errs := w.s.verb(t, "grant", "withdraw", "--id", id)
		if code != exitOK || strings.Contains(errs, "没有编号是 "+id) == known {
			t.Errorf("%s: exit %d, told %q", id, code, errs)
		}
	}
}
