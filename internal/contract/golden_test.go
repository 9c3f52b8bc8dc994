package contract

import (
	"bytes"
	"crypto/x509"
	"flag"
	"os"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

var update = flag.Bool("update", false, "make the sample of the file format anew")

const (
	firstPath     = "testdata/sealed-sample.pdf" // of the first form
	firstCAPath   = "testdata/sealed-sample-ca.der"
	secondPath    = "testdata/stamped-sample.pdf" // of the second, with all five fields
	secondCAPath  = "testdata/stamped-sample-ca.der"
	secondTSAPath = "testdata/stamped-sample-tsa.der"
	samplePath    = "testdata/third-sample.pdf" // of this form, with all five fields
	sampleCAPath  = "testdata/third-sample-ca.der"
	sampleTSAPath = "testdata/third-sample-tsa.der"
)

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Files of the first form had the point's seal alone.
func TestTheFirstFormVerifies(t *testing.T) {
	sample, ca := mustRead(t, firstPath), parseCert(t, mustRead(t, firstCAPath))
	r := Verify(sample, VerifyOptions{CA: ca})
	if !r.OK || r.Pages != 4 || !r.First || len(r.Signatures) != 1 || !bytes.Equal(Closed(sample), sample) {
		t.Errorf("the sample: %q", r.Lines())
	}
	for at := 0; at < len(sample); at += 1999 {
		if r := Verify(flip(sample, at), VerifyOptions{CA: ca}); r.OK {
			t.Errorf("a bit flipped at %d is not found", at)
		}
	}
	id := newIdentity(t, seal.Device)
	if _, err := Seal(sample[:mustParse(t, sample).to], id.closing(nil)); fault.KindOf(err) != fault.Input {
		t.Errorf("a base of the first form is sealed: %v", err)
	}
	if _, err := Receive(sample, id.authority, testReceived()); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("a file of the first form is received: %v", err)
	}
}

// Files of the second form had a fixed room for each signature. What the centre
// puts behind one that has not all of them yet keeps to it.
func TestTheSecondFormVerifiesAndIsCarriedOn(t *testing.T) {
	sample, ca, root := mustRead(t, secondPath), parseCert(t, mustRead(t, secondCAPath)), parseCert(t, mustRead(t, secondTSAPath))
	opts := VerifyOptions{CA: ca, Stampers: []*x509.Certificate{root}}
	if r := Verify(sample, opts); !r.OK || r.First || !r.Stamped || len(r.Signatures) != 5 {
		t.Errorf("the sample: %q", r.Lines())
	}
	for at := 0; at < len(sample); at += 1999 {
		if r := Verify(flip(sample, at), opts); r.OK && !bytes.Equal(sample[at:at+1], []byte("0")) {
			t.Errorf("a bit flipped at %d is not found", at)
		}
	}
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	base := rebuilt(t, mustFill(t, testInput(t)), func(o [][]byte) {
		o[catalogObj-1] = []byte(catalogText(secondForm, fieldsOf(secondForm, loan.StudentParty, loan.CoborrowerParty)))
	})
	whole := tsa.stamped(t, id.received(t, id.seal(t, base)))
	opts = id.trust()
	opts.Stampers = tsa.roots()
	if r := Verify(whole, opts); !r.OK || !r.Stamped || len(whole)-len(base) < 2*(3*eventReserve+sealReserve+stampReserve) {
		t.Errorf("a new file of the second form, %d bytes behind its base: %q", len(whole)-len(base), r.Lines())
	}
}

// The sample is a contract of a made-up family, sealed, received and stamped.
// Files of this form are with families and banks for thirty years: it must
// verify for ever.
func TestTheSampleOfTheFormatVerifies(t *testing.T) {
	in := testInput(t)
	template, err := os.ReadFile("testdata/template.json")
	if err != nil {
		t.Fatal(err)
	}
	in.Template = template
	in.App.Student.Name, in.App.Coborrowers[0].Name = "江䶮𬎆", "江㛃𫖮𠅤"
	filled := mustFill(t, in)
	if *update {
		id := newIdentity(t, seal.Device)
		tsa := newTSA(t)
		sealed, err := Seal(filled, id.closing(filled))
		if err != nil {
			t.Fatal(err)
		}
		for path, b := range map[string][]byte{samplePath: tsa.stamped(t, id.received(t, sealed)), sampleCAPath: id.ca, sampleTSAPath: tsa.root.Raw} {
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	sample := mustRead(t, samplePath)
	r := Verify(sample, VerifyOptions{CA: parseCert(t, mustRead(t, sampleCAPath)), Stampers: []*x509.Certificate{parseCert(t, mustRead(t, sampleTSAPath))}})
	if !r.OK || r.Pages != 4 || !r.Stamped || len(r.Signatures) != 5 {
		t.Errorf("the sample: %q", r.Lines())
	}
	old, err := parseDocument(sample)
	if err != nil {
		t.Fatal(err)
	}
	now, err := parseDocument(filled)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{catalogObj, pdfInfoObj, xmpObj, iccObj} {
		if a, b := old.revisions[0].objects[n], now.revisions[0].objects[n]; !bytes.Equal(a, b) {
			t.Errorf("object %d of the sample is %.200q, is now written as %.200q", n, a, b)
		}
	}
}

func TestSealIsTheSameForTheSameKey(t *testing.T) {
	id := newIdentity(t, seal.Device)
	base := mustFill(t, testInput(t))
	if !bytes.Equal(id.seal(t, base), id.seal(t, base)) {
		t.Error("two seals of one file differ")
	}
}
