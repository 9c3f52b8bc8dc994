package store

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/seal"
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
	list, err := s.shutOuts(ctx)
	return err == nil && list.has[device], fault.Wrap(op, err)
}

// ShutOuts lists the devices that the county shut out, and when, by the list
// that it signed; none where no list came down yet. The list is not to be changed.
func (s *Store) ShutOuts(ctx context.Context) ([]bulletin.ShutOut, error) {
	list, err := s.shutOuts(ctx)
	if err != nil {
		return nil, fault.Wrap("store.ShutOuts", err)
	}
	return list.list, nil
}

// shutOuts is a list of shut-out devices, as it was read last.
type shutOuts struct {
	raw    []byte
	centre seal.PublicKey // that signed it
	list   []bulletin.ShutOut
	has    map[uuid.UUID]bool
}

// shutOuts gives the county's list. One that stands there as it was read last is
// not opened again: a room asks each second.
func (s *Store) shutOuts(ctx context.Context) (*shutOuts, error) {
	const op = "store.shutOuts"
	var raw []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		raw, err = s.rawBulletin(tx, string(bulletin.Devices)+"/"+bulletin.ShutOutName)
		return err
	})
	if fault.KindOf(err) == fault.Missing {
		return &shutOuts{}, nil
	}
	if err != nil {
		return nil, err
	}
	centre := s.Profile().Centre
	s.mu.RLock()
	last := s.shutList
	s.mu.RUnlock()
	if last != nil && bytes.Equal(last.raw, raw) && last.centre.Equal(centre) {
		return last, nil
	}
	b, err := s.openBulletin(raw)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	list, err := bulletin.ParseDevices(b.Content)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	next := &shutOuts{raw: raw, centre: centre, list: list, has: make(map[uuid.UUID]bool, len(list))}
	for _, o := range list {
		next.has[o.Device] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shutList = next
	return next, nil
}

// ShutOutAt is when the county shut a device out, by the list that it signed;
// the zero time for one that it did not.
func (s *Store) ShutOutAt(ctx context.Context, device uuid.UUID) (time.Time, error) {
	list, err := s.ShutOuts(ctx)
	for _, o := range list {
		if o.Device == device {
			return o.At, nil
		}
	}
	return time.Time{}, fault.Wrap("store.ShutOutAt", err)
}
