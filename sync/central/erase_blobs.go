package central

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
)

const (
	clearEvery = time.Hour // what could not be cleared is tried again
	clearMost  = 512       // names read at once
)

// KeepErased takes away, until ctx ends, blobs of erased cases: those that could
// not be reached when their case was erased, and those that arrive afterwards.
func (c *Central) KeepErased(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.clearErased(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("blobs of erased cases wait to go", "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-c.eraseDue:
		case <-time.After(clearEvery):
		}
	}
}

// clearErased takes the content of blobs away that are put down to go and that no
// case has. What the embedded database had of the erased cases leaves its log too.
func (c *Central) clearErased(ctx context.Context) error {
	type name struct {
		county string
		hash   loan.Hash
	}
	read := func() ([]name, error) {
		const op = "central.clearErased"
		rows, err := c.db.QueryContext(ctx, `SELECT county, hash FROM erased_blobs WHERE waits = 1 ORDER BY county, hash LIMIT ?`, clearMost)
		if err != nil {
			return nil, diskFault(op, err)
		}
		defer rows.Close()
		var out []name
		for rows.Next() {
			var n name
			var b []byte
			if err := rows.Scan(&n.county, &b); err != nil {
				return nil, diskFault(op, err)
			}
			copy(n.hash[:], b)
			out = append(out, n)
		}
		return out, diskFault(op, rows.Err())
	}
	for {
		all, err := read()
		if err != nil {
			return err
		}
		for _, n := range all {
			err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.clearBlob(ctx, tx, n.county, n.hash) })
			if err != nil {
				return fault.Wrap("central.clearErased", err)
			}
			c.recent.forget(n.hash)
		}
		if len(all) < clearMost {
			break
		}
	}
	if c.shared {
		return nil
	}
	// Where somebody reads, the log goes at a later checkpoint.
	_, err := c.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return diskFault("central.clearErased", err)
}

// clearBlob takes one blob's content away, and what is held of it half; one that
// a case has stays. Whoever records the blob waits for the same lock, and then
// looks whether the content is there: the taking away cannot fall between.
func (c *Central) clearBlob(ctx context.Context, tx *sql.Tx, county string, h loan.Hash) error {
	const op = "central.clearBlob"
	ids, err := c.lockArrival(ctx, tx, county, h)
	if err != nil {
		return err
	}
	kept := len(ids) > 0
	if !kept {
		if kept, err = c.namedElsewhere(ctx, tx, county, h); err != nil {
			return err
		}
	}
	if kept {
		_, err := tx.ExecContext(ctx, `DELETE FROM erased_blobs WHERE county = ? AND hash = ?`, county, h[:])
		return diskFault(op, err)
	}
	had, err := lookMany(ctx, tx, county, []loan.Hash{h})
	if err != nil {
		return err
	}
	if b := had[h]; b.at.pack != 0 {
		if err := c.blobs.packs.wipe(b.at, b.size); err != nil {
			return err
		}
	}
	if err := errors.Join(c.shelf.erase(ctx, county, h), c.blobs.discardAll(h)); err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM blobs WHERE county = ? AND hash = ?`, `DELETE FROM packed WHERE county = ? AND hash = ?`,
		`UPDATE erased_blobs SET waits = 0 WHERE county = ? AND hash = ?`} {
		if _, err := tx.ExecContext(ctx, q, county, h[:]); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

// namedElsewhere says whether a change of a case that is not finished names a
// blob: it may come to need it. Of those that are, the table of needs tells.
func (c *Central) namedElsewhere(ctx context.Context, q querier, county string, h loan.Hash) (bool, error) {
	within := `instr(c.bytes, ?) > 0`
	if c.shared {
		within = `position(CAST(? AS bytea) IN c.bytes) > 0`
	}
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes c JOIN cases k ON k.id = c.case_id WHERE k.county = ? AND k.needs = 0 AND k.status <> ?
		AND c.kind IN ('attach', 'replace', 'contract', 'sign', 'seal') AND `+within, county, statusErased, []byte(h.String())).Scan(&n)
	return n > 0, diskFault("central.namedElsewhere", err)
}

// cameAgain deals with a blob that is recorded and whose name is among those that
// went: it is looked at again whether a case has it. fault.Busy where it was taken
// away since it came: it is to be sent again, if anybody has it to send.
func (c *Central) cameAgain(ctx context.Context, r *recorder, county string, h loan.Hash, at place) error {
	const op = "central.cameAgain"
	if at.pack == 0 {
		if _, err := c.shelf.read(ctx, county, h, 0, 1); fault.KindOf(err) == fault.Missing {
			return fault.New(op, fault.Busy, errors.New("taken away meanwhile"))
		}
	}
	if _, err := r.again.ExecContext(ctx, county, h[:]); err != nil {
		return diskFault(op, err)
	}
	c.dueErased()
	return nil
}

func (c *Central) dueErased() {
	select {
	case c.eraseDue <- struct{}{}:
	default:
	}
}

// wipe writes zeros over a blob in a pack.
func (p *packs) wipe(at place, size int64) error {
	const op = "central.wipe"
	f, err := os.OpenFile(p.path(at.pack), os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return diskFault(op, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return diskFault(op, err)
	}
	if _, err := f.WriteAt(make([]byte, max(0, min(size, st.Size()-at.at))), at.at); err != nil {
		return diskFault(op, err)
	}
	return diskFault(op, f.Sync())
}

// erase removes the blob's file, also one that was laid aside.
func (f *folder) erase(_ context.Context, _ string, h loan.Hash) error {
	for _, path := range []string{f.wholePath(h), filepath.Join(f.dir, "damaged", h.String())} {
		err := os.Remove(path)
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = f.syncPath(filepath.Dir(path))
		}
		if err != nil {
			return diskFault("central.erase", err)
		}
	}
	return nil
}

func (b *bucket) erase(ctx context.Context, county string, h loan.Hash) error {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	err := b.core.RemoveObject(ctx, b.name, objectName(county, h), minio.RemoveObjectOptions{})
	if err != nil {
		if err = bucketFault("central.erase", err); fault.KindOf(err) == fault.Missing {
			return nil
		}
	}
	return err
}

// discardAll removes what came of a blob that is not whole, however long it says
// it is.
func (f *folder) discardAll(h loan.Hash) error {
	names, err := filepath.Glob(filepath.Join(f.dir, "partial", h.String()+".*"))
	for _, n := range names {
		if k, ok := parsePartial(filepath.Base(n)); ok {
			err = errors.Join(err, f.discard(k))
		}
	}
	return err
}

// erasedNames are those of some names that went, or are to go.
func (c *Central) erasedNames(ctx context.Context, county string, keys []partialKey) (map[loan.Hash]bool, error) {
	out := map[loan.Hash]bool{}
	for _, k := range keys {
		var n int
		err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM erased_blobs WHERE county = ? AND hash = ?`, county, k.hash[:]).Scan(&n)
		if err != nil {
			return nil, diskFault("central.erasedNames", err)
		}
		out[k.hash] = n > 0
	}
	return out, nil
}

// untombed leaves out what is of erased cases.
func untombed(changes []*loan.Change, gone map[uuid.UUID]bool) []*loan.Change {
	var out []*loan.Change
	for _, ch := range changes {
		if !gone[ch.Case] {
			out = append(out, ch)
		}
	}
	return out
}
