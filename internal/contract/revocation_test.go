package contract

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// list is a list of revoked certificates of the service's root.
func (s *testTSA) list(t testing.TB, by *testTSA, from time.Time, entries ...x509.RevocationListEntry) *x509.RevocationList {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(from.Unix()), ThisUpdate: from,
		NextUpdate: from.AddDate(0, 1, 0), RevokedCertificateEntries: entries}, by.root, by.rootKey)
	if err != nil {
		t.Fatal(err)
	}
	l, err := x509.ParseRevocationList(der)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestARevokedServiceIsNotBelieved(t *testing.T) {
	id, tsa, other := newIdentity(t, seal.Device), newTSA(t), newTSA(t)
	received := id.received(t, id.seal(t, smallFile()))
	whole := tsa.stamped(t, received)
	entry := func(serial int64, at time.Time, reason int) x509.RevocationListEntry {
		return x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: at, ReasonCode: reason}
	}
	before, after, published := tsa.at.Add(-time.Hour), tsa.at.Add(time.Hour), tsa.at.Add(2*time.Hour)
	const superseded, lostKey = 4, 1
	for _, k := range []struct {
		sub     string
		lists   []*x509.RevocationList
		revoked bool
		says    string
	}{
		{"no list", nil, false, "没有时间戳机构的吊销列表"},
		{"a list without it", []*x509.RevocationList{tsa.list(t, tsa, published, entry(99, before, superseded))}, false, "经吊销列表核对，未吊销"},
		{"a list of before the stamp", []*x509.RevocationList{tsa.list(t, tsa, before)}, false, "早于时间戳"},
		{"revoked before the stamp", []*x509.RevocationList{tsa.list(t, tsa, published, entry(2, before, superseded))}, true, "时间戳机构的证书已于"},
		{"replaced after the stamp", []*x509.RevocationList{tsa.list(t, tsa, published, entry(2, after, superseded))}, false, "不影响此前盖的时间戳"},
		{"its key lost after the stamp", []*x509.RevocationList{tsa.list(t, tsa, published, entry(2, after, lostKey))}, true, "时间戳不可信"},
		{"revoked after the stamp without a reason", []*x509.RevocationList{tsa.list(t, tsa, published, entry(2, after, 0))}, true, "时间戳不可信"},
		{"a list of another authority", []*x509.RevocationList{tsa.list(t, other, published, entry(2, before, superseded))}, false, "没有相应的吊销列表"},
		{"an old list beside a new one", []*x509.RevocationList{tsa.list(t, tsa, before), tsa.list(t, tsa, published, entry(2, before, superseded))}, true, "时间戳不可信"},
	} {
		t.Run(k.sub, func(t *testing.T) {
			opts := id.trust()
			opts.Stampers, opts.StampLists = tsa.roots(), k.lists
			r := Verify(whole, opts)
			if r.OK == k.revoked || r.Stamped == k.revoked || r.has(StampRevoked) != k.revoked || !strings.Contains(strings.Join(r.Lines(), "\n"), k.says) {
				t.Errorf("want revoked %v and %q, got %q", k.revoked, k.says, r.Lines())
			}
			q, err := BeginStamp(received, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := q.End(tsa.answer(t, q.Request()), tsa.roots(), k.lists...); (fault.KindOf(err) == fault.Untrusted) != k.revoked {
				t.Errorf("asking for a stamp: %v", err)
			}
		})
	}
}

