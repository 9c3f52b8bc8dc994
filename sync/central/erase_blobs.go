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
		if err := errors.Join(c.clearErased(ctx), c.wipeCopies(ctx), c.dropHalves(ctx)); err != nil && ctx.Err() == nil {
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
// case has; one that cannot be reached keeps none of the others. What the embedded
// database had of the erased cases leaves its log too.
func (c *Central) clearErased(ctx context.Context) error {
	const op = "central.clearErased"
	var errs []error
	cleared := 0
	at := blobName{}
	for {
		all, err := c.goingBlobs(ctx, at)
		if err != nil {
			return err
		}
		for _, n := range all {
			if err := c.clearBlob(ctx, n); err != nil {
				errs = append(errs, fault.Wrap(op, err))
			} else {
				cleared++
			}
			at = n
		}
		if len(all) < clearMost || ctx.Err() != nil {
			break
		}
	}
	if cleared > 0 && !c.shared {
		c.dueErased() // for what lies in the packs a second time
		// Where somebody reads, the log goes at a later checkpoint.
		_, err := c.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
		errs = append(errs, diskFault(op, err))
	}
	return errors.Join(errs...)
}

// blobName is a blob of a county.
type blobName struct {
	county string
	hash   loan.Hash
}

// goingBlobs lists blobs that are put down to go, behind one of them.
func (c *Central) goingBlobs(ctx context.Context, behind blobName) ([]blobName, error) {
	const op = "central.goingBlobs"
	rows, err := c.db.QueryContext(ctx, `SELECT county, hash FROM (SELECT county, hash FROM erased_blobs WHERE waits = 1
		UNION SELECT county, hash FROM wiping) w WHERE county > ? OR (county = ? AND hash > ?) ORDER BY county, hash LIMIT ?`,
		behind.county, behind.county, behind.hash[:], clearMost)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []blobName
	for rows.Next() {
		var n blobName
		var b []byte
		if err := rows.Scan(&n.county, &b); err != nil {
			return nil, diskFault(op, err)
		}
		copy(n.hash[:], b)
		out = append(out, n)
	}
	return out, diskFault(op, rows.Err())
}

// clearBlob takes one blob's content away, and what is held of it half; one that
// a case has stays. First it is durable that the blob is not held, then its content
// goes: nobody is told of a blob as held that is gone. Whoever records the blob
// waits for the same lock, and then looks whether the content is there: the taking
// away cannot fall between. A draft that was being taken in when it was looked for is
// there before the content goes, and then the blob is held again.
func (c *Central) clearBlob(ctx context.Context, n blobName) error {
	if err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.unhold(ctx, tx, n) }); err != nil {
		return err
	}
	c.recent.forget(n.hash)
	if err := c.comingIn(ctx, n.county); err != nil {
		return err
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.wipeBlob(ctx, tx, n) })
}

