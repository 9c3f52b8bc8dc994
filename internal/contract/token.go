package contract

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"hash"
	"math/big"
	"slices"
	"time"

	"doorstep/internal/seal"
)

var errToken = errors.New("not a time stamp of RFC 3161 in the form that is kept")

// maxTokenCerts bounds the chain that a service may send along.
const maxTokenCerts = 6

// token is a time stamp token of RFC 3161 taken apart.
type token struct {
	digestAlg []byte // DER of the signer's digest algorithm
	info      []byte // DER of TSTInfo
	signer    []byte // DER of SignerInfo without unsigned attributes
	certs     []*x509.Certificate

	hash    func() hash.Hash
	attrs   []byte                  // of the signer, as the SET that is signed
	sigAlg  x509.SignatureAlgorithm // unknown: SM2 with SM3
	sig     []byte
	imprint []byte // SHA-256 of what was stamped
	nonce   *big.Int
	at      time.Time
	policy  asn1.ObjectIdentifier // under which the service stamps
}

// elements splits the content of a constructed value.
func elements(b []byte) (out []asn1.RawValue, err error) {
	for len(b) > 0 {
		var v asn1.RawValue
		if b, err = asn1.Unmarshal(b, &v); err != nil || len(out) == 64 {
			return nil, errToken
		}
		out = append(out, v)
	}
	return out, nil
}

// sequence reads one SEQUENCE that is all of b.
func sequence(b []byte, least int) ([]asn1.RawValue, error) {
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(b, &v)
	if err != nil || len(rest) > 0 || v.Class != asn1.ClassUniversal || v.Tag != asn1.TagSequence || !v.IsCompound {
		return nil, errToken
	}
	out, err := elements(v.Bytes)
	if err != nil || len(out) < least {
		return nil, errToken
	}
	return out, nil
}

func oidOf(v asn1.RawValue) (id asn1.ObjectIdentifier) {
	if rest, err := asn1.Unmarshal(v.FullBytes, &id); err != nil || len(rest) > 0 {
		return nil
	}
	return id
}

func tagged(v asn1.RawValue, tag int) bool {
	return v.Class == asn1.ClassContextSpecific && v.Tag == tag && v.IsCompound
}

// wrap is a constructed DER value of a tag's byte.
func wrap(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	out, err := asn1.Marshal(asn1.RawValue{Class: int(tag >> 6), Tag: int(tag & 0x1f), IsCompound: true, Bytes: body})
	if err != nil {
		return nil // no length makes it fail
	}
	return out
}

func derOf(v any) []byte {
	b, err := asn1.Marshal(v)
	if err != nil {
		panic(err) // fixed identifiers alone
	}
	return b
}

// The identifiers of a time stamp token.
func oidTSTInfo() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
}
func oidSigningCert() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
}

// marshal is the form in which a token is kept: nothing unsigned in it but the
// chain, whose first is the signer's.
func (t *token) marshal() []byte {
	var certs [][]byte
	for _, c := range t.certs {
		certs = append(certs, c.Raw)
	}
	octets := derOf(t.info)
	return wrap(0x30, derOf(oidSignedData), wrap(0xA0, wrap(0x30,
		derOf(3), wrap(0x31, t.digestAlg), wrap(0x30, derOf(oidTSTInfo()), wrap(0xA0, octets)),
		wrap(0xA0, certs...), wrap(0x31, t.signer))))
}

// parseToken takes a token apart, of whatever service. What it holds beside
// what marshal keeps is left out.
func parseToken(der []byte) (*token, error) {
	outer, err := sequence(der, 2)
	if err != nil || !oidOf(outer[0]).Equal(oidSignedData) || !tagged(outer[1], 0) {
		return nil, errToken
	}
	sd, err := sequence(outer[1].Bytes, 4)
	if err != nil {
		return nil, err
	}
	encap, err := sequence(sd[2].FullBytes, 2)
	if err != nil || !oidOf(encap[0]).Equal(oidTSTInfo()) || !tagged(encap[1], 0) {
		return nil, errToken
	}
	t := &token{}
	if rest, err := asn1.Unmarshal(encap[1].Bytes, &t.info); err != nil || len(rest) > 0 {
		return nil, errToken
	}
	signers := sd[len(sd)-1]
	infos, err := elements(signers.Bytes)
	if err != nil || signers.Class != asn1.ClassUniversal || signers.Tag != asn1.TagSet || len(infos) != 1 {
		return nil, errToken
	}
	if tagged(sd[3], 0) {
		if err := t.readCerts(sd[3].Bytes); err != nil {
			return nil, err
		}
	}
	if err := t.readSigner(infos[0].FullBytes); err != nil {
		return nil, err
	}
	return t, t.readInfo()
}

