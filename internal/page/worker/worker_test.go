package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"testing"

	"doorstep/internal/page"
)

// pdf writes a PDF of the given objects (numbered from 1, the first being the
// catalogue) with a right cross-reference table.
func pdf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, p := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// onePage is a PDF of a page with a box and content.
func onePage(box, content string) []byte {
	return pdf(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox["+box+"]/Contents 4 0 R/Resources<<>>>>",
		stream("", content),
	)
}

func TestAPageIsDrawn(t *testing.T) {
	d, err := renderer(t).Open(t.Context(), onePage("0 0 595.28 841.89", "1 0 0 rg 0 0 595.28 420 re f"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Pages() != 1 {
		t.Fatalf("pages: got %d, want 1", d.Pages())
	}
	img, err := d.Page(t.Context(), 0, 150)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := img.Bounds(), image.Rect(0, 0, 1241, 1754); got != want {
		t.Errorf("size: got %v, want %v", got, want)
	}
	m, ok := img.(*image.RGBA)
	if !ok {
		t.Fatalf("a page with colour: got %T, want *image.RGBA", img)
	}
	if got := m.RGBAAt(600, 100); got.R != 255 || got.G != 255 || got.B != 255 {
		t.Errorf("upper half: got %v, want white", got)
	}
	if got := m.RGBAAt(600, 1600); got.R != 255 || got.G != 0 || got.B != 0 {
		t.Errorf("lower half: got %v, want red", got)
	}
}

// firstPage opens a document and draws its first page.
func firstPage(ctx context.Context, r *page.Renderer, doc []byte) error {
	d, err := r.Open(ctx, doc)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Page(ctx, 0, 72)
	return err
}
