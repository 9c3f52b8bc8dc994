package contract

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Two cases of one hour have the beginnings of their ids in common.
func TestTheSealShowsTheNumberThatScreensShow(t *testing.T) {
	in := testInput(t)
	seen := map[string]bool{}
	for _, id := range []string{"01930000-1111-7222-8333-444455556666", "01930000-1112-7222-8333-44445555abcd"} {
		in.CaseID = uuid.MustParse(id)
		text := strings.ReplaceAll(readBack(t, mustFill(t, in)), " ", "")
		_, number, ok := strings.Cut(text, "受理编号末8位")
		if number = number[:min(len(number), loan.ShortLen)]; !ok || number != id[28:] || seen[number] {
			t.Errorf("of case %s the seal shows %q", id, number)
		}
		seen[number] = true
	}
}
