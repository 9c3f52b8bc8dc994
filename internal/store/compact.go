package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
)

const (
	// A compaction is worth its while from this much free space in the file,
	// and when what is in use is less than wasteUse/wasteOf of it.
	wasteLeast = 16 << 20
	wasteUse   = 2
	wasteOf    = 3

	copyBytes  = 4 << 20 // of one transaction of a compaction
	copyValues = 2000
	fewChanges = 64 // that are left for the moment when nobody may write
	spareSpace = 16 << 20
	// catchUps is how often at most it goes after those who write faster than
	// it copies, before it lets them wait.
	catchUps = 20
)

// Wasted is how many bytes of the database file hold nothing, and how many the
// file has in use at all.
func (s *Store) Wasted(ctx context.Context) (free, size int64, err error) {
	err = s.view(ctx, "store.Wasted", func(tx *bbolt.Tx) error {
		st := tx.DB().Stats()
		free, size = int64(st.FreePageN+st.PendingPageN)*pageSize, tx.Size()
		return nil
	})
	return free, size, err
}

// CompactDue says whether the file should be compacted: much of it is free, or
// bodies were erased that are still in it.
func (s *Store) CompactDue(ctx context.Context) (bool, error) {
	free, size, err := s.Wasted(ctx)
	s.mu.RLock()
	owed := s.images.owed&owedCompact != 0
	s.mu.RUnlock()
	return owed || free >= wasteLeast && size-free < size/wasteOf*wasteUse, err
}

