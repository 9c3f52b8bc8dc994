package contract

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"time"

	"doorstep/internal/fault"
)

// Stamping is a contract on its way to a time stamp.
type Stamping struct {
	// Policy is the one under which the service is to stamp; none: as it likes.
	Policy asn1.ObjectIdentifier

	pdf    []byte // with the stamp's contents empty
	at     int
	room   int
	fixed  bool // of a former form
	digest [32]byte
	nonce  *big.Int
	need   int // of the service's answer
}

// Fitting is the room that the service's next answer will need, once End has
// seen one, and whether this file has enough of it and little more: where it has
// not, it is worth to ask again.
func (s *Stamping) Fitting() (room int, fits bool) {
	const slack = 32 // serial numbers and times are not all as long
	if s.need == 0 || s.fixed {
		return 0, true
	}
	room = min(s.need+slack, stampReserve)
	return room, s.room >= s.need && s.room-s.need <= 2*slack
}

// BeginStamp prepares a contract that has the centre's seal for the document
// time stamp over all of it, with as many bytes of room for the stamp as room, or
// as there may be where that is none or a former form has a fixed room. Errors
// are those of Receive.
func BeginStamp(pdf []byte, room int) (*Stamping, error) {
	const op = "contract.BeginStamp"
	f, err := nextField(pdf, StampField)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	s := &Stamping{room: f.reserve, fixed: f.reserve > 0}
	if !s.fixed {
		s.room = room
	}
	if s.room <= 0 || s.room > stampReserve {
		s.room = stampReserve
	}
	if s.pdf, s.at, err = appendField(pdf, f, s.room, stampHead); err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	s.digest = rangeDigest(s.pdf, s.at, s.room)
	var b [9]byte
	_, _ = rand.Read(b[1:]) // never fails
	b[0] = 1                // of one length always, and positive
	s.nonce = new(big.Int).SetBytes(b[:])
	return s, nil
}

// Request is the question for the service, a TimeStampReq in DER: the hash
// alone leaves the centre.
func (s *Stamping) Request() []byte {
	imprint := wrap(0x30, wrap(0x30, derOf(oidSHA256), []byte{5, 0}), derOf(s.digest[:]))
	var policy []byte
	if len(s.Policy) > 0 {
		policy = derOf(s.Policy)
	}
	return wrap(0x30, derOf(1), imprint, policy, derOf(s.nonce), derOf(true))
}

// End puts the service's answer, a TimeStampResp in DER, into the file and
// gives it with the time stamped. What the token holds beside what its
// signature and chain need is left out. Errors: fault.Unsupported when the
// service refused or uses what this program does not verify, fault.Untrusted
// when the answer is not to this question, not signed as it should be, or not
// by a service of the roots; fault.TooLarge when it does not fit.
// lists are of revoked certificates; one of the chain in them, or a policy of the
// service other than was asked for, is fault.Untrusted too.
func (s *Stamping) End(answer []byte, roots []*x509.Certificate, lists ...*x509.RevocationList) ([]byte, time.Time, error) {
	const op = "contract.EndStamp"
	parts, err := sequence(answer, 1)
	if err != nil {
		return nil, time.Time{}, fault.New(op, fault.Untrusted, err)
	}
	status, err := sequence(parts[0].FullBytes, 1)
	var code int
	if err == nil {
		_, err = asn1.Unmarshal(status[0].FullBytes, &code)
	}
	if err != nil || code > 1 || code < 0 || len(parts) < 2 {
		return nil, time.Time{}, fault.New(op, fault.Unsupported, errors.New("the service refused"))
	}
	t, err := parseToken(parts[1].FullBytes)
	switch {
	case errors.Is(err, errAlgorithm):
		return nil, time.Time{}, fault.New(op, fault.Unsupported, err)
	case err != nil:
		return nil, time.Time{}, fault.New(op, fault.Untrusted, err)
	case !bytes.Equal(t.imprint, s.digest[:]) || t.nonce == nil || t.nonce.Cmp(s.nonce) != 0:
		return nil, time.Time{}, fault.New(op, fault.Untrusted, errors.New("an answer to another question"))
	case !t.signed():
		return nil, time.Time{}, fault.New(op, fault.Untrusted, errors.New("signature does not hold"))
	}
	if t.certs, err = t.chain(roots); err != nil {
		return nil, time.Time{}, fault.New(op, fault.Untrusted, errors.New("not a service that is trusted"))
	}
	if len(s.Policy) > 0 && !t.policy.Equal(s.Policy) {
		return nil, time.Time{}, fault.New(op, fault.Untrusted, errors.New("another policy than was asked for"))
	}
	if r := revocationOf(t.certs, roots, lists, t.at); !r.revoked.IsZero() {
		return nil, time.Time{}, fault.New(op, fault.Untrusted, errors.New("the service's certificate is revoked"))
	}
	der := t.canonical().marshal()
	if s.need = len(der); s.need > s.room {
		return nil, time.Time{}, fault.New(op, fault.TooLarge, errors.New("no room for the stamp"))
	}
	out := bytes.Clone(s.pdf)
	hex.Encode(out[s.at+1:], der)
	return out, t.at, nil
}
