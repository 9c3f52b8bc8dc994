package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

const (
	scrubEvery = 24 * time.Hour // a pass begins so long after the one before, at the soonest
	scrubLook  = time.Minute    // between looks whether one is due, or the store is back
	scrubEpoch = 12 * time.Hour // epochs follow one another no faster: in each all laptops ask about all
	scrubMost  = 256            // damaged blobs that are asked for at once
	scrubMeta  = "scrub"
)

// scrubbing is how far the reading has come: the last blob of this pass, and
// when the pass began.
type scrubbing struct {
	County string    `json:"county"`
	Blob   loan.Hash `json:"blob"`
	Began  time.Time `json:"began"`
	Done   bool      `json:"done"`
}

// Scrub reads what is held again and again, so many bytes a minute and a pass a
// day at most, and compares each blob with its name, until ctx ends. A blob that
// is damaged no longer counts as held, and a new epoch begins, in which laptops
// that still have it send it again. Servers of one centre share a pass. What is
// missing altogether, and what cannot be read, is logged and left to a person:
// a disk that is not there must not look like a county that lost everything.
func (c *Central) Scrub(ctx context.Context, perMinute int64) {
	var bad []Spoilt
	var mended time.Time
	for ctx.Err() == nil {
		page, err := c.scrubPage(ctx)
		wait := scrubLook
		if err == nil && len(page) > 0 {
			wait = 0
			err = c.scrubRead(ctx, page, perMinute)
			for _, s := range page {
				if s.Why == "damaged" && len(bad) < scrubMost {
					bad = append(bad, s)
				}
			}
		}
		if now := time.Now(); len(bad) > 0 && (mended.IsZero() || now.Sub(mended) >= scrubEpoch) {
			if merr := c.scrubMend(ctx, bad); merr == nil {
				bad, mended = nil, now
			} else {
				err = errors.Join(err, merr)
			}
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("reading the blobs again stopped for a while", "error", err.Error())
			wait = scrubLook
		}
		pause(ctx, wait)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// scrubPage takes the next blobs of the pass for this server; none when no pass
// is due. Those of a server that ends in their midst are read in the next pass.
func (c *Central) scrubPage(ctx context.Context) (page []Spoilt, err error) {
	const op = "central.scrubPage"
	now := c.now()
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		page = nil
		if err := c.lock(ctx, tx, lockScrub); err != nil {
			return err
		}
		text, err := meta(ctx, tx, scrubMeta, func() string { return `{"done":true}` })
		if err != nil {
			return err
		}
		var at scrubbing
		if err := json.Unmarshal([]byte(text), &at); err != nil {
			at = scrubbing{Done: true} // it is read from the start
		}
		if at.Done && now.Sub(at.Began).Abs() < scrubEvery {
			return nil
		}
		if at.Done {
			at = scrubbing{Began: now}
		}
		if page, err = blobsBehind(ctx, tx, Spoilt{County: at.County, Blob: at.Blob}); err != nil {
			return err
		}
		if at.Done = len(page) == 0; !at.Done {
			last := page[len(page)-1]
			at.County, at.Blob = last.County, last.Blob
		}
		b, err := json.Marshal(at)
		if err != nil {
			return fault.New(op, fault.Other, err)
		}
		_, err = tx.ExecContext(ctx, `UPDATE meta SET value = ? WHERE name = ?`, string(b), scrubMeta)
		return diskFault(op, err)
	})
	return page, fault.Wrap(op, err)
}

// scrubRead reads blobs no faster than so many bytes a minute.
func (c *Central) scrubRead(ctx context.Context, page []Spoilt, perMinute int64) error {
	for i := range page {
		s := &page[i]
		pause(ctx, time.Duration(float64(s.Size)/float64(perMinute)*float64(time.Minute)))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := c.lookAt(ctx, s); err != nil && c.shared {
			return err // the store is away
		} else if err != nil {
			c.log.Error("a blob cannot be read", "blob", s.Blob.String(), "error", err.Error())
		}
		if s.Why == "missing" {
			c.log.Error("a blob is missing; sync verify names all, and with --mend asks for them again", "blob", s.Blob.String())
		}
	}
	return nil
}

// scrubMend counts damaged blobs as lacking and begins a new epoch, both or
// neither: with the one alone nobody would be asked. What came again meanwhile
// stays.
func (c *Central) scrubMend(ctx context.Context, bad []Spoilt) error {
	const op = "central.scrubMend"
	var still []Spoilt
	for _, s := range bad {
		s.Why = ""
		if err := c.lookAt(ctx, &s); err != nil {
			return fault.Wrap(op, err)
		}
		if s.Why == "damaged" {
			still = append(still, s)
		}
	}
	if len(still) == 0 {
		return nil
	}
	was := c.is()
	err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for i := range still {
			if err := c.countLost(ctx, tx, &still[i]); err != nil {
				return err
			}
		}
		if err := c.lock(ctx, tx, lockAuthor); err != nil {
			return err
		}
		if err := setMeta(ctx, tx, "epoch"); err != nil {
			return err
		}
		is, err := readIdentity(ctx, tx)
		if err == nil && !c.shared {
			c.self.Store(is) // what is written behind it must not be under the old epoch
		}
		return err
	})
	if err != nil {
		c.self.Store(was)
		return fault.Wrap(op, err)
	}
	for _, s := range still {
		c.recent.forget(s.Blob)
		c.log.Error("a blob is damaged; laptops are asked for it again", "blob", s.Blob.String(), "cases", len(s.Cases))
		if err := c.layAside(s.Blob); err != nil {
			c.log.Warn("a damaged file was not laid aside", "error", err.Error())
		}
	}
	return nil
}
