package contract

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// The objects whose numbers are the same in every file.
const (
	catalogObj = 1
	pagesObj   = 3
	xmpObj     = 4
	iccObj     = 5
	fieldObj   = 6 // the widget of the seal
)

const (
	// SealField is the name of the one signature field a contract has.
	SealField = "PointSeal"

	sealReason  = "受理终端数字封存"
	sealReserve = 6 << 10 // bytes kept for the signature
)

// catalogText is object 1 of every sealable file.
func catalogText() string {
	return catalogHead() + fmt.Sprintf(" /AcroForm << /Fields [%s] /SigFlags 3 >> /Lang (zh-CN) >>", ref(fieldObj))
}

func catalogHead() string {
	return fmt.Sprintf("<< /Type /Catalog /Pages %s /Metadata %s /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) /Info (sRGB IEC61966-2.1) /DestOutputProfile %s >>]",
		ref(pagesObj), ref(xmpObj), ref(iccObj))
}

// plainCatalogText is object 1 of a file that is never sealed.
func plainCatalogText() string {
	return catalogHead() + " /Lang (zh-CN) >>"
}

// fieldHead is how object 6 begins.
func fieldHead() string {
	return "<< /Type /Annot /Subtype /Widget /FT /Sig /T (" + SealField + ") /F 132 "
}

// sealedField is object 6 once the seal, object n, is in place.
func sealedField(field []byte, n int) string {
	return strings.TrimSuffix(string(field), ">>") + "/V " + ref(n) + " >>"
}

// sealDict is the signature dictionary up to the digits of its contents.
func sealDict(name, date string, byteRange [4]int) string {
	return sealDictHead(name, date) + byteRangeText(byteRange) + " /Contents <"
}

func sealDictHead(name, date string) string {
	return fmt.Sprintf("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Name %s /Reason %s /M (%s) /ByteRange ",
		textString(name), textString(sealReason), date)
}

func byteRangeText(r [4]int) string {
	return fmt.Sprintf("[%d %-9d %-9d %-9d]", r[0], r[1], r[2], r[3])
}

const sealDictTail = "> >>"

// creationDate finds the date in the information dictionary.
func creationDate(info []byte) (string, bool) {
	_, rest, ok := strings.Cut(string(info), " /CreationDate (")
	date, _, ok2 := strings.Cut(rest, ")")
	return date, ok && ok2 && len(date) == len("D:20060102150405+08'00'")
}

// Seal appends a PAdES B-B signature over the whole file by the terminal's
// key, whose certificate must be certDER, issued by caDER. The bytes of pdf
// stay as they are at the front of what is returned. The date in the seal is
// that of Input.At: the terminal's own clock. The same file, key and
// certificates give the same bytes. Errors: fault.Input when pdf is no
// contract of Fill, fault.Exists when it is sealed already, fault.Untrusted
// when key and certificates do not belong together, fault.Unsupported for keys
// other than P-256.
func Seal(pdf []byte, s *seal.Signer, certDER, caDER []byte) ([]byte, error) {
	const op = "contract.Seal"
	d, err := parseDocument(pdf)
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	if len(d.revisions) > 1 {
		return nil, fault.New(op, fault.Exists, nil)
	}
	base := d.revisions[0]
	date, ok := creationDate(base.objects[pdfInfoObj])
	if !ok || !base.sealable() {
		return nil, fault.New(op, fault.Input, errForm)
	}
	cert, ca, err := sealCerts(s, certDER, caDER)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	out, at := appendSeal(pdf, base, cert.Subject.CommonName, date)
	end := at + 2*sealReserve + 2
	h := sha256.New()
	h.Write(out[:at])
	h.Write(out[end:])
	cms, err := signCMS(h.Sum(nil), s.Crypto(), cert, ca)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	if len(cms) > sealReserve {
		return nil, fault.New(op, fault.TooLarge, errors.New("signature does not fit"))
	}
	hex.Encode(out[at+1:], cms)
	return out, nil
}

// sealable says whether the base has the catalog and the field that the
// verifier will demand.
func (r *revision) sealable() bool {
	return string(r.objects[catalogObj]) == catalogText() &&
		strings.HasPrefix(string(r.objects[fieldObj]), fieldHead())
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

// appendSeal appends the revision with an empty seal and gives where the
// opening bracket of its contents stands.
func appendSeal(pdf []byte, base *revision, name, date string) (out []byte, at int) {
	n := base.size
	out = append(make([]byte, 0, len(pdf)+2*sealReserve+2048), pdf...)
	fieldAt := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", fieldObj, sealedField(base.objects[fieldObj], n))
	sealAt := len(out)
	head := fmt.Sprintf("%d 0 obj\n", n)
	at = sealAt + len(head) + len(sealDict(name, date, [4]int{})) - 1
	end := at + 2*sealReserve + 2
	behind := func() string {
		var b []byte
		b = append(b, sealDictTail[1:]+"\nendobj\n"...)
		xref := end + len(b)
		b = fmt.Appendf(b, "xref\n%d 1\n%010d 00000 n \n%d 1\n%010d 00000 n \n", fieldObj, fieldAt, n, sealAt)
		b = append(b, trailerText(n+1, [2]string{base.ids[0], documentID(pdf)}, base.xref)...)
		return string(fmt.Appendf(b, "startxref\n%d\n%%%%EOF\n", xref))
	}
	tail := behind()
	out = append(out, head+sealDict(name, date, [4]int{0, at, end, len(tail)})...)
	out = append(out, strings.Repeat("0", 2*sealReserve)...)
	out = append(out, '>')
	return append(out, tail...), at
}
