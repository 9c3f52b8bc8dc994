package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// rounds goes on until nothing waits and the centre agrees.
func (c *Courier) rounds(ctx context.Context) error {
	const op = "courier.rounds"
	if err := c.begin(ctx); err != nil {
		return err
	}
	for {
		box, err := c.look(ctx)
		if err != nil {
			return err
		}
		if box, err = c.sendChanges(ctx, box); err != nil {
			return err
		}
		if box, err = c.sendHome(ctx, box); err != nil {
			return err
		}
		if c.permitted().classes == store.MeteredAll {
			if err := c.healBlobs(ctx); err != nil {
				return err
			}
		}
		took, err := c.sendBlobs(ctx, box)
		if took {
			c.roomAgain()
		}
		if err != nil {
			return err
		}
		if err := c.handIn(ctx); err != nil {
			return err
		}
		if _, err := c.look(ctx); err != nil { // so that the centre is told what waits now
			return err
		}
		more, err := c.fetchNews(ctx)
		if err != nil {
			return err
		}
		if err := c.keepCounty(ctx); err != nil {
			return err
		}
		after, err := c.look(ctx)
		if err != nil {
			return err
		}
		switch {
		case c.stopped():
			return nil
		case more: // between two lots of news what was made here meanwhile goes out
			continue
		}
		if !c.waiting(after) {
			return c.agree(ctx, after)
		}
		if !took && after.Last == box.Last && slices.Equal(after.Home, box.Home) {
			if why, _ := c.untilRoom(after); why != nil {
				return why // the wait for room ended within the round, which sent nothing yet
			}
			return fault.New(op, fault.Offline, errNothing)
		}
	}
}

// begin asks what the centre holds.
func (c *Courier) begin(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	take := c.sendEarly(ctx)
	err := c.prime(ctx)
	if err == nil {
		_, err = c.look(ctx) // so that the centre is told what waits
	}
	if err == nil {
		err = c.askReceipt(ctx, nil, "")
	}
	if err != nil {
		cancel()
	}
	taken := take()
	cancel()
	if err != nil {
		return err
	}
	return taken
}

// agree says "all sent" if the centre's last word on this chain is its end.
// The receipt's hash was compared with the chain when it was acknowledged.
func (c *Courier) agree(ctx context.Context, box store.Outbox) error {
	if c.held != box.Last && box.Changes > refusedAbove(box, c.held) {
		return fault.New("courier.agree", fault.Offline, errors.New("the centre's list ends elsewhere"))
	}
	if len(box.Blobs) == 0 && len(box.Refused) == 0 {
		c.update(func(s *State) { s.AllSent = true })
	}
	return nil
}

// askReceipt asks what the centre holds of this chain and of some blobs, over a
// stream the server they went to where one is named.
func (c *Courier) askReceipt(ctx context.Context, blobs []loan.Hash, server string) error {
	if blobs == nil {
		blobs = []loan.Hash{}
	}
	q := parcel.ReceiptRequest{Blobs: blobs}
	var err error
	now := c.now()
	due := now.Sub(c.shown).Abs() >= showEvery
	if due {
		// A centre that was set back, and lost blobs alone, learns it. More often
		// would cost a centre of many laptops a look at each blob that it names.
		if q.Proof, err = lastReceipt(ctx, c.store); err != nil {
			return err
		}
	}
	_, raw, err := c.receipt(ctx, q, server)
	if err != nil {
		return err
	}
	if due {
		c.shown = now
	}
	r, err := c.open(raw)
	if err != nil {
		return err
	}
	if q.Proof, err = c.proof(ctx, r); err != nil {
		return err
	}
	if q.Proof != nil {
		// The centre was set back and does not know. It will name another epoch.
		if _, raw, err = c.receipt(ctx, q, server); err != nil {
			return err
		}
		if r, err = c.open(raw); err != nil {
			return err
		}
	}
	return c.acknowledge(ctx, r, raw)
}

