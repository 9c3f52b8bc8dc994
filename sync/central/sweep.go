package central

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// sweep removes the partial files of blobs that are whole: a centre that was
// killed may leave some, and what completed a blob may have come another way, or
// to another server. Nobody else uses the folder yet.
func (c *Central) sweep(ctx context.Context) error {
	const op = "central.sweep"
	files, err := os.ReadDir(c.path("partial"))
	if err != nil {
		return diskFault(op, err)
	}
	var keys []partialKey
	for _, f := range files {
		if k, ok := parsePartial(f.Name()); ok {
			keys = append(keys, k)
		} else if strings.HasPrefix(f.Name(), handedPrefix) {
			err = errors.Join(err, os.Remove(c.path("partial", f.Name())))
		}
	}
	if len(keys) == 0 {
		return diskFault(op, err)
	}
	held, herr := c.heldHere(ctx, keys)
	code, _, _, cerr := county(ctx, c.db)
	gone, gerr := c.erasedNames(ctx, code, keys)
	herr = errors.Join(herr, cerr, gerr)
	for _, k := range keys {
		if held[k.hash] || gone[k.hash] {
			err = errors.Join(err, c.blobs.discard(k))
		}
	}
	return diskFault(op, errors.Join(err, herr))
}

// heldHere says which blobs of this centre's county are held.
func (c *Central) heldHere(ctx context.Context, keys []partialKey) (map[loan.Hash]bool, error) {
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return nil, err
	}
	key, err := c.countyKey(code)
	if err != nil {
		return nil, err
	}
	hs := make([]loan.Hash, len(keys))
	for i, k := range keys {
		hs[i] = k.hash
	}
	return c.heldOf(ctx, code, hs, key)
}

// parsePartial reads the name of a partial file.
func parsePartial(name string) (k partialKey, ok bool) {
	h, size, _ := strings.Cut(name, ".")
	b, err := hex.DecodeString(h)
	if err != nil || len(b) != len(k.hash) {
		return k, false
	}
	k.hash = loan.Hash(b)
	k.size, err = strconv.ParseInt(size, 10, 64)
	return k, err == nil && k.size > 0
}

// discard removes the partial file of a blob that is whole; where somebody just
// uses it, it goes with the last use.
func (f *folder) discard(k partialKey) error { return f.remove(k, true) }

// discardIdle is discard for one that nobody uses; any other stays.
func (f *folder) discardIdle(k partialKey) error { return f.remove(k, false) }

func (f *folder) remove(k partialKey, used bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.open[k]; p != nil {
		if p.users > 0 {
			p.unwanted = p.unwanted || used // the last of them removes it
			return nil
		}
		delete(f.open, k)
		p.close()
	}
	if err := os.Remove(f.partialPath(k)); err != nil && !os.IsNotExist(err) {
		return diskFault("central.discard", err)
	}
	return nil
}

// dismiss forgets the file of a blob that is held already; false when it became
// whole in between, which whoever saw to it finishes.
func (p *partial) dismiss() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.signalled {
		return false, nil
	}
	p.gone.Store(true)
	if err := os.Remove(p.path); err != nil && !os.IsNotExist(err) {
		return true, diskFault("central.dismiss", err)
	}
	return true, nil
}

// early is nil once it is known that a file which was made anew is of a blob
// that is not whole. Who made it may have looked before another finished the
// blob: the file then goes again, and fault.Busy says to look anew.
func (c *Central) early(ctx context.Context, county string, p *partial, key *seal.Key) error {
	const op = "central.early"
	if !p.fresh.Load() {
		return nil
	}
	held, err := c.held(ctx, county, p.key.hash, key)
	if err != nil {
		return err
	}
	if !held {
		p.fresh.Store(false)
		return nil
	}
	gone, err := p.dismiss()
	if err == nil && gone {
		err = fault.New(op, fault.Busy, errors.New("just finished"))
	}
	return err
}

// askTime is how long forgetting half a blob waits for the database's word.
const askTime = 5 * time.Second

// heldAmong says which of some arrivals became whole another way, or are of names
// that went: neither is to come onto the disk. As far as the database answers; of the
// others the next start sweeps what is left.
func (c *Central) heldAmong(as []*arrival) map[loan.Hash]bool {
	if len(as) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	keys := make([]partialKey, len(as))
	for i, a := range as {
		keys[i] = a.key.partialKey
	}
	held, err := c.heldHere(ctx, keys)
	if err != nil {
		c.log.Warn("half blobs are forgotten without looking whether they are held", "error", err.Error())
		return nil
	}
	code, _, _, err := county(ctx, c.db)
	gone, gerr := c.erasedNames(ctx, code, keys)
	if err = errors.Join(err, gerr); err != nil {
		c.log.Warn("half blobs are forgotten without looking whether they went", "error", err.Error())
	}
	for h, g := range gone {
		held[h] = held[h] || g
	}
	return held
}

// went says whether a blob is of a name that went: half of it is not to come onto
// the disk. Where the database does not answer, the next start sweeps it.
func (c *Central) went(k arrivalKey) bool {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	gone, err := c.erasedNames(ctx, k.county, []partialKey{k.partialKey})
	if err != nil {
		c.log.Warn("half a blob moves to a file without looking whether it went", "error", err.Error())
	}
	return gone[k.hash]
}
