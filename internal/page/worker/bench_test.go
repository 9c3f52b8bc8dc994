package worker_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// printed is a PDF of pages full of print.
func printed(pages int) []byte {
	var text strings.Builder
	text.WriteString("BT /F1 10 Tf 14 TL 40 800 Td ")
	for line := range 52 {
		fmt.Fprintf(&text, "(%02d Doorstep takes in applications at the counter, with or without a network, and loses none.) Tj T* ", line)
	}
	text.WriteString("ET")
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", stream("", text.String()),
	}
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", i+5)
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>>>>>")
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), pages)
	return pdf(objects...)
}

// BenchmarkPage150dpi draws a page of print through the child, pipes and all,
// and compares it with poppler's pdftoppm, a page of a long document, where
// that is installed.
func BenchmarkPage150dpi(b *testing.B) {
	const pages = 40
	doc := printed(pages)
	d, err := renderer(b).Open(b.Context(), doc)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	n := 0
	for b.Loop() {
		if _, err := d.Page(b.Context(), n%pages, 150); err != nil {
			b.Fatal(err)
		}
		n++
	}
	ours := b.Elapsed() / time.Duration(b.N)
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		return
	}
	path := filepath.Join(b.TempDir(), "pages.pdf")
	if err := os.WriteFile(path, doc, 0o600); err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	if err := exec.CommandContext(b.Context(), tool, "-r", "150", path, filepath.Join(b.TempDir(), "p")).Run(); err != nil {
		b.Fatal(err)
	}
	theirs := time.Since(begun) / pages
	b.ReportMetric(float64(ours)/float64(theirs), "×pdftoppm")
}

func BenchmarkOpen(b *testing.B) {
	doc := printed(40)
	for b.Loop() {
		d, err := renderer(b).Open(b.Context(), doc)
		if err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
