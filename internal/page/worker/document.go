package worker

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math"

	"github.com/gen2brain/go-fitz"

	"doorstep/internal/page"
)

const (
	storeBytes  = 64 << 20 // MuPDF's cache
	maxPageSide = 20_000   // points; no printer has such paper, bad boxes do
)

// document is a file that MuPDF has open.
type document struct {
	limits limits
	doc    *fitz.Document
	heard  *warnings
	pages  int
}

// readable lets PDFs and images through by their first bytes, and none of the
// other formats MuPDF would try to read.
func readable(b []byte) bool {
	for _, head := range []string{"%PDF-", "\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "II*\x00", "MM\x00*", "BM"} {
		if bytes.HasPrefix(b, []byte(head)) {
			return true
		}
	}
	return false
}

// open reads a document's frame. Writers may leave bytes before a PDF's head.
func open(b []byte, l limits, w *warnings) (*document, error) {
	if i := bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-")); i > 0 {
		b = b[i:]
	}
	if !readable(b) {
		return nil, page.NotReadable
	}
	fitz.MaxStore = storeBytes
	doc, err := fitz.NewFromMemory(b)
	if err != nil {
		if errors.Is(err, fitz.ErrNeedsPassword) {
			return nil, page.NeedsPassword
		}
		return nil, page.NotReadable
	}
	d := &document{limits: l, doc: doc, heard: w, pages: doc.NumPage()}
	switch {
	case d.pages < 1:
		return nil, page.NotReadable
	case d.pages > l.pages:
		return nil, page.TooManyPages
	}
	return d, nil
}

// send answers one request for a page.
func (d *document) send(out *bufio.Writer, n uint32, dpi float64) error {
	img, err := d.draw(n, dpi)
	if err != nil {
		return answerFault(out, err)
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	pix, per := img.Pix, byte(4)
	if g := grayOnly(pix); g != nil {
		pix, per = g, 1
	}
	head := binary.BigEndian.AppendUint32([]byte{per}, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	return answer(out, page.FrameImage, head, pix)
}

func (d *document) draw(n uint32, dpi float64) (*image.RGBA, error) {
	if n >= uint32(d.pages) {
		return nil, page.NoSuchPage
	}
	if !(dpi >= 1 && dpi <= maxDPI) {
		return nil, page.OutOfOrder
	}
	box, err := d.doc.Bound(int(n))
	if err != nil {
		return nil, page.NotDrawn
	}
	if dpi, err = bound(box, dpi, d.limits.pixels); err != nil {
		return nil, err
	}
	img, err := d.doc.ImageDPI(int(n), dpi)
	if err != nil {
		return nil, page.NotDrawn
	}
	if d.heard.fontMissing() {
		return nil, page.FontMissing
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if w < 1 || h < 1 || w*h > d.limits.pixels || len(img.Pix) != 4*w*h {
		return nil, page.BadPageSize
	}
	return img, nil
}

// bound holds a page's box, in whole points, against what can be drawn, and
// lowers the resolution until the pixels keep the limit. The library copies
// pixels as though every page began at the origin, so others are refused.
func bound(box image.Rectangle, dpi float64, pixels int) (float64, error) {
	if box.Min != (image.Point{}) || box.Max.X < 1 || box.Max.Y < 1 || box.Max.X > maxPageSide || box.Max.Y > maxPageSide {
		return 0, page.BadPageSize
	}
	side := func(points int) float64 { return (float64(points)+1)*dpi/72 + 1 }
	for dpi >= 1 {
		need := side(box.Max.X) * side(box.Max.Y)
		if need <= float64(pixels) {
			return dpi, nil
		}
		dpi *= math.Sqrt(float64(pixels)/need) * 0.999
	}
	return 0, page.BadPageSize
}

// grayOnly gives the brightness of pixels without colour, nil if one has any.
func grayOnly(pix []byte) []byte {
	for i := 0; i+3 < len(pix); i += 4 {
		if pix[i] != pix[i+1] || pix[i] != pix[i+2] {
			return nil
		}
	}
	g := make([]byte, len(pix)/4)
	for i := range g {
		g[i] = pix[4*i]
	}
	return g
}
