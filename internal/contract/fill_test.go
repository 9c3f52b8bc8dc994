package contract

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/loan"
)

func TestFillGivesTheSameBytesForTheSameInput(t *testing.T) {
	a, b := mustFill(t, testInput(t)), mustFill(t, testInput(t))
	if !bytes.Equal(a, b) {
		t.Error("two runs gave different bytes")
	}
}

// All six kinds of documents, of every version, by a press of its own each time.
func TestEveryDocumentIsTheSameBytesForTheSameCase(t *testing.T) {
	make := func(name string, file []byte) []byte {
		t.Helper()
		p, err := NewPress()
		if err != nil {
			t.Fatal(err)
		}
		in := testInput(t)
		in.App.Student.Name, in.Template = "韦测𠀀", file
		var b []byte
		switch kind, _, _ := strings.Cut(name, "-"); kind {
		case "loan":
			b, err = p.Fill(in)
		case "temporary", "centre":
			r := testReceipt(t)
			r.App, r.Template = in.App, file
			b, err = p.Receipt(r)
		default:
			b, err = p.Paper(in, testMasked(&in.App))
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return b
	}
	kinds := map[string]bool{}
	for name, file := range testTemplates(t) {
		if a, b := make(name, file), make(name, file); !bytes.Equal(a, b) {
			t.Errorf("%s: two runs gave different bytes", name)
		}
		kinds[name[:strings.LastIndex(name, "-")]] = true
	}
	for _, kind := range []string{"loan-contract", "application-form", "hardship-form", "renewal-statement", "temporary-receipt", "centre-receipt", "integrity-card"} {
		if !kinds[kind] {
			t.Errorf("no %s was made", kind)
		}
	}
}

func TestSealedContractPasses(t *testing.T) {
	id := newIdentity(t, 2)
	sealed := id.seal(t, mustFill(t, testInput(t)))
	if r := Verify(sealed, id.trust()); !r.OK {
		t.Errorf("report: %q", r.Lines())
	}
}

func TestPressServesManyAtOnce(t *testing.T) {
	p := testPress(t)
	in := testInput(t)
	in.App.Student.Name = "𠀀甲"
	want := mustFill(t, in)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got, err := p.Fill(in); err != nil || !bytes.Equal(got, want) {
				t.Errorf("a file of several made at once differs: %v", err)
			}
		})
	}
	all.Wait()
}

func TestLastWordsStandWithTheSignatures(t *testing.T) {
	in := testInput(t)
	in.Evidence, in.Template = nil, testTemplate(t, "application-form-1.json")
	for n := 0; n < 30; n += 3 {
		in.App.Student.Address = "贵州省平塘县" + strings.Repeat("测试乡示例村", n)
		b := mustFill(t, in)
		pages, err := Pages(b)
		if err != nil {
			t.Fatal(err)
		}
		last := run(t, "pdftotext", "-f", fmt.Sprint(pages), "-raw", tempFile(t, "a.pdf", b), "-")
		if !strings.Contains(last, "愿意承担相应责任") || !strings.Contains(last, "借款学生（签名）") {
			t.Errorf("with %d words more the signatures stand alone", n)
		}
	}
}

func TestACopyToBeReadLooksUnsealed(t *testing.T) {
	in := testInput(t)
	const waiting, sealed = "签名后由受理终端封存", "是否有效以电子签名的验证结果为准"
	if text := readBack(t, mustFill(t, in)); strings.Contains(text, waiting) {
		t.Error("a signed contract says that it waits for its signatures")
	}
	in.Strokes, in.App.Signatures = nil, loan.Signatures{}
	text := readBack(t, mustFill(t, in))
	if !strings.Contains(text, waiting) || !strings.Contains(text, sealed) || strings.Contains(text, "现场手写签名，本人") {
		t.Error("a copy to be read looks signed and sealed")
	}
}
