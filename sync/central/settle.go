package central

import (
	"context"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// settle makes a whole arrival durable, or drops it when its content has
// another name. It returns when the content was looked at; done says the rest.
func (c *Central) settle(ctx context.Context, a *arrival) error {
	key, err := c.countyKey(a.key.county)
	if err != nil {
		return c.settled(a, err)
	}
	if a.mem == nil {
		// A long blob: synced by itself, while its sender goes on.
		c.running.Go(func() {
			err := c.finish(ctx, a.key.county, a.file, key)
			c.blobs.give(a.file)
			c.keptOrNot(a, err)
		})
		return nil
	}
	if loan.Hash(key.Name(a.mem)) != a.key.hash {
		c.arrivals.rooms.give(a.block)
		return c.settled(a, fault.New("central.settle", fault.Input, errName))
	}
	if c.shared {
		c.running.Go(func() { c.send(context.WithoutCancel(ctx), a) })
		return nil
	}
	if err := c.keeper.room(ctx, a.key.size); err != nil {
		c.arrivals.rooms.give(a.block)
		return c.settled(a, err)
	}
	start := time.Now()
	at, err := c.blobs.packs.write(a.key.hash, a.block)
	if err != nil {
		c.keeper.back(a.key.size)
		return c.settled(a, err)
	}
	c.keeper.add(kept{a, at, start})
	return nil
}

// send brings a whole arrival from memory into the bucket. Where that cannot be
// reached, its partial file keeps it, so that it need not be sent again.
func (c *Central) send(ctx context.Context, a *arrival) {
	start := time.Now()
	err := c.shelve(ctx, a.key.county, a.key.hash, a.mem)
	if err == nil {
		c.arrivals.rooms.give(a.block)
		c.keeper.add(kept{a, place{}, start})
		return
	}
	a.mu.Lock()
	serr := c.spill(a)
	file := a.file
	a.mu.Unlock()
	if file != nil {
		c.blobs.give(file)
	}
	c.log.Warn("a blob does not reach the bucket", "blob", a.key.hash.String(), "error", errors.Join(err, serr).Error())
	c.keptOrNot(a, err)
}

// settled ends an arrival.
func (c *Central) settled(a *arrival, err error) error {
	c.forget(a)
	a.result = err
	close(a.done)
	return err
}

// keptOrNot ends an arrival after its sender went on, and tells the sender where
// the disk or the bucket would not keep it: sent again at once it would meet the same.
func (c *Central) keptOrNot(a *arrival, err error) {
	_ = c.settled(a, err)
	if k := fault.KindOf(err); a.from != nil && (k == fault.Full || k == fault.Disk) {
		a.from.refuseLate(parcel.BlobSize{Hash: a.key.hash, Size: a.key.size}, err)
	}
}

// settling waits until those of some blobs that are whole are durable, or were
// dropped; and a moment for those that may just have come to another server.
func (c *Central) settling(ctx context.Context, county string, hs []loan.Hash) error {
	c.settlingHere(ctx, county, hs)
	if !c.shared {
		return nil
	}
	for end := time.Now().Add(elsewhereTime); ; {
		rows, err := lookMany(ctx, c.db, county, hs)
		if err != nil || len(rows) >= len(hs) || time.Now().After(end) {
			return err
		}
		select {
		case <-time.After(elsewhereTime / 20):
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *Central) settlingHere(ctx context.Context, county string, hs []loan.Hash) {
	var wait []*arrival
	c.arrivals.mu.Lock()
	if len(c.arrivals.all) > 0 {
		asked := make(map[loan.Hash]bool, len(hs))
		for _, h := range hs {
			asked[h] = true
		}
		for k, a := range c.arrivals.all {
			if k.county == county && asked[k.hash] {
				wait = append(wait, a)
			}
		}
	}
	c.arrivals.mu.Unlock()
	end := time.NewTimer(settleTime)
	defer end.Stop()
	for _, a := range wait {
		a.mu.Lock()
		whole := a.whole
		a.mu.Unlock()
		if !whole {
			continue
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return
		case <-end.C:
			return
		}
	}
}

// settleTime is how long a question may wait for the disk.
const settleTime = 20 * time.Second

// elsewhereTime is how long it may wait for another server to be done.
const elsewhereTime = time.Second
