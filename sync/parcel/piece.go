package parcel

import (
	"encoding/binary"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

const (
	pieceContext = "doorstep piece 1"
	pieceMagic   = "DSQ1"
	// MaxProof bounds the bytes of a proof.
	MaxProof = 512
)

// Piece is an unbroken piece of one device's chain that another laptop is
// given: not all of the chain, as in a parcel, but what belongs to one case.
type Piece struct {
	Device      uuid.UUID
	First, Last uint64
	Prev, Chain loan.Hash // header hashes of the change in front, and of the last
	Changes     []*loan.Change
	Proof       []byte // the device's signature with what it is of; goes along for ever
}

// Prove signs that the changes, an unbroken piece of the chain that s signs,
// are the device's. A gap, or a change of another device, is fault.Damaged.
func Prove(changes []*loan.Change, s *seal.Signer) ([]byte, error) {
	const op = "parcel.Prove"
	if len(changes) == 0 || len(changes) > MaxChanges {
		return nil, fault.New(op, fault.Input, errors.New("number of changes"))
	}
	first, last := changes[0], changes[len(changes)-1]
	p := &Piece{Device: first.Device, First: first.Counter, Last: last.Counter, Prev: first.Prev,
		Chain: last.HeaderHash(sum(s.Suite())), Changes: changes}
	if err := p.walk(op, s.Suite()); err != nil {
		return nil, err
	}
	b := append(append([]byte{}, pieceMagic...), byte(s.Suite()))
	b = append(b, p.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, p.First)
	b = binary.BigEndian.AppendUint64(b, p.Last)
	b = append(append(b, p.Prev[:]...), p.Chain[:]...)
	return appendSignature(b, s, pieceContext), nil
}

// walk follows the chain from Prev to Chain.
func (p *Piece) walk(op string, suite seal.Suite) error {
	prev := p.Prev
	for i, c := range p.Changes {
		if c.Device != p.Device || c.Counter != p.First+uint64(i) || c.Prev != prev {
			return damaged(op, "chain is broken")
		}
		prev = c.HeaderHash(sum(suite))
	}
	if prev != p.Chain || p.First == 1 && !p.Prev.Zero() {
		return damaged(op, "chain does not end as signed")
	}
	return nil
}

// Packed gives a piece's bytes: the proof, and the changes it is of.
func Packed(proof []byte, changes []*loan.Change) ([]byte, error) {
	plain, packed, err := packTable("parcel.Packed", changes)
	if err != nil {
		return nil, err
	}
	b := binary.BigEndian.AppendUint32(append([]byte{}, proof...), uint32(plain))
	b = binary.BigEndian.AppendUint32(b, uint32(len(packed)))
	return append(b, packed...), nil
}

// OpenProof reads what a proof is of and demands the signature of the device's
// key, which lookup gives. The piece has no changes.
func OpenProof(b []byte, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Piece, error) {
	const op = "parcel.OpenProof"
	c := cursor{b: b}
	p, _, err := openProof(op, &c, lookup)
	if err == nil && c.off != len(b) {
		return nil, damaged(op, "more behind the proof")
	}
	return p, err
}

func openProof(op string, c *cursor, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Piece, seal.Suite, error) {
	suite, ok := c.magic(pieceMagic)
	if !ok {
		return nil, 0, damaged(op, "not a piece")
	}
	p := &Piece{Device: c.id(), First: c.u64(), Last: c.u64(), Prev: c.hash(), Chain: c.hash()}
	msg, sig := c.signed()
	if c.bad || c.off > MaxProof || p.First == 0 || p.Last < p.First || p.Last-p.First >= MaxChanges {
		return nil, 0, damaged(op, "head")
	}
	if err := signedBy(op, lookup, p.Device, suite, pieceContext, msg, sig); err != nil {
		return nil, 0, err
	}
	p.Proof = append([]byte{}, c.b[:c.off]...)
	return p, suite, nil
}

// OpenPiece reads a piece. lookup gives the key of the device that it claims to
// come from; its error comes back as it is. Bytes that are no piece, a gap and
// a body that is another are fault.Damaged, ones past the limits
// fault.TooLarge, and a signature that does not hold is fault.Untrusted.
func OpenPiece(b []byte, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Piece, error) {
	const op = "parcel.OpenPiece"
	if len(b) > MaxBytes {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	c := cursor{b: b}
	p, suite, err := openProof(op, &c, lookup)
	if err != nil {
		return nil, err
	}
	plain, packedLen := c.u32(), c.u32()
	packed := c.rest()
	if c.bad || plain < 1 || plain > MaxPlain || len(packed) != packedLen {
		return nil, damaged(op, "table")
	}
	if p.Changes, err = openTable(op, suite, plain, packed, int(p.Last-p.First)+1); err != nil {
		return nil, err
	}
	return p, p.walk(op, suite)
}
