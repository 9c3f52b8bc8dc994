package contract

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"doorstep/internal/seal"
)

var update = flag.Bool("update", false, "make the sample of the file format anew")

const (
	samplePath   = "testdata/sealed-sample.pdf"
	sampleCAPath = "testdata/sealed-sample-ca.der"
)

// The sample is a sealed contract of a made-up family. Files of this form are
// with families and banks for thirty years: it must verify for ever.
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
		if err := os.WriteFile(samplePath, id.seal(t, filled), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(sampleCAPath, id.ca, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sample, err := os.ReadFile(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(sampleCAPath)
	if err != nil {
		t.Fatal(err)
	}
	r := Verify(sample, VerifyOptions{CA: parseCert(t, ca)})
	if !r.OK || r.Pages != 4 {
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