// lastReceipt is the newest receipt of the epoch that the store knows; nil when
// there is none.
func lastReceipt(ctx context.Context, s *store.Store) ([]byte, error) {
	const op = "courier.lastReceipt"
	box, err := s.Outbox(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	r, err := s.LastReceipt(ctx)
	if fault.KindOf(err) == fault.Missing || err == nil && r.Epoch != box.Epoch {
		return nil, nil
	}
	return r.Raw, fault.Wrap(op, err)
}

func (c *Courier) receipt(ctx context.Context, q parcel.ReceiptRequest, server string) (int, []byte, error) {
	b, err := json.Marshal(q)
	if err != nil {
		return 0, nil, fault.New("courier.receipt", fault.Other, err)
	}
	return c.road.ask(ctx, request{method: "POST", path: "/v1/receipt" + c.tell("?"), typ: parcel.TypeJSON, body: b,
		want: parcel.TypeReceipt, limit: parcel.MaxReceipt, server: server})
}

// proof is the centre's own word, where it now says that it holds less than it
// once acknowledged in the same epoch; else nil.
func (c *Courier) proof(ctx context.Context, r *parcel.Receipt) ([]byte, error) {
	box, err := c.store.Outbox(ctx)
	if err != nil || box.Epoch != r.Epoch || r.Through >= box.Acked {
		return nil, err
	}
	kept, err := c.store.ReceiptAbove(ctx, r.Epoch, r.Through)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	return kept.Raw, err
}

// open verifies a receipt: signed by the centre, for this device.
func (c *Courier) open(raw []byte) (*parcel.Receipt, error) {
	const op = "courier.receipt"
	r, err := parcel.OpenReceipt(raw, c.profile.Centre)
	if err != nil {
		return nil, fault.New(op, fault.Untrusted, err)
	}
	if r.Device != c.profile.Device {
		return nil, fault.New(op, fault.Untrusted, errors.New("a receipt for another device"))
	}
	return r, nil
}

// acknowledge hands a receipt to the store where it says anything new.
func (c *Courier) acknowledge(ctx context.Context, r *parcel.Receipt, raw []byte) error {
	const op = "courier.acknowledge"
	box, err := c.store.Outbox(ctx)
	if err != nil {
		return err
	}
	if err := c.healOwn(ctx, r); err != nil {
		return fault.Wrap(op, err)
	}
	if r.Through > box.Last {
		if err := c.behind(ctx, r, box.Last); err != nil {
			return err
		}
	}
	c.update(func(s *State) { s.Behind = false })
	fresh := r.Through > box.Acked || r.Epoch != box.Epoch || len(r.Blobs) > 0
	if fresh {
		if err := c.store.Acknowledge(ctx, store.Receipt{Centre: r.Centre, Epoch: r.Epoch, Device: r.Device,
			Through: r.Through, Chain: r.Chain, At: r.At, Blobs: r.Blobs, Raw: raw}); err != nil {
			return c.otherChain(ctx, r, fault.Wrap(op, err))
		}
	} else if err := c.sameChain(ctx, r); err != nil {
		return err
	}
	c.update(func(s *State) { s.Copied = false })
	c.store.SetClockError(c.now().Sub(r.At).Abs())
	c.centre, c.epoch, c.held = r.Centre, r.Epoch, r.Through
	c.update(func(s *State) {
		s.Online, s.LastContact = true, c.now()
		s.EverContact = s.LastContact
		if fresh {
			s.LastReceipt, s.EverReceipt = s.LastContact, s.LastContact
		}
	})
	return nil
}

// sameChain compares a receipt that the store need not keep with its chain.
func (c *Courier) sameChain(ctx context.Context, r *parcel.Receipt) error {
	const op = "courier.sameChain"
	if r.Through == 0 {
		return nil
	}
	ch, err := c.store.Pending(ctx, r.Through-1, 1)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(ch) != 1 || ch[0].HeaderHash(c.store.Sum) != r.Chain {
		return c.otherChain(ctx, r, fault.New(op, fault.Conflict, errors.New("the centre holds another chain of this device")))
	}
	return nil
}

// Sizes of parcels: small against the time a bad link stays up. A parcel counts
// whole or not at all, so they grow only while they are quick.
const (
	parcelChanges = 1024
	firstParcel   = 96 << 10
	leastParcel   = 12 << 10
	mostParcel    = 1 << 20
	quickParcel   = time.Second
	slowParcel    = 4 * time.Second
)

// trim keeps as many changes as go into so many bytes, at least one.
func trim(changes []*loan.Change, most int) []*loan.Change {
	size, fits := 0, 0
	for i, ch := range changes {
		if size += len(ch.Encode()); size <= most || i == 0 {
			fits = i + 1
		} else if size > most+most/4 {
			return changes[:fits]
		}
	}
	return changes // a short rest is not worth a round trip of its own
}

// sendParcel sends changes to a centre that holds the chain up to held. What
// lies between is in no place that could be asked: it is declared lost.
func (c *Courier) sendParcel(ctx context.Context, changes []*loan.Change, held uint64) ([]byte, error) {
	const op = "courier.sendParcel"
	b, err := packChanges(changes, held, c.profile.ChainKey())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return c.postParcel(ctx, b)
}

// postParcel hands a parcel in, and gives the receipt as it came.
func (c *Courier) postParcel(ctx context.Context, b []byte) ([]byte, error) {
	_, raw, err := c.road.ask(ctx, parcelRequest(b))
	return raw, err
}

func parcelRequest(b []byte) request {
	return request{method: "POST", path: "/v1/parcel", typ: parcel.TypeParcel, body: b,
		want: parcel.TypeReceipt, limit: parcel.MaxReceipt}
}

// newsMark is how far the centre's news were read.
type newsMark struct {
	Epoch   uuid.UUID `json:"epoch"`
	Through uint64    `json:"through"`
	// Erase are cases that the centre says it erased, and that are still here.
	Erase []told `json:"erase,omitempty"`
}

const newsSetting = "courier.news"

// newsTime is how long news are fetched before what waits here has its turn.
const newsTime = 3 * time.Second

// fetchNews brings home what the centre wrote to this laptop's cases; more says
// that there is more of it.
func (c *Courier) fetchNews(ctx context.Context) (more bool, err error) {
	const op = "courier.fetchNews"
	start := time.Now()
	var at newsMark
	if err := c.store.Setting(ctx, newsSetting, &at); err != nil && fault.KindOf(err) != fault.Missing {
		return false, fault.Wrap(op, err)
	}
	want, err := c.store.Wanted(ctx)
	if err != nil {
		return false, fault.Wrap(op, err)
	}
	if at.Epoch != c.epoch || len(want.Cases) > 0 {
		at = newsMark{Epoch: c.epoch, Erase: at.Erase} // all that the centre wrote is read again
	}
	for {
		n, err := c.askNews(ctx, at.Through)
		if err != nil {
			return false, err
		}
		if n.Epoch != c.epoch || n.After != at.Through {
			// The centre was set back: all its news are read again.
			if at.Through == 0 {
				return false, fault.New(op, fault.Offline, errors.New("the centre changed while it was asked"))
			}
			at = newsMark{Epoch: c.epoch, Erase: at.Erase}
			continue
		}
		if len(n.Changes) > 0 || n.Through != at.Through {
			at.Through = n.Through
			at.Erase = append(at.Erase, erasedBy(n)...)
			if err := c.fetchProofs(ctx, n); err != nil {
				return false, err
			}
			if err := c.store.ReceiveUpTo(ctx, n.Changes, newsSetting, at); err != nil {
				return false, fault.Wrap(op, err)
			}
		}
		if len(n.Changes) > 0 {
			c.update(func(s *State) {
				s.LastReceipt, s.Fetched = c.now(), s.Fetched+len(n.Changes)
				s.EverReceipt = s.LastReceipt
			})
		}
		if !n.More {
			break
		}
		c.update(func(s *State) { s.Fetching = true })
		if time.Since(start) > newsTime && len(want.Cases) == 0 {
			return true, nil
		}
	}
	c.update(func(s *State) { s.Fetching = false })
	if err := c.eraseTold(ctx, at); err != nil {
		return false, fault.Wrap(op, err)
	}
	if len(want.Cases) == 0 {
		return false, nil
	}
	return false, c.store.Asked(ctx, nil, want.Cases)
}

func (c *Courier) askNews(ctx context.Context, after uint64) (*parcel.News, error) {
	const op = "courier.askNews"
	mark := ""
	_, b, err := c.road.ask(ctx, request{method: "GET", want: parcel.TypeNews, limit: parcel.MaxBytes,
		path: fmt.Sprintf("/v1/news?after=%d&%s=%s%s", after, parcel.WithQuery, parcel.WithMark, c.tell("&")),
		said: func(p map[string]string) { mark = p[parcel.MarkParameter] }})
	if err != nil {
		return nil, err
	}
	n, err := parcel.OpenNews(b, c.profile.Centre)
	if err != nil {
		return nil, fault.New(op, fault.Untrusted, err)
	}
	if n.Device != c.profile.Device || n.Centre != c.centre {
		return nil, fault.New(op, fault.Untrusted, errors.New("news for another device, or of another centre"))
	}
	c.mark = mark
	return n, nil
}
