package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
)

// ShutOut says whether the county shut a device out, as far as it is known
// here: by the centre's answer over the network, or by the list that it signed
// and that came down by whatever road.
func (s *Store) ShutOut(ctx context.Context, device uuid.UUID) (bool, error) {
	const op = "store.ShutOut"
	var out bool
	err := s.Setting(ctx, RevokedDevice+device.String(), &out)
	switch {
	case err == nil:
		return true, nil
	case fault.KindOf(err) != fault.Missing:
		return false, fault.Wrap(op, err)
	}
	b, err := s.Bulletin(ctx, bulletin.Devices, bulletin.ShutOutName)
	if fault.KindOf(err) == fault.Missing {
		return false, nil
	}
	if err != nil {
		return false, fault.Wrap(op, err)
	}
	list, err := bulletin.ParseDevices(b)
	return slices.ContainsFunc(list, func(o bulletin.ShutOut) bool { return o.Device == device }), fault.Wrap(op, err)
}

// ShutOutAt is when the county shut a device out, by the list that it signed;
// the zero time for one that it did not.
func (s *Store) ShutOutAt(ctx context.Context, device uuid.UUID) (time.Time, error) {
	const op = "store.ShutOutAt"
	b, err := s.Bulletin(ctx, bulletin.Devices, bulletin.ShutOutName)
	if fault.KindOf(err) == fault.Missing {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fault.Wrap(op, err)
	}
	list, err := bulletin.ParseDevices(b)
	if i := slices.IndexFunc(list, func(o bulletin.ShutOut) bool { return o.Device == device }); i >= 0 {
		return list[i].At, fault.Wrap(op, err)
	}
	return time.Time{}, fault.Wrap(op, err)
}
