package contract

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestFillGivesTheSameBytesForTheSameInput(t *testing.T) {
	a, b := mustFill(t, testInput(t)), mustFill(t, testInput(t))
	if !bytes.Equal(a, b) {
		t.Error("two runs gave different bytes")
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
