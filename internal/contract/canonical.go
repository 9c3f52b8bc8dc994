package contract

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
)

// Of a signature a few bytes are under no signature: how its algorithms are
// written, and which of two equal values an ECDSA signature has. The third form
// knows one way of writing them, so that there, too, no byte can change unnoticed.

// lowS gives the one of the two values of an ECDSA signature that has the lower
// half, in DER; false where sig is no such signature.
func lowS(sig []byte, curve elliptic.Curve) ([]byte, bool) {
	var v struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(sig, &v); err != nil || len(rest) > 0 || v.S.Sign() <= 0 {
		return sig, false
	}
	order := curve.Params().N
	if half := new(big.Int).Rsh(order, 1); v.S.Cmp(half) > 0 {
		v.S.Sub(order, v.S)
	}
	out, err := asn1.Marshal(v)
	if err != nil {
		return sig, false
	}
	return out, true
}

// canonical is the token with its unsigned parts written in the one way that is
// kept: none of what is signed is touched.
func (t *token) canonical() *token {
	parts, err := sequence(t.signer, 6)
	if err != nil {
		return t
	}
	digest, err := sequence(parts[2].FullBytes, 1)
	if err != nil {
		return t
	}
	alg, err := sequence(parts[4].FullBytes, 1)
	if err != nil {
		return t
	}
	out := *t
	out.digestAlg = wrap(0x30, digest[0].FullBytes)
	null := []byte{5, 0}
	var sigAlg []byte
	switch oidOf(alg[0]).String() {
	case "1.2.840.113549.1.1.10":
		hash := wrap(0x30, digest[0].FullBytes, null)
		mgf := wrap(0x30, derOf(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}), hash)
		sigAlg = wrap(0x30, alg[0].FullBytes, wrap(0x30, wrap(0xA0, hash), wrap(0xA1, mgf), wrap(0xA2, derOf(t.hash().Size()))))
	case "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13":
		sigAlg = wrap(0x30, alg[0].FullBytes, null)
	default:
		sigAlg = wrap(0x30, alg[0].FullBytes)
	}
	if key, is := t.certs[0].PublicKey.(*ecdsa.PublicKey); is && !t.national() {
		out.sig, _ = lowS(t.sig, key.Curve)
	}
	out.signer = wrap(0x30, parts[0].FullBytes, parts[1].FullBytes, out.digestAlg, parts[3].FullBytes, sigAlg, derOf(out.sig))
	return &out
}
