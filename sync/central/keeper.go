package central

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// keeper makes blobs that were written to the packs durable, many to one sync,
// and then lets the database say that they are held, many to one transaction.
// What comes to it with a bucket is durable there already.
type keeper struct {
	c *Central

	mu      sync.Mutex
	change  sync.Cond
	waiting []kept
	loose   int64 // bytes written and not yet synced
	closed  bool
	wg      sync.WaitGroup
}

// kept is an arrival in the packs, or in the bucket.
type kept struct {
	*arrival
	at    place
	begun time.Time // when it was whole
}

// maxLoose bounds what is written and not synced: past it, senders wait.
const maxLoose = 64 << 20

func newKeeper(c *Central) *keeper {
	k := &keeper{c: c}
	k.change.L = &k.mu
	k.wg.Go(k.run)
	return k
}

// room waits until n more bytes may be written.
func (k *keeper) room(ctx context.Context, n int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.loose > maxLoose && !k.closed && ctx.Err() == nil {
		k.change.Wait()
	}
	if k.closed || ctx.Err() != nil {
		return fault.New("central.keeper", fault.Cancelled, errors.New("closing"))
	}
	k.loose += n
	return nil
}

// back gives up what room gave.
func (k *keeper) back(n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loose -= n
	k.change.Broadcast()
}

// add hands over what was written.
func (k *keeper) add(b kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waiting = append(k.waiting, b)
	k.change.Broadcast()
}

// close makes durable what is still waiting.
func (k *keeper) close() {
	k.mu.Lock()
	k.closed = true
	k.change.Broadcast()
	k.mu.Unlock()
	k.wg.Wait()
}

// run syncs one group while the database takes in the one before it.
func (k *keeper) run() {
	var before sync.WaitGroup
	defer before.Wait()
	for {
		k.mu.Lock()
		for len(k.waiting) == 0 && !k.closed {
			k.change.Wait()
		}
		group := k.waiting
		k.waiting = nil
		k.mu.Unlock()
		if len(group) == 0 {
			return
		}
		err := k.sync(group)
		before.Wait()
		before.Go(func() { k.c.recordAll(group, err) })
	}
}

func (k *keeper) sync(group []kept) error {
	if k.c.shared {
		return nil
	}
	at := make([]place, len(group))
	n := int64(0)
	for i, b := range group {
		at[i] = b.at
		n += b.key.size
	}
	defer k.back(n)
	return k.c.blobs.packs.sync(at)
}

// recordAll makes synced blobs count as held, and tells those who wait.
func (c *Central) recordAll(group []kept, err error) {
	ctx := context.Background()
	for len(group) > 0 {
		part := group[:min(len(group), maxRecord)]
		group = group[len(part):]
		perr := err
		var left []kept
		fresh := 0
		if perr == nil {
			perr = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
				left, fresh, err = c.recordPart(ctx, tx, part)
				return err
			})
		}
		if perr != nil {
			c.log.Error("blobs were not kept", "blobs", len(part), "error", perr.Error())
		} else {
			c.metrics.blobs.Add(int64(fresh))
		}
		for _, b := range part {
			berr := perr
			if berr == nil && slices.ContainsFunc(left, func(l kept) bool { return l.arrival == b.arrival }) {
				berr = c.recordBlob(ctx, b.key.county, b.key.hash, b.key.size)
			}
			if berr == nil {
				c.recent.note(b.key, true)
				c.discard(b.key.partialKey)
				c.metrics.keep.add(time.Since(b.begun))
			}
			c.keptOrNot(b.arrival, berr)
		}
	}
}

// maxRecord bounds the blobs of one write, for each may complete a case.
const maxRecord = 256

// recordPart writes that blobs are held, and receives the cases that they
// complete. Left are those that somebody else just arrives with, or needs for
// another case: who waited for one while it has others might wait for ever. Left
// too is what was taken away since it came, which its own try tells of.
func (c *Central) recordPart(ctx context.Context, tx *sql.Tx, part []kept) (left []kept, fresh int, err error) {
	mine, left, err := c.lockArrivals(ctx, tx, part)
	if err != nil {
		return nil, 0, err
	}
	r, err := newRecorder(ctx, tx)
	if err != nil {
		return nil, 0, err
	}
	defer r.close()
	var cases []uuid.UUID
	for _, b := range mine {
		first, needed, err := c.recordBy(ctx, r, b.key.county, b.key.hash, b.key.size, b.at)
		if errors.Is(err, errTaken) { // it alone is to be sent again
			left = append(left, b)
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if first {
			fresh++
		}
		if !needed {
			continue
		}
		ids, err := needing(ctx, tx, b.key.county, b.key.hash)
		if err != nil {
			return nil, 0, err
		}
		for _, id := range ids {
			if !slices.Contains(cases, id) {
				cases = append(cases, id)
			}
		}
	}
	return left, fresh, c.completeCases(ctx, tx, cases)
}

// lockArrivals is lockArrival for many blobs: mine are those that are locked,
// with the cases that need them.
func (c *Central) lockArrivals(ctx context.Context, tx *sql.Tx, part []kept) (mine, left []kept, err error) {
	if !c.shared {
		return part, nil, nil
	}
	locked := map[uuid.UUID]bool{}
	var cases, blobs []string
	for _, b := range part {
		ids, err := needing(ctx, tx, b.key.county, b.key.hash)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range ids {
			locked[id] = true
			cases = append(cases, lockCase(id.String()))
		}
		blobs = append(blobs, lockBlob(b.key.county, b.key.hash.String()))
	}
	if err := c.lock(ctx, tx, cases...); err != nil {
		return nil, nil, err
	}
	got, err := c.tryLock(ctx, tx, blobs)
	if err != nil {
		return nil, nil, err
	}
	for i, b := range part {
		ids, err := needing(ctx, tx, b.key.county, b.key.hash)
		if err != nil {
			return nil, nil, err
		}
		if !got[blobs[i]] || slices.ContainsFunc(ids, func(id uuid.UUID) bool { return !locked[id] }) {
			left = append(left, b)
			continue
		}
		mine = append(mine, b)
	}
	return mine, left, nil
}

// recorder is the statements that record blobs, made once for many.
type recorder struct {
	tx                                   *sql.Tx
	held, packed, unpacked, needs, again *sql.Stmt
}

func newRecorder(ctx context.Context, tx *sql.Tx) (*recorder, error) {
	r := &recorder{tx: tx}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&r.held, `INSERT INTO blobs (county, hash, size, held) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`},
		{&r.packed, `INSERT INTO packed (county, hash, pack, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (county, hash) DO UPDATE SET pack = excluded.pack, at = excluded.at`},
		{&r.unpacked, `DELETE FROM packed WHERE county = ? AND hash = ?`},
		{&r.needs, `SELECT (SELECT COUNT(*) FROM needs WHERE blob = ? AND county = ?), (SELECT COUNT(*) FROM erased_blobs WHERE hash = ? AND county = ?)`},
		{&r.again, `UPDATE erased_blobs SET waits = 1 WHERE county = ? AND hash = ?`},
	} {
		var err error
		if *s.to, err = tx.PrepareContext(ctx, s.text); err != nil {
			r.close()
			return nil, diskFault("central.record", err)
		}
	}
	return r, nil
}

