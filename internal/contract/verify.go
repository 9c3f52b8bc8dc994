package contract

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/loan"
)

// VerifyOptions is what a file is held against.
type VerifyOptions struct {
	CA         *x509.Certificate      // the centre's authority; without it no seal is trusted
	ExpectHash loan.Hash              // the stored hash of the file; zero: not compared
	Hash       func([]byte) loan.Hash // how ExpectHash was made; nil is SHA-256
}

// verifier gathers what is found.
type verifier struct {
	b    []byte
	opts VerifyOptions
	rep  Report
}

// Verify says whether pdf is a contract of Fill sealed by Seal with a
// certificate of the given authority, and not one byte different. It never
// fails: whatever pdf holds, the report says what was found. Every problem
// found is listed, the gravest first.
func Verify(pdf []byte, opts VerifyOptions) Report {
	v := &verifier{b: pdf, opts: opts}
	v.rep.SHA256 = sha256.Sum256(pdf)
	v.rep.Size = len(pdf)
	if d, end := v.open(); d != nil {
		v.base(d.revisions[0])
		v.seals(d, end)
	}
	if !opts.ExpectHash.Zero() {
		v.rep.Compared = true
		sum := loan.Hash(v.rep.SHA256)
		if opts.Hash != nil {
			sum = opts.Hash(pdf)
		}
		if sum != opts.ExpectHash {
			v.found(HashDiffers)
		}
	}
	v.rep.finish()
	return v.rep
}

func (v *verifier) found(c Code, args ...any) {
	v.rep.Findings = append(v.rep.Findings, Finding{c, fmt.Sprintf(c.words(), args...)})
}

// open parses the longest part of the file, from its start, that has the form
// this program writes, and says what is wrong with the rest.
func (v *verifier) open() (d *document, end int) {
	switch {
	case len(v.b) > maxFile:
		v.found(TooLarge, maxFile>>20)
		return nil, 0
	case !bytes.HasPrefix(v.b, []byte("%PDF-")):
		v.found(NotPDF)
		return nil, 0
	}
	mark := []byte("%%EOF\n")
	to := len(v.b)
	for range 2 * maxRevisions {
		if d, err := parseDocument(v.b[:to]); err == nil {
			if to < len(v.b) {
				v.rest(d, to)
			}
			return d, to
		}
		at := bytes.LastIndex(v.b[:to-1], mark)
		if at < 0 {
			break
		}
		to = at + len(mark)
	}
	if bytes.HasSuffix(v.b, mark) {
		v.found(Malformed)
	} else {
		v.found(CutOff)
	}
	return nil, 0
}

// rest judges the bytes behind the part that could be parsed.
func (v *verifier) rest(d *document, to int) {
	rest := v.b[to:]
	sealed := len(d.revisions) > 1
	switch {
	case !sealed && bytes.HasPrefix(rest, fmt.Appendf(nil, "%d 0 obj\n", fieldObj)) && !bytes.HasSuffix(rest, []byte("%%EOF\n")):
		v.found(CutOff)
	case bytes.Contains(rest, []byte("startxref")) && sealed:
		v.found(Appended, len(rest))
	case bytes.Contains(rest, []byte("startxref")):
		v.found(Malformed)
	default:
		v.found(Trailing, len(rest))
	}
}

// base judges the first part: what the family read and signed.
func (v *verifier) base(r *revision) {
	if r.ids[0] != documentID(v.b[:r.trailer]) || r.ids[1] != r.ids[0] {
		v.found(ContentChanged)
	}
	if string(r.objects[catalogObj]) != catalogText() {
		v.found(CatalogDiffers)
	}
	if !strings.HasPrefix(string(r.objects[fieldObj]), fieldHead()) {
		v.found(FieldMissing, SealField)
	}
	v.rep.Pages = pageCount(r)
	if date, ok := creationDate(r.objects[pdfInfoObj]); ok {
		v.rep.date = date
		v.rep.Clock, _ = time.Parse("D:20060102150405-07'00'", date)
	}
	v.rep.Title = infoText(r.objects[pdfInfoObj], "Title")
	v.rep.Case = infoText(r.objects[pdfInfoObj], "Subject")
}

