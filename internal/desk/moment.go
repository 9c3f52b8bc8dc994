package desk

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

const (
	// tenureFor is how long what was found of the tenure holds, by the desk's clock;
	// a word of the county is looked at at once.
	tenureFor = time.Minute
	// behindSlack is how far a clock falls behind before the chain says so: a clock
	// that is set by the network steps back by less.
	behindSlack = 5 * time.Minute
)

// ClockBehind begins what the record says of a clock that stands behind the latest
// moment this laptop has seen.
const ClockBehind = guard.ClockBehind

// moment is the time by which all that ends is judged: the clock's, or the latest
// that this laptop has seen where the clock stands behind that. What is over does
// not live again by a clock that is set back.
func (d *Desk) moment() time.Time {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	return later(d.now(), d.tenure.high)
}

// day is the day of the moment, by which what is for a day alone is judged.
func (d *Desk) day() loan.Date { return loan.DateOf(d.moment().In(d.now().Location())) }

// stands is nil while work may be done: the tenure as it was found within the last
// minute, or found anew. A word of the county that came since, and a clock that was
// set back, are looked at at once.
func (d *Desk) stands(ctx context.Context) error {
	word, now := d.shutOutVersion(), d.now()
	d.tenure.mu.Lock()
	age := now.Sub(d.tenure.checked)
	fresh := d.tenure.lapse == nil && !d.tenure.checked.IsZero() && age >= 0 && age < tenureFor && word == d.tenure.word
	if fresh {
		d.tenure.high = later(d.tenure.high, now)
	}
	d.tenure.mu.Unlock()
	if fresh {
		return nil
	}
	return d.Recheck(ctx)
}

// shutOutVersion is the version of the county's list of laptops that were shut out.
func (d *Desk) shutOutVersion() uint64 {
	var v uint64
	for _, h := range d.store.Bulletins(bulletin.Devices) {
		v = max(v, h.Version)
	}
	return v
}

// seen takes up the latest moment that this laptop has seen, and now: where no work may
// be done only if the clock was not set forward and is no further on than a lease is
// long, for a clock that stands far ahead for a while is to be set right without a word
// of the county. It is kept where the clock stands behind it, for what is written from
// then on hides it; and where no work may be done, with the word that times written
// meanwhile say nothing.
func (d *Desk) seen(ctx context.Context, t guard.Tenure, now time.Time, works bool) error {
	d.tenure.keep.Lock()
	defer d.tenure.keep.Unlock()
	latest := t.Latest
	d.tenure.mu.Lock()
	if works || t.Was.IsZero() && now.Sub(later(d.tenure.high, latest)) <= guard.LeaseFor {
		latest = later(latest, now)
		d.tenure.high = later(d.tenure.high, latest)
	}
	again := d.tenure.anchor.again
	d.tenure.mu.Unlock()
	var kept leaseKept
	if _, err := d.setting(ctx, leaseSetting, &kept); err != nil {
		return err
	}
	hidden, lapsed, was := kept.High.Before(latest), kept.Lapsed, kept.Was
	kept.High = later(kept.High, latest.UTC())
	kept.Lapsed, kept.Was = !works, time.Time{}
	switch {
	case works && lapsed:
		kept.After, _ = d.store.Head()
	case works && (!now.Before(latest) || !hidden):
		return nil
	case works:
	default:
		if !again {
			kept.Was = t.Was.UTC()
		}
		if lapsed && !hidden && kept.Was.IsZero() == was.IsZero() {
			return nil
		}
	}
	return d.store.SetSetting(ctx, leaseSetting, kept)
}

// behind is the line of the record for a clock that fell behind what this laptop has
// seen; none where it did not, or where this desk has said so already.
func (d *Desk) behind() []store.Entry {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	by := d.tenure.high.Sub(d.now())
	if d.tenure.told || by < behindSlack {
		return nil
	}
	d.tenure.told = true
	return []store.Entry{{Kind: loan.ChangeSetting, Operator: d.operator.ID, Body: loan.ViewBody{Detail: fmt.Sprintf("%s%d minutes", ClockBehind, int(by.Minutes()))}}}
}

// tellClock notes once that the clock fell behind, and once that it was set far
// forward.
func (d *Desk) tellClock(ctx context.Context) {
	d.writeRefusals(ctx, append(d.behind(), d.ahead()...))
}
