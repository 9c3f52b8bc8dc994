package contract

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// The objects whose numbers are the same in every file.
const (
	catalogObj    = 1
	pagesObj      = 3
	xmpObj        = 4
	iccObj        = 5
	fieldObj      = 6 // the widget of the point's seal
	studentObj    = 9
	coborrowerObj = 10
	receiptObj    = 11
	timeObj       = 12
)

// Closing is what a terminal closes a contract with.
type Closing struct {
	Signer   *seal.Signer // the device's key
	Cert, CA []byte       // its certificate and that of the authority
	// Events are the signings by hand, in the order of the fields: one for each
	// party whose ink is in the file.
	Events []Event
	// National is the SM2 key that signs the closed file besides; the seal
	// names it, and so vouches for it. Zero: none does.
	National seal.PublicKey
}

// Seal appends a PAdES B-B signature for each signing by hand and then the
// point's, over the whole file, all by the terminal's key. The bytes of pdf
// stay as they are at the front of what is returned. The date in the seals is
// that of Input.At: the terminal's own clock. The same file, key, certificates
// and events give the same bytes. Errors: fault.Input when pdf is no contract
// of Fill with ink in it, or the events are not those of its ink; fault.Exists
// when it is sealed already, fault.Untrusted when key and certificates do not
// belong together, fault.Unsupported for keys other than P-256.
func Seal(pdf []byte, c Closing) ([]byte, error) {
	const op = "contract.Seal"
	d, err := parseDocument(pdf)
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	if len(d.revisions) > 1 {
		return nil, fault.New(op, fault.Exists, nil)
	}
	base := d.revisions[0]
	fields := base.signable()
	date, ok := creationDate(base.objects[pdfInfoObj])
	if fields == nil || !ok || dateOf(date).IsZero() {
		return nil, fault.New(op, fault.Input, errForm)
	}
	cert, ca, err := sealCerts(c.Signer, c.Cert, c.CA)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	form, _ := formOf(base.objects[catalogObj])
	events := slices.Clone(c.Events)
	for _, f := range fields {
		e := entries{name: cert.Subject.CommonName, reason: sealReason, date: date}
		if p, is := partyOf(f.name); is {
			if len(events) == 0 || events[0].Party != p {
				return nil, fault.New(op, fault.Input, errors.New("no event for "+f.name))
			}
			e.reason, events = events[0].reason(), events[1:]
		} else if f.later {
			break
		} else if !c.National.Zero() {
			e.national = hex.EncodeToString(c.National.Marshal())
		}
		chain := []*x509.Certificate{cert, ca}[:chainLength(form, f)]
		if pdf, err = signField(pdf, f, e, c.Signer, chain); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	if len(events) > 0 {
		return nil, fault.New(op, fault.Input, errors.New("an event without its ink"))
	}
	return pdf, nil
}

// Receive appends the centre's seal to a contract that a terminal closed: that
// it has the case, under which numbers, and when by its own clock. What the
// terminal closed stays as it is at the front. Errors: fault.Input when pdf is
// no such contract, fault.Exists when it has the seal already,
// fault.Unsupported for a contract of the first form, which has no such field.
func Receive(pdf []byte, a *seal.Authority, r Received) ([]byte, error) {
	const op = "contract.Receive"
	if _, ok := parseReceived(r.reason()); !ok {
		return nil, fault.New(op, fault.Input, errors.New("numbers"))
	}
	f, err := nextField(pdf, ReceiptField)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	e := entries{name: a.Cert().Subject.CommonName, reason: r.reason(), date: pdfDate(beijing(r.At))}
	out, err := signField(pdf, f, e, a.Signer(), []*x509.Certificate{a.Cert()})
	return out, fault.Wrap(op, err)
}

// nextField says whether the field of that name is the next to be filled.
func nextField(pdf []byte, name string) (field, error) {
	const op = "contract.field"
	d, err := parseDocument(pdf)
	if err != nil {
		return field{}, fault.New(op, fault.Input, err)
	}
	_, fields := formOf(d.revisions[0].objects[catalogObj])
	at := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	switch done := len(d.revisions) - 1; {
	case fields == nil:
		return field{}, fault.New(op, fault.Input, errForm)
	case at < 0:
		return field{}, fault.New(op, fault.Unsupported, errors.New("a file without the field"))
	case done > at:
		return field{}, fault.New(op, fault.Exists, nil)
	case done < at:
		return field{}, fault.New(op, fault.Input, errors.New("fields before it are empty"))
	}
	return fields[at], nil
}

// signable gives the fields of a base that may be sealed: one with the catalog
// and the fields that the verifier will demand, a hand's among them.
func (r *revision) signable() []field {
	_, fields := formOf(r.objects[catalogObj])
	hands := false
	for _, f := range fields {
		if !strings.HasPrefix(string(r.objects[f.obj]), f.head()) {
			return nil
		}
		_, hand := partyOf(f.name)
		hands = hands || hand
	}
	if !hands {
		return nil
	}
	return fields
}

func sealCerts(s *seal.Signer, certDER, caDER []byte) (cert, ca *x509.Certificate, err error) {
	const op = "contract.certificates"
	if cert, err = x509.ParseCertificate(certDER); err != nil {
		return nil, nil, fault.New(op, fault.Untrusted, errors.New("not a certificate"))
	}
	if ca, err = x509.ParseCertificate(caDER); err != nil {
		return nil, nil, fault.New(op, fault.Untrusted, errors.New("authority's is not a certificate"))
	}
	key, ok := s.Crypto().Public().(*ecdsa.PublicKey)
	if !ok || s.Suite() != seal.International {
		return nil, nil, fault.New(op, fault.Unsupported, errors.New("not a P-256 key"))
	}
	if !key.Equal(cert.PublicKey) || cert.CheckSignatureFrom(ca) != nil {
		return nil, nil, fault.New(op, fault.Untrusted, errors.New("key and certificates do not belong together"))
	}
	return cert, ca, nil
}

// signField appends the revision that fills a field with a signature.
func signField(pdf []byte, f field, e entries, s *seal.Signer, chain []*x509.Certificate) ([]byte, error) {
	const op = "contract.signField"
	room := f.reserve
	if room == 0 {
		var err error
		if room, err = cmsRoom(chain); err != nil {
			return nil, fault.New(op, fault.Other, err)
		}
	}
	out, at, err := appendField(pdf, f, room, e.text())
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	digest := rangeDigest(out, at, room)
	cms, err := signCMS(digest[:], s.Crypto(), chain)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	if len(cms) > room {
		return nil, fault.New(op, fault.TooLarge, errors.New("signature does not fit"))
	}
	hex.Encode(out[at+1:], cms)
	return out, nil
}

// chainLength is how many certificates a terminal's seal holds: its own, and the
// authority's; of the third form the point's seal alone has that, for all.
func chainLength(form int, f field) int {
	if form >= thirdForm && f.name != SealField {
		return 1
	}
	return 2
}

// rangeDigest is the SHA-256 of a file but for the contents whose opening
// bracket stands at at.
func rangeDigest(b []byte, at, reserve int) (sum [32]byte) {
	h := sha256.New()
	h.Write(b[:at])
	h.Write(b[at+2*reserve+2:])
	h.Sum(sum[:0])
	return sum
}

// appendField appends the revision that fills a field, with room bytes of empty
// contents, and gives where their opening bracket stands.
func appendField(pdf []byte, f field, room int, head string) (out []byte, at int, err error) {
	d, err := parseDocument(pdf)
	if err != nil {
		return nil, 0, err
	}
	base, last := d.revisions[0], d.revisions[len(d.revisions)-1]
	n := last.size
	out = append(make([]byte, 0, len(pdf)+2*room+2048), pdf...)
	fieldAt := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", f.obj, filled(base.objects[f.obj], n))
	sigAt := len(out)
	start := fmt.Sprintf("%d 0 obj\n", n)
	at = sigAt + len(start) + len(head) + len(rangeKey) + len(byteRangeText([4]int{})) + len(contentsKey) - 1
	end := at + 2*room + 2
	tail := []byte(sigDictClose[1:] + "\nendobj\n")
	xref := end + len(tail)
	tail = fmt.Appendf(tail, "xref\n%d 1\n%010d 00000 n \n%d 1\n%010d 00000 n \n", f.obj, fieldAt, n, sigAt)
	tail = append(tail, trailerText(n+1, [2]string{base.ids[0], documentID(pdf)}, last.xref)...)
	tail = fmt.Appendf(tail, "startxref\n%d\n%%%%EOF\n", xref)
	out = append(out, start+head+rangeKey+byteRangeText([4]int{0, at, end, len(tail)})+contentsKey...)
	out = append(out, strings.Repeat("0", 2*room)...)
	out = append(out, '>')
	return append(out, tail...), at, nil
}

// Closed gives the part of a file that the terminal closed, without what the
// centre appended: the bytes whose hash the store and the centre keep. A file
// that is not of the form, or not closed, is given as it is.
func Closed(pdf []byte) []byte {
	d, err := parseDocument(pdf)
	if err != nil {
		return pdf
	}
	_, fields := formOf(d.revisions[0].objects[catalogObj])
	at := slices.IndexFunc(fields, func(f field) bool { return f.name == SealField })
	if at < 0 || len(d.revisions) <= at+1 {
		return pdf
	}
	return pdf[:d.revisions[at+1].to]
}

// Clock is the time of the terminal's clock at which a contract of Fill was
// made; the zero time for anything else.
func Clock(pdf []byte) time.Time {
	d, err := parseDocument(pdf)
	if err != nil {
		return time.Time{}
	}
	date, _ := creationDate(d.revisions[0].objects[pdfInfoObj])
	return dateOf(date)
}