func (t *token) readCerts(b []byte) error {
	all, err := elements(b)
	if err != nil || len(all) > maxTokenCerts {
		return errToken
	}
	for _, v := range all {
		c, err := seal.ParseCertificate(v.FullBytes)
		if err != nil {
			return errToken
		}
		t.certs = append(t.certs, c)
	}
	return nil
}

// readSigner reads the one SignerInfo and puts its certificate first.
func (t *token) readSigner(b []byte) error {
	si, err := sequence(b, 6)
	if err != nil || !tagged(si[3], 0) || !bytes.Equal(si[0].FullBytes, derOf(1)) {
		return errToken
	}
	t.signer = wrap(0x30, si[0].FullBytes, si[1].FullBytes, si[2].FullBytes, si[3].FullBytes, si[4].FullBytes, si[5].FullBytes)
	t.digestAlg = si[2].FullBytes
	t.attrs = append([]byte{0x31}, si[3].FullBytes[1:]...)
	if _, err := asn1.Unmarshal(si[5].FullBytes, &t.sig); err != nil {
		return errToken
	}
	digest, err := sequence(si[2].FullBytes, 1)
	if err != nil {
		return err
	}
	alg, err := sequence(si[4].FullBytes, 1)
	if err != nil {
		return err
	}
	if t.hash, t.sigAlg = algorithms(oidOf(digest[0]), oidOf(alg[0])); t.hash == nil {
		return errAlgorithm
	}
	at := slices.IndexFunc(t.certs, func(c *x509.Certificate) bool {
		serial, err := asn1.Marshal(issuerAndSerial{asn1.RawValue{FullBytes: c.RawIssuer}, c.SerialNumber})
		return err == nil && bytes.Equal(serial, si[1].FullBytes)
	})
	if at < 0 {
		return errToken
	}
	t.certs[0], t.certs[at] = t.certs[at], t.certs[0]
	return nil
}

var errAlgorithm = errors.New("an algorithm that this program does not verify")

// algorithms finds hash and signature algorithm; nil for those not known. SM2 with
// SM3 has no number in package x509: it is 0.
func algorithms(digest, sig asn1.ObjectIdentifier) (func() hash.Hash, x509.SignatureAlgorithm) {
	const sm3, sm2WithSM3, sm2Sign = "1.2.156.10197.1.401", "1.2.156.10197.1.501", "1.2.156.10197.1.301.1"
	if digest.String() == sm3 {
		if sig.String() == sm2WithSM3 || sig.String() == sm2Sign {
			return seal.National.Hash, x509.UnknownSignatureAlgorithm
		}
		return nil, 0
	}
	at := slices.Index([]string{"2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"}, digest.String())
	if at < 0 {
		return nil, 0
	}
	sum := []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}[at].New
	rsa := []x509.SignatureAlgorithm{x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA}
	pss := []x509.SignatureAlgorithm{x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS}
	ec := []x509.SignatureAlgorithm{x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512}
	switch sig.String() {
	case "1.2.840.113549.1.1.1":
		return sum, rsa[at]
	case "1.2.840.113549.1.1.10":
		return sum, pss[at]
	case []string{"1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"}[at]:
		return sum, rsa[at]
	case []string{"1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"}[at]:
		return sum, ec[at]
	}
	return nil, 0
}

// readInfo reads what was stamped, when, and for which question.
func (t *token) readInfo() error {
	info, err := sequence(t.info, 5)
	if err != nil || !bytes.Equal(info[0].FullBytes, derOf(1)) {
		return errToken
	}
	if t.policy = oidOf(info[1]); len(t.policy) == 0 {
		return errToken
	}
	imprint, err := sequence(info[2].FullBytes, 2)
	if err != nil {
		return err
	}
	alg, err := sequence(imprint[0].FullBytes, 1)
	if err != nil || !oidOf(alg[0]).Equal(oidSHA256) {
		return errToken
	}
	if _, err := asn1.Unmarshal(imprint[1].FullBytes, &t.imprint); err != nil || len(t.imprint) != 32 {
		return errToken
	}
	if _, err := asn1.UnmarshalWithParams(info[4].FullBytes, &t.at, "generalized"); err != nil {
		return errToken
	}
	for _, v := range info[5:] {
		if v.Class == asn1.ClassUniversal && v.Tag == asn1.TagInteger {
			if _, err := asn1.Unmarshal(v.FullBytes, &t.nonce); err != nil {
				return errToken
			}
		}
	}
	return nil
}

