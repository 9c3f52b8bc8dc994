package parcel

import (
	"encoding/binary"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// newsForm tells news of others from a device's own changes.
type newsForm struct{ magic, context string }

func ofOthers() newsForm { return newsForm{"DSN1", "doorstep news 1"} }
func ofOwn() newsForm    { return newsForm{"DSO1", "doorstep own 1"} }

// News is what others changed in a laptop's cases, or changes of the laptop's
// own chain that it asked for.
type News struct {
	Centre, Epoch, Device uuid.UUID
	After, Through        uint64 // numbers of the centre's list for this device; of its chain when they are its own
	More                  bool
	Changes               []*loan.Change
}

// Sign gives the bytes, signed by the centre's key; fault.TooLarge past the
// limits: put fewer changes in and set More.
func (n *News) Sign(s *seal.Signer) ([]byte, error) { return n.sign(s, ofOthers()) }

// SignOwn is Sign for changes of the device's own chain.
func (n *News) SignOwn(s *seal.Signer) ([]byte, error) { return n.sign(s, ofOwn()) }

// OfCentre lists the cases of which the news have changes by the centre itself.
func (n *News) OfCentre() []uuid.UUID {
	var out []uuid.UUID
	for _, ch := range n.Changes {
		if ch.Device == n.Centre && !slices.Contains(out, ch.Case) {
			out = append(out, ch.Case)
		}
	}
	return out
}

func (n *News) sign(s *seal.Signer, form newsForm) ([]byte, error) {
	const op = "parcel.News.Sign"
	var plain int
	var packed []byte
	if len(n.Changes) > 0 {
		var err error
		if plain, packed, err = packTable(op, n.Changes); err != nil {
			return nil, err
		}
	}
	b := append(append([]byte{}, form.magic...), byte(s.Suite()))
	b = append(append(append(b, n.Centre[:]...), n.Epoch[:]...), n.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, n.After)
	b = binary.BigEndian.AppendUint64(b, n.Through)
	more := byte(0)
	if n.More {
		more = 1
	}
	b = binary.BigEndian.AppendUint16(append(b, more), uint16(len(n.Changes)))
	b = appendTableHead(b, s.Suite(), plain, packed)
	return append(appendSignature(b, s, form.context), packed...), nil
}

// OpenNews reads news that the centre's key signed. Bytes that are no news are
// fault.Damaged, another's signature is fault.Untrusted.
func OpenNews(b []byte, centre seal.PublicKey) (*News, error) { return openNews(b, centre, ofOthers()) }

// OpenOwn is OpenNews for changes of the device's own chain, which is of a
// suite: each is of the device, their counters rise within After to Through,
// and where two follow one another without a gap they fit.
func OpenOwn(b []byte, centre seal.PublicKey, chain seal.Suite) (*News, error) {
	const op = "parcel.OpenOwn"
	n, err := openNews(b, centre, ofOwn())
	if err != nil {
		return nil, err
	}
	last := n.After
	for i, ch := range n.Changes {
		if ch.Device != n.Device || ch.Counter <= last || ch.Counter > n.Through {
			return nil, damaged(op, "order of own changes")
		}
		if i > 0 && ch.Counter == last+1 && ch.Prev != n.Changes[i-1].HeaderHash(sum(chain)) {
			return nil, damaged(op, "chain is broken")
		}
		last = ch.Counter
	}
	return n, nil
}

func openNews(b []byte, centre seal.PublicKey, form newsForm) (*News, error) {
	const op = "parcel.OpenNews"
	if len(b) > MaxBytes {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	c := cursor{b: b}
	suite, ok := c.magic(form.magic)
	if !ok {
		return nil, damaged(op, "not news")
	}
	n := &News{Centre: c.id(), Epoch: c.id(), Device: c.id(), After: c.u64(), Through: c.u64()}
	more, count := c.u8(), c.u16()
	plain, packedLen, packedSum := c.u32(), c.u32(), c.hash()
	msg, sig := c.signed()
	packed := c.rest()
	if c.bad || more > 1 || count > MaxChanges || plain > MaxPlain || len(packed) != packedLen ||
		(count == 0) != (len(packed) == 0) || (count == 0) != (plain == 0) || n.Through < n.After {
		return nil, damaged(op, "head")
	}
	if suite != centre.Suite() {
		return nil, fault.New(op, fault.Untrusted, errors.New("another suite than the centre's key"))
	}
	if err := centre.Verify(form.context, msg, sig); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if loan.Hash(suite.Sum(packed)) != packedSum {
		return nil, damaged(op, "packed table")
	}
	n.More = more == 1
	if count == 0 {
		return n, nil
	}
	var err error
	n.Changes, err = openTable(op, 0, plain, packed, count)
	return n, err
}
