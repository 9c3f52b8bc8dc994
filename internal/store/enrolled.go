package store

import (
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// Enrol takes over what a centre made of a laptop that worked for practice
// before it knew one: certificate, authority, names and keys. Device, signer and
// the key that names blobs are those of the store already. fault.Exists where the
// laptop has a centre, fault.Input where p is another laptop's. The county's
// recovery key is set by SetRecovery.
func (s *Store) Enrol(ctx context.Context, p Profile) error {
	const op = "store.Enrol"
	s.write.Lock()
	defer s.write.Unlock()
	was := s.Profile()
	switch {
	case len(was.CertDER) > 0:
		return fault.New(op, fault.Exists, errors.New("the laptop has a centre"))
	case p.Device != was.Device, !p.Signer.Public().Equal(was.Signer.Public()), !sameKey(p.CountyKey, was.CountyKey):
		return fault.New(op, fault.Input, errors.New("another laptop's profile"))
	}
	p.Chain, p.Recovery = was.Chain, was.Recovery
	b, err := p.encode()
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	err = s.update(ctx, op, func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte(bPlain)).Put([]byte("centre"), p.centre()); err != nil {
			return err
		}
		return s.put(tx, bMeta, []byte("profile"), b)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Who reads the other fields takes no lock.
	to := &s.profile
	to.CertDER, to.CADER, to.Server, to.Centre, to.Practice = p.CertDER, p.CADER, p.Server, p.Centre, p.Practice
	to.County, to.CountyName, to.Point, to.PointType = p.County, p.CountyName, p.Point, p.PointType
	return nil
}

func sameKey(a, b *seal.Key) bool {
	const probe = "doorstep"
	return a.Suite() == b.Suite() && a.Name([]byte(probe)) == b.Name([]byte(probe))
}
