package store

import (
	"context"
	"slices"

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
	list, err := s.ShutOuts(ctx)
	return slices.ContainsFunc(list, func(o bulletin.ShutOut) bool { return o.Device == device }), fault.Wrap(op, err)
}

// ShutOuts lists the devices that the county shut out, and when, by the list
// that it signed; none where no list came down yet.
func (s *Store) ShutOuts(ctx context.Context) ([]bulletin.ShutOut, error) {
	const op = "store.ShutOuts"
	b, err := s.Bulletin(ctx, bulletin.Devices, bulletin.ShutOutName)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	list, err := bulletin.ParseDevices(b)
	return list, fault.Wrap(op, err)
}
