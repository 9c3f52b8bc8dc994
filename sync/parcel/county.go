package parcel

import (
	"doorstep/internal/bulletin"
)

// WithBulletins is the query of GET /v1/county by which a laptop says that it
// reads the list of bulletins in the answer: an earlier one does not, and an
// earlier centre passes over it.
const WithBulletins = "with=bulletins"

// GET /v1/news with WithMark under WithQuery is answered with MarkParameter in the
// content type: a text that is another whenever what the county has to say is, so
// that a laptop need ask for that only then. An earlier centre passes over it.
const (
	WithQuery     = "with"
	WithMark      = "mark"
	MarkParameter = "county"
)

// MaxCounty bounds the answer about a county, and that to who enrols: they name all of its
// people, and the first every bulletin.
const MaxCounty = 4 << 20

// BulletinPiece is how much of a bulletin is answered at once, at most: small
// against the time a bad link stays up.
const BulletinPiece = ChunkSize

// TypeBulletin is the content type of a bulletin's bytes.
const TypeBulletin = "application/vnd.doorstep.bulletin"

// ListedBulletin is a bulletin the centre has for a laptop.
type ListedBulletin struct {
	Kind    bulletin.Kind `json:"kind"`
	Name    string        `json:"name"`
	Version uint64        `json:"version"`
	Hash    bulletin.Hash `json:"hash"` // of all its bytes
	Size    int64         `json:"size"`
}
