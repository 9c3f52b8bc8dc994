package desk_test

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// TestEveryLineOfACaseSaysWhatItIsOf takes a case all the way, and reads the record of it.
func TestEveryLineOfACaseSaysWhatItIsOf(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	c := must(d.Finish(ctx, sealed(t, d).ID))
	auditor := roleOperator(guard.Auditor)
	if err := d.Store().EnableOperator(ctx, auditor, []byte(rolePassword(guard.Auditor))); err != nil {
		t.Fatal(err)
	}
	d, err := signedIn(t, d, auditor.ID, rolePassword(guard.Auditor))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, err := d.Record(ctx, desk.Sought{Case: c.ID.String()[28:]})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[loan.ChangeKind]bool{}
	for _, l := range r.Lines {
		switch l.Kind {
		case loan.ChangeOpen, loan.ChangeSubmit, loan.ChangeTicket:
			continue // the name of the act says it
		}
		if len(l.Fields) == 0 && l.Detail == "" {
			t.Errorf("a line of %s says neither a field nor what it is of", l.Kind)
		}
		if words := l.Subject(); words != "" {
			seen[l.Kind] = true
			if strings.Contains(words, "/") || strings.Contains(words, "of ") {
				t.Errorf("%s is shown as %q", l.Kind, words)
			}
		}
	}
	for _, k := range []loan.ChangeKind{loan.ChangeAttach, loan.ChangeAttest, loan.ChangeContract, loan.ChangeRead, loan.ChangeSign, loan.ChangeSeal, loan.ChangeFinish} {
		if !seen[k] {
			t.Errorf("no line of %s says what it is of", k)
		}
	}
}