func (r *recorder) close() {
	for _, s := range []*sql.Stmt{r.held, r.packed, r.unpacked, r.needs, r.again} {
		if s != nil {
			s.Close()
		}
	}
}

// record writes that a blob is held, and receives the cases it completes; fresh
// says that it was not held before.
func (c *Central) record(ctx context.Context, tx *sql.Tx, county string, h loan.Hash, size int64) (fresh bool, err error) {
	ids, err := c.lockArrival(ctx, tx, county, h)
	if err != nil {
		return false, err
	}
	r, err := newRecorder(ctx, tx)
	if err != nil {
		return false, err
	}
	defer r.close()
	fresh, needed, err := c.recordBy(ctx, r, county, h, size, place{})
	if err != nil || !needed {
		return fresh, err
	}
	return fresh, c.completeCases(ctx, tx, ids)
}

// recordBy says whether the blob was not held before, and whether cases need it
// that may be whole now.
func (c *Central) recordBy(ctx context.Context, r *recorder, county string, h loan.Hash, size int64, at place) (fresh, needed bool, err error) {
	const op = "central.record"
	res, err := r.held.ExecContext(ctx, county, h[:], size, c.now().UnixMilli())
	if err != nil {
		return false, false, diskFault(op, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, false, diskFault(op, err)
	}
	switch {
	case at.pack != 0:
		// Where it was held already, the newer place is as good, and sound.
		_, err = r.packed.ExecContext(ctx, county, h[:], at.pack, at.at)
	case n == 0:
		// The file takes the place of what was lost in a pack.
		_, err = r.unpacked.ExecContext(ctx, county, h[:])
	}
	if err != nil || n == 0 {
		return false, false, diskFault(op, err)
	}
	var gone int
	err = r.needs.QueryRowContext(ctx, h[:], county, h[:], county).Scan(&n, &gone)
	if err == nil && gone > 0 {
		err = c.cameAgain(ctx, r, county, h, at)
	}
	return true, n > 0, diskFault(op, err)
}

// letGo takes a blob that is not what its name says out of what is held. A file
// of its own is set aside.
func (c *Central) letGo(ctx context.Context, county string, h loan.Hash) error {
	const op = "central.letGo"
	c.log.Error("a blob is damaged; it is asked for again", "blob", h.String())
	if err := c.layAside(h); err != nil {
		return fault.Wrap(op, err)
	}
	c.recent.forget(h)
	return c.passOver(ctx, &Spoilt{County: county, Blob: h}, true)
}

// layAside moves the file of a damaged blob, where it has one, out of the way.
func (c *Central) layAside(h loan.Hash) error {
	const op = "central.layAside"
	if _, there := c.blobs.has(h); !there {
		return nil
	}
	if err := makeDirs(c.path("damaged")); err != nil {
		return err
	}
	if err := os.Rename(c.blobs.wholePath(h), c.path("damaged", h.String())); err != nil && !os.IsNotExist(err) {
		return diskFault(op, err)
	}
	return nil
}

// recent remembers which blobs were found held or lacking, so that a sender
// need not wait for the database at every blob.
type recent struct {
	mu   sync.Mutex
	know map[arrivalKey]bool
	ring []arrivalKey
	at   int
}

const maxRecent = 8192

func newRecent() *recent { return &recent{know: map[arrivalKey]bool{}} }

func (r *recent) note(k arrivalKey, held bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.know[k]; ok {
		r.know[k] = held
		return
	}
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, k)
	} else {
		delete(r.know, r.ring[r.at])
		r.ring[r.at] = k
		r.at = (r.at + 1) % maxRecent
	}
	r.know[k] = held
}

// look says whether a blob was found held, and whether anything is known.
func (r *recent) look(k arrivalKey) (held, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held, known = r.know[k]
	return held, known
}

func (r *recent) forget(h loan.Hash) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.know {
		if k.hash == h {
			r.know[k] = false
		}
	}
}