func TestAServiceMustBeForTimeStampingAlone(t *testing.T) {
	tsa := newTSA(t)
	usage := func(critical bool, oids ...asn1.ObjectIdentifier) *x509.Certificate {
		value, err := asn1.Marshal(oids)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "x"},
			NotBefore: certDay, NotAfter: certDay.AddDate(20, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}}}, tsa.root, tsa.key.Public(), tsa.rootKey)
		if err != nil {
			t.Fatal(err)
		}
		return parseCert(t, der)
	}
	stamping, client := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	id := newIdentity(t, seal.Device)
	received := id.received(t, id.seal(t, smallFile()))
	for sub, k := range map[string]struct {
		cert *x509.Certificate
		ok   bool
	}{
		"marked critical":             {usage(true, stamping), true},
		"not marked critical":         {usage(false, stamping), false},
		"with another use":            {usage(true, stamping, client), false},
		"with a use nobody knows":     {usage(true, stamping, asn1.ObjectIdentifier{1, 2, 3, 4}), false},
		"for something else":          {usage(true, client), false},
		"after its certificate ended": {usage(true, stamping), false},
	} {
		tsa.cert, tsa.at = k.cert, time.Date(2024, 11, 6, 1, 0, 0, 0, time.UTC)
		if sub == "after its certificate ended" {
			tsa.at = certDay.AddDate(21, 0, 0)
		}
		q, err := BeginStamp(received, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := q.End(tsa.answer(t, q.Request()), tsa.roots()); (err == nil) != k.ok || err != nil && fault.KindOf(err) != fault.Untrusted {
			t.Errorf("%s: got %v, want taken %v", sub, err, k.ok)
		}
	}
}

func TestThePolicyIsTheOneThatWasAskedFor(t *testing.T) {
	id, tsa := newIdentity(t, seal.Device), newTSA(t) // which stamps by 1.2.3.4
	received := id.received(t, id.seal(t, smallFile()))
	for policy, ok := range map[string]bool{"1.2.3.4": true, "1.2.3.5": false} {
		q, err := BeginStamp(received, 0)
		if err != nil {
			t.Fatal(err)
		}
		q.Policy = asn1.ObjectIdentifier{1, 2, 3, int(policy[6] - '0')}
		request := q.Request()
		if !bytes.Contains(request, derOf(q.Policy)) {
			t.Error("the request does not name the policy")
		}
		out, _, err := q.End(tsa.answer(t, request), tsa.roots())
		if (err == nil) != ok {
			t.Errorf("%s: got %v, want taken %v", policy, err, ok)
		}
		if ok {
			opts := id.trust()
			opts.Stampers = tsa.roots()
			if r := Verify(out, opts); !r.OK || !strings.Contains(strings.Join(r.Lines(), "\n"), "策略 1.2.3.4") {
				t.Errorf("got %q", r.Lines())
			}
		}
	}
}

// nationalTSA is a service of the national suite: its certificate and the root's
// are of SM2 keys, signed by SM2 with SM3.
func nationalTSA(t testing.TB) *testTSA {
	t.Helper()
	signer := func() *seal.Signer {
		k, err := seal.NewSignerOf(seal.National)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	rootKey, key := signer(), signer()
	alg := wrap(0x30, derOf(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}))
	name := func(cn string) []byte {
		return derOf(pkix.Name{CommonName: cn}.ToRDNSequence())
	}
	validity := wrap(0x30, derOf(certDay), derOf(certDay.AddDate(20, 0, 0)))
	extension := func(oid asn1.ObjectIdentifier, value []byte) []byte {
		return derOf(pkix.Extension{Id: oid, Critical: true, Value: value})
	}
	cert := func(serial int, cn string, k *seal.Signer, extensions ...[]byte) *x509.Certificate {
		tbs := wrap(0x30, wrap(0xA0, derOf(2)), derOf(serial), alg, name("国密时间戳根"), validity, name(cn), k.Public().Marshal(),
			wrap(0xA3, wrap(0x30, extensions...)))
		sig, err := rootKey.SignDocument(tbs)
		if err != nil {
			t.Fatal(err)
		}
		c, err := seal.ParseCertificate(wrap(0x30, tbs, alg, derOf(asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)})))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	root := cert(1, "国密时间戳根", rootKey, extension(asn1.ObjectIdentifier{2, 5, 29, 19}, wrap(0x30, derOf(true))))
	leaf := cert(2, "国密时间戳服务", key, extension(asn1.ObjectIdentifier{2, 5, 29, 37}, derOf([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})))
	return &testTSA{root: root, cert: leaf, national: key, at: time.Date(2024, 11, 6, 1, 0, 0, 0, time.UTC)}
}

