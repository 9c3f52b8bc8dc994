package contract

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"testing"

	"doorstep/internal/seal"
)

// highS is the other of two equal values of an ECDSA signature.
func highS(t *testing.T, sig []byte, curve elliptic.Curve) []byte {
	t.Helper()
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(sig, &v); err != nil {
		t.Fatal(err)
	}
	v.S.Sub(curve.Params().N, v.S)
	out, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNoOtherWritingOfASignaturePasses(t *testing.T) {
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	sealed := sealAnyhow(t, smallFile(), id, func(p *cmsParts) { p.signature = highS(t, p.signature, elliptic.P256()) })
	if r := Verify(sealed, id.trust()); r.OK || !r.has(SealMalformed) || r.has(SignatureWrong) {
		t.Errorf("the other value of a seal: %q", r.Lines())
	}
	if r := Verify(sealAnyhow(t, smallFile(), id, func(*cmsParts) {}), id.trust()); !r.OK {
		t.Errorf("untouched: %q", r.Lines())
	}

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	usage := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: derOf([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "ec"}, NotBefore: certDay,
		NotAfter: certDay.AddDate(20, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{usage}}, tsa.root, key.Public(), tsa.rootKey)
	if err != nil {
		t.Fatal(err)
	}
	received := id.received(t, id.seal(t, smallFile()))
	opts := id.trust()
	opts.Stampers = tsa.roots()
	for name, cert := range map[string]*x509.Certificate{"rsa": tsa.cert, "ecdsa": parseCert(t, der)} {
		s := *tsa
		if name == "ecdsa" {
			s.cert, s.key = cert, key
		}
		whole, _ := s.stampedIn(t, received, stampReserve)
		if r := Verify(whole, opts); !r.OK {
			t.Fatalf("%s, untouched: %q", name, r.Lines())
		}
		tok, err := parseToken(lastDER(t, whole))
		if err != nil {
			t.Fatal(err)
		}
		for how, edit := range map[string]func(parts [][]byte){
			"a parameter more":   func(parts [][]byte) { parts[2] = wrap(0x30, derOf(oidSHA256), []byte{5, 0}) },
			"another parameter":  func(parts [][]byte) { parts[2] = wrap(0x30, derOf(oidSHA256), []byte{4, 0}) },
			"of the signature's": func(parts [][]byte) { parts[4] = append([]byte{0x30, parts[4][1] + 2}, append(parts[4][2:], 4, 0)...) },
			"the value the other": func(parts [][]byte) {
				if name == "ecdsa" {
					parts[5] = derOf(highS(t, tok.sig, elliptic.P256()))
				} else {
					parts[2] = wrap(0x30, derOf(oidSHA256), []byte{6, 0})
				}
			},
		} {
			list, err := sequence(tok.signer, 6)
			if err != nil {
				t.Fatal(err)
			}
			var parts [][]byte
			for _, v := range list {
				parts = append(parts, bytes.Clone(v.FullBytes))
			}
			edit(parts)
			other := *tok
			other.signer, other.digestAlg = wrap(0x30, parts...), parts[2]
			out := bytes.Clone(whole)
			from, to := lastContents(t, out)
			copy(out[from:to], bytes.Repeat([]byte{'0'}, to-from))
			hex.Encode(out[from:], other.marshal())
			if r := Verify(out, opts); r.OK || !r.has(StampMalformed) {
				t.Errorf("%s, %s: %q", name, how, r.Lines())
			}
		}
	}
}
