package central

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Spoilt is a blob that the centre counts as held, and cannot give.
type Spoilt struct {
	County string      `json:"county"`
	Blob   loan.Hash   `json:"blob"`
	Size   int64       `json:"size"`
	Why    string      `json:"why"`   // missing or damaged
	Cases  []uuid.UUID `json:"cases"` // that consist of it
}

const verifyPage = 512

// Verify reads every blob that is held and compares it with its name, and gives
// how many it read and those that are missing or damaged. With mend these no
// longer count as held, and a new epoch begins, in which laptops that still
// have them send them again; the embedded store must not be served then.
func (c *Central) Verify(ctx context.Context, mend bool) (read int, bad []Spoilt, err error) {
	const op = "central.Verify"
	after := Spoilt{}
	for {
		page, err := blobsBehind(ctx, c.db, after)
		if err != nil {
			return read, bad, fault.Wrap(op, err)
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1]
		if err := c.look(ctx, page); err != nil {
			return read, bad, fault.Wrap(op, err)
		}
		read += len(page)
		for _, s := range page {
			if s.Why != "" {
				bad = append(bad, s)
			}
		}
	}
	for i := range bad {
		if err := c.passOver(ctx, &bad[i], mend); err != nil {
			return read, bad, fault.Wrap(op, err)
		}
		if mend {
			c.recent.forget(bad[i].Blob)
		}
	}
	if mend && len(bad) > 0 {
		err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if err := c.lock(ctx, tx, lockAuthor); err != nil {
				return err
			}
			return setMeta(ctx, tx, "epoch")
		})
	}
	return read, bad, fault.Wrap(op, err)
}

// blobsBehind gives the next blobs in the order of their names.
func blobsBehind(ctx context.Context, q querier, after Spoilt) ([]Spoilt, error) {
	const op = "central.blobsBehind"
	rows, err := q.QueryContext(ctx, `SELECT county, hash, size FROM blobs WHERE (county, hash) > (?, ?) ORDER BY county, hash LIMIT ?`,
		after.County, after.Blob[:], verifyPage)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []Spoilt
	for rows.Next() {
		var s Spoilt
		var b []byte
		if err := rows.Scan(&s.County, &b, &s.Size); err != nil {
			return nil, diskFault(op, err)
		}
		copy(s.Blob[:], b)
		out = append(out, s)
	}
	return out, diskFault(op, rows.Err())
}

// look reads blobs, some at once, and says why one is spoilt. What cannot be
// read for another reason ends it: a store that is away is no loss.
func (c *Central) look(ctx context.Context, page []Spoilt) error {
	var wg sync.WaitGroup
	failed := make([]error, 4)
	for w := range failed {
		wg.Go(func() {
			for i := w; i < len(page) && failed[w] == nil; i += len(failed) {
				failed[w] = c.lookAt(ctx, &page[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

func (c *Central) lookAt(ctx context.Context, s *Spoilt) error {
	key, err := c.countyKey(s.County)
	if err != nil {
		return err
	}
	c.blobs.verify <- struct{}{}
	defer func() { <-c.blobs.verify }()
	b, err := c.shelf.read(ctx, s.County, s.Blob, 0, parcel.MaxBlob)
	switch fault.KindOf(err) {
	case fault.Missing:
		s.Why = "missing"
		return nil
	case fault.Damaged, fault.Input: // Input: it is empty
		s.Why = "damaged"
		return nil
	}
	if err == nil && (int64(len(b)) != s.Size || loan.Hash(key.Name(b)) != s.Blob) {
		s.Why = "damaged"
	}
	return err
}

// passOver finds the cases of a spoilt blob, and with mend counts it as lacking.
func (c *Central) passOver(ctx context.Context, s *Spoilt, mend bool) error {
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if !mend {
			s.Cases, err = c.lockArrival(ctx, tx, s.County, s.Blob)
			return err
		}
		return c.countLost(ctx, tx, s)
	})
}

// countLost counts a spoilt blob as lacking, and finds its cases.
func (c *Central) countLost(ctx context.Context, tx *sql.Tx, s *Spoilt) (err error) {
	const op = "central.countLost"
	if s.Cases, err = c.lockArrival(ctx, tx, s.County, s.Blob); err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM blobs WHERE county = ? AND hash = ?`, `DELETE FROM packed WHERE county = ? AND hash = ?`} {
		if _, err := tx.ExecContext(ctx, q, s.County, s.Blob[:]); err != nil {
			return diskFault(op, err)
		}
	}
	for _, id := range s.Cases {
		lacking, err := countLacking(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET lacking = ? WHERE id = ?`, lacking, id.String()); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}