func (s *testTSA) nationalToken(t testing.TB, info []byte, named *x509.Certificate, certs []*x509.Certificate) []byte {
	t.Helper()
	sm3 := wrap(0x30, derOf(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}), []byte{5, 0})
	sum, hash := seal.National.Sum(info), seal.National.Sum(named.Raw)
	attr := func(id asn1.ObjectIdentifier, value []byte) []byte { return wrap(0x30, derOf(id), wrap(0x31, value)) }
	set := slices.Concat(attr(oidContentType, derOf(oidTSTInfo())), attr(oidMessageDigest, derOf(sum[:])),
		attr(oidSigningCertV2, wrap(0x30, wrap(0x30, wrap(0x30, sm3, derOf(hash[:]))))))
	sig, err := s.national.SignDocument(wrap(0x31, set))
	if err != nil {
		t.Fatal(err)
	}
	serial := derOf(issuerAndSerial{asn1.RawValue{FullBytes: s.cert.RawIssuer}, s.cert.SerialNumber})
	signer := wrap(0x30, derOf(1), serial, sm3, wrap(0xA0, set), wrap(0x30, derOf(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501})), derOf(sig))
	var raw []byte
	for _, c := range certs {
		raw = append(raw, c.Raw...)
	}
	return wrap(0x30, derOf(oidSignedData), wrap(0xA0, wrap(0x30, derOf(3), wrap(0x31, sm3),
		wrap(0x30, derOf(oidTSTInfo()), wrap(0xA0, derOf(info))), wrap(0xA0, raw), wrap(0x31, signer))))
}

func TestAStampOfTheNationalSuiteIsVerified(t *testing.T) {
	id, tsa, other := newIdentity(t, seal.Device), nationalTSA(t), nationalTSA(t)
	received := id.received(t, id.seal(t, smallFile()))
	whole := tsa.stamped(t, received)
	opts := id.trust()
	opts.Stampers = tsa.roots()
	r := Verify(whole, opts)
	if !r.OK || !r.Stamped || !r.Proven.Equal(tsa.at) || !strings.Contains(strings.Join(r.Lines(), "\n"), "国密时间戳服务") {
		t.Fatalf("got %q", r.Lines())
	}
	opts.Stampers = other.roots()
	if r := Verify(whole, opts); r.OK || !r.has(StampStranger) {
		t.Errorf("by a stranger: %q", r.Lines())
	}
	opts.Stampers = tsa.roots()
	for at := len(received); at < len(whole); at += 97 {
		if r := Verify(flip(whole, at), opts); r.OK {
			t.Errorf("a bit flipped at %d is not found", at)
		}
	}
	forged := *tsa
	forged.national = other.national // another's key under its certificate
	q, err := BeginStamp(received, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := q.End(forged.answer(t, q.Request()), tsa.roots()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("another's key: got %v, want untrusted", err)
	}
	late := *tsa
	late.at = certDay.AddDate(21, 0, 0)
	if _, _, err := q.End(late.answer(t, q.Request()), tsa.roots()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("after its certificate ended: got %v, want untrusted", err)
	}
}

// What this program does not verify it says so of.
func TestAStampByAnUnknownAlgorithmIsSaidNotToBeJudged(t *testing.T) {
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	received := id.received(t, id.seal(t, smallFile()))
	q, err := BeginStamp(received, 0)
	if err != nil {
		t.Fatal(err)
	}
	known, unknown := derOf(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}), derOf(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 99})
	parts, err := sequence(bytes.Replace(tsa.answer(t, q.Request()), known, unknown, -1), 2)
	if err != nil {
		t.Fatal(err)
	}
	answer := wrap(0x30, parts[0].FullBytes, parts[1].FullBytes)
	if _, _, err := q.End(answer, tsa.roots()); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v, want unsupported", err)
	}
	out, _ := tsa.stampedWith(t, received, parts[1].FullBytes)
	opts := id.trust()
	opts.Stampers = tsa.roots()
	if r := Verify(out, opts); r.OK || r.Stamped || !r.has(StampMalformed) || !strings.Contains(strings.Join(r.Lines(), "\n"), "不核对的算法，未予判断") {
		t.Errorf("got %q", r.Lines())
	}
}
