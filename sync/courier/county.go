package courier

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// countyEvery is how often a centre is asked about its county that tells of nothing
// new there, and fullEvery the same while this laptop has no room for the answer.
const (
	countyEvery = 5 * time.Minute
	fullEvery   = 10 * time.Second
)

// keepCounty asks now and then, and at once where a person wants it or the centre's
// last news say that there is something new. What goes wrong with it but the road does not
// hold up the rest.
func (c *Courier) keepCounty(ctx context.Context) error {
	c.mu.Lock()
	wanted := c.hear
	c.mu.Unlock()
	mark := c.mark
	if !wanted && mark == c.marked && time.Since(c.county) < countyEvery {
		return nil
	}
	full := false
	for _, fetch := range []func(context.Context) error{c.fetchCounty, c.fetchRevoked, c.fetchStickKey} {
		err := fetch(ctx)
		k := fault.KindOf(err)
		if k == fault.Offline || k == fault.Cancelled {
			return err
		}
		if err != nil {
			c.log.Warn("county", "error", err.Error())
		}
		full = full || k == fault.Full || k == fault.Disk
	}
	c.mu.Lock()
	c.hear = c.hear && !wanted
	c.mu.Unlock()
	c.county, c.marked = time.Now(), mark
	if full {
		c.county = c.county.Add(fullEvery - countyEvery)
	}
	return nil
}

// fetchCounty brings home what the laptop keeps of its county: the recovery
// key, to which the data key is then wrapped, the roster of operators, and the
// bulletins. An earlier centre has none of them to give.
func (c *Courier) fetchCounty(ctx context.Context) error {
	const op = "courier.fetchCounty"
	_, raw, err := c.road.ask(ctx, request{method: "GET", path: "/v1/county?" + parcel.WithBulletins, want: parcel.TypeJSON, limit: parcel.MaxCounty})
	if fault.KindOf(err) == fault.Missing {
		return nil
	}
	if err != nil {
		return err
	}
	var a parcel.CountyResponse
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxCounty, &a); err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	key, err := seal.ParsePublicKey(a.Recovery)
	if err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	fresh, err := c.store.SetRecovery(ctx, key)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if fresh {
		c.log.Info("wrapped to the county's recovery key", "key", key.ID())
		c.update(func(s *State) { s.Recovery = true })
	}
	return c.keepPeople(ctx, a)
}

// keepPeople takes over the county's people and its bulletins. The lists that say which
// people there are come first, so that nobody is taken over before his level, and no
// older list later. Where one of them is not taken here, people are taken off alone.
func (c *Courier) keepPeople(ctx context.Context, a parcel.CountyResponse) error {
	const op = "courier.keepPeople"
	var lists, rest []parcel.ListedBulletin
	for _, l := range a.Bulletins {
		if l.Kind == bulletin.Standing || l.Kind == bulletin.Operators {
			lists = append(lists, l)
		} else {
			rest = append(rest, l)
		}
	}
	slices.SortStableFunc(lists, func(a, b parcel.ListedBulletin) int { return cmp.Compare(b.Kind, a.Kind) }) // levels first
	slices.SortStableFunc(rest, func(a, b parcel.ListedBulletin) int { return cmp.Compare(a.Size, b.Size) })
	refused, err := c.fetchBulletins(ctx, lists)
	if err != nil {
		return err
	}
	lacks := slices.ContainsFunc(lists, func(l parcel.ListedBulletin) bool { return !c.store.HasBulletin(l.Kind, l.Name, l.Version) })
	var people []store.RosterEntry
	for _, o := range a.Operators {
		if o.Off || !lacks {
			people = append(people, store.RosterEntry{ID: o.ID, Name: o.Name, Roles: o.Roles, Off: o.Off})
		}
	}
	n, err := c.store.KeepRoster(ctx, people)
	if n > 0 {
		c.log.Info("roster changed", "people", n)
		c.update(func(s *State) { s.LastBulletin = c.now() })
	}
	if err != nil {
		return fault.Wrap(op, err)
	}
	others, err := c.fetchBulletins(ctx, rest)
	if err != nil {
		return err
	}
	c.update(func(s *State) { s.BulletinErr = cmp.Or(others, refused) })
	if slices.ContainsFunc(a.Bulletins, func(l parcel.ListedBulletin) bool {
		return l.Kind.Known() && !c.store.HasBulletin(l.Kind, l.Name, l.Version)
	}) {
		return nil // not all of it was taken
	}
	return fault.Wrap(op, c.store.HeardCountyNow(ctx, c.now()))
}