// seals judges what was appended: exactly one revision, which fills in the
// seal's field and adds the seal, and nothing else.
func (v *verifier) seals(d *document, end int) {
	v.rep.Revisions = len(d.revisions)
	if len(d.revisions) == 1 {
		v.found(Unsealed, SealField)
		return
	}
	base, rev := d.revisions[0], d.revisions[1]
	for i, extra := range d.revisions[2:] {
		v.found(RevisionAdded, i+3, numbersText(extra.numbers))
	}
	n := base.size
	if !slices.Equal(rev.numbers, []int{fieldObj, n}) || rev.size != n+1 {
		v.found(ObjectChanged, numbersText(rev.numbers))
		return
	}
	if string(rev.objects[fieldObj]) != sealedField(base.objects[fieldObj], n) {
		v.found(FieldChanged, SealField)
	}
	v.sealObject(base, rev, n, end)
}

// sealObject judges the signature dictionary and the signature in it.
func (v *verifier) sealObject(base, rev *revision, n, end int) {
	body := string(rev.objects[n])
	const size = 2 * sealReserve
	head, rest, ok := strings.Cut(body, " /Contents <")
	if !ok || len(rest) != size+len(sealDictTail) || rest[size:] != sealDictTail {
		v.found(SealMalformed)
		return
	}
	at := rev.at[n] + len(head) + len(" /Contents ")
	want := [4]int{0, at, at + size + 2, rev.to - at - size - 2}
	entries, ranges, _ := strings.Cut(head, " /ByteRange ")
	if ranges != byteRangeText(want) {
		v.found(RangeWrong)
	}
	if rev.to != end || end != len(v.b) {
		v.found(NotWholeFile, len(v.b)-rev.to)
	}
	der, err := hex.DecodeString(rest[:size])
	if err != nil || strings.ToLower(rest[:size]) != rest[:size] {
		v.found(SealMalformed)
		return
	}
	cms, padding := splitDER(der)
	parts, err := parseCMS(cms)
	if err != nil || len(bytes.Trim(padding, "\x00")) > 0 {
		v.found(SealMalformed)
		return
	}
	v.rep.Sealed = true
	h := sha256.New()
	h.Write(v.b[:want[1]])
	h.Write(v.b[want[2]:rev.to])
	v.signature(parts, h.Sum(nil), entries)
}

// splitDER cuts a DER element off its padding.
func splitDER(b []byte) (element, padding []byte) {
	if len(b) < 4 || b[0] != 0x30 || b[1] != 0x82 {
		return nil, b
	}
	n := 4 + int(b[2])<<8 + int(b[3])
	if n > len(b) {
		return nil, b
	}
	return b[:n], b[n:]
}

// signature judges certificate, attributes, digest and signature.
func (v *verifier) signature(p *cmsParts, digest []byte, entries string) {
	cert, err := x509.ParseCertificate(p.certs[0])
	if err != nil {
		v.found(SealMalformed)
		return
	}
	v.rep.Device = cert.Subject.CommonName
	v.rep.Issuer = cert.Issuer.CommonName
	entriesOK := entries+" /ByteRange " == sealDictHead(cert.Subject.CommonName, v.rep.date)
	if !entriesOK {
		v.found(SealEntry)
	}
	attrs, err := p.signedAttrs()
	sum := sha256.Sum256(attrs)
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if err != nil || !ok || !ecdsa.VerifyASN1(key, sum[:], p.signature) {
		v.found(SignatureWrong)
	}
	hash := sha256.Sum256(cert.Raw)
	if !bytes.Equal(hash[:], p.certHash) {
		v.found(CertSwapped)
	}
	if !bytes.Equal(digest, p.digest) {
		if entriesOK && !v.rep.has(ContentChanged) && !v.rep.has(RangeWrong) {
			v.found(Replayed)
		} else {
			v.found(DigestWrong)
		}
	}
	v.certificate(cert, p.certs[1])
}

func (v *verifier) certificate(cert *x509.Certificate, issuer []byte) {
	ca := v.opts.CA
	switch {
	case ca == nil:
		v.found(NoAuthority)
		return
	case !bytes.Equal(issuer, ca.Raw) || cert.CheckSignatureFrom(ca) != nil:
		v.found(Stranger)
		return
	}
	if cert.IsCA || cert.KeyUsage&x509.KeyUsageContentCommitment == 0 ||
		!slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		v.found(NotDevice)
	}
	if v.rep.Clock.Before(cert.NotBefore) || v.rep.Clock.After(cert.NotAfter) {
		v.found(CertExpired)
	}
}

func numbersText(numbers []int) string {
	s := make([]string, 0, 8)
	for i, n := range numbers {
		if i == 8 {
			s = append(s, "…")
			break
		}
		s = append(s, fmt.Sprint(n))
	}
	return strings.Join(s, "、")
}
