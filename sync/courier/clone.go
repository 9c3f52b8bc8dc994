package courier

import (
	"context"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// otherChain gives a person the words for a centre that holds another chain of
// this device than the laptop: a copy of its data is at work. The centre is
// shown the change that differs, refuses it and lists the clone; nothing is
// taken from either. Any other error it leaves as it is.
func (c *Courier) otherChain(ctx context.Context, r *parcel.Receipt, err error) error {
	if fault.KindOf(err) != fault.Conflict {
		return err
	}
	if mine, perr := c.store.Pending(ctx, r.Through-1, 1); perr == nil && len(mine) == 1 && mine[0].Counter == r.Through {
		c.showClone(ctx, mine)
	}
	return cloned(err)
}

// showClone shows the centre a change that differs from the one it holds under
// that number: it is refused, and the list of devices says so.
func (c *Courier) showClone(ctx context.Context, mine []*loan.Change) {
	if _, err := c.sendParcel(ctx, mine, mine[0].Counter-1); codeOf(err) != parcel.CodeClone {
		c.log.Warn("the centre was not told of a copy", "counter", mine[0].Counter)
	}
}

func cloned(err error) error {
	return fault.Say("courier.otherChain", fault.Conflict,
		"中心持有的本机记录与本机不同：本机数据可能被复制过，另有一台电脑在用同一份数据；也可能被换成了以前的数据。材料保留在本机，请联系县资助中心。", &copied{err})
}

// copied is why an attempt ended: another machine uses this device's identity.
type copied struct{ error }

func (c *copied) Unwrap() error { return c.error }

// IsCopied says whether an attempt ended because the centre holds another chain of
// this device than the laptop.
func IsCopied(err error) bool {
	var c *copied
	return errors.As(err, &c) || codeOf(err) == parcel.CodeClone
}

// isClone is fault.Conflict where the centre holds another change under the
// number of the last one here: then no older copy of the file took its place,
// but two of it are at work.
func (c *Courier) isClone(ctx context.Context, r *parcel.Receipt) error {
	box, err := c.store.Outbox(ctx)
	if err != nil || box.Acked >= box.Last {
		return err
	}
	mine, err := c.store.Pending(ctx, box.Last-1, 1)
	if err != nil || len(mine) != 1 || mine[0].Counter > r.Through {
		return err
	}
	n := mine[0].Counter
	theirs, err := c.askOwn(ctx, loan.Range{From: n, To: n}, r)
	if err != nil || len(theirs.Changes) != 1 || theirs.Changes[0].HeaderHash(c.store.Sum) == mine[0].HeaderHash(c.store.Sum) {
		return err
	}
	c.showClone(ctx, mine)
	return cloned(fault.New("courier.isClone", fault.Conflict, errors.New("the centre holds another change under a number of this chain")))
}