// Compact writes the database file anew without what is free in it, while
// others read and write; only its last moment holds up a writer. The values are
// copied sealed, as they are. The new file is synced and compared with the old
// one before it takes its place; a crash, an error or the context's end at any
// moment before that leaves the old file as it is. Where a save fails meanwhile
// it begins anew. A store in which VerifyLedger
// finds damage is left as it is, for a repair may get more out of it than a
// copy holds. It needs as much free space as is in use, else fault.Full.
func (s *Store) Compact(ctx context.Context, progress func(done, total int64)) error {
	const op = "store.Compact"
	ctx, done := s.occupy(ctx)
	defer done()
	err := s.finishErasing(ctx)
	if err == nil {
		err = s.VerifyLedger(ctx)
	}
	if err != nil {
		return fault.Wrap(op, err)
	}
	s.mu.RLock()
	owed := s.images.owed
	s.mu.RUnlock()
	free, size, err := s.Wasted(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if room, err := freeSpace(s.o.Dir); err == nil && room < uint64(size-free+spareSpace) {
		return fault.New(op, fault.Full, errors.New("no room for a second file"))
	}
	for try := 1; ; try++ {
		err := s.compactOnce(ctx, progress, 2*(size-free))
		switch {
		case errors.Is(err, errUncertain) && try < compactTries:
			continue
		case err != nil:
			return diskFault(op, err)
		}
		return fault.Wrap(op, s.settleOwed(ctx, owed&owedCompact))
	}
}

// compactTries is how often a compaction is begun in all.
const compactTries = 5

// errUncertain says that a save failed while the file was copied: what the disk
// took of it is unknown, and with it what the copy must hold.
var errUncertain = errors.New("a save failed meanwhile")

func (s *Store) compactOnce(ctx context.Context, progress func(done, total int64), total int64) error {
	c := &compaction{s: s, ctx: ctx, tell: progress, total: total, watch: &watch{},
		path: filepath.Join(s.o.Dir, dataFile+newSuffix)}
	defer s.listen(c.watch)()
	err := c.run()
	if err != nil {
		c.abandon()
	}
	return err
}

// compaction is one under way.
type compaction struct {
	s           *Store
	ctx         context.Context
	tell        func(done, total int64)
	done, total int64
	watch       *watch
	path        string
	to          *bbolt.DB
	// changed holds, by bucket, the keys written since the beginning of which
	// the new file may not have the last word.
	changed map[string]map[string]bool
}

func (c *compaction) run() error {
	if err := os.Remove(c.path); err != nil && !os.IsNotExist(err) {
		return err
	}
	var err error
	if c.to, err = openDB(c.path); err != nil {
		return err
	}
	c.to.NoSync, c.to.NoGrowSync, c.to.AllocSize = true, true, 1<<20
	c.changed = map[string]map[string]bool{}
	if err := c.write(func(tx *bbolt.Tx) error {
		for _, name := range append(sealedBuckets(), bPlain) {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, step := range []func(string, *int, []byte) ([]byte, error){c.copySome, c.compareSome} {
		for _, bucket := range sealedBuckets() {
			for at := []byte{}; at != nil; {
				n := 0
				if at, err = step(bucket, &n, at); err != nil {
					return err
				}
				c.done = min(c.done+int64(n), c.total)
				if c.tell != nil {
					c.tell(c.done, c.total)
				}
			}
		}
		c.s.o.step("pass")
	}
	return c.exchange()
}

// write is a transaction of the new file, which is not synced.
func (c *compaction) write(fn func(*bbolt.Tx) error) error {
	return shield("store.compact", func() error { return c.to.Update(fn) })
}

// hear takes over which keys were written meanwhile.
func (c *compaction) hear() error {
	c.s.watches.mu.Lock()
	defer c.s.watches.mu.Unlock()
	if c.watch.broken {
		return fault.New("store.compact", fault.Busy, errUncertain)
	}
	for _, d := range c.watch.log {
		if c.changed[d.bucket] == nil {
			c.changed[d.bucket] = map[string]bool{}
		}
		c.changed[d.bucket][d.key] = true
	}
	c.watch.log = nil
	return nil
}

// copySome copies some values of a bucket from a key on, and gives the key to
// go on from, nil at the end.
func (c *compaction) copySome(bucket string, n *int, at []byte) (next []byte, err error) {
	err = c.s.view(c.ctx, "store.copy", func(tx *bbolt.Tx) error {
		return c.write(func(to *bbolt.Tx) error {
			into := to.Bucket([]byte(bucket))
			into.FillPercent = 0.95 // keys come in order
			cur := tx.Bucket([]byte(bucket)).Cursor()
			k, v := cur.Seek(at)
			for i := 0; k != nil && i < copyValues && *n < copyBytes; i++ {
				*n += len(k) + len(v)
				if err := into.Put(k, v); err != nil {
					return err
				}
				k, v = cur.Next()
			}
			next = bytes.Clone(k)
			return nil
		})
	})
	return next, err
}

// compareSome demands of some values of a bucket that both files have them
// alike, but for what was written meanwhile.
func (c *compaction) compareSome(bucket string, n *int, at []byte) (next []byte, err error) {
	differs := fault.New("store.compact", fault.Disk, errors.New(bucket+": the new file is not like the old one"))
	err = c.s.view(c.ctx, "store.compare", func(tx *bbolt.Tx) error {
		if err := c.hear(); err != nil { // all that this transaction can see
			return err
		}
		changed := c.changed[bucket]
		return c.to.View(func(to *bbolt.Tx) error {
			a, b := tx.Bucket([]byte(bucket)).Cursor(), to.Bucket([]byte(bucket)).Cursor()
			k, v := a.Seek(at)
			l, w := b.Seek(at)
			for i := 0; (k != nil || l != nil) && i < copyValues && *n < copyBytes; i++ {
				*n += len(k) + len(v)
				order := bytes.Compare(k, l)
				if k == nil || l != nil && order > 0 {
					if !changed[string(l)] {
						return differs
					}
					l, w = b.Next()
					continue
				}
				alike := l != nil && order == 0 && bytes.Equal(v, w)
				if !alike && !changed[string(k)] && !(bucket == bMeta && string(k) == ledgerKey) {
					return differs
				}
				if l != nil && order == 0 {
					l, w = b.Next()
				}
				k, v = a.Next()
			}
			switch { // go on from the lower of the two
			case k == nil:
				next = bytes.Clone(l)
			case l == nil || bytes.Compare(k, l) < 0:
				next = bytes.Clone(k)
			default:
				next = bytes.Clone(l)
			}
			return nil
		})
	})
	return next, err
}

// catchUp brings what was written meanwhile into the new file, as tx sees it.
func (c *compaction) catchUp(tx *bbolt.Tx) error {
	if err := c.hear(); err != nil {
		return err
	}
	changed := c.changed
	c.changed = map[string]map[string]bool{}
	return c.write(func(to *bbolt.Tx) error {
		for bucket, keys := range changed {
			from, into := tx.Bucket([]byte(bucket)), to.Bucket([]byte(bucket))
			for key := range keys {
				v := from.Get([]byte(key))
				err := error(nil)
				if v == nil {
					err = into.Delete([]byte(key))
				} else {
					err = into.Put([]byte(key), v)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (c *compaction) pending() (n int, err error) {
	err = c.hear()
	for _, keys := range c.changed {
		n += len(keys)
	}
	return n, err
}

// exchange brings the new file up to date and puts it in the old one's place.
func (c *compaction) exchange() error {
	for range catchUps {
		n, err := c.pending()
		if err != nil {
			return err
		}
		if n <= fewChanges {
			break
		}
		if err := c.s.view(c.ctx, "store.catch up", c.catchUp); err != nil {
			return err
		}
	}
	// The bulk of the file goes to the disk while others may still write.
	if err := c.to.Sync(); err != nil {
		return err
	}
	c.s.o.step("synced")
	if err := precheck(c.path); err != nil {
		return err
	}
	return c.swap()
}

// swap exchanges the files while nobody reads or writes. Who reads longer than
// a moment, a backup, has its turn before or after.
func (c *compaction) swap() error {
	s := c.s
	s.write.Lock()
	defer s.write.Unlock()
	if err := ended("store.compact", c.ctx); err != nil {
		return err
	}
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if s.db == nil {
		return fault.New("store.compact", fault.Busy, errors.New("closed"))
	}
	if err := shield("store.compact", func() error { return s.db.View(c.lastWord) }); err != nil {
		return err
	}
	if err := shield("store.compact", c.to.Sync); err != nil {
		return err
	}
	err := shield("store.compact", c.to.Close)
	c.to = nil
	if err != nil {
		return err
	}
	s.o.step("closed")
	return c.promote()
}

// lastWord writes into the new file what was written last, and what no watch
// hears of: the ledger, what stands in the open, and the buckets' counters.
func (c *compaction) lastWord(tx *bbolt.Tx) error {
	if err := c.catchUp(tx); err != nil {
		return err
	}
	err := c.write(func(to *bbolt.Tx) error {
		for _, name := range append(sealedBuckets(), bPlain) {
			from, into := tx.Bucket([]byte(name)), to.Bucket([]byte(name))
			if err := into.SetSequence(from.Sequence()); err != nil {
				return err
			}
		}
		if err := to.DeleteBucket([]byte(bPlain)); err != nil {
			return err
		}
		open, err := to.CreateBucket([]byte(bPlain))
		if err != nil {
			return err
		}
		if err := tx.Bucket([]byte(bPlain)).ForEach(open.Put); err != nil {
			return err
		}
		ledger := tx.Bucket([]byte(bMeta)).Get([]byte(ledgerKey))
		return to.Bucket([]byte(bMeta)).Put([]byte(ledgerKey), ledger)
	})
	if err != nil {
		return err
	}
	// Both metas speak of it, and the free list is on the disk: the opening that
	// nobody may read or write before need not look at every page.
	c.to.NoFreelistSync = false
	return c.write(func(*bbolt.Tx) error { return nil })
}

// promote renames the new file and opens it. The old one is what is open
// afterwards where that fails before the new one has its name.
func (c *compaction) promote() error {
	s := c.s
	failed := shield("store.compact", s.db.Close) // not every system renames over an open file
	s.db = nil
	if failed == nil {
		failed = promote(s.o.Dir, dataFile)
	}
	s.o.step("renamed")
	db, err := openDB(s.dataPath())
	if err == nil {
		s.db = db
	}
	return errors.Join(failed, err)
}

// abandon takes away a new file that did not take the old one's place.
func (c *compaction) abandon() {
	if c.to != nil {
		_ = shield("store.compact", c.to.Close)
	}
	_ = os.Remove(c.path)
}
