package ui

import (
	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

// lineFields are the names of a line's fields, of which a whole party may be one.
func lineFields(l desk.Line) (out []string) {
	for _, f := range l.Fields {
		if p := loan.Party(f); p == loan.StudentParty || p == loan.CoborrowerParty {
			out = append(out, partyLabel(p))
			continue
		}
		out = append(out, fieldNames([]string{f})...)
	}
	return out
}
