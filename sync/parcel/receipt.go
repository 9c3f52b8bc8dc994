package parcel

import (
	"encoding/binary"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

const receiptContext = "doorstep receipt 1"

// Receipt is the centre's word that it holds changes 1 to Through of Device,
// the last of which has the header hash Chain, and the blobs named.
type Receipt struct {
	Centre, Epoch, Device uuid.UUID
	Through               uint64
	Chain                 loan.Hash
	At                    time.Time
	Blobs                 []loan.Hash
}

// Sign gives the receipt's bytes, signed by the centre's key.
func (r *Receipt) Sign(s *seal.Signer) []byte {
	b := make([]byte, 0, 256+32*len(r.Blobs))
	b = append(append(b, "DSR1"...), byte(s.Suite()))
	b = append(append(append(b, r.Centre[:]...), r.Epoch[:]...), r.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Through)
	b = append(b, r.Chain[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMilli()))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Blobs)))
	for _, h := range r.Blobs {
		b = append(b, h[:]...)
	}
	return appendSignature(b, s, receiptContext)
}

// OpenReceipt reads a receipt that the centre's key signed. Bytes that are no
// receipt are fault.Damaged, another's signature is fault.Untrusted.
func OpenReceipt(b []byte, centre seal.PublicKey) (*Receipt, error) {
	const op = "parcel.OpenReceipt"
	c := cursor{b: b}
	suite, ok := c.magic("DSR1")
	if !ok {
		return nil, damaged(op, "not a receipt")
	}
	r := &Receipt{Centre: c.id(), Epoch: c.id(), Device: c.id(), Through: c.u64(), Chain: c.hash()}
	r.At = time.UnixMilli(int64(c.u64())).UTC()
	n := c.u32()
	if c.bad || n > MaxAsk || n*32 > len(b)-c.off || (r.Through == 0) != r.Chain.Zero() {
		return nil, damaged(op, "head")
	}
	for range n {
		r.Blobs = append(r.Blobs, c.hash())
	}
	msg, sig := c.signed()
	if c.bad || c.off != len(b) {
		return nil, damaged(op, "length")
	}
	if suite != centre.Suite() {
		return nil, fault.New(op, fault.Untrusted, errors.New("another suite than the centre's key"))
	}
	if err := centre.Verify(receiptContext, msg, sig); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return r, nil
}
