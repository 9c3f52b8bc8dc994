package central

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/uuid"
)

// firstForm is a contract as the first version of the program closed it: the
// point's seal alone, in a room of 6 KB.
func firstForm(t *testing.T, l *laptop, id uuid.UUID) []byte {
	t.Helper()
	filled, _ := closing(t, l, 8000)(id)
	base := filled[:bytes.Index(filled, []byte("%%EOF\n"))+len("%%EOF\n")]
	xref := bytes.Index(base, []byte("\nxref\n")) + 1
	objects := [][]byte{}
	for at := bytes.Index(base, []byte("1 0 obj\n")); at < xref; {
		next := bytes.Index(base[at:], fmt.Appendf(nil, "\nendobj\n%d 0 obj\n", len(objects)+2))
		end := xref
		if next >= 0 {
			end = at + next + len("\nendobj\n")
		}
		objects = append(objects, base[at:end])
		at = end
	}
	fields := regexp.MustCompile(`/Fields \[[0-9 R]*\] /SigFlags 3 >>.* /Lang`)
	objects[0] = fields.ReplaceAll(objects[0], []byte("/Fields [6 0 R] /SigFlags 3 >> /Lang"))
	out := []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	table := fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range objects {
		table = fmt.Appendf(table, "%010d 00000 n \n", len(out))
		out = append(out, o...)
	}
	at := len(out)
	out = append(out, table...)
	sum := hashOf(out)
	out = fmt.Appendf(out, "trailer\n<< /Size %d /Root 1 0 R /Info 2 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, sum, sum, at)
	return firstSeal(t, l, out, string(objects[5]), len(objects)+1, at)
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

func textString(s string) string {
	out := "<FEFF"
	for _, u := range utf16.Encode([]rune(s)) {
		out += fmt.Sprintf("%04X", u)
	}
	return out + ">"
}

// firstSeal appends the revision that fills object 6.
func firstSeal(t *testing.T, l *laptop, base []byte, field string, n, prev int) []byte {
	t.Helper()
	const room = 6 << 10
	leaf, err := x509.ParseCertificate(l.enrol.Cert)
	if err != nil {
		t.Fatal(err)
	}
	date := regexp.MustCompile(`/CreationDate \(([^)]*)\)`).FindSubmatch(base)[1]
	id := regexp.MustCompile(`/ID \[<([0-9a-f]*)>`).FindSubmatch(base)[1]
	out := bytes.Clone(base)
	fieldAt := len(out)
	out = append(out, strings.Replace(field, " >>\nendobj", fmt.Sprintf(" /V %d 0 R >>\nendobj", n), 1)...)
	sigAt := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Name %s /Reason %s /M (%s) /ByteRange ",
		n, textString(leaf.Subject.CommonName), textString("受理终端数字封存"), date)
	rangeAt := len(out)
	head := len("[0 000000000 000000000 000000000] /Contents ")
	from, to := rangeAt+head, rangeAt+head+2*room+2
	tail := fmt.Appendf(nil, " >>\nendobj\nxref\n6 1\n%010d 00000 n \n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root 1 0 R /Info 2 0 R /ID [<%s> <%s>] /Prev %d >>\nstartxref\n%d\n%%%%EOF\n",
		fieldAt, n, sigAt, n+1, id, hashOf(base), prev, to+len(" >>\nendobj\n"))
	out = fmt.Appendf(out, "[0 %-9d %-9d %-9d] /Contents ", from, to, len(tail))
	digest := sha256.Sum256(append(bytes.Clone(out), tail...))
	sig := firstCMS(t, l, leaf, digest[:])
	out = fmt.Appendf(out, "<%x%s>", sig, strings.Repeat("00", room-len(sig)))
	return append(out, tail...)
}

// firstCMS is SignedData of PAdES B-B with the laptop's certificate and the
// authority's.
func firstCMS(t *testing.T, l *laptop, leaf *x509.Certificate, digest []byte) []byte {
	t.Helper()
	der := func(v any) []byte {
		b, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	wrap := func(class, tag int, parts ...[]byte) []byte {
		return der(asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: bytes.Join(parts, nil)})
	}
	seq := func(parts ...[]byte) []byte { return wrap(asn1.ClassUniversal, asn1.TagSequence, parts...) }
	set := func(parts ...[]byte) []byte { return wrap(asn1.ClassUniversal, asn1.TagSet, parts...) }
	oid := func(arcs ...int) []byte { return der(asn1.ObjectIdentifier(arcs)) }
	data := oid(1, 2, 840, 113549, 1, 7, 1)
	hash := sha256.Sum256(leaf.Raw)
	attrs := set(seq(oid(1, 2, 840, 113549, 1, 9, 3), set(data)), seq(oid(1, 2, 840, 113549, 1, 9, 4), set(der(digest))),
		seq(oid(1, 2, 840, 113549, 1, 9, 16, 2, 47), set(seq(seq(seq(der(hash[:])))))))
	sum := sha256.Sum256(attrs)
	signature, err := l.signer.Crypto().Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	attrs[0] = 0xA0
	sha := seq(oid(2, 16, 840, 1, 101, 3, 4, 2, 1))
	signer := seq(der(1), seq(leaf.RawIssuer, der(leaf.SerialNumber)), sha, attrs, seq(oid(1, 2, 840, 10045, 4, 3, 2)), der(signature))
	return seq(oid(1, 2, 840, 113549, 1, 7, 2), wrap(asn1.ClassContextSpecific, 0,
		seq(der(1), set(sha), seq(data), wrap(asn1.ClassContextSpecific, 0, l.enrol.Cert, l.enrol.CA), set(signer))))
}
