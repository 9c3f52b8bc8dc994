package contract

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/seal"
)

func BenchmarkNewPress(b *testing.B) {
	for b.Loop() {
		if _, err := NewPress(); err != nil {
			b.Fatal(err)
		}
	}
}

// timed adds how long do takes.
func timed(sum *time.Duration, do func()) {
	start := time.Now()
	do()
	*sum += time.Since(start)
}

// streams are the file's streams that are compressed, as they are when they are
// not.
func streams(b *testing.B, pdf []byte) (out [][]byte) {
	d, err := parseDocument(pdf)
	if err != nil {
		b.Fatal(err)
	}
	r := d.revisions[0]
	for _, n := range r.numbers {
		dict, data, is := bytes.Cut(r.objects[n], []byte("\nstream\n"))
		if !is || !bytes.Contains(dict, []byte("/FlateDecode")) {
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, plain)
	}
	return out
}

// BenchmarkFill makes a contract of two portraits and two hands, beside the bare
// compressing of its streams and the hash of its bytes, turn by turn. Goal: 50 ms
// of one core.
func BenchmarkFill(b *testing.B) {
	in := testInput(b)
	file := mustFill(b, in)
	plain := streams(b, file)
	var ours, bare time.Duration
	n := 0
	for b.Loop() {
		timed(&ours, func() { mustFill(b, in) })
		timed(&bare, func() {
			for _, s := range plain {
				deflated("", s)
			}
			sha256.Sum256(file)
		})
		n++
	}
	b.ReportMetric(float64(len(file)), "bytes/file")
	b.ReportMetric(float64(ours)/float64(bare), "fill/bare-deflate")
	b.ReportMetric(float64(ours.Microseconds())/1000/float64(n), "ms-ours")
}

// BenchmarkSeal closes a contract by the seals of two hands and the point,
// beside three bare signatures over the hash of as many bytes.
func BenchmarkSeal(b *testing.B) {
	id, pdf := newIdentity(b, seal.Device), mustFill(b, testInput(b))
	c := id.closing(pdf)
	sealed := id.seal(b, pdf)
	key := id.signer.Crypto()
	var ours, bare time.Duration
	for b.Loop() {
		timed(&ours, func() {
			if _, err := Seal(pdf, c); err != nil {
				b.Fatal(err)
			}
		})
		timed(&bare, func() {
			for range 3 {
				sum := sha256.Sum256(sealed)
				if _, err := key.Sign(nil, sum[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.ReportMetric(float64(len(sealed)), "bytes/file")
	b.ReportMetric(float64(ours)/float64(bare), "seal/bare-ecdsa")
}

// BenchmarkVerify verifies a contract as a terminal closed it: beside the bare
// verifying of its three signatures, the certificate's, and the hashes, and
// beside poppler's pdfsig as a process where that is installed.
func BenchmarkVerify(b *testing.B) {
	id := newIdentity(b, seal.Device)
	sealed := id.seal(b, mustFill(b, testInput(b)))
	cert := parseCert(b, id.cert)
	sum := sha256.Sum256(sealed)
	sig, err := id.signer.Crypto().Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "sealed.pdf")
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		b.Fatal(err)
	}
	pdfsig, _ := exec.LookPath("pdfsig")
	var ours, bare, theirs time.Duration
	for b.Loop() {
		timed(&ours, func() {
			if r := Verify(sealed, id.trust()); !r.OK {
				b.Fatal(r.Lines())
			}
		})
		timed(&bare, func() { bareVerify(b, sealed, cert, id.authority.Cert(), sig) })
		if pdfsig != "" {
			timed(&theirs, func() {
				if err := exec.Command(pdfsig, "-nocert", path).Run(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
	b.ReportMetric(float64(ours)/float64(bare), "verify/bare-ecdsa")
	if theirs > 0 {
		b.ReportMetric(float64(ours)/float64(theirs), "verify/pdfsig")
	}
}

func bareVerify(b *testing.B, sealed []byte, cert, ca *x509.Certificate, sig []byte) {
	for range 3 {
		sum := sha256.Sum256(sealed)
		if !ecdsa.VerifyASN1(cert.PublicKey.(*ecdsa.PublicKey), sum[:], sig) {
			b.Fatal("does not verify")
		}
	}
	if cert.CheckSignatureFrom(ca) != nil {
		b.Fatal("does not verify")
	}
}

// BenchmarkStamp puts the centre's seal and a time stamp behind a contract, the
// service answering at once.
func BenchmarkStamp(b *testing.B) {
	id, tsa := newIdentity(b, seal.Device), newTSA(b)
	sealed := id.seal(b, mustFill(b, testInput(b)))
	for b.Loop() {
		tsa.stamped(b, id.received(b, sealed))
	}
}

func BenchmarkReceipt(b *testing.B) {
	p, in := testPress(b), testReceipt(b)
	for b.Loop() {
		if _, err := p.Receipt(in); err != nil {
			b.Fatal(err)
		}
	}
}
