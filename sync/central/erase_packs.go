package central

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// wipedMagic stands in the head of a blob whose content was taken away.
const wipedMagic = "DSB0"

// wipe writes zeros over a blob in a pack, and then says so in its head.
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
	if err := f.Sync(); err != nil {
		return diskFault(op, err)
	}
	if st.Size() < at.at {
		return nil
	}
	if _, err := f.WriteAt([]byte(wipedMagic), at.at-packHead); err != nil {
		return diskFault(op, err)
	}
	return diskFault(op, f.Sync())
}

// wiped says whether the content of a place was taken away.
func (p *packs) wiped(at place) bool {
	f, err := os.Open(p.path(at.pack))
	if err != nil {
		return os.IsNotExist(err)
	}
	defer f.Close()
	return magicAt(f, at.at-packHead) == wipedMagic
}

func magicAt(f io.ReaderAt, off int64) string {
	var b [len(packMagic)]byte
	_, _ = f.ReadAt(b[:], off)
	return string(b[:])
}

// walk gives what lies in a pack, as far as it is in the file: also what nobody
// names. Behind what cannot be read it goes on at the next block.
func (p *packs) walk(n int64, each func(h loan.Hash, at place, size int64) error) error {
	const op = "central.walk"
	f, err := os.Open(p.path(n))
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
	end := st.Size()
	p.mu.Lock()
	if p.file != nil && n == p.number {
		end = p.base
	}
	p.mu.Unlock()
	head := make([]byte, packHead)
	for off := int64(0); off+packHead <= end; {
		if _, err := f.ReadAt(head, off); err != nil {
			return diskFault(op, err)
		}
		magic, size := string(head[:4]), int64(binary.BigEndian.Uint32(head[36:]))
		if magic != packMagic && magic != wipedMagic || size < 1 || size > maxPacked {
			off = blocks(off + 1)
			continue
		}
		if magic == packMagic {
			if err := each(loan.Hash(head[4:36]), place{n, off + packHead}, size); err != nil {
				return err
			}
		}
		off += packHead + size
		if m := magicAt(f, off); m != packMagic && m != wipedMagic { // packs of before have the next one at once
			off = blocks(off)
		}
	}
	return nil
}

// The meta table has under packsDue another id whenever a name went, and under
// packsLooked the id at which the packs were looked through, and up to which.
const (
	packsDue    = "packs-due"
	packsLooked = "packs-looked"
)

// wipeCopies takes away what lies in the packs under names that went, and that the
// database does not name: a blob that came twice, one whose place was exchanged for
// another, and what a failed sync or a killed process left. All packs are looked
// through when a name went, else those that are new since. Reading their heads
// takes its time: it is done beside everything else.
func (c *Central) wipeCopies(ctx context.Context) error {
	const op = "central.wipeCopies"
	if c.shared {
		return nil
	}
	names, err := c.namesGone(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	due, err := metaValue(ctx, c.db, packsDue)
	if err != nil {
		return err
	}
	said, err := metaValue(ctx, c.db, packsLooked)
	if err != nil {
		return err
	}
	var at string
	from := int64(0)
	if _, err := fmt.Sscan(said, &at, &from); err != nil || at != due {
		from = 0
	}
	numbers, err := c.blobs.packs.numbers()
	if err != nil {
		return err
	}
	through, closed := from, true // all up to there are read for good
	var errs []error
	for _, n := range numbers {
		if n <= from {
			continue
		}
		err := c.blobs.packs.walk(n, func(h loan.Hash, at place, size int64) error {
			if county, gone := names[h]; gone {
				return c.wipeCopy(ctx, blobName{county, h}, at, size)
			}
			return ctx.Err()
		})
		if err != nil { // it keeps none of the others
			errs = append(errs, fault.Wrap(op, err))
		}
		if closed = closed && len(errs) == 0 && !c.blobs.packs.written(n); closed {
			through = n
		}
	}
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return putMeta(ctx, tx, packsLooked, fmt.Sprintf("%s %d", due, through))
	})
	return errors.Join(append(errs, err)...)
}

// wipeCopy takes one copy away, unless it is, or touches, what the database names.
// Who is about to name it waits for the same lock and finds it gone (cameAgain).
func (c *Central) wipeCopy(ctx context.Context, n blobName, at place, size int64) error {
	const op = "central.wipeCopy"
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := c.lockArrival(ctx, tx, n.county, n.hash); err != nil {
			return err
		}
		var gone, named int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM erased_blobs WHERE county = ? AND hash = ?),
			(SELECT COUNT(*) FROM packed p JOIN blobs b ON b.county = p.county AND b.hash = p.hash WHERE p.pack = ? AND p.at < ? AND p.at + b.size > ?)`,
			n.county, n.hash[:], at.pack, at.at+size, at.at).Scan(&gone, &named)
		if err != nil || gone == 0 || named > 0 {
			return diskFault(op, err)
		}
		c.log.Info("a second copy of a blob that went is taken away", "blob", n.hash.String())
		return c.blobs.packs.wipe(at, size)
	})
}

// numbers are those of all packs, in order.
func (p *packs) numbers() ([]int64, error) {
	names, err := os.ReadDir(p.dir)
	if err != nil && !os.IsNotExist(err) {
		return nil, diskFault("central.numbers", err)
	}
	var out []int64
	for _, e := range names {
		var n int64
		if _, err := fmt.Sscanf(e.Name(), "%d.pack", &n); err == nil {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// written says whether a pack is still added to.
func (p *packs) written(n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file != nil && n == p.number
}

// namesGone are the names that went, with their county.
func (c *Central) namesGone(ctx context.Context) (map[loan.Hash]string, error) {
	const op = "central.namesGone"
	rows, err := c.db.QueryContext(ctx, `SELECT county, hash FROM erased_blobs`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[loan.Hash]string{}
	for rows.Next() {
		var county string
		var b []byte
		if err := rows.Scan(&county, &b); err != nil {
			return nil, diskFault(op, err)
		}
		var h loan.Hash
		copy(h[:], b)
		out[h] = county
	}
	return out, diskFault(op, rows.Err())
}

// metaValue is what stands under a name; empty where nothing does.
func metaValue(ctx context.Context, q querier, name string) (v string, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, diskFault("central.metaValue", err)
}

func putMeta(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return diskFault("central.putMeta", err)
}

// copiesDue has the packs looked through.
func (c *Central) copiesDue(ctx context.Context, tx *sql.Tx) error {
	if c.shared {
		return nil
	}
	return putMeta(ctx, tx, packsDue, uuid.NewString())
}
