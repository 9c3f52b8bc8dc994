package contract

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// testTSA is a time stamping service of one root and one signer.
type testTSA struct {
	root, cert *x509.Certificate
	rootKey    *ecdsa.PrivateKey
	national   *seal.Signer // signs by SM2 with SM3; nil: key does, by RSA
	key        crypto.Signer
	at         time.Time
	names      *x509.Certificate // by its signed attribute; nil: cert
	edit       func(info *tstInfo, certs *[]*x509.Certificate)
}

type tstInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Alg pkix.AlgorithmIdentifier
		Sum []byte
	}
	Serial *big.Int
	At     time.Time `asn1:"generalized"`
	Nonce  *big.Int
}

func newTSA(t testing.TB) *testTSA {
	t.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := func(c, parent *x509.Certificate, pub any) *x509.Certificate {
		c.NotBefore, c.NotAfter, c.BasicConstraintsValid = certDay, certDay.AddDate(20, 0, 0), true
		der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, rootKey)
		if err != nil {
			t.Fatal(err)
		}
		return parseCert(t, der)
	}
	rootIs := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "测试时间戳根"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	root := cert(rootIs, rootIs, rootKey.Public())
	// Marked critical, as RFC 3161 wants it.
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		t.Fatal(err)
	}
	leaf := cert(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "测试时间戳服务"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}}, root, key.Public())
	return &testTSA{root: root, rootKey: rootKey, cert: leaf, key: key, at: time.Date(2024, 11, 6, 1, 0, 0, 0, time.UTC)}
}

// answer answers a TimeStampReq.
func (s *testTSA) answer(t testing.TB, request []byte) []byte {
	t.Helper()
	var q struct {
		Version int
		Imprint struct {
			Alg pkix.AlgorithmIdentifier
			Sum []byte
		}
		Policy asn1.ObjectIdentifier `asn1:"optional"`
		Nonce  *big.Int
		Certs  bool
	}
	if rest, err := asn1.Unmarshal(request, &q); err != nil || len(rest) > 0 || !q.Certs {
		t.Fatalf("the request: %v", err)
	}
	info := tstInfo{Version: 1, Policy: asn1.ObjectIdentifier{1, 2, 3, 4}, Imprint: q.Imprint, Serial: big.NewInt(77), At: s.at, Nonce: q.Nonce}
	certs := []*x509.Certificate{s.cert, s.root}
	if s.edit != nil {
		s.edit(&info, &certs)
	}
	return wrap(0x30, wrap(0x30, derOf(0)), s.token(t, derOf(info), certs))
}

