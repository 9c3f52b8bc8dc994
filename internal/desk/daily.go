package desk

import (
	"context"

	"doorstep/internal/loan"
)

// daily is what each operator did on one day that is bounded for a day, by operators' ids.
type daily[T any] struct {
	Day loan.Date    `json:"day"`
	By  map[string]T `json:"by"`
}

// today reads what is kept under a name of this day, nothing of a former one; a clock
// set back gives no day back, nor a former one besides. stale says that the data file was set back today:
// there may have been more.
func today[T any](ctx context.Context, d *Desk, name string) (kept daily[T], stale bool, err error) {
	kept = daily[T]{Day: d.day(), By: map[string]T{}}
	var was daily[T]
	if _, err := d.setting(ctx, name, &was); err != nil {
		return kept, false, err
	}
	if was.Day >= kept.Day && was.By != nil {
		kept = was
	}
	began, err := d.eraBegan(ctx)
	// It began by the clock, which may stand behind the day.
	return kept, !began.IsZero() && loan.DateOf(began.In(d.now().Location())) >= min(kept.Day, d.Today()), err
}
