package store

import (
	"context"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Lost gives those of some blobs of which no whole copy is known: they cannot
// be read here, and they wait for the centre or were lost here and have not
// come back.
func (s *Store) Lost(ctx context.Context, blobs []loan.Hash) ([]loan.Hash, error) {
	const op = "store.Lost"
	want, err := s.Wanted(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []loan.Hash
	for _, h := range blobs {
		if !s.waits([]loan.Hash{h}) && !slices.Contains(want.Blobs, h) || slices.Contains(out, h) {
			continue
		}
		readable, err := s.reads(ctx, h)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if !readable {
			out = append(out, h)
		}
	}
	return out, nil
}

// reads says whether a blob can be read here.
func (s *Store) reads(ctx context.Context, h loan.Hash) (bool, error) {
	b, err := s.Blob(ctx, h)
	clear(b)
	switch fault.KindOf(err) {
	case fault.Damaged, fault.Missing, fault.Erased:
		return false, nil
	}
	return err == nil, err
}

// MendBlob puts the content of a lost blob back in its place: it can be read
// again, and waits for the centre. fault.Input for content of another name; one
// that can be read stays as it is.
func (s *Store) MendBlob(ctx context.Context, b PendingBlob, content []byte) error {
	return s.putBack(ctx, "store.MendBlob", b, content, func(*work) error { return nil })
}
