package stick

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Ask is what a laptop asks of the centre.
type Ask struct {
	Proof []byte       `json:"proof,omitempty"` // a receipt of the centre
	Epoch uuid.UUID    `json:"epoch"`           // in which news were had
	After uint64       `json:"after"`           // the number of the last of them
	Own   []loan.Range `json:"own,omitempty"`   // of its chain, that it lacks
	Blobs []AskBlob    `json:"blobs,omitempty"` // that it lacks
}

// AskBlob is a blob that a laptop lacks, and the case that it is of.
type AskBlob struct {
	Hash loan.Hash `json:"hash"`
	Size int64     `json:"size"`
	Case uuid.UUID `json:"case"`
}

// Limits of what is asked.
const (
	MaxOwn   = 256
	MaxBlobs = 1024
)

// ParseAsk reads a question; fault.Damaged for what is none.
func ParseAsk(b []byte) (*Ask, error) {
	a := &Ask{}
	if err := strict(b, a); err != nil || len(a.Own) > MaxOwn || len(a.Blobs) > MaxBlobs {
		return nil, damaged("stick.ParseAsk", "question")
	}
	for _, r := range a.Own {
		if r.From == 0 || r.To < r.From || r.To >= 1<<63 {
			return nil, damaged("stick.ParseAsk", "range")
		}
	}
	return a, nil
}

// Noted is what a laptop notes of a batch for itself.
type Noted struct {
	Epoch   uuid.UUID    `json:"epoch"` // of the centre, as the laptop knew it
	Changes []loan.Range `json:"changes,omitempty"`
	Blobs   []loan.Hash  `json:"blobs,omitempty"`
}

// ParseNoted reads a note; fault.Damaged for what is none.
func ParseNoted(b []byte) (*Noted, error) {
	n := &Noted{}
	if err := strict(b, n); err != nil {
		return nil, damaged("stick.ParseNoted", "note")
	}
	return n, nil
}

// Encode gives the JSON of a question or a note.
func Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fault.New("stick.Encode", fault.Other, err)
	}
	return b, nil
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more behind the JSON")
	}
	return nil
}

// Assembly puts the parts of a blob together; the zero Assembly is ready.
type Assembly struct {
	at  Part
	buf []byte
}

// Add takes the next part and gives the blob's content when it is whole; nil
// when more is to come. The content is good until the next Add. A part that
// does not follow on the one before is fault.Damaged, and what was there is
// dropped.
func (a *Assembly) Add(p Part, most int64) (content []byte, err error) {
	if p.Offset == 0 {
		a.at, a.buf = p, a.buf[:0]
	}
	if p.Size > most || p.Hash != a.at.Hash || p.Size != a.at.Size || p.Offset != int64(len(a.buf)) {
		a.at, a.buf = Part{}, nil
		return nil, damaged("stick.Assembly", "parts of a blob are out of order")
	}
	a.buf = append(a.buf, p.Data...)
	if int64(len(a.buf)) == p.Size {
		return a.buf, nil
	}
	return nil, nil
}