// signed says whether the service's own signature holds, over this TSTInfo, by
// the first certificate.
func (t *token) signed() bool {
	attrs, err := elements(t.attrs)
	if err != nil || len(attrs) != 1 {
		return false
	}
	list, err := elements(attrs[0].Bytes)
	if err != nil {
		return false
	}
	var kind, digest, cert bool
	for _, v := range list {
		var a attribute
		if rest, err := asn1.Unmarshal(v.FullBytes, &a); err != nil || len(rest) > 0 {
			return false
		}
		switch {
		case a.Type.Equal(oidContentType):
			kind = bytes.Equal(a.Values.Bytes, derOf(oidTSTInfo()))
		case a.Type.Equal(oidMessageDigest):
			h := t.hash()
			h.Write(t.info)
			digest = bytes.Equal(a.Values.Bytes, derOf(h.Sum(nil)))
		case a.Type.Equal(oidSigningCertV2), a.Type.Equal(oidSigningCert()):
			cert = cert || t.names(a)
		}
	}
	return kind && digest && cert && t.signedBy(t.certs[0])
}

// signedBy says whether the signature over the attributes is by a certificate.
func (t *token) signedBy(c *x509.Certificate) bool {
	if !t.national() {
		return c.CheckSignature(t.sigAlg, t.attrs, t.sig) == nil
	}
	key, err := seal.ParsePublicKey(c.RawSubjectPublicKeyInfo)
	return err == nil && key.Suite() == seal.National && key.VerifyDocument(t.attrs, t.sig) == nil
}

// national says whether the service signs by SM2 with SM3.
func (t *token) national() bool { return t.sigAlg == x509.UnknownSignatureAlgorithm }

// names says whether an ESS attribute names the first certificate.
func (t *token) names(a attribute) bool {
	ess, err := sequence(a.Values.Bytes, 1)
	if err != nil {
		return false
	}
	ids, err := elements(ess[0].Bytes)
	if err != nil || len(ids) == 0 {
		return false
	}
	id, err := elements(ids[0].Bytes)
	if err != nil || len(id) == 0 {
		return false
	}
	raw := t.certs[0].Raw
	if a.Type.Equal(oidSigningCert()) {
		sum := sha1.Sum(raw)
		return bytes.Equal(id[0].FullBytes, derOf(sum[:]))
	}
	sum, at := sha256.New, 0
	if id[0].Tag == asn1.TagSequence {
		alg, err := elements(id[0].Bytes)
		if err != nil || len(alg) == 0 || len(id) < 2 {
			return false
		}
		sum, _ = algorithms(oidOf(alg[0]), asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1})
		if sum == nil {
			sum, _ = algorithms(oidOf(alg[0]), asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501})
		}
		if sum == nil {
			return false
		}
		at = 1
	}
	h := sum()
	h.Write(raw)
	return bytes.Equal(id[at].FullBytes, derOf(h.Sum(nil)))
}

// chain finds the way from the first certificate to one of the roots, as it
// stood at the time of the stamp, without the root. The first must be for time
// stamping alone.
func (t *token) chain(roots []*x509.Certificate) ([]*x509.Certificate, error) {
	if !stamperMay(t.certs[0]) {
		return nil, errToken
	}
	if t.national() {
		return t.nationalChain(roots)
	}
	o := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: t.at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}
	for _, c := range roots {
		o.Roots.AddCert(c)
	}
	for _, c := range t.certs[1:] {
		o.Intermediates.AddCert(c)
	}
	found, err := t.certs[0].Verify(o)
	if err != nil {
		return nil, err
	}
	if len(found[0]) == 1 { // the service is trusted by itself
		return found[0], nil
	}
	return found[0][:len(found[0])-1], nil
}

func (t *token) nationalChain(roots []*x509.Certificate) ([]*x509.Certificate, error) {
	found, err := seal.NationalChain(t.certs[0], t.certs[1:], roots, t.at)
	if err != nil || len(found) == 1 {
		return found, err
	}
	return found[:len(found)-1], nil
}
