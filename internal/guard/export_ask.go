package guard

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"doorstep/internal/fault"
)

// ExportAskSize is how many bytes an ExportAsk has: forty symbols, and two to
// check them.
const ExportAskSize = AskSize + 8 + 4

// ExportAsk is a request to export that is approved by a code: what, of which
// case or of how many, for how long, and to whom, for what.
type ExportAsk struct {
	Ask
	Print [8]byte // of the recipient's key, as Fingerprint shows it
	Words [4]byte // the beginning of what the recipient's name and the purpose hash to
}

// ExportTo is to whom an export goes and what for, in words, as one reads them to
// the other.
type ExportTo struct{ To, Purpose string }

// NewExportAsk is the request to export to a recipient. fault.Input for a
// recipient of another form.
func NewExportAsk(a Ask, r Release, purpose string) (ExportAsk, error) {
	if err := r.Validate(); err != nil {
		return ExportAsk{}, err
	}
	w := ExportTo{r.To, purpose}.hash()
	return ExportAsk{Ask: a, Print: r.print(), Words: [4]byte(w[:])}, a.Validate()
}

// print is the part of the key's hash that names it.
func (r Release) print() [8]byte {
	sum := sha256.Sum256([]byte(r.Key))
	return [8]byte(sum[:])
}

// hash is what was said, whatever spaces, punctuation and widths it was typed
// with.
func (t ExportTo) hash() [32]byte {
	fold := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '！' && r <= '～' {
				r -= '！' - '!'
			}
			if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	return sha256.Sum256([]byte("doorstep export words 1\x00" + fold(t.To) + "\x00" + fold(t.Purpose)))
}

// Says says whether a request is to that recipient, for that purpose.
func (a ExportAsk) Says(t ExportTo) bool {
	w := t.hash()
	return a.Words == [4]byte(w[:])
}

// Fingerprint names the recipient's key as Release.Fingerprint does.
func (a ExportAsk) Fingerprint() string { return inFours(a.Print) }

func inFours(print [8]byte) string {
	h := hex.EncodeToString(print[:])
	return h[:4] + "-" + h[4:8] + "-" + h[8:12] + "-" + h[12:]
}

// Encode gives the request's bytes: an Ask 13 | print 8 | words 4.
func (a ExportAsk) Encode() ([]byte, error) {
	b, err := a.Ask.Encode()
	return append(append(b, a.Print[:]...), a.Words[:]...), err
}

// ParseExportAsk is the inverse of Encode; fault.Input for bytes that are no
// request.
func ParseExportAsk(b []byte) (ExportAsk, error) {
	const op = "guard.ParseExportAsk"
	if len(b) != ExportAskSize {
		return ExportAsk{}, fault.New(op, fault.Input, errors.New("length"))
	}
	a, err := ParseAsk(b[:AskSize])
	return ExportAsk{a, [8]byte(b[AskSize:]), [4]byte(b[AskSize+8:])}, fault.Wrap(op, err)
}

// ExportPlea is a request to export with who makes it, where, and what was said
// of it.
type ExportPlea struct {
	Plea
	Print [8]byte
	Said  ExportTo
}

// Message is what the answer of a data administrator on a day proves: it is good
// for this laptop, this operator, this request, this recipient and purpose, and
// for no grant to look. Format, big endian: "doorstep export grant 1" | end of
// device 4 | len u8, operator | ask 13 | print 8 | hash of recipient and purpose
// 32 | len u8, by | day u32.
func (p ExportPlea) Message(by string, day int) ([]byte, error) {
	ask, err := p.Ask.Encode()
	if err != nil {
		return nil, err
	}
	if err := p.notOwn(by); err != nil {
		return nil, err
	}
	said := p.Said.hash()
	b := append([]byte("doorstep export grant 1"), p.Device[:]...)
	b = append(append(b, byte(len(p.Operator))), p.Operator...)
	b = append(append(append(b, ask...), p.Print[:]...), said[:]...)
	b = append(append(b, byte(len(by))), by...)
	return binary.BigEndian.AppendUint32(b, uint32(day)), nil
}

// scanExport begins what a QR code says of a request to export:
//
//	doorstep:export:DEVICE:OPERATOR:CODE:TO:PURPOSE
//
// the last two in base64 for URLs without padding.
const scanExport = "doorstep:export:"

// ExportScan is what the QR code of a request to export says.
func (r Request) ExportScan(t ExportTo) string {
	return scanExport + r.text() + ":" + base64.RawURLEncoding.EncodeToString([]byte(t.To)) + ":" + base64.RawURLEncoding.EncodeToString([]byte(t.Purpose))
}

// ParseExportRequest takes what was scanned of a request to export apart; false
// for anything else.
func ParseExportRequest(s string) (Request, ExportTo, bool) {
	var t ExportTo
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), scanExport)
	parts := strings.Split(rest, ":")
	if !ok || len(parts) != 5 {
		return Request{}, t, false
	}
	r, ok := ParseRequest(scanAsk + strings.Join(parts[:3], ":"))
	to, err := base64.RawURLEncoding.DecodeString(parts[3])
	purpose, err2 := base64.RawURLEncoding.DecodeString(parts[4])
	t = ExportTo{string(to), string(purpose)}
	if !ok || err != nil || err2 != nil || len(to) > MaxRecipient || len(purpose) > MaxReason || !utf8.ValidString(rest+t.To+t.Purpose) || hasControl(t.To) || hasControl(t.Purpose) {
		return Request{}, ExportTo{}, false
	}
	return r, t, true
}
