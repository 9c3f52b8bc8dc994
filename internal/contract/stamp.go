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
	pdf    []byte // with the stamp's contents empty
	at     int
	field  field
	digest [32]byte
	nonce  *big.Int
}

// BeginStamp prepares a contract that has the centre's seal for the document
// time stamp over all of it. Errors are those of Receive.
func BeginStamp(pdf []byte) (*Stamping, error) {
	const op = "contract.BeginStamp"
	f, err := nextField(pdf, StampField)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	s := &Stamping{field: f}
	if s.pdf, s.at, err = appendField(pdf, f, stampHead); err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	s.digest = rangeDigest(s.pdf, s.at, f.reserve)
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
	return wrap(0x30, derOf(1), imprint, derOf(s.nonce), derOf(true))
}

// End puts the service's answer, a TimeStampResp in DER, into the file and
// gives it with the time stamped. What the token holds beside what its
// signature and chain need is left out. Errors: fault.Unsupported when the
// service refused or uses what this program does not verify, fault.Untrusted
// when the answer is not to this question, not signed as it should be, or not
// by a service of the roots; fault.TooLarge when it does not fit.
func (s *Stamping) End(answer []byte, roots []*x509.Certificate) ([]byte, time.Time, error) {
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
	der := t.marshal()
	if len(der) > s.field.reserve {
		return nil, time.Time{}, fault.New(op, fault.TooLarge, nil)
	}
	out := bytes.Clone(s.pdf)
	hex.Encode(out[s.at+1:], der)
	return out, t.at, nil
}
