package worker_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/fault"
)

// zeros packs n bytes of nothing, a MiB or more. One packed block is repeated:
// packing gigabytes would be the slowest part of the tests.
func zeros(n int) string {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	block := make([]byte, 1<<20)
	var cuts []int
	for _, size := range []int{1 << 20, 1 << 20, n % (1 << 20)} {
		z.Write(block[:size])
		z.Flush()
		cuts = append(cuts, b.Len())
	}
	out := b.String()
	sum := binary.BigEndian.AppendUint32(nil, uint32(n%65521)<<16|1)
	return out[:cuts[0]] + strings.Repeat(out[cuts[0]:cuts[1]], n>>20-1) + out[cuts[1]:cuts[2]] + "\x03\x00" + string(sum)
}

func manyPages(n int) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", ""}
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", i+3)
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>")
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), n)
	return pdf(objects...)
}

func encrypted() []byte {
	b := onePage("0 0 100 100", "")
	secret := strings.Repeat("ab", 32)
	return bytes.Replace(b, []byte("trailer\n<<"), []byte("trailer\n<</Encrypt<</Filter/Standard/V 1/R 2/P -1/O<"+secret+">/U<"+secret+">>>/ID[<01><01>]"), 1)
}

// nested draws a form that draws ten of the next, so deep that it never ends.
func nested() []byte {
	const depth = 12
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
		stream("", strings.Repeat("/F Do ", 10)),
	}
	for i := range depth {
		objects = append(objects, stream(fmt.Sprintf(
			"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</F %d 0 R>>>>", i+6),
			strings.Repeat("/F Do ", 10)))
	}
	objects = append(objects, stream("/Type/XObject/Subtype/Form/BBox[0 0 100 100]", "0 0 50 50 re f"))
	return pdf(objects...)
}

// chinese sets Chinese in a font that is named and not carried.
func chinese() []byte {
	return pdf(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R 8 0 R]/Count 2>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		stream("", "BT /F1 36 Tf 20 100 Td <56fd5bb6> Tj ET"),
		"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
		"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/FontDescriptor 7 0 R>>",
		"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Resources<</Font<</F1 5 0 R>>>>>>",
	)
}

// imagePage fills a page with one image of nothing but zeros.
func imagePage(side int, data string) []byte {
	return pdf(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
		stream("", "100 0 0 100 0 0 cm /I Do"),
		stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode", side, side), data),
	)
}

// grayPNG is the head of a gray picture with the given side, before data that
// may or may not be as long as it promises.
func grayPNG(side int, data string) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind, body string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
		b = append(b, kind+body...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(kind+body)))
	}
	sides := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(side)), uint32(side))
	chunk("IHDR", string(sides)+"\x08\x00\x00\x00\x00")
	chunk("IDAT", data)
	chunk("IEND", "")
	return b
}

