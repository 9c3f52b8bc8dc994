package contract

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

const testWords = "仅供办理助学贷款　测试员甲 2024-11-05 10:30"

func TestACopyHasEveryWordAndTheWatermark(t *testing.T) {
	id := newIdentity(t, seal.Device)
	in := testInput(t)
	in.App.Student.Name = "江䶮㛃𫖮𠅤𬎆𬭎"
	filled := mustFill(t, in)
	sealed := id.seal(t, filled)
	files := papersOf(t, in, "loan-contract-1.json")
	files["filled"], files["sealed"] = filled, sealed
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			copied, err := testPress(t).Copy(file, testWords)
			if err != nil {
				t.Fatal(err)
			}
			again, err := testPress(t).Copy(file, testWords)
			if err != nil || !bytes.Equal(copied, again) {
				t.Error("two copies of one file differ")
			}
			path := tempFile(t, "copy.pdf", copied)
			if out := run(t, "qpdf", "--check", path); strings.Contains(out, "WARNING") {
				t.Errorf("qpdf: %s", out)
			}
			text := readBack(t, copied)
			if !strings.Contains(text, bare(testWords)) {
				t.Error("the watermark is not there")
			}
			got, want := rawPages(t, copied), rawPages(t, file)
			if len(got) != len(want) {
				t.Fatalf("%d pages of %d", len(got), len(want))
			}
			for i := range want {
				if !strings.HasPrefix(got[i], want[i]) {
					t.Errorf("page %d says something else", i+1)
				}
			}
		})
	}
	t.Run("what is dark stays dark, and the seal is seen", func(t *testing.T) {
		copied, err := testPress(t).Copy(sealed, testWords)
		if err != nil {
			t.Fatal(err)
		}
		if Verify(copied, id.trust()).OK || bytes.Contains(copied, []byte("/AcroForm")) {
			t.Error("a copy passes for the sealed file")
		}
		old, now := grayPage(t, sealed, "3"), grayPage(t, copied, "3")
		if len(old) != len(now) {
			t.Fatal("pages of two sizes")
		}
		lighter, darker := 0, 0
		for i := range old {
			if int(now[i]) > int(old[i])+24 {
				lighter++
			}
			if int(now[i]) < int(old[i])-16 {
				darker++
			}
		}
		if lighter > 40 || darker < 500 {
			t.Errorf("%d points are lighter than in the file, %d darker", lighter, darker)
		}
	})
}

func TestACopyHasTheStampWhereTheSealIsAlone(t *testing.T) {
	tool(t, "pdftotext")
	id := newIdentity(t, 2)
	sealed := id.seal(t, mustFill(t, testInput(t)))
	copied, err := testPress(t).Copy(sealed, testWords)
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range rawPages(t, sealed) {
		if got, want := strings.Count(rawPages(t, copied)[i], sealReason), strings.Count(page, sealReason); got != want {
			t.Errorf("page %d has the stamp %d times, want %d", i+1, got, want)
		}
	}
}

func TestOnlyFilesOfThisProgramAreCopied(t *testing.T) {
	for name, file := range map[string][]byte{"nothing": nil, "another PDF": []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"),
		"half a file": mustFill(t, testInput(t))[:5000]} {
		if _, err := testPress(t).Copy(file, testWords); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("%s: got %v, want unsupported", name, err)
		}
	}
	file := mustFill(t, testInput(t))
	for _, words := range []string{"", strings.Repeat("长", 200), "\U0003FFFD"} {
		if _, err := testPress(t).Copy(file, words); fault.KindOf(err) != fault.Input {
			t.Errorf("%d characters: got %v, want input", len([]rune(words)), err)
		}
	}
}

func FuzzCopy(f *testing.F) {
	file := mustFill(f, testInput(f))
	f.Add(file)
	f.Add(file[:2000])
	p := testPress(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := p.Copy(b, testWords); err == nil && pageCountOf(out) == 0 {
			t.Error("a copy without pages")
		}
	})
}

func pageCountOf(b []byte) int { n, _ := Pages(b); return n }

// rawPages are the pages' words, in the order in which they are drawn.
func rawPages(t *testing.T, pdf []byte) []string {
	t.Helper()
	pages := strings.Split(run(t, "pdftotext", "-raw", tempFile(t, "r.pdf", pdf), "-"), "\f")
	for i := range pages {
		pages[i] = bare(pages[i])
	}
	return pages
}

func grayPage(t *testing.T, pdf []byte, page string) []byte {
	t.Helper()
	base := filepath.Join(t.TempDir(), "g")
	run(t, "pdftoppm", "-r", "50", "-gray", "-f", page, "-l", page, "-singlefile", tempFile(t, "g.pdf", pdf), base)
	b, err := os.ReadFile(base + ".pgm")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