// unhold lets a blob that no case has not be held any more, and puts down where
// its content lies.
func (c *Central) unhold(ctx context.Context, tx *sql.Tx, n blobName) error {
	const op = "central.unhold"
	ids, err := c.lockArrival(ctx, tx, n.county, n.hash)
	if err != nil {
		return err
	}
	kept := len(ids) > 0
	if !kept {
		if kept, err = c.namedElsewhere(ctx, tx, n.county, n.hash); err != nil {
			return err
		}
	}
	if kept {
		_, err := tx.ExecContext(ctx, `DELETE FROM erased_blobs WHERE county = ? AND hash = ?`, n.county, n.hash[:])
		return diskFault(op, err)
	}
	had, err := lookMany(ctx, tx, n.county, []loan.Hash{n.hash})
	if err != nil {
		return err
	}
	b := had[n.hash]
	if _, err := tx.ExecContext(ctx, `INSERT INTO wiping (county, hash, pack, at, size) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		n.county, n.hash[:], b.at.pack, b.at.at, b.size); err != nil {
		return diskFault(op, err)
	}
	for _, q := range []string{`DELETE FROM blobs WHERE county = ? AND hash = ?`, `DELETE FROM packed WHERE county = ? AND hash = ?`} {
		if _, err := tx.ExecContext(ctx, q, n.county, n.hash[:]); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

// comingIn waits for what was being taken in of a county's laptops, at any server:
// each holds the name of its chain.
func (c *Central) comingIn(ctx context.Context, county string) error {
	if !c.shared {
		return nil // one writes at a time
	}
	all, err := idsOf(ctx, c.db, `SELECT id FROM devices WHERE county = ? ORDER BY id`, county)
	for _, id := range all {
		if err == nil {
			err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.lock(ctx, tx, lockChain(id.String())) })
		}
	}
	return err
}

// wipeBlob takes away what is put down of a blob. One that came again meanwhile
// is left where it lies now, and looked at another time; one that a case came to name
// is held again.
func (c *Central) wipeBlob(ctx context.Context, tx *sql.Tx, n blobName) error {
	const op = "central.wipeBlob"
	ids, err := c.lockArrival(ctx, tx, n.county, n.hash)
	if err != nil {
		return err
	}
	had, err := lookMany(ctx, tx, n.county, []loan.Hash{n.hash})
	if err != nil {
		return err
	}
	now, held := had[n.hash]
	where, err := c.putDown(ctx, tx, n)
	if err != nil {
		return err
	}
	if !held && len(where) > 0 {
		named, err := c.namedElsewhere(ctx, tx, n.county, n.hash)
		if err != nil {
			return err
		}
		if named || len(ids) > 0 {
			if kept, err := c.holdAgain(ctx, tx, n, where, ids); kept || err != nil {
				return err
			}
		}
	}
	for _, b := range where {
		if b.at.pack != 0 && !(held && now.at == b.at) {
			err = errors.Join(err, c.blobs.packs.wipe(b.at, b.size))
		}
	}
	if !held && len(where) > 0 {
		err = errors.Join(err, c.shelf.erase(ctx, n.county, n.hash), c.blobs.discardAll(n.hash))
	}
	if err == nil && len(where) > 0 {
		err = c.copiesDue(ctx, tx)
	}
	if err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM wiping WHERE county = ? AND hash = ?`,
		`UPDATE erased_blobs SET waits = 0 WHERE county = ? AND hash = ? AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.county = erased_blobs.county AND b.hash = erased_blobs.hash)`} {
		if _, err := tx.ExecContext(ctx, q, n.county, n.hash[:]); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

// holdAgain lets a blob count as held where its content still lies, which a case came
// to name since it was looked for; false where it lies nowhere any more.
func (c *Central) holdAgain(ctx context.Context, tx *sql.Tx, n blobName, where []stored, ids []uuid.UUID) (bool, error) {
	const op = "central.holdAgain"
	for _, b := range where {
		if b.size == 0 {
			continue // it was not held
		}
		there := b.at.pack != 0 && !c.blobs.packs.wiped(b.at)
		if b.at.pack == 0 {
			_, err := c.shelf.read(ctx, n.county, n.hash, 0, 1)
			if there = err == nil; err != nil && fault.KindOf(err) != fault.Missing {
				return false, err
			}
		}
		if !there {
			continue
		}
		r, err := newRecorder(ctx, tx)
		if err != nil {
			return false, err
		}
		defer r.close()
		for _, q := range []string{`DELETE FROM erased_blobs WHERE county = ? AND hash = ?`, `DELETE FROM wiping WHERE county = ? AND hash = ?`} {
			if _, err := tx.ExecContext(ctx, q, n.county, n.hash[:]); err != nil {
				return false, diskFault(op, err)
			}
		}
		if _, _, err := c.recordBy(ctx, r, n.county, n.hash, b.size, b.at); err != nil {
			return false, err
		}
		return true, c.completeCases(ctx, tx, ids)
	}
	return false, nil
}

// putDown is where content of a blob lies that is to go.
func (c *Central) putDown(ctx context.Context, tx *sql.Tx, n blobName) ([]stored, error) {
	const op = "central.putDown"
	rows, err := tx.QueryContext(ctx, `SELECT pack, at, size FROM wiping WHERE county = ? AND hash = ?`, n.county, n.hash[:])
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []stored
	for rows.Next() {
		var b stored
		if err := rows.Scan(&b.at.pack, &b.at.at, &b.size); err != nil {
			return nil, diskFault(op, err)
		}
		out = append(out, b)
	}
	return out, diskFault(op, rows.Err())
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

// errTaken is of a blob that was taken away since it came.
var errTaken = fault.New("central.cameAgain", fault.Busy, errors.New("taken away meanwhile"))

// cameAgain deals with a blob that is recorded and whose name is among those that
// went: it is looked at again whether a case has it. errTaken where it was taken
// away since it came: then it is not recorded, and is to be sent again, if anybody
// has it to send.
func (c *Central) cameAgain(ctx context.Context, r *recorder, county string, h loan.Hash, at place) error {
	const op = "central.cameAgain"
	taken := at.pack != 0 && c.blobs.packs.wiped(at)
	if at.pack == 0 {
		_, err := c.shelf.read(ctx, county, h, 0, 1)
		taken = fault.KindOf(err) == fault.Missing
	}
	if taken {
		for _, q := range []string{`DELETE FROM blobs WHERE county = ? AND hash = ?`, `DELETE FROM packed WHERE county = ? AND hash = ?`} {
			if _, err := r.tx.ExecContext(ctx, q, county, h[:]); err != nil {
				return diskFault(op, err)
			}
		}
		return errTaken
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

// dropHalves removes half blobs in files of names that went; of those that somebody
// just sends, another time.
func (c *Central) dropHalves(ctx context.Context) error {
	const op = "central.dropHalves"
	files, err := os.ReadDir(filepath.Join(c.blobs.dir, "partial"))
	if err != nil {
		return diskFault(op, err)
	}
	var keys []partialKey
	for _, f := range files {
		if k, ok := parsePartial(f.Name()); ok {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return err
	}
	gone, err := c.erasedNames(ctx, code, keys)
	for _, k := range keys {
		if gone[k.hash] {
			err = errors.Join(err, c.blobs.discardIdle(k))
		}
	}
	return err
}

// erasedNames are those of some names that went, or are to go.
func (c *Central) erasedNames(ctx context.Context, county string, keys []partialKey) (map[loan.Hash]bool, error) {
	out := map[loan.Hash]bool{}
	for _, k := range keys {
		var err error
		if out[k.hash], err = c.erasedName(ctx, county, k.hash); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *Central) erasedName(ctx context.Context, county string, h loan.Hash) (bool, error) {
	var n int
	err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM erased_blobs WHERE county = ? AND hash = ?`, county, h[:]).Scan(&n)
	return n > 0, diskFault("central.erasedName", err)
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
