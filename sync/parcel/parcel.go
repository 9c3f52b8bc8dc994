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
	magic, context := "DSP1", parcelContext
	if len(b) > 4 && string(b[:4]) == "DSP2" {
		magic, context = "DSP2", lossContext
	}
	suite, ok := c.magic(magic)
	if !ok {
		return nil, damaged(op, "not a parcel")
	}
	p := &Parcel{Device: c.id(), First: c.u64(), Last: c.u64()}
	if magic == "DSP2" {
		p.Lost = c.u64()
		c.bad = c.bad || p.Lost == 0
	}
	p.Prev, p.Chain = c.hash(), c.hash()
	plain, packedLen, packedSum := c.u32(), c.u32(), c.hash()
	msg, sig := c.signed()
	head := c.off
	packed := c.rest()
	if c.bad || plain < 1 || plain > MaxPlain || len(packed) < 1 || len(packed) != packedLen ||
		p.First == 0 || p.Last < p.First || p.Last-p.First >= MaxChanges {
		return nil, damaged(op, "head")
	}
	if err := signedBy(op, lookup, p.Device, suite, context, msg, sig); err != nil {
		return nil, err
	}
	if loan.Hash(suite.Sum(packed)) != packedSum {
		return nil, damaged(op, "packed table")
	}
	var err error
	if p.Changes, err = openTable(op, suite, plain, packed, int(p.Last-p.First)+1); err != nil {
		return nil, err
	}
	if err := p.walk(op, suite); err != nil {
		return nil, err
	}
	if p.Hashes[len(p.Hashes)-1] != p.Chain {
		return nil, damaged(op, "chain does not end as signed")
	}
	p.Checkpoint = append([]byte{}, b[:head]...)
	return p, nil
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
