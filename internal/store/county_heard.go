package store

import (
	"context"
	"time"

	"doorstep/internal/fault"
)

// CountyHeard is the setting, a time.Time, of when all that the county sends down was heard
// first since EraBegan: what of it is in force here from before may have been taken back.
const CountyHeard = "county.heard"

// HeardCounty keeps that all that the county sends down was heard, as it was at a moment.
// Nothing is written where no era began since it was heard last.
func (s *Store) HeardCounty(ctx context.Context, at time.Time) error {
	return s.heardCounty(ctx, func(time.Time) time.Time { return at })
}

// HeardCountyNow is HeardCounty for what the county itself said while this store was open,
// which is since its era began, whatever the clock said then.
func (s *Store) HeardCountyNow(ctx context.Context, now time.Time) error {
	return s.heardCounty(ctx, func(began time.Time) time.Time {
		if now.Before(began) {
			return began
		}
		return now
	})
}

func (s *Store) heardCounty(ctx context.Context, when func(began time.Time) time.Time) error {
	const op = "store.HeardCounty"
	var began, heard time.Time
	for key, t := range map[string]*time.Time{EraBegan: &began, CountyHeard: &heard} {
		if err := s.Setting(ctx, key, t); err != nil && fault.KindOf(err) != fault.Missing {
			return fault.Wrap(op, err)
		}
	}
	at := when(began)
	if began.IsZero() || at.Before(began) || !heard.Before(began) {
		return nil
	}
	return fault.Wrap(op, s.SetSetting(ctx, CountyHeard, at.UTC()))
}
