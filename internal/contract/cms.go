package contract

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
)

// Object identifiers of CMS, ESS, SHA-2 and ECDSA.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSASHA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content signedData `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version int
	Digests []pkix.AlgorithmIdentifier `asn1:"set"`
	Encap   struct{ Type asn1.ObjectIdentifier }
	Certs   asn1.RawValue
	Signers []signerInfo `asn1:"set"`
}

type signerInfo struct {
	Version   int
	Issuer    issuerAndSerial
	Digest    pkix.AlgorithmIdentifier
	Attrs     asn1.RawValue
	Algorithm pkix.AlgorithmIdentifier
	Signature []byte
}

type issuerAndSerial struct {
	Name   asn1.RawValue
	Serial *big.Int
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue
}

// signingCertV2 is ESS SigningCertificateV2; the hash is SHA-256, its default.
type signingCertV2 struct {
	Certs []struct{ Hash []byte }
}

// cmsParts is everything of our detached signature that is not fixed.
type cmsParts struct {
	digest    []byte   // message digest of the signed bytes
	certHash  []byte   // ESS: hash of the signer's certificate
	certs     [][]byte // the signer's, then the authority's where that is another
	signature []byte
}

// signedAttrs is the DER of the attributes as a SET, over which the signer
// signs. There is no signing time: PAdES keeps it out.
func (p *cmsParts) signedAttrs() ([]byte, error) {
	var ess signingCertV2
	ess.Certs = append(ess.Certs, struct{ Hash []byte }{p.certHash})
	var set []byte
	for _, a := range []struct {
		oid   asn1.ObjectIdentifier
		value any
	}{
		{oidContentType, oidData}, {oidMessageDigest, p.digest}, {oidSigningCertV2, ess},
	} {
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, err
		}
		b, err := asn1.Marshal(attribute{a.oid, asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: value}})
		if err != nil {
			return nil, err
		}
		set = append(set, b...) // DER order: by length here, as these stand
	}
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: set})
}

// marshal is the whole CMS; parts always give the same bytes.
func (p *cmsParts) marshal() ([]byte, error) {
	leaf, err := x509.ParseCertificate(p.certs[0])
	if err != nil {
		return nil, err
	}
	attrs, err := p.signedAttrs()
	if err != nil {
		return nil, err
	}
	attrs[0] = 0xA0 // [0] IMPLICIT in place of SET
	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	ci := contentInfo{Type: oidSignedData}
	ci.Content = signedData{
		Version: 1,
		Digests: []pkix.AlgorithmIdentifier{sha},
		Certs:   asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes.Join(p.certs, nil)},
		Signers: []signerInfo{{
			Version:   1,
			Issuer:    issuerAndSerial{asn1.RawValue{FullBytes: leaf.RawIssuer}, leaf.SerialNumber},
			Digest:    sha,
			Attrs:     asn1.RawValue{FullBytes: attrs},
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSASHA256},
			Signature: p.signature,
		}},
	}
	ci.Content.Encap.Type = oidData
	return asn1.Marshal(ci)
}

// signCMS makes a detached PAdES B-B signature of a SHA-256 digest.
func signCMS(digest []byte, key crypto.Signer, chain []*x509.Certificate) ([]byte, error) {
	hash := sha256.Sum256(chain[0].Raw)
	p := &cmsParts{digest: digest, certHash: hash[:]}
	for _, c := range chain {
		p.certs = append(p.certs, c.Raw)
	}
	attrs, err := p.signedAttrs()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(attrs)
	var random io.Reader = rand.Reader
	if _, ok := key.(*ecdsa.PrivateKey); ok {
		random = nil // deterministic signature of RFC 6979: same file, same bytes
	}
	if p.signature, err = key.Sign(random, sum[:], crypto.SHA256); err != nil {
		return nil, err
	}
	p.signature, _ = lowS(p.signature, elliptic.P256())
	return p.marshal()
}

// maxSignature is the most bytes that an ECDSA signature by P-256 takes in DER.
const maxSignature = 72

// cmsRoom is the room that a signature of a chain needs, whatever is signed.
func cmsRoom(chain []*x509.Certificate) (int, error) {
	p := &cmsParts{digest: make([]byte, 32), certHash: make([]byte, 32), signature: make([]byte, maxSignature)}
	for _, c := range chain {
		p.certs = append(p.certs, c.Raw)
	}
	der, err := p.marshal()
	return len(der), err
}

var errCMS = errors.New("not the form of signature that this program writes")

// parseCMS takes a signature apart. It accepts exactly the form that marshal
// writes: nothing more, nothing unsigned, one signer, one or two certificates.
func parseCMS(der []byte) (*cmsParts, error) {
	var ci contentInfo
	if rest, err := asn1.Unmarshal(der, &ci); err != nil || len(rest) != 0 || len(ci.Content.Signers) != 1 {
		return nil, errCMS
	}
	si := ci.Content.Signers[0]
	p := &cmsParts{signature: si.Signature}
	for rest := ci.Content.Certs.Bytes; len(rest) > 0; {
		var one asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &one); err != nil || len(p.certs) == 2 {
			return nil, errCMS
		}
		p.certs = append(p.certs, one.FullBytes)
	}
	if len(p.certs) == 0 {
		return nil, errCMS
	}
	for rest := si.Attrs.Bytes; len(rest) > 0; {
		var a attribute
		var err error
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			return nil, errCMS
		}
		switch {
		case a.Type.Equal(oidMessageDigest):
			_, err = asn1.Unmarshal(a.Values.Bytes, &p.digest)
		case a.Type.Equal(oidSigningCertV2):
			var ess signingCertV2
			_, err = asn1.Unmarshal(a.Values.Bytes, &ess)
			if len(ess.Certs) == 1 {
				p.certHash = ess.Certs[0].Hash
			}
		}
		if err != nil {
			return nil, errCMS
		}
	}
	again, err := p.marshal()
	if err != nil || !bytes.Equal(again, der) {
		return nil, errCMS
	}
	return p, nil
}
