package courier

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// fetchBulletins brings home what the county sends down and is not here yet, in
// this order. Where one is refused here the others still come, and refused tells
// why for the state.
func (c *Courier) fetchBulletins(ctx context.Context, list []parcel.ListedBulletin) (refused, err error) {
	for _, l := range list {
		if !l.Kind.Known() || c.store.HasBulletin(l.Kind, l.Name, l.Version) {
			continue // one of a later program is nothing to this one
		}
		err := c.fetchBulletin(ctx, l)
		switch k := fault.KindOf(err); {
		case err == nil:
		case k == fault.Full, k == fault.Disk: // of this laptop: it is told, and tried again soon
			err = fault.Say("courier.fetchBulletins", k, l.Kind.Label()+"没有存下："+fault.Sentence(err), err)
			c.update(func(s *State) { s.BulletinErr = err })
			return refused, err
		case k == fault.Offline, k == fault.Cancelled:
			return refused, err
		case k == fault.Missing: // another version came meanwhile: the next list names it
		default:
			c.log.Warn("bulletin refused", "kind", string(l.Kind), "name", l.Name, "error", err.Error())
			refused = fault.Say("courier.fetchBulletins", k, l.Kind.Label()+"没有采用："+fault.Sentence(err), err)
		}
	}
	return refused, nil
}

// fetchBulletin brings one home piece by piece, from where it was left, and
// puts it in force.
func (c *Courier) fetchBulletin(ctx context.Context, l parcel.ListedBulletin) error {
	const op = "courier.fetchBulletin"
	if !bulletin.ValidName(l.Name) || l.Size <= 0 || l.Size > bulletin.MaxBytes {
		return fault.New(op, fault.Untrusted, errors.New("name or size"))
	}
	ref := store.BulletinRef{Kind: l.Kind, Name: l.Name, Version: l.Version, Hash: l.Hash, Size: l.Size}
	raw, err := c.store.BulletinPieces(ctx, ref)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for int64(len(raw)) < l.Size {
		piece, err := c.askBulletin(ctx, ref, len(raw))
		if err != nil {
			return err
		}
		raw = append(raw, piece...)
		if int64(len(raw)) == l.Size {
			break // it is taken whole, at once
		}
		if err := c.store.KeepBulletinPiece(ctx, ref, int64(len(raw)-len(piece)), piece); err != nil {
			return fault.Wrap(op, err)
		}
	}
	head, fresh, err := store.BulletinHead{}, false, error(fault.Say(op, fault.Damaged, "收到的内容与中心的清单不符。", errors.New("another hash")))
	if bulletin.HashOf(raw) == l.Hash {
		head, fresh, err = c.store.TakeBulletin(ctx, raw)
	}
	if err != nil {
		// What was put together is not what was meant: the next time all of it is fetched anew.
		return errors.Join(fault.Wrap(op, err), c.store.DropBulletinPieces(ctx, ref))
	}
	if fresh {
		c.log.Info("bulletin in force", "kind", string(l.Kind), "name", l.Name, "version", head.Label())
		c.update(func(s *State) { s.LastBulletin = c.now() })
	}
	return nil
}

func (c *Courier) askBulletin(ctx context.Context, r store.BulletinRef, offset int) ([]byte, error) {
	_, piece, err := c.road.ask(ctx, request{method: "GET", want: parcel.TypeBulletin, limit: parcel.BulletinPiece,
		path: fmt.Sprintf("/v1/bulletin/%s/%s/%d?version=%d", r.Kind, r.Name, offset, r.Version)})
	if err != nil {
		return nil, err
	}
	if len(piece) == 0 || int64(offset+len(piece)) > r.Size {
		return nil, fault.New("courier.askBulletin", fault.Untrusted, errors.New("another length"))
	}
	return piece, nil
}

// tell is how the laptop is, for the centre's list of devices: a query, which
// begins with the mark given.
func (c *Courier) tell(mark string) string {
	c.mu.Lock()
	s := c.state
	c.mu.Unlock()
	q := url.Values{"changes": {strconv.Itoa(s.Changes)}, "blobs": {strconv.Itoa(s.Blobs)}, "bytes": {strconv.FormatInt(s.Bytes, 10)},
		"at": {strconv.FormatInt(c.now().Truncate(time.Millisecond).UnixMilli(), 10)}}
	if c.version != "" {
		q.Set("version", c.version)
	}
	return mark + q.Encode()
}