func (s *testTSA) token(t testing.TB, info []byte, certs []*x509.Certificate) []byte {
	t.Helper()
	named := s.cert
	if s.names != nil {
		named = s.names
	}
	if s.national != nil {
		return s.nationalToken(t, info, named, certs)
	}
	sum, hash := sha256.Sum256(info), sha256.Sum256(named.Raw)
	attr := func(id asn1.ObjectIdentifier, value []byte) []byte { return wrap(0x30, derOf(id), wrap(0x31, value)) }
	set := slices.Concat(attr(oidContentType, derOf(oidTSTInfo())), attr(oidMessageDigest, derOf(sum[:])),
		attr(oidSigningCertV2, wrap(0x30, wrap(0x30, wrap(0x30, derOf(hash[:]))))))
	attrs := sha256.Sum256(wrap(0x31, set))
	sig, err := s.key.Sign(rand.Reader, attrs[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	sha := wrap(0x30, derOf(oidSHA256), []byte{5, 0})
	alg := wrap(0x30, derOf(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}), []byte{5, 0})
	if _, is := s.key.(*ecdsa.PrivateKey); is {
		alg = wrap(0x30, derOf(oidECDSASHA256))
	}
	serial := derOf(issuerAndSerial{asn1.RawValue{FullBytes: s.cert.RawIssuer}, s.cert.SerialNumber})
	signer := wrap(0x30, derOf(1), serial, sha, wrap(0xA0, set), alg, derOf(sig), wrap(0xA1, attr(oidMessageDigest, derOf([]byte("unsigned")))))
	var raw []byte
	for _, c := range certs {
		raw = append(raw, c.Raw...)
	}
	return wrap(0x30, derOf(oidSignedData), wrap(0xA0, wrap(0x30, derOf(3), wrap(0x31, sha),
		wrap(0x30, derOf(oidTSTInfo()), wrap(0xA0, derOf(info))), wrap(0xA0, raw), wrap(0x31, signer))))
}

func (s *testTSA) roots() []*x509.Certificate { return []*x509.Certificate{s.root} }

func (s *testTSA) stamped(t testing.TB, pdf []byte) []byte {
	t.Helper()
	out, q := s.stampedIn(t, pdf, 0)
	room, fits := q.Fitting()
	if fits {
		return out
	}
	out, q = s.stampedIn(t, pdf, room)
	if _, fits := q.Fitting(); !fits {
		t.Fatalf("the second answer does not fit its room of %d", room)
	}
	return out
}

// stampedIn asks once, for a stamp in so much room.
func (s *testTSA) stampedIn(t testing.TB, pdf []byte, room int) ([]byte, *Stamping) {
	t.Helper()
	q, err := BeginStamp(pdf, room)
	if err != nil {
		t.Fatal(err)
	}
	out, at, err := q.End(s.answer(t, q.Request()), s.roots())
	if err != nil || !at.Equal(s.at) {
		t.Fatalf("End: %v, %v", at, err)
	}
	return out, q
}

// stampedWith puts a token into the stamp's field as it is.
func (s *testTSA) stampedWith(t testing.TB, pdf, token []byte) ([]byte, *Stamping) {
	t.Helper()
	q, err := BeginStamp(pdf, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(q.pdf)
	hex.Encode(out[q.at+1:], token)
	return out, q
}

func testReceived() Received {
	return Received{ReceiptNo: "HZ5227272024000001", ContractNo: "5227272024000001", At: time.Date(2024, 11, 6, 0, 59, 0, 0, time.UTC)}
}

func (id identity) received(t testing.TB, sealed []byte) []byte {
	t.Helper()
	out, err := Receive(sealed, id.authority, testReceived())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheCentreAppendsAndChangesNothing(t *testing.T) {
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	sealed := id.seal(t, mustFill(t, testInput(t)))
	received := id.received(t, sealed)
	stamped := tsa.stamped(t, received)
	opts := id.trust()
	opts.Stampers = tsa.roots()
	for _, c := range []struct {
		sub    string
		b      []byte
		proven time.Time
	}{{"received", received, testReceived().At}, {"stamped", stamped, tsa.at}} {
		if !bytes.HasPrefix(c.b, sealed) || !bytes.Equal(Closed(c.b), sealed) {
			t.Errorf("%s: what the terminal closed was changed", c.sub)
		}
		if r := Verify(c.b, opts); !r.OK || !r.Proven.Equal(c.proven) {
			t.Errorf("%s: %q", c.sub, r.Lines())
		}
	}
	if !bytes.Equal(received, id.received(t, sealed)) {
		t.Error("the centre's seal of one contract is not the same twice")
	}
	for name, f := range map[string]func() error{
		"received twice":         func() error { _, err := Receive(received, id.authority, testReceived()); return err },
		"stamped twice":          func() error { _, err := BeginStamp(stamped, 0); return err },
		"received after a stamp": func() error { _, err := Receive(stamped, id.authority, testReceived()); return err },
	} {
		if err := f(); fault.KindOf(err) != fault.Exists {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range map[string]func() error{
		"stamped before it is received": func() error { _, err := BeginStamp(sealed, 0); return err },
		"received before it is sealed": func() error {
			_, err := Receive(mustFill(t, testInput(t)), id.authority, testReceived())
			return err
		},
		"numbers that are none": func() error {
			_, err := Receive(sealed, id.authority, Received{ReceiptNo: "a，b", ContractNo: "1"})
			return err
		},
	} {
		if err := f(); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAnswerToAnotherQuestionIsRefused(t *testing.T) {
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	received := id.received(t, id.seal(t, smallFile()))
	for name, edit := range map[string]func(*tstInfo, *[]*x509.Certificate){
		"another hash":                func(i *tstInfo, _ *[]*x509.Certificate) { i.Imprint.Sum = make([]byte, 32) },
		"another nonce":               func(i *tstInfo, _ *[]*x509.Certificate) { i.Nonce = big.NewInt(5) },
		"without the service's chain": func(_ *tstInfo, c *[]*x509.Certificate) { *c = nil },
		"a stamp of before the certificate": func(i *tstInfo, _ *[]*x509.Certificate) {
			i.At = certDay.AddDate(-1, 0, 0)
		},
	} {
		q, err := BeginStamp(received, 0)
		if err != nil {
			t.Fatal(err)
		}
		tsa.edit = edit
		if _, _, err := q.End(tsa.answer(t, q.Request()), tsa.roots()); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("%s: %v", name, err)
		}
	}
	tsa.edit = nil
	q, err := BeginStamp(received, 0)
	if err != nil {
		t.Fatal(err)
	}
	tsa.names = tsa.root
	if _, _, err := q.End(tsa.answer(t, q.Request()), tsa.roots()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("a signature that names another certificate: %v", err)
	}
	tsa.names = nil
	good := tsa.answer(t, q.Request())
	if _, _, err := q.End(good, newTSA(t).roots()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("by a service that nobody trusts: %v", err)
	}
	for name, b := range map[string][]byte{"nothing": nil, "words": []byte("<html>"), "a refusal": wrap(0x30, wrap(0x30, derOf(2)))} {
		if _, _, err := q.End(b, tsa.roots()); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for at := 0; at < len(good); at += 7 {
		if out, _, err := q.End(flip(good, at), tsa.roots()); err == nil {
			opts := id.trust()
			opts.Stampers = tsa.roots()
			if r := Verify(out, opts); !r.OK {
				t.Fatalf("an answer with bit %d flipped is taken and then does not verify: %q", at, r.Lines())
			}
		}
	}
}

// A service of another make: its answers carry a chain of RSA, an accuracy and
// the older attribute of the signing certificate.
func TestAServiceOfOpenSSLStamps(t *testing.T) {
	tool(t, "openssl")
	tsa, id := newTSA(t), newIdentity(t, seal.Device)
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := x509.MarshalPKCS8PrivateKey(tsa.key)
	if err != nil {
		t.Fatal(err)
	}
	conf := strings.NewReplacer("DIR", dir, "KEY", write("key.pem", "PRIVATE KEY", key),
		"CERT", write("cert.pem", "CERTIFICATE", tsa.cert.Raw), "ROOT", write("root.pem", "CERTIFICATE", tsa.root.Raw)).Replace(
		"[tsa]\ndefault_tsa = one\n[one]\nserial = DIR/serial\ncrypto_device = builtin\nsigner_cert = CERT\ncerts = ROOT\nsigner_key = KEY\n" +
			"signer_digest = sha384\ndefault_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n")
	for name, b := range map[string]string{"tsa.cnf": conf, "serial": "01\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	q, err := BeginStamp(id.received(t, id.seal(t, mustFill(t, testInput(t)))), 0)
	if err != nil {
		t.Fatal(err)
	}
	ask, got := filepath.Join(dir, "q.tsq"), filepath.Join(dir, "a.tsr")
	if err := os.WriteFile(ask, q.Request(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "openssl", "ts", "-reply", "-config", filepath.Join(dir, "tsa.cnf"), "-queryfile", ask, "-out", got)
	stamped, at, err := q.End(mustRead(t, got), tsa.roots())
	if err != nil {
		t.Fatal(err)
	}
	opts := id.trust()
	opts.Stampers = tsa.roots()
	if r := Verify(stamped, opts); !r.OK || !r.Stamped || time.Since(at).Abs() > time.Hour {
		t.Errorf("%v: %q", at, r.Lines())
	}
	// And the token out of the file, with what was left out, holds for openssl.
	from, to := lastContents(t, stamped)
	content := tempFile(t, "content", append(bytes.Clone(stamped[:from-1]), stamped[to+1:]...))
	if out := run(t, "openssl", "ts", "-verify", "-token_in", "-in", tempFile(t, "token", lastDER(t, stamped)), "-data", content,
		"-CAfile", filepath.Join(dir, "root.pem")); !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl ts: %s", out)
	}
}

func FuzzToken(f *testing.F) {
	tsa, id := newTSA(f), newIdentity(f, seal.Device)
	q, err := BeginStamp(id.received(f, id.seal(f, smallFile())), 0)
	if err != nil {
		f.Fatal(err)
	}
	good := tsa.answer(f, q.Request())
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(bytes.Repeat([]byte{0x30, 0x80}, 4000))
	f.Add(bytes.Repeat([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, 100))
	opts := id.trust()
	opts.Stampers = tsa.roots()
	f.Fuzz(func(t *testing.T, b []byte) {
		out, _, err := q.End(b, tsa.roots())
		if err == nil {
			if r := Verify(out, opts); !r.OK {
				t.Errorf("an answer that was taken does not verify: %q", r.Lines())
			}
		}
		if tok, err := parseToken(b); err == nil {
			if again, err := parseToken(tok.marshal()); err != nil || !bytes.Equal(again.marshal(), tok.marshal()) {
				t.Error("a token that is kept does not come back the same")
			}
		}
	})
}
