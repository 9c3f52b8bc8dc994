package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"sync"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Bounds of one reading transaction of VerifyLedger: a long one holds up the
// writer when the file must grow.
const (
	verifyValues = 2000
	verifyBytes  = 8 << 20
)

// watches are the counts under way, which must hear what is written meanwhile.
type watches struct {
	mu  sync.Mutex
	all map[*watch]struct{}
}

// watch is what was written since a count last looked.
type watch struct {
	step   int // values of one transaction
	log    []delta
	broken bool // it is unknown what the disk took: count from the start
}

func (s *Store) watched() bool {
	s.watches.mu.Lock()
	defer s.watches.mu.Unlock()
	return len(s.watches.all) > 0
}

// tell hands a transaction's writes to the counts under way, before it is
// committed: a reader may see it at once.
func (w *watches) tell(trace []delta) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.all {
		one.log = append(one.log, trace...)
	}
}

func (w *watches) spoil() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.all {
		one.log, one.broken = nil, true
	}
}

// VerifyLedger reads every value of the store, demands that it is authentic,
// that every bucket holds what was last written, no more and no less, and that
// the pages lead a search, and the next write, to where each value is. It
// gives fault.Damaged with each bucket that does not, the sort of damage and
// the key, which is an id. Others may write meanwhile.
func (s *Store) VerifyLedger(ctx context.Context) error {
	return s.verify(ctx, "store.VerifyLedger", sealedBuckets(), nil)
}

// VerifyBlobs is VerifyLedger for what pictures and files are in alone. It tells progress,
// which may be nil, how many bytes it has read of how many the data file has; that it is
// through, by all of them.
func (s *Store) VerifyBlobs(ctx context.Context, progress func(done, total int64)) error {
	return s.verify(ctx, "store.VerifyBlobs", []string{bBlobInfo, bBlobs}, progress)
}

// SpoiltBlobs are the pictures and files that are kept here and cannot be read whole, each
// with the case it came with. One whose own record cannot be read is told of by VerifyBlobs
// alone.
func (s *Store) SpoiltBlobs(ctx context.Context) (map[loan.Hash]uuid.UUID, error) {
	out := map[loan.Hash]uuid.UUID{}
	err := s.eachInfo(ctx, func(list []named) error {
		for _, n := range list {
			b, err := s.Blob(ctx, n.h)
			clear(b)
			switch fault.KindOf(err) {
			case fault.Damaged:
				out[n.h] = n.id
			case fault.Erased, fault.Missing: // since it was listed
			default:
				if err != nil {
					return err
				}
			}
		}
		return nil
	}, func(_ loan.Hash, i *blobInfo) bool { return i.state == blobKept })
	return out, fault.Wrap("store.SpoiltBlobs", err)
}

func (s *Store) verify(ctx context.Context, op string, buckets []string, progress func(done, total int64)) error {
	w := &watch{step: verifyValues}
	defer s.listen(w)()
	var found []error
	for _, bucket := range buckets {
		err := s.verifyPages(ctx, bucket)
		if err == nil {
			err = s.verifyBucket(ctx, w, bucket, progress)
		}
		if k := fault.KindOf(err); err != nil && k != fault.Damaged {
			return fault.Wrap(op, err)
		}
		if err != nil {
			found = append(found, err)
		}
	}
	if found != nil {
		return fault.New(op, fault.Damaged, errors.Join(found...))
	}
	return nil
}

// listen lets a watch hear all that is written from now until stop.
func (s *Store) listen(w *watch) (stop func()) {
	s.write.Lock() // no transaction under way misses the watch
	defer s.write.Unlock()
	s.watches.mu.Lock()
	defer s.watches.mu.Unlock()
	if s.watches.all == nil {
		s.watches.all = map[*watch]struct{}{}
	}
	s.watches.all[w] = struct{}{}
	return func() {
		s.watches.mu.Lock()
		defer s.watches.mu.Unlock()
		delete(s.watches.all, w)
	}
}

func (s *Store) verifyBucket(ctx context.Context, w *watch, bucket string, progress func(done, total int64)) error {
	c := s.census(w, bucket)
	for !c.done {
		if err := s.view(ctx, "store.verify bucket", c.batch); err != nil {
			return err
		}
		if progress != nil && bucket == bBlobs { // beside it nothing takes long
			if c.done {
				c.read = c.file
			}
			progress(min(c.read, c.file), c.file)
		}
	}
	return c.err
}

// census counts one bucket in several transactions.
type census struct {
	s      *Store
	w      *watch
	bucket string
	tell   *teller
	at     []byte // keys below it are counted
	read   int64  // bytes of values
	file   int64  // bytes of the data file
	got    sum
	err    error // the first value that is not authentic
	done   bool
}

func (s *Store) census(w *watch, bucket string) *census {
	return &census{s: s, w: w, bucket: bucket}
}

// batch counts on from at. What was written below at since the last batch is
// made good first.
func (c *census) batch(tx *bbolt.Tx) error {
	l, err := c.s.readLedger(tx)
	if err != nil {
		return err
	}
	c.catchUp(l.generation)
	if c.tell == nil {
		c.tell = c.s.vault.teller()
	}
	cur := tx.Bucket([]byte(c.bucket)).Cursor()
	c.file = tx.Size()
	k, v := cur.Seek(c.at)
	for n, size := 0, 0; k != nil && n < c.w.step && size < verifyBytes; k, v = cur.Next() {
		n, size = n+1, size+len(v)
		c.read += int64(len(v))
		if c.bucket == bMeta && bytes.Equal(k, []byte(ledgerKey)) {
			continue
		}
		if _, err := c.s.vault.open(c.bucket, k, v); err != nil {
			if c.err == nil {
				c.err = structural(c.bucket + " " + hex.EncodeToString(k) + ": a value does not open")
			}
			if !plausible(v) {
				continue
			}
		}
		c.got.turn(c.tell.token(c.bucket, k, v), 1)
	}
	if k != nil {
		c.at = bytes.Clone(k)
		return nil
	}
	c.done = true
	if err := l.compare(c.bucket, c.got); err != nil && c.err == nil {
		c.err = err
	}
	return nil
}

func (c *census) catchUp(generation uint64) {
	c.s.watches.mu.Lock()
	defer c.s.watches.mu.Unlock()
	if c.w.broken {
		c.w.broken = false
		c.at, c.got = nil, sum{}
	}
	rest := c.w.log[:0]
	for _, d := range c.w.log {
		switch {
		case d.generation > generation:
			rest = append(rest, d)
		case d.bucket == c.bucket && d.key < string(c.at):
			c.got.turn(d.x, d.count)
		}
	}
	c.w.log = rest
}

// verifyPages looks at every page of a bucket, some of them in one transaction.
func (s *Store) verifyPages(ctx context.Context, bucket string) error {
	const op = "store.verifyPages"
	for at := []byte{}; at != nil; {
		err := s.view(ctx, op, func(tx *bbolt.Tx) error {
			start, left := at, verifyValues
			at = nil
			return inspectBucket(tx, bucket, func(in *inspector, root uint64) (err error) {
				at, err = in.from(root, tree{}, start, &left)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
