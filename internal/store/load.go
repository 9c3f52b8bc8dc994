package store

import (
	"bytes"
	"runtime"
	"sync"

	"go.etcd.io/bbolt"
)

// loadIndex reads every summary into memory and demands that they are what the
// ledger says.
func (s *Store) loadIndex(tx *bbolt.Tx, l *ledger) (*index, error) {
	ix := newIndex()
	ix.grow(int(min(l.sums[bSummaries].n, 1<<20)))
	got, err := s.openRows(tx, bSummaries, ix.add)
	if err == nil {
		err = l.compare(bSummaries, got)
	}
	if err != nil {
		return nil, err
	}
	ix.sort()
	return ix, nil
}

// batch is some values of a bucket, and what was made of them.
type batch struct {
	keys, values [][]byte
	rows         []*row
	plain        [][]byte
	sum          sum
	err          error
	done         chan struct{}
}

const batchSize = 256

// openRows opens every summary, several at a time, hands them to take in the
// order of their keys, and gives their sum.
func (s *Store) openRows(tx *bbolt.Tx, bucket string, take func(r *row, plain []byte)) (all sum, err error) {
	hands := runtime.GOMAXPROCS(0)
	todo, order := make(chan *batch, hands), make(chan *batch, 4*hands)
	var wg sync.WaitGroup
	defer wg.Wait()
	for range hands {
		wg.Go(func() {
			tell := s.vault.teller()
			for b := range todo {
				b.err = shield("store.openRows", func() error { return s.openBatch(bucket, tell, b) })
				close(b.done)
			}
		})
	}
	var walked error
	wg.Go(func() {
		defer close(order)
		defer close(todo)
		walked = shield("store.openRows", func() error {
			eachBatch(tx.Bucket([]byte(bucket)).Cursor(), func(b *batch) { todo <- b; order <- b })
			return nil
		})
	})
	for b := range order {
		<-b.done
		if err != nil || b.err != nil {
			if err == nil {
				err = b.err
			}
			continue
		}
		for i, r := range b.rows {
			if !r.erased {
				take(r, b.plain[i])
			}
		}
		all.turn(b.sum.x, int(b.sum.n))
	}
	if err == nil {
		err = walked
	}
	return all, err
}

func eachBatch(c *bbolt.Cursor, fn func(*batch)) {
	fresh := func() *batch {
		return &batch{keys: make([][]byte, 0, batchSize), values: make([][]byte, 0, batchSize), done: make(chan struct{})}
	}
	b := fresh()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		b.keys, b.values = append(b.keys, k), append(b.values, v)
		if len(b.keys) == batchSize {
			fn(b)
			b = fresh()
		}
	}
	fn(b)
}

func (s *Store) openBatch(bucket string, tell *teller, b *batch) error {
	for i, k := range b.keys {
		plain, err := s.vault.open(bucket, k, b.values[i])
		if err != nil {
			return err
		}
		r, err := decodeSummary(plain)
		if err != nil || !bytes.Equal(r.ID[:], k) {
			return structural("summary")
		}
		b.rows, b.plain = append(b.rows, r), append(b.plain, plain)
		b.sum.turn(tell.token(bucket, k, b.values[i]), 1)
	}
	return nil
}
