package parcel

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Sizes of blobs and questions.
const (
	ChunkSize = 32 << 10
	PieceSize = 8 * ChunkSize // of a blob that a laptop gets back, at most
	MaxBlob   = 64 << 20
	MaxAsk    = 1024 // blobs in one question
	MaxJSON   = 256 << 10
)

// Content types.
const (
	TypeParcel  = "application/vnd.doorstep.parcel"
	TypeReceipt = "application/vnd.doorstep.receipt"
	TypeNews    = "application/vnd.doorstep.news"
	TypeChunk   = "application/octet-stream"
	TypeJSON    = "application/json"
)

// SumHeader names the header that holds a chunk's SHA-256 in hexadecimal.
const SumHeader = "Doorstep-Sum"

// Codes of a Problem that the other side acts on.
const (
	CodeGap     = "gap"     // changes in front of the parcel are lacking
	CodeClone   = "clone"   // another change stands under the same device and number
	CodeUnknown = "unknown" // no such device
	CodeRevoked = "revoked" // the device was revoked
	CodeNoCert  = "no-certificate"
	CodeBusy    = "busy"      // come again
	CodeName    = "name"      // a whole blob's content has another name
	CodeUsed    = "used"      // the enrolment code was used by another
	CodeExpired = "expired"   // the enrolment code is too old
	CodeBadCode = "code"      // no such enrolment code
	CodeDevice  = "device"    // the enrolment code is for another laptop, or for a new one
	CodeElse    = "elsewhere" // the relay of this session is at another server: Detail is its address, where known
)

// Problem is the body of every answer that is not a success.
type Problem struct {
	Kind    string `json:"kind"`              // of internal/fault, in English
	Code    string `json:"code,omitempty"`    // one of the codes above
	Detail  string `json:"detail,omitempty"`  // for a log: ids and numbers alone; with "elsewhere" an address
	Through uint64 `json:"through,omitempty"` // with "gap": what is held
}

// EnrolRequest asks to become a device of a county. Proof is the signature of
// the key for context "doorstep enrol 1" over the code's text: it shows that
// the sender holds the private key.
type EnrolRequest struct {
	Code      string `json:"code"`
	PublicKey []byte `json:"public_key"` // PKIX DER
	Proof     []byte `json:"proof"`
	// Device is the id of a laptop that worked for practice before it knew a
	// centre; only a centre for practice takes it, and an earlier one does not
	// read it.
	Device *uuid.UUID `json:"device,omitempty"`
	// Again is set by a laptop that enrols again, with a code that is for it:
	// it stays the same device, and the key becomes its new one.
	Again uuid.UUID `json:"again,omitzero"`
}

// PracticeKey names the blobs of a county for practice. Everybody knows it, so
// that a laptop can begin before it has a centre; nothing true is kept there.
func PracticeKey(s seal.Suite) *seal.Key {
	b := s.Sum([]byte("doorstep practice county 1"))
	k, err := seal.KeyFromBytes(append([]byte{byte(s)}, b[:]...))
	if err != nil {
		panic(err) // only for a suite that is none
	}
	return k
}

// EnrolContext is the context of EnrolRequest.Proof.
const EnrolContext = "doorstep enrol 1"

// EnrolOperator is a person who may work at the point.
type EnrolOperator struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Roles []string `json:"roles"`

	// Level and organisation go down signed, in a bulletin: an earlier laptop
	// would not read them here.
	Level string `json:"-"`
	Org   string `json:"-"`
}

// EnrolResponse is all a new device needs to know.
type EnrolResponse struct {
	Device     uuid.UUID       `json:"device"`
	Cert       []byte          `json:"cert"` // DER
	CA         []byte          `json:"ca"`   // DER
	Centre     uuid.UUID       `json:"centre"`
	CentreKey  []byte          `json:"centre_key"` // PKIX DER
	Epoch      uuid.UUID       `json:"epoch"`
	County     string          `json:"county"`
	CountyName string          `json:"county_name"`
	CountyKey  []byte          `json:"county_key"` // secret
	Point      string          `json:"point"`
	PointType  string          `json:"point_type"`
	Practice   bool            `json:"practice"`
	Operators  []EnrolOperator `json:"operators"`

	// For who asks with WithRecovery alone.
	Recovery []byte     `json:"recovery,omitempty"` // the county's recovery key, PKIX DER
	Suite    seal.Suite `json:"suite,omitempty"`    // of the laptop's store and chain

	// For who says WithStanding in WithHeader alone: the bulletin with the levels
	// of operators, where there is one.
	Standing []byte `json:"standing,omitempty"`
}

// WithHeader names what a laptop reads in an answer that an earlier one does not.
const WithHeader = "Doorstep-With"

// WithStanding is that it reads the levels of operators.
const WithStanding = "standing"

// BlobSize is a blob and its length in bytes.
type BlobSize struct {
	Hash loan.Hash `json:"hash"`
	Size int64     `json:"size"`
}

// LackRequest asks what the centre lacks of some blobs, at most MaxAsk.
type LackRequest struct {
	Blobs []BlobSize `json:"blobs"`
}

// Lack is what is lacking of one blob: nothing when Held, else the ranges
// [from, to) of its bytes.
type Lack struct {
	Hash   loan.Hash  `json:"hash"`
	Held   bool       `json:"held,omitempty"`
	Ranges [][2]int64 `json:"ranges,omitempty"`
}

// LackResponse answers in the order of the question.
type LackResponse struct {
	Blobs []Lack `json:"blobs"`
}

// ReceiptRequest asks for a receipt that says which of the blobs are held.
// Proof is an earlier receipt, of a centre that now says it holds less: one
// that finds its own signature under it knows that it was set back.
type ReceiptRequest struct {
	Blobs []loan.Hash `json:"blobs"`
	Proof []byte      `json:"proof,omitempty"`
}

// DecodeJSON reads one JSON value of at most limit bytes into v, with no field
// v does not know and nothing behind it. fault.TooLarge past the limit, else
// fault.Input.
func DecodeJSON(r io.Reader, limit int64, v any) error {
	const op = "parcel.DecodeJSON"
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return fault.New(op, fault.Offline, errors.New("body broke off"))
	}
	if int64(len(b)) > limit {
		return fault.New(op, fault.TooLarge, nil)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fault.New(op, fault.Input, errors.New("not the JSON expected"))
	}
	if _, err := d.Token(); err != io.EOF {
		return fault.New(op, fault.Input, errors.New("more behind the JSON"))
	}
	return nil
}
