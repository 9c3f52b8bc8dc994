package store

import (
	"context"

	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// finishErasing ends an erasing that was cut short after it began to move keys.
func (s *Store) finishErasing(ctx context.Context) error {
	for st := s.imagesNow(); st.next != 0; st = s.imagesNow() {
		if err := s.moveKept(ctx, st, nil); err != nil {
			return err
		}
		if err := s.endMove(ctx, st); err != nil {
			return err
		}
	}
	if err := s.sweep(ctx); err != nil {
		return err
	}
	_, _, err := s.takeAside(ctx)
	return err
}

func (s *Store) imagesNow() imageState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.images
}

// endMove puts the key in force that all was moved to, and destroys the one
// before. Where the keys were changed meanwhile it leaves them, and the moving
// goes on from there.
func (s *Store) endMove(ctx context.Context, moved imageState) error {
	s.write.Lock()
	defer s.write.Unlock()
	st := s.imagesNow()
	if st.now != moved.now || st.next != moved.next {
		return nil
	}
	st.now, st.next = st.next, 0
	err := s.update(ctx, "store.endMove", func(tx *bbolt.Tx) error { return s.putImageState(tx, st) })
	if err != nil {
		return err
	}
	s.settle(st)
	s.o.step("ended")
	return s.wraps.destroy(moved.now)
}

// sweep takes the content of erased blobs, which nobody can read any more, out
// of the database, some chunks at a time.
func (s *Store) sweep(ctx context.Context) error {
	if s.imagesNow().owed&owedSweep == 0 {
		return nil
	}
	err := s.eachInfo(ctx, func(infos []named) error {
		for _, n := range infos {
			if err := s.sweepBlob(ctx, n); err != nil {
				return err
			}
		}
		return nil
	}, func(_ loan.Hash, i *blobInfo) bool { return i.state == blobErased })
	if err != nil {
		return err
	}
	return s.settleOwed(ctx, owedSweep)
}

func (s *Store) sweepBlob(ctx context.Context, n named) error {
	for {
		there := false
		err := s.view(ctx, "store.sweep", func(tx *bbolt.Tx) error {
			there = len(someChunks(tx.Bucket([]byte(bBlobs)), stem(n.place, n.h[:]), 1)) > 0
			return nil
		})
		if err != nil || !there {
			return err
		}
		if err := s.sweepSome(ctx, n); err != nil {
			return err
		}
		s.o.step("sweeping")
	}
}

func (s *Store) sweepSome(ctx context.Context, n named) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, "store.sweep", func(tx *bbolt.Tx) error {
		// The same content may have been attached again meanwhile.
		if i, err := s.blobInfo(tx, n.h[:]); err != nil || i.state != blobErased {
			return err
		}
		for _, k := range someChunks(tx.Bucket([]byte(bBlobs)), stem(n.place, n.h[:]), sweepChunks) {
			if err := s.del(tx, bBlobs, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// settleOwed notes that something an erasing left to do is done.
func (s *Store) settleOwed(ctx context.Context, done byte) error {
	s.write.Lock()
	defer s.write.Unlock()
	st := s.imagesNow()
	if st.owed&done == 0 {
		return nil
	}
	st.owed &^= done
	err := s.update(ctx, "store.settle", func(tx *bbolt.Tx) error { return s.putImageState(tx, st) })
	if err == nil {
		s.settle(st)
	}
	return err
}
