package courier

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// Times of the courier's own work beside the lanes.
const (
	receiptEvery = 2 * time.Second // while blobs arrive, or sooner where many do
	receiptBlobs = 512
	peekEvery    = time.Second // at the outbox: records go before the next blobs
	streamNews   = 3 * time.Second
	mostTries    = 4 // that a receipt does not name a blob which arrived
)

// carrying is one run over a stream.
type carrying struct {
	*Courier
	s      *session
	took   bool
	since  time.Time // the first blob arrived that no receipt was asked for
	peeked time.Time
	news   time.Time
	load   chan struct{} // wakes the reader of the store
	first  bool          // nobody reads the store yet
}

// streamBlobs sends the blobs that wait over a stream, and the records that are
// made meanwhile, until no blob waits that can be sent.
func (c *Courier) streamBlobs(ctx context.Context, s *session, box store.Outbox) (took bool, err error) {
	r := &carrying{Courier: c, s: s, peeked: time.Now(), news: time.Now(), load: make(chan struct{}, 1)}
	if !r.refresh(box) {
		return false, nil
	}
	defer c.begun()()
	ctx, cancel := context.WithCancelCause(ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		if err := r.read(ctx); err != nil {
			cancel(err)
		}
	})
	err = r.carry(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = roadFault(ctx, "courier.stream", cause)
		if k := fault.KindOf(cause); k != fault.Other && k != fault.Offline {
			err = cause
		}
	}
	cancel(nil)
	reader.Wait()
	return r.took, err
}

// prime lets the question about the first blobs go beside the first ones about
// the records: each would cost a round trip of its own. Nothing is sent yet.
func (c *Courier) prime(ctx context.Context) error {
	s := c.road.session.Load()
	if s == nil {
		return nil
	}
	box, err := c.store.Outbox(ctx)
	if err != nil {
		return err
	}
	r := &carrying{Courier: c, s: s, load: make(chan struct{}, 1), first: true}
	if !r.refresh(box) {
		return nil
	}
	s.mu.Lock()
	s.pause = true
	s.mu.Unlock()
	return r.ask(ctx)
}

// refresh takes over what waits and may go; false when nothing does.
func (r *carrying) refresh(box store.Outbox) bool {
	r.mu.Lock()
	may := r.may()
	blobs := slices.DeleteFunc(box.Blobs, func(b store.PendingBlob) bool {
		_, aside := r.aside[b.Hash]
		return aside || !may.goes(b)
	})
	r.mu.Unlock()
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.s.freight.refresh(blobs)
	r.s.pause = false
	r.s.cond.Broadcast()
	return len(blobs) > 0
}

// carry looks after what the lanes do until no blob waits.
func (r *carrying) carry(ctx context.Context) error {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		if err := r.ask(ctx); err != nil {
			return err
		}
		if err := r.judgeRefused(ctx); err != nil {
			return err
		}
		if err := r.vouch(ctx); err != nil {
			return err
		}
		if err := r.peek(ctx); err != nil {
			return err
		}
		if stopped, left := r.stopped(), r.s.left(); left == 0 || stopped && r.s.stop() {
			return r.s.err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.s.ctx.Done():
			return roadFault(ctx, "courier.stream", r.s.err())
		case <-r.wake:
			r.peeked = time.Time{}
		case <-r.s.events:
		case <-t.C:
		}
	}
}

// left is how many blobs are still to be dealt with.
func (s *session) left() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.freight.order {
		if c.state != refusedCargo {
			n++
		}
	}
	return n
}

// sending says whether anything waits to be sent.
func (s *session) sending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.freight.hasWork()
}

// stop lets nothing more be sent, and says whether nothing is under way.
func (s *session) stop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause = true
	if s.underWay() > 0 || len(s.doubts) > 0 {
		return false
	}
	return !slices.ContainsFunc(s.freight.order, func(c *cargo) bool { return c.state == arrived })
}

// ask asks what is lacking of the next blobs. The answer is waited for beside
// the rest.
func (r *carrying) ask(ctx context.Context) error {
	r.s.mu.Lock()
	r.s.freight.orphans(r.s.stranded)
	list := r.s.freight.toAsk()
	if len(list) == 0 {
		r.s.mu.Unlock()
		r.poke()
		return nil
	}
	blobs, pending := make([]parcel.BlobSize, len(list)), make([]store.PendingBlob, len(list))
	for i, c := range list {
		c.state, pending[i] = asking, c.PendingBlob
		blobs[i] = parcel.BlobSize{Hash: c.Hash, Size: c.Size}
	}
	server := list[0].server
	r.s.mu.Unlock()
	r.s.wg.Go(func() {
		lacks, from, err := r.s.lack(r.s.ctx, server, blobs)
		if err == nil {
			r.found(pending, lacks)
		}
		r.s.mu.Lock()
		for i, c := range list {
			if err != nil {
				c.state = unasked
				continue
			}
			c.settle(lacks[i], from)
			r.s.freight.lacks(c, lacks[i])
		}
		r.s.mu.Unlock()
		if fault.KindOf(err) == fault.Untrusted {
			r.s.cancel(err)
		}
		r.s.tell()
		r.poke()
		if r.first && err == nil {
			r.fillFirst(r.s.ctx)
		}
	})
	return nil
}

func (r *carrying) poke() {
	select {
	case r.load <- struct{}{}:
	default:
	}
}

// read reads blobs from the store ahead of the lanes.
func (r *carrying) read(ctx context.Context) error {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	var packer parcel.Packer
	for {
		r.s.mu.Lock()
		c := r.s.freight.toLoad()
		r.s.mu.Unlock()
		if c == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-r.s.ctx.Done():
				return nil
			case <-r.load:
			case <-t.C:
			}
			continue
		}
		if err := r.fill(ctx, c, &packer); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// fill reads a blob from the store. One that is not whole is set aside.
