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
	handedMagic   = "DSV1"
	handedContext = "doorstep handed 1"
	// MaxHanded bounds the bytes of a handed parcel.
	MaxHanded = MaxBytes + 1024
)

// TypeHanded is the content type of a parcel that another laptop hands in.
const TypeHanded = "application/vnd.doorstep.handed"

// Handed is a parcel on a road that others see: sealed to the centre, signed by
// the device outside as well, so that who carries it knows whose it is and that
// it is whole, and not what is in it.
type Handed struct {
	Device      uuid.UUID
	First, Last uint64
	Chain       loan.Hash // header hash of the last change
	box         []byte
}

func handedAD(device uuid.UUID, first, last uint64) []byte {
	b := append([]byte(handedContext+"\x00"), device[:]...)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, first), last)
}

// Hand seals a parcel to the centre's key and signs it by its device's.
func Hand(p *Parcel, s *seal.Signer, centre seal.PublicKey) ([]byte, error) {
	const op = "parcel.Hand"
	raw, err := Pack(p, s)
	if err != nil {
		return nil, err
	}
	box, err := centre.Encrypt(raw, handedAD(p.Device, p.First, p.Last))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b := append(append([]byte{}, handedMagic...), byte(s.Suite()))
	b = append(b, p.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, p.First)
	b = binary.BigEndian.AppendUint64(b, p.Last)
	b = append(b, p.Chain[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(box)))
	h := s.Suite().Sum(box)
	b = append(b, h[:]...)
	return append(appendSignature(b, s, handedContext), box...), nil
}

// OpenHanded reads the outside of a handed parcel, with the key of its device
// that lookup gives, whose error comes back as it is. Bytes that are none are
// fault.Damaged, ones past the limits fault.TooLarge, another's signature
// fault.Untrusted.
func OpenHanded(b []byte, lookup func(device uuid.UUID) (seal.PublicKey, error)) (*Handed, error) {
	const op = "parcel.OpenHanded"
	if len(b) > MaxHanded {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	c := cursor{b: b}
	suite, ok := c.magic(handedMagic)
	if !ok {
		return nil, damaged(op, "not a handed parcel")
	}
	h := &Handed{Device: c.id(), First: c.u64(), Last: c.u64(), Chain: c.hash()}
	boxLen, boxSum := c.u32(), c.hash()
	msg, sig := c.signed()
	h.box = c.rest()
	if c.bad || len(h.box) != boxLen || h.First == 0 || h.Last < h.First {
		return nil, damaged(op, "head")
	}
	if err := signedBy(op, lookup, h.Device, suite, handedContext, msg, sig); err != nil {
		return nil, err
	}
	if loan.Hash(suite.Sum(h.box)) != boxSum {
		return nil, damaged(op, "box")
	}
	return h, nil
}

// Parcel gives the bytes of the parcel inside, which the centre alone can; what
// was sealed for another place or another centre is fault.Damaged.
func (h *Handed) Parcel(centre *seal.Signer) ([]byte, error) {
	b, err := centre.Decrypt(h.box, handedAD(h.Device, h.First, h.Last))
	return b, fault.Wrap("parcel.Handed", err)
}

// HandedReceiptRequest asks for the receipt of another laptop of the county,
// on whose behalf things were handed in.
type HandedReceiptRequest struct {
	Device uuid.UUID   `json:"device"`
	Blobs  []loan.Hash `json:"blobs"`
}

// ShutOutPath is where a device asks for the list of those shut out, as the centre
// signed it, also one that is shut out itself.
const ShutOutPath = "/v1/shutout"

// RevokedResponse lists the devices of the county that were shut out.
type RevokedResponse struct {
	Devices []uuid.UUID `json:"devices"`
}

// MaxRevoked bounds them; the latest are named.
const MaxRevoked = 4096

// ProofsResponse are the centre's proofs of its own changes of a case, each of
// one change; see Prove.
type ProofsResponse struct {
	Proofs [][]byte `json:"proofs"`
}

// MaxProofs bounds them; a case has few.
const MaxProofs = 64

// Passport is by what a laptop is known to those that meet only what it wrote:
// its certificate, and the key of its chain with the certified key's signature
// of it for context "doorstep chain key 1".
type Passport struct {
	Cert  []byte `json:"cert"`            // DER
	Chain []byte `json:"chain,omitempty"` // PKIX DER; none: the certificate's own
	Sign  []byte `json:"sign,omitempty"`
}

const passportContext = "doorstep chain key 1"

// NewPassport makes a device's own.
func NewPassport(cert []byte, signer, chain *seal.Signer) Passport {
	p := Passport{Cert: cert}
	if !chain.Public().Equal(signer.Public()) {
		p.Chain = chain.Public().Marshal()
		p.Sign = signer.Sign(passportContext, p.Chain)
	}
	return p
}

// Key gives the device and the key of its chain; verify reads the certificate.
// A signature that does not hold is fault.Untrusted.
func (p Passport) Key(verify func(cert []byte) (string, seal.PublicKey, error)) (uuid.UUID, seal.PublicKey, error) {
	const op = "parcel.Passport"
	name, key, err := verify(p.Cert)
	if err != nil {
		return uuid.Nil, seal.PublicKey{}, err
	}
	id, err := uuid.Parse(name)
	if err != nil || id.String() != name {
		return uuid.Nil, seal.PublicKey{}, fault.New(op, fault.Untrusted, errors.New("certificate of no device"))
	}
	if len(p.Chain) == 0 {
		return id, key, nil
	}
	if err := key.Verify(passportContext, p.Chain, p.Sign); err != nil {
		return uuid.Nil, seal.PublicKey{}, fault.Wrap(op, err)
	}
	chain, err := seal.ParsePublicKey(p.Chain)
	return id, chain, fault.Wrap(op, err)
}
