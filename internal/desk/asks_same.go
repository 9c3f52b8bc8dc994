package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
)

// waitsAlready gives the operator's request that waits and of which another would be a
// copy, with fault.Exists: the same fields of the same case, or of as many, for as long.
// Whoever answers could not tell the two apart.
func (d *Desk) waitsAlready(ctx context.Context, all []Asked, w Wanted) (Asked, error) {
	all, err := d.answeredAbove(ctx, all)
	if err != nil {
		return Asked{}, err
	}
	for _, a := range all {
		if a.Operator == d.operator.ID && !a.Over() && a.covers(w) {
			return a, fault.Tell("look for the same request", fault.Exists, "同样的申请已经提交，还在等待批准，不用再申请。", errors.New("it waits already"))
		}
	}
	return Asked{}, nil
}

// covers says whether a request asks for all that another would. Exports are for whom
// their reason says.
func (a Asked) covers(w Wanted) bool {
	return a.Case == w.Case && a.Export == w.Export && (!w.Export || a.Reason == w.Reason) && a.Count >= w.Count && a.Hours >= w.Hours &&
		!slices.ContainsFunc(w.Fields, func(f string) bool { return !slices.Contains(a.Fields, f) })
}
