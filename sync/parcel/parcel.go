package parcel

import (
	"encoding/binary"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// The two forms of a parcel: the second declares counters lost.
const (
	parcelContext = "doorstep parcel 1"
	lossContext   = "doorstep parcel 2"
)

// Parcel is an unbroken piece of one device's chain.
type Parcel struct {
	Device      uuid.UUID
	First, Last uint64
	Lost        uint64    // the counters Lost to First-1 are lost for ever; 0 is none
	Prev        loan.Hash // header hash of the change in front of the first
	Chain       loan.Hash // header hash of the last change
	Changes     []*loan.Change

	// Hashes are the header hashes of Changes; set by Open.
	Hashes []loan.Hash
	// Checkpoint is the signed head of the parcel's bytes; set by Open.
	Checkpoint []byte
}

// New makes the parcel of some changes of one device, in order. A gap, a
// change of another device or a broken chain is fault.Damaged.
func New(changes []*loan.Change, suite seal.Suite) (*Parcel, error) {
	return NewAfterLoss(changes, 0, suite)
}

// NewAfterLoss is New for changes in front of which the device declares the
// counters from lost on lost.
func NewAfterLoss(changes []*loan.Change, lost uint64, suite seal.Suite) (*Parcel, error) {
	const op = "parcel.New"
	if len(changes) == 0 {
		return nil, fault.New(op, fault.Input, errors.New("no changes"))
	}
	p := &Parcel{Device: changes[0].Device, First: changes[0].Counter, Lost: lost, Prev: changes[0].Prev, Changes: changes}
	p.Last = p.First + uint64(len(changes)) - 1
	if err := p.walk(op, suite); err != nil {
		return nil, err
	}
	p.Chain = p.Hashes[len(p.Hashes)-1]
	return p, nil
}

// walk follows the chain from Prev and fills Hashes.
func (p *Parcel) walk(op string, suite seal.Suite) error {
	// Only what has nothing of its chain in front of it has no Prev.
	begins := p.First == 1 || p.Lost != 0
	if p.First == 0 || p.Last < p.First || p.Lost != 0 && p.Lost >= p.First ||
		p.Prev.Zero() && !begins || p.First == 1 && !p.Prev.Zero() {
		return damaged(op, "counters")
	}
	p.Hashes = make([]loan.Hash, len(p.Changes))
	prev := p.Prev
	for i, c := range p.Changes {
		if c.Device != p.Device || c.Counter != p.First+uint64(i) || c.Prev != prev {
			return damaged(op, "chain is broken")
		}
		prev = c.HeaderHash(sum(suite))
		p.Hashes[i] = prev
	}
	return nil
}

// Pack gives the parcel's bytes, signed by its device's key. Past the limits
// it fails with fault.TooLarge: put fewer changes in.
func Pack(p *Parcel, s *seal.Signer) ([]byte, error) {
	const op = "parcel.Pack"
	plain, packed, err := packTable(op, p.Changes)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 256+len(packed))
	magic, context := "DSP1", parcelContext
	if p.Lost != 0 {
		magic, context = "DSP2", lossContext
	}
	b = append(append(b, magic...), byte(s.Suite()))
	b = append(b, p.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, p.First)
	b = binary.BigEndian.AppendUint64(b, p.Last)
	if p.Lost != 0 {
		b = binary.BigEndian.AppendUint64(b, p.Lost)
	}
	b = append(append(b, p.Prev[:]...), p.Chain[:]...)
	b = appendTableHead(b, s.Suite(), plain, packed)
	return append(appendSignature(b, s, context), packed...), nil
}

func appendTableHead(b []byte, suite seal.Suite, plain int, packed []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(plain))
	b = binary.BigEndian.AppendUint32(b, uint32(len(packed)))
	h := suite.Sum(packed)
	return append(b, h[:]...)
}

// Open reads a parcel. lookup gives the key of the device that the parcel
// claims to come from; its error comes back as it is. Bytes that are no
// parcel are fault.Damaged, ones past the limits fault.TooLarge, and a
// signature that does not hold is fault.Untrusted.
func Open(b []byte, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Parcel, error) {
	const op = "parcel.Open"
	if len(b) > MaxBytes {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	c := cursor{b: b}
	p, h, err := openHead(op, &c, lookup)
	if err != nil {
		return nil, err
	}
	packed := c.rest()
	if len(packed) < 1 || len(packed) != h.packed {
		return nil, damaged(op, "head")
	}
	if loan.Hash(h.suite.Sum(packed)) != h.sum {
		return nil, damaged(op, "packed table")
	}
	if p.Changes, err = openTable(op, h.suite, h.plain, packed, int(p.Last-p.First)+1); err != nil {
		return nil, err
	}
	if err := p.walk(op, h.suite); err != nil {
		return nil, err
	}
	if p.Hashes[len(p.Hashes)-1] != p.Chain {
		return nil, damaged(op, "chain does not end as signed")
	}
	return p, nil
}

// OpenCheckpoint reads what is kept of a parcel as its Checkpoint: the parcel
// without its changes. It fails as Open does.
func OpenCheckpoint(b []byte, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Parcel, error) {
	const op = "parcel.OpenCheckpoint"
	c := cursor{b: b}
	p, _, err := openHead(op, &c, lookup)
	if err == nil && c.off != len(b) {
		return nil, damaged(op, "more behind the head")
	}
	return p, err
}

// head is what the head of a parcel says of the table behind it.
type head struct {
	suite         seal.Suite
	plain, packed int
	sum           loan.Hash
}

// openHead reads a parcel's head, and demands its device's signature.
func openHead(op string, c *cursor, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Parcel, head, error) {
	magic, context := "DSP1", parcelContext
	if len(c.b) > 4 && string(c.b[:4]) == "DSP2" {
		magic, context = "DSP2", lossContext
	}
	suite, ok := c.magic(magic)
	if !ok {
		return nil, head{}, damaged(op, "not a parcel")
	}
	p := &Parcel{Device: c.id(), First: c.u64(), Last: c.u64()}
	if magic == "DSP2" {
		p.Lost = c.u64()
		c.bad = c.bad || p.Lost == 0
	}
	p.Prev, p.Chain = c.hash(), c.hash()
	h := head{suite: suite, plain: c.u32(), packed: c.u32(), sum: c.hash()}
	msg, sig := c.signed()
	if c.bad || h.plain < 1 || h.plain > MaxPlain || h.packed < 1 || p.First == 0 || p.Last < p.First || p.Last-p.First >= MaxChanges {
		return nil, h, damaged(op, "head")
	}
	if err := signedBy(op, lookup, p.Device, suite, context, msg, sig); err != nil {
		return nil, h, err
	}
	p.Checkpoint = append([]byte{}, c.b[:c.off]...)
	return p, h, nil
}

// signedBy demands a device's signature; lookup gives its key, and its error
// comes back as it is.
func signedBy(op string, lookup func(uuid.UUID) (seal.PublicKey, error), device uuid.UUID, suite seal.Suite, context string, msg, sig []byte) error {
	key, err := lookup(device)
	if err != nil {
		return err
	}
	if key.Suite() != suite {
		return fault.New(op, fault.Untrusted, errors.New("another suite than the device's key"))
	}
	return fault.Wrap(op, key.Verify(context, msg, sig))
}
