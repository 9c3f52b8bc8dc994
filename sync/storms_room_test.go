package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/neighbour"
	"github.com/google/uuid"
)

// seat is a laptop in a room, for as long as it is there.
type seat struct {
	*neighbour.Room
	of  *pc
	end func()
}

// sit turns 同室协作 on at a laptop.
func (w *world) sit(p *pc) *seat {
	r, err := neighbour.New(neighbour.Config{Store: p.Store, Listen: "127.0.0.1:0", Alone: true})
	w.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Run(ctx) }) // ends with cancel
	s := &seat{r, p, func() { cancel(); wg.Wait() }}
	w.until("a door opens", func() bool { return r.State().On || r.State().Err != nil })
	if err := r.State().Err; err != nil {
		s.end()
		w.ok(err)
	}
	return s
}

// until waits for what must come; a minute says that it never does.
func (w *world) until(what string, ok func() bool) {
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.fail("never: %s", what)
		}
	}
}

func (s *seat) sees(o *seat) bool {
	return slices.ContainsFunc(s.State().Peers, func(p neighbour.Peer) bool { return p.Device == o.of.device && p.Online })
}

// met says that each has given the other all there was to give: who is seen has
// said hello, which is how its giving begins.
func met(a, b *seat) bool { return a.sees(b) && b.sees(a) && a.Idle() && b.Idle() }

// meet puts two laptops into one room, under one weather after another; whole
// says that under the last of them nothing broke. What one heard in it that it
// has nothing left to send must be true.
func (w *world) meet(p, q *pc, skies []weather) {
	if p.skew != 0 || q.skew != 0 {
		return // neither takes the other's certificate
	}
	waited := map[*pc]bool{p: w.waits(p), q: w.waits(q)}
	a, b := w.sit(p), w.sit(q)
	link := newRelay()
	defer func() {
		a.end()
		b.end()
		link.close()
	}()
	link.point(b.State().Addrs[0])
	for i, sky := range skies {
		link.under(sky)
		if i == 0 {
			w.ok(a.Dial(strings.TrimPrefix(link.url(), "https://")))
		}
		w.until("two laptops meet", func() bool {
			if !a.sees(b) {
				a.Wake() // else it dials again in some seconds
			}
			return link.broke() || met(a, b)
		})
		if !link.broke() {
			break
		}
		w.until("the connection ends", func() bool {
			link.cut() // again, for one may just be coming up
			return !a.sees(b) && !b.sees(a)
		})
	}
	for p, waited := range waited {
		if waited && !w.waits(p) && !w.putBack { // else the receipt may be of what is no more
			if lie := w.lie(p); lie != "" {
				w.fail("nothing waits, says laptop %s in the room, and that is not so: %s", p.device, lie)
			}
		}
	}
}

func (w *world) waits(p *pc) bool {
	box, err := p.Outbox(context.Background())
	w.ok(err)
	return box.Changes > 0 || len(box.Blobs) > 0
}

// inRoom is op meet of a laptop and the next one, or the one behind that.
func (w *world) inRoom(o op, r *rand.Rand) {
	var clear []weather
	for _, s := range skies(r) {
		s.Kill = 0 // of a centre
		clear = append(clear, s)
	}
	w.meet(w.laptops[o.A], w.laptops[(o.A+1+o.B)%worldLaptops], clear)
	w.together()
}

const stormClerk = "practice-clerk"

