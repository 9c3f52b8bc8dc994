package central

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"io/fs"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/assets"
	"doorstep/internal/contract"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

var press = sync.OnceValues(contract.NewPress)

// closing lets a laptop close real contracts, of an amount.
func closing(t testing.TB, l *laptop, amount int) func(uuid.UUID) ([]byte, *loan.NationalSeal) {
	return func(id uuid.UUID) ([]byte, *loan.NationalSeal) {
		t.Helper()
		p, err := press()
		if err != nil {
			t.Fatal(err)
		}
		form, err := fs.ReadFile(assets.Templates(), "loan-contract-1.json")
		if err != nil {
			t.Fatal(err)
		}
		national, err := seal.NewKey().NationalSigner("test")
		if err != nil {
			t.Fatal(err)
		}
		in := contract.Input{App: loan.Application{AsOf: "2026-08-01", Kind: loan.First, Loan: loan.Terms{Amount: amount}}, Template: form, CaseID: id,
			Point: "测试受理点", Operator: "测试员", At: time.Now().Add(-time.Hour),
			Strokes: map[loan.Party][]contract.Stroke{loan.StudentParty: {{Points: []contract.Point{{X: 0.2, Y: 0.3}, {X: 0.7, Y: 0.6}}}}}}
		pdf, err := p.Fill(in)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := contract.Seal(pdf, contract.Closing{Signer: l.signer, Cert: l.enrol.Cert, CA: l.enrol.CA, National: national.Public(),
			Events: []contract.Event{{Party: loan.StudentParty, At: in.At}}})
		if err != nil {
			t.Fatal(err)
		}
		sig, err := national.SignDocument(sealed)
		if err != nil {
			t.Fatal(err)
		}
		return sealed, &loan.NationalSeal{Key: national.Public().Marshal(), Signature: sig}
	}
}

// arrive sends a finished case and its blobs.
func (l *laptop) arrive(blobs [][]byte) {
	l.t.Helper()
	for _, b := range blobs {
		l.blob(b)
	}
	l.send(l.changes)
}

// movable opens a centre whose clock a test moves on.
func movable(t *testing.T) (c *Central, ahead *atomic.Int64) {
	t.Helper()
	ahead = new(atomic.Int64)
	dir := t.TempDir()
	settle(t, dir)
	c, err := Open(context.Background(), Options{Dir: dir, Practice: true, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, ahead
}

// keep works until nothing is due.
func keep(t *testing.T, c *Central) {
	t.Helper()
	for {
		n, err := c.KeepDueContracts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func keptState(t *testing.T, c *Central, id uuid.UUID) KeptContract {
	t.Helper()
	all, err := c.Contracts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if k := all[len(all)-1-i]; k.Case == id {
			return k
		}
	}
	return KeptContract{}
}

// service is a time stamping service of OpenSSL behind HTTP.
type service struct {
	*httptest.Server
	roots   []byte
	cert    *x509.Certificate
	root    *ecdsa.PrivateKey
	asked   atomic.Int64
	away    atomic.Bool
	refuses atomic.Bool // openssl may say no
	mu      sync.Mutex
}

// list is a list of the certificates with these numbers, all revoked an hour ago.
func (s *service) list(t *testing.T, serials ...int64) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(time.Now().UnixNano()), ThisUpdate: time.Now(), NextUpdate: time.Now().AddDate(0, 0, 7)}
	for _, n := range serials {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n), RevocationTime: time.Now().Add(-time.Hour)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, s.cert, s.root)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func stampingService(t *testing.T) *service {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		t.Fatal(err)
	}
	is := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "测试时间戳服务"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rootIs := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "测试时间戳根"}, NotBefore: is.NotBefore, NotAfter: is.NotAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	rootDER, err := x509.CreateCertificate(rand.Reader, rootIs, rootIs, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(rootDER)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.CreateCertificate(rand.Reader, is, root, key.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{roots: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}), cert: root, root: rootKey}
	conf := "[tsa]\ndefault_tsa = one\n[one]\nserial = " + dir + "/serial\nsigner_cert = " + dir + "/cert\nsigner_key = " + dir +
		"/key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\ness_cert_id_alg = sha256\n"
	for name, b := range map[string][]byte{"cert": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), "key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "conf": []byte(conf), "serial": []byte("01\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		b, err := io.ReadAll(r.Body)
		if s.away.Load() || err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "<html>not now</html>", http.StatusServiceUnavailable)
			return
		}
		s.mu.Lock() // openssl counts in a file
		defer s.mu.Unlock()
		cmd := exec.Command(openssl, "ts", "-reply", "-config", filepath.Join(dir, "conf"), "-queryfile", "/dev/stdin")
		cmd.Stdin = bytes.NewReader(b)
		out, err := cmd.Output()
		if err != nil && !s.refuses.Load() {
			t.Errorf("openssl ts: %v", err)
		}
		_, _ = w.Write(out)
	}))
	t.Cleanup(s.Close)
	return s
}

// contracted is a laptop whose one case, with a sealed contract, has arrived.
func contracted(t *testing.T, c *Central) (l *laptop, id uuid.UUID, sealed []byte) {
	t.Helper()
	l = enrol(t, c, serve(t, c))
	l.closes = closing(t, l, 8000)
	id, blobs := l.finishedAfter(func(id uuid.UUID) { l.consents(id, loan.ConsentSensitive, loan.ConsentCredit) })
	l.arrive(blobs)
	return l, id, blobs[len(blobs)-1]
}
