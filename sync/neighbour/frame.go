package neighbour

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Kinds of frames; an answer has its request's kind and the bit answer.
const (
	kindHello    = 1
	kindOffer    = 2
	kindPiece    = 3
	kindWhole    = 4
	kindBlob     = 5
	kindCarry    = 6
	kindHanded   = 7
	kindReceipts = 8
	kindPing     = 9

	answer      = 0x80
	kindRefusal = 0xff
)

// Limits of what goes over a connection.
const (
	// MaxFrame bounds one frame: a handed parcel fits.
	MaxFrame  = parcel.MaxHanded + 64
	blobChunk = 256 << 10
	blobHead  = 32 + 4 + 4
	maxSpans  = 4096
	maxPasses = 64 // passports of authors in one offer
)

type frame struct {
	kind byte
	body []byte
}

// readFrame reads one frame; fault.Damaged for one past the limits, and
// fault.Offline when the connection ends.
func readFrame(r io.Reader) (frame, error) {
	const op = "neighbour.readFrame"
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, fault.New(op, fault.Offline, err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 1 || n > MaxFrame {
		return frame{}, fault.New(op, fault.Damaged, errors.New("length of a frame"))
	}
	// Grows with what really comes, whatever the length says.
	var b bytes.Buffer
	if m, err := io.CopyN(&b, r, int64(n-1)); err != nil || m != int64(n-1) {
		return frame{}, fault.New(op, fault.Offline, errors.New("connection broke off"))
	}
	return frame{head[4], b.Bytes()}, nil
}

// encode gives a frame's bytes.
func (f frame) encode() []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 5+len(f.body)), uint32(len(f.body)+1))
	return append(append(b, f.kind), f.body...)
}

// Versions of a hello. A laptop of the first does not know the centre for an
// author.
const (
	helloVersion  = 2
	centreVersion = 2
)

// Hello says who a laptop is in the room. The device is that of the
// certificate; nothing here is a person's.
type Hello struct {
	Version  int             `json:"version"`
	Point    string          `json:"point"`
	Name     string          `json:"name"` // the laptop's letter
	Stations []loan.Station  `json:"stations"`
	Passport parcel.Passport `json:"passport"`
}

// Span is counters From to To of a device's chain, of one case.
type Span struct {
	Device uuid.UUID `json:"device"`
	loan.Range
}

// Offer is what of a case there is to give, and the passports of who wrote it.
type Offer struct {
	Case    uuid.UUID         `json:"case"`
	Has     []Span            `json:"has"`
	Authors []parcel.Passport `json:"authors"`
}

// Lacks is what of an offer is lacking; none when all is here.
type Lacks struct {
	Spans []Span `json:"spans"`
}

// Whole says that all of a case that was lacking has been sent.
type Whole struct {
	Case uuid.UUID `json:"case"`
}

// Needs are the blobs lacking before the case counts as here.
type Needs struct {
	Blobs []loan.Hash `json:"blobs"`
}

// CarryOf is what of one device's chain can be carried to the centre.
type CarryOf struct {
	Passport parcel.Passport `json:"passport"`
	After    uint64          `json:"after"` // the centre has all up to here, as far as is known
	Last     uint64          `json:"last"`
	Blobs    []loan.Hash     `json:"blobs,omitempty"` // that the device waits to have acknowledged
}

// Carry is all that can be carried.
type Carry struct {
	Of []CarryOf `json:"of"`
}

// Carried answers in the order of the question: how far each is carried here.
type Carried struct {
	Through []uint64 `json:"through"`
}

// Receipts are receipts that the centre signed, for the laptop that gets them
// and for others.
type Receipts struct {
	Receipts [][]byte `json:"receipts"`
}

// read decodes a message of at most MaxFrame bytes; fault.Input for another.
func read[T any](b []byte) (T, error) {
	var v T
	err := parcel.DecodeJSON(bytes.NewReader(b), MaxFrame, &v)
	return v, err
}

func message(kind byte, v any) (frame, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return frame{}, fault.New("neighbour.message", fault.Other, err)
	}
	return frame{kind, b}, nil
}

func (o *Offer) check() error {
	if o.Case == uuid.Nil || len(o.Authors) > maxPasses {
		return fault.New("neighbour.offer", fault.Input, errors.New("case or authors"))
	}
	return checkSpans(o.Has)
}

func checkSpans(spans []Span) error {
	bad := len(spans) > maxSpans
	for _, s := range spans {
		bad = bad || s.Device == uuid.Nil || s.From == 0 || s.To < s.From || s.To-s.From >= parcel.MaxChanges
	}
	if bad {
		return fault.New("neighbour.spans", fault.Input, errors.New("spans"))
	}
	return nil
}

// blobPart is a part of a blob on its way.
type blobPart struct {
	hash         loan.Hash
	size, offset uint32
	bytes        []byte
}

func (p blobPart) frame() frame {
	b := append(make([]byte, 0, blobHead+len(p.bytes)), p.hash[:]...)
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, p.size), p.offset)
	return frame{kindBlob, append(b, p.bytes...)}
}

func readBlobPart(b []byte) (blobPart, error) {
	bad := fault.New("neighbour.blob", fault.Input, errors.New("part of a blob"))
	if len(b) <= blobHead || len(b) > blobHead+blobChunk {
		return blobPart{}, bad
	}
	p := blobPart{hash: loan.Hash(b[:32]), size: binary.BigEndian.Uint32(b[32:]), offset: binary.BigEndian.Uint32(b[36:]), bytes: b[blobHead:]}
	if p.size > parcel.MaxBlob || uint64(p.offset)+uint64(len(p.bytes)) > uint64(p.size) {
		return blobPart{}, bad
	}
	return p, nil
}