func (r *carrying) fill(ctx context.Context, c *cargo, packer *parcel.Packer) error {
	r.s.mu.Lock()
	room := r.s.freight.room(c.Size)
	r.s.mu.Unlock()
	content, err := r.store.BlobInto(ctx, c.Hash, room)
	if err == nil && int64(len(content)) != c.Size {
		err = fault.New("courier.read", fault.Damaged, errors.New("a blob of another length"))
	}
	if k := fault.KindOf(err); k == fault.Damaged || k == fault.Missing || k == fault.Erased {
		r.setAside(c.PendingBlob, err)
		r.s.mu.Lock()
		c.state = refusedCargo
		r.s.mu.Unlock()
		return nil
	}
	if err != nil {
		return err
	}
	packed := packer.Pack(content)
	r.s.mu.Lock()
	if c.content == nil && c.state == going {
		c.content, c.packed = content, packed
		r.s.freight.loaded += int64(len(content))
	} else {
		r.s.freight.giveBack(content)
	}
	r.s.mu.Unlock()
	r.s.cond.Broadcast()
	return nil
}

// fillFirst reads the first blobs, which go right behind the records, before
// anybody waits for them. What goes wrong is met again later.
func (r *carrying) fillFirst(ctx context.Context) {
	var packer parcel.Packer
	for {
		r.s.mu.Lock()
		c := r.s.freight.toLoad()
		enough := r.s.freight.loaded > loadFirst
		r.s.mu.Unlock()
		if c == nil || enough || r.fill(ctx, c, &packer) != nil {
			return
		}
	}
}

// judgeRefused deals with the blobs that the centre does not take. One whose
// content has another name there is sent once more, for bytes of another sender
// may have been among it; then it is set aside, and the rest flows.
func (r *carrying) judgeRefused(ctx context.Context) error {
	r.s.mu.Lock()
	list := r.s.refusal
	r.s.refusal = nil
	r.s.mu.Unlock()
	for _, f := range list {
		p := &refusal{status: f.Status}
		if err := parcel.DecodeJSON(bytes.NewReader(f.Body), parcel.MaxJSON, &p.Problem); err != nil {
			return fault.New("courier.refused", fault.Untrusted, err)
		}
		err := refused("courier.stream", p)
		r.s.mu.Lock()
		c := r.s.freight.all[f.Hash]
		again := c != nil && p.Code == parcel.CodeName && !r.mixed[f.Hash]
		if again {
			r.mixed[f.Hash] = true
			c.state, c.todo = unasked, nil
			r.s.freight.head = 0
		}
		r.s.mu.Unlock()
		switch {
		case c == nil, again:
		case p.Code == parcel.CodeName || f.Status == 413:
			r.setAside(c.PendingBlob, err)
		default:
			return err
		}
	}
	return nil
}

// vouch asks a server for a receipt of what arrived there, and takes those blobs
// off that it names.
func (r *carrying) vouch(ctx context.Context) error {
	r.s.mu.Lock()
	var list []*cargo
	moving := false
	for _, c := range r.s.freight.order {
		if c.state == arrived && len(list) < parcel.MaxAsk && (len(list) == 0 || c.server == list[0].server) {
			list = append(list, c)
		}
		moving = moving || c.state < arrived
	}
	if len(list) > 0 && r.since.IsZero() {
		r.since = time.Now()
	}
	every := receiptEvery
	if !r.s.freight.hasWork() {
		every *= 2 // the last ones are about to come: one question for all
	}
	if len(list) == 0 || moving && len(list) < receiptBlobs && time.Since(r.since) < every {
		r.s.mu.Unlock()
		return nil
	}
	hashes := make([]loan.Hash, len(list))
	for i, c := range list {
		c.state, hashes[i] = vouched, c.Hash
	}
	r.since = time.Time{}
	server := list[0].server
	r.s.mu.Unlock()
	if err := r.askReceipt(ctx, hashes, server); err != nil {
		return err
	}
	box, err := r.look(ctx)
	if err != nil {
		return err
	}
	before := r.s.left()
	r.refresh(box)
	r.took = r.took || r.s.left() < before
	return r.again(list)
}

// again puts those blobs back that a receipt did not name although they
// arrived: the centre ran into something on the way to its disk, or parts came
// to several servers that it does not name. Of those one lane then asks and
// sends.
func (r *carrying) again(list []*cargo) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, c := range list {
		if r.s.freight.all[c.Hash] != c || c.state != vouched {
			continue
		}
		if c.tries++; c.tries > mostTries {
			return fault.New("courier.stream", fault.Offline, errNothing)
		}
		if c.server == "" {
			c.alone, r.s.freight.apart = true, true
			r.s.road.apart.Store(true)
		}
		r.s.freight.anew(c)
	}
	return nil
}

// peek looks at the outbox now and then: records go before the next blobs, and
// what the centre wrote comes home.
func (r *carrying) peek(ctx context.Context) error {
	if time.Since(r.peeked) < peekEvery {
		return nil
	}
	r.peeked = time.Now()
	box, err := r.look(ctx)
	if err != nil {
		return err
	}
	if box, err = r.sendChanges(ctx, box); err != nil {
		return err
	}
	if !r.stopped() {
		r.refresh(box)
	}
	if err := r.keepCounty(ctx); err != nil {
		return err
	}
	if r.took && time.Since(r.news) > streamNews && r.s.sending() {
		r.news = time.Now()
		_, err := r.fetchNews(ctx)
		return err
	}
	return nil
}