// pass hands a case on to another laptop, where the rules let.
func (w *world) pass(p *pc, o op, r *rand.Rand) {
	var ids []uuid.UUID
	for _, sum := range p.Search("", 0, loan.Draft) {
		k, err := p.Case(context.Background(), sum.ID)
		w.ok(err)
		if k.PassableBy(p.device) {
			ids = append(ids, sum.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	id, to := ids[r.IntN(len(ids))], w.laptops[(o.A+1+o.B)%worldLaptops]
	w.ok(w.commit(p, []store.Entry{{Case: id, Kind: loan.ChangePass, Operator: stormClerk,
		Body: loan.PassBody{To: to.device, Station: loan.EntryStation, Name: "B"}}}))
	w.passed[id] = true
}

// draft is a case that is still open here, and held here where it was ever
// passed on; Nil when there is none.
func (w *world) draft(p *pc, r *rand.Rand) uuid.UUID {
	var open []uuid.UUID
	for id := range w.passed {
		if sum, ok := p.Summary(id); ok && sum.Status == loan.Draft && len(sum.Holders) > 0 && sum.HeldBy(p.device) {
			open = append(open, id)
		}
	}
	slices.SortFunc(open, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range p.drafts {
		if !w.passed[id] {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return uuid.Nil
	}
	return open[r.IntN(len(open))]
}

// force takes a case over that another laptop holds.
func (w *world) force(p *pc, r *rand.Rand) {
	var ids []uuid.UUID
	for _, sum := range p.Search("", 0, loan.Draft) {
		if len(sum.Holders) > 0 && !sum.HeldBy(p.device) {
			ids = append(ids, sum.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	id := ids[r.IntN(len(ids))]
	w.ok(w.commit(p, []store.Entry{{Case: id, Kind: loan.ChangeTake, Operator: stormClerk,
		Body: loan.TakeBody{Station: loan.EntryStation, Name: "A", Reason: "对方电脑不在"}}}))
	w.forced[id] = true
}

// together demands that of a case nobody forced two laptops never think that
// they hold it.
func (w *world) together() {
	for id := range w.passed {
		if w.forced[id] || w.torn[id] {
			continue
		}
		var holds []uuid.UUID
		for _, p := range w.laptops {
			k, err := p.Case(context.Background(), id)
			if fault.KindOf(err) == fault.Missing {
				continue
			}
			w.ok(err)
			if len(k.Holders) > 1 {
				w.fail("case %s has %d holders at laptop %s, and nobody forced it", id, len(k.Holders), p.device)
			}
			if len(k.Holders) == 1 && k.Holders[0].Device == p.device {
				holds = append(holds, p.device)
			}
		}
		if len(holds) > 1 {
			w.fail("case %s is held by laptops %v at once, and nobody forced it", id, holds)
		}
	}
}

// reunite ends what happened in rooms: all meet with nothing in the way.
func (w *world) reunite() {
	if len(w.passed) == 0 {
		return
	}
	for _, p := range w.laptops {
		p.skew = 0
	}
	for range 2 { // the second brings on what the third laptop gave the first
		for i := range w.laptops {
			w.meet(w.laptops[i], w.laptops[(i+1)%worldLaptops], []weather{{}})
		}
	}
	w.together()
}

// cameHome says whether a laptop got back of its own chain what the centre lacks.
func (w *world) cameHome() bool {
	return slices.ContainsFunc(w.laptops, func(p *pc) bool {
		box, err := p.Outbox(context.Background())
		w.ok(err)
		return len(box.Home) > 0
	})
}

// held demands that who holds a case has all of it, and that all agree about who
// that is.
func (w *world) held(t *truth) {
	for id := range w.passed {
		other := loan.Fold(t.cases[id])
		if other == nil || w.beyond(id) {
			continue // it was forgiven, or cannot come home
		}
		for _, p := range w.laptops {
			k, err := p.Case(context.Background(), id)
			if fault.KindOf(err) != fault.Missing {
				w.ok(err)
			}
			holds := slices.ContainsFunc(other.Holders, func(h loan.Holding) bool { return h.Device == p.device })
			if k == nil {
				if holds && !w.forced[id] && other.Status == loan.Draft {
					w.fail("laptop %s holds case %s, and has not got it", p.device, id)
				}
				continue
			}
			if holders(k) != holders(other) {
				w.fail("case %s is held by %s at laptop %s, and by %s at the centre", id, holders(k), p.device, holders(other))
			}
		}
	}
}

// beyond says whether somebody has changes of a case above the end of their
// author's chain: it was put back twice to one backup under a clock that was
// set back, and its second life has the lower numbers.
func (w *world) beyond(id uuid.UUID) bool {
	for _, p := range w.laptops {
		all, err := p.Changes(context.Background(), id)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		w.ok(err)
		for _, author := range w.laptops {
			last, _ := author.Head()
			if slices.ContainsFunc(all, func(ch *loan.Change) bool { return ch.Device == author.device && ch.Counter > last }) {
				return true
			}
		}
	}
	return false
}

func holders(k *loan.Case) string {
	var out []string
	for _, h := range k.Holders {
		out = append(out, h.Device.String())
	}
	slices.Sort(out)
	return strings.Join(out, " and ")
}