func TestHostileFiles(t *testing.T) {
	good := onePage("0 0 200 200", "0 0 100 100 re f")
	cases := []struct {
		name string
		doc  []byte
		want fault.Kind // of opening or of drawing the first page
	}{
		{"nothing at all", nil, fault.Unsupported},
		{"not a document", []byte("MZ this is a program, not a page"), fault.Unsupported},
		{"a web page", []byte("<html><body>hello</body></html>" + strings.Repeat(" ", 100)), fault.Unsupported},
		{"a drawing in SVG", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`), fault.Unsupported},
		{"a head without a body", []byte("%PDF-1.7\n" + strings.Repeat(" ", 100)), fault.Unsupported},
		{"noise after the head", append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0x80, 0xff, '<', '['}, 10000)...), fault.Unsupported},
		{"a locked document", encrypted(), fault.Unsupported},
		{"ten thousand pages", manyPages(10_000), fault.TooLarge},
		{"a page as large as a town", onePage("0 0 99999999 99999999", ""), fault.Unsupported},
		{"a page of no size", onePage("0 0 1e-9 1e38", ""), fault.Other},
		{"forms within forms without end", nested(), fault.Unsupported},
		{"a page of a gigabyte of nothing", pdf(
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>",
			stream("/Filter/FlateDecode", zeros(1<<30))), fault.Other},
		{"an image of three gigabytes", imagePage(32_000, zeros(3*32_000*32_000)), fault.Other},
		{"a picture that promises 60000 by 60000", grayPNG(60_000, zeros(1<<20)), fault.Unsupported},
		{"Chinese without its font", chinese(), fault.Unsupported},
	}
	for _, c := range cases {
		t.Run(c.name+" ends in bounded time", func(t *testing.T) {
			r := renderer(t)
			r.Timeout = 2 * time.Second
			begun := time.Now()
			err := firstPage(t.Context(), r, c.doc)
			if c.want != fault.Other && fault.KindOf(err) != c.want {
				t.Errorf("got %v, want kind %v", err, c.want)
			}
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("took %v, want no more than the limits", took)
			}
			if err := firstPage(t.Context(), r, good); err != nil {
				t.Errorf("the next document: got %v, want a page", err)
			}
		})
	}
}

func TestTheChildsMemoryIsBounded(t *testing.T) {
	r := renderer(t)
	r.MemoryMB = 128
	r.Timeout = 30 * time.Second
	if err := firstPage(t.Context(), r, grayPNG(16_000, zeros(16_001*16_000))); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v, want unsupported", err)
	}
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &use); err != nil {
		t.Fatal(err)
	}
	// Linux counts in KiB; the largest child so far may be of another test.
	if got := use.Maxrss >> 10; got > 768+128 {
		t.Errorf("largest child: got %d MiB, want no more than the limit and the program", got)
	}
}

func TestTruncatedFilesEndInAFaultOrAPage(t *testing.T) {
	r := renderer(t)
	r.Timeout = 4 * time.Second
	whole := chinese()
	for n := 0; n < len(whole); n += 97 {
		if err := firstPage(t.Context(), r, whole[:n]); err != nil && fault.KindOf(err) == fault.Other {
			t.Errorf("first %d bytes: got %v, want a kind", n, err)
		}
	}
}

func TestAPageWithoutFaultIsDrawnBesideOneWith(t *testing.T) {
	d, err := renderer(t).Open(t.Context(), chinese())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 2 {
		if _, err := d.Page(t.Context(), 0, 72); fault.KindOf(err) != fault.Unsupported || !strings.Contains(fault.Sentence(err), "字体") {
			t.Errorf("page without its font: got %v (%s), want the font named", err, fault.Sentence(err))
		}
		if _, err := d.Page(t.Context(), 1, 72); err != nil {
			t.Errorf("page without type: got %v, want a page", err)
		}
	}
}

func TestAHangingPageIsStoppedAndTheRestIsDrawn(t *testing.T) {
	r := renderer(t)
	r.Timeout = 500 * time.Millisecond
	d, err := r.Open(t.Context(), nested())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 2 { // the second time by a new child
		if _, err := d.Page(t.Context(), 0, 72); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("hanging page: got %v, want unsupported", err)
		}
	}
}

func TestAJobEndsWithItsContext(t *testing.T) {
	d, err := renderer(t).Open(t.Context(), nested())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := d.Page(ctx, 0, 72); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("got %v, want cancelled", err)
	}
}

func TestClosingStopsAJob(t *testing.T) {
	d, err := renderer(t).Open(t.Context(), nested())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := d.Page(t.Context(), 0, 72)
		ended <- err
	}()
	time.Sleep(100 * time.Millisecond)
	d.Close()
	if err := <-ended; fault.KindOf(err) != fault.Cancelled {
		t.Errorf("job under way: got %v, want cancelled", err)
	}
	if _, err := d.Page(t.Context(), 0, 72); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("page after close: got %v, want cancelled", err)
	}
	d.Close()
}

func TestLargePaperIsDrawnSmaller(t *testing.T) {
	r := renderer(t)
	r.MaxPixels = 1_000_000
	d, err := r.Open(t.Context(), onePage("0 0 2480 3508", "0 0 100 100 re f"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	img, err := d.Page(t.Context(), 0, 150)
	if err != nil {
		t.Fatal(err)
	}
	if n := img.Bounds().Dx() * img.Bounds().Dy(); n > 1_000_000 || n < 950_000 {
		t.Errorf("pixels: got %d, want just under a million", n)
	}
	if _, ok := img.(*image.Gray); !ok {
		t.Errorf("a page without colour: got %T, want *image.Gray", img)
	}
}

func TestImagesAreDocumentsOfOnePage(t *testing.T) {
	src := image.NewGray(image.Rect(0, 0, 120, 80))
	for i := range src.Pix {
		src.Pix[i] = uint8(i)
	}
	var p, j bytes.Buffer
	if err := errors.Join(png.Encode(&p, src), jpeg.Encode(&j, src, nil)); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"png": p.Bytes(), "jpeg": j.Bytes()} {
		d, err := renderer(t).Open(t.Context(), b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Pages() != 1 {
			t.Errorf("%s pages: got %d, want 1", name, d.Pages())
		}
		if _, err := d.Page(t.Context(), 0, 96); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d.Close()
	}
}

// tiffOf is a TIFF of uncompressed gray pages, page n being all of grays[n].
func tiffOf(w, h int, grays ...byte) []byte {
	b := []byte("II*\x00\x00\x00\x00\x00")
	link := 4 // where the place of the next directory is written
	put := binary.LittleEndian
	for _, g := range grays {
		strip := len(b)
		b = append(b, bytes.Repeat([]byte{g}, w*h)...)
		b = append(b, make([]byte, len(b)%2)...)
		put.PutUint32(b[link:], uint32(len(b)))
		tags := [][2]int{{256, w}, {257, h}, {258, 8}, {259, 1}, {262, 1}, {273, strip}, {277, 1}, {278, h}, {279, w * h}}
		b = put.AppendUint16(b, uint16(len(tags)))
		for _, t := range tags {
			const long = 4
			b = put.AppendUint16(b, uint16(t[0]))
			b = put.AppendUint16(b, long)
			b = put.AppendUint32(b, 1)
			b = put.AppendUint32(b, uint32(t[1]))
		}
		link = len(b)
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

func TestEveryPageOfATIFFIsDrawn(t *testing.T) {
	want := []byte{0, 128, 255}
	d, err := renderer(t).Open(t.Context(), tiffOf(90, 60, want...))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Pages() != len(want) {
		t.Fatalf("pages: got %d, want %d", d.Pages(), len(want))
	}
	for n, g := range want {
		img, err := d.Page(t.Context(), n, 96)
		if err != nil {
			t.Fatal(err)
		}
		m, ok := img.(*image.Gray)
		if !ok {
			t.Fatalf("page %d: got %T, want gray", n, img)
		}
		if got := m.GrayAt(m.Rect.Dx()/2, m.Rect.Dy()/2).Y; got != g {
			t.Errorf("page %d: got gray %d, want %d", n, got, g)
		}
	}
}

func TestNoFileIsWritten(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := firstPage(t.Context(), renderer(t), chinese()); err == nil {
		t.Error("got a page, want the missing font told")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the folder: got %d (%v), want none", len(left), err)
	}
}
