package photo

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"doorstep/internal/fault"
)

// corners is an image whose four corners differ, so that its turning shows.
func corners(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 255, 255, 255}
			switch {
			case x < w/2 && y < h/2:
				c = color.RGBA{200, 0, 0, 255}
			case x >= w/2 && y < h/2:
				c = color.RGBA{0, 200, 0, 255}
			case x < w/2:
				c = color.RGBA{0, 0, 200, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// quadrants names the colours of an image's quarters in reading order.
func quadrants(img image.Image) string {
	b := img.Bounds()
	var s strings.Builder
	for _, p := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		r, g, _, _ := img.At(b.Min.X+p.X*b.Dx()/4, b.Min.Y+p.Y*b.Dy()/4).RGBA()
		switch r, g = r>>8, g>>8; {
		case r > 150 && g > 150:
			s.WriteByte('W')
		case r > 150:
			s.WriteByte('R')
		case g > 150:
			s.WriteByte('G')
		default:
			s.WriteByte('B')
		}
	}
	return s.String()
}

func encoded(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	case "png":
		err = png.Encode(&b, img)
	case "bmp":
		err = bmp.Encode(&b, img)
	case "tiff":
		err = tiff.Encode(&b, img, &tiff.Options{Compression: tiff.Deflate})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withOrientation puts an EXIF segment after the head of a JPEG.
func withOrientation(b []byte, o int, order binary.AppendByteOrder) []byte {
	tag := "MM\x00*"
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		tag = "II*\x00"
	}
	e := append([]byte("Exif\x00\x00"), tag...)
	e = order.AppendUint32(e, 8)
	e = order.AppendUint16(e, 2)
	for _, entry := range [][2]uint16{{0x0100, 77}, {0x0112, uint16(o)}} {
		e = order.AppendUint16(e, entry[0])
		e = order.AppendUint16(e, 3)
		e = order.AppendUint32(e, 1)
		e = order.AppendUint16(e, entry[1])
		e = order.AppendUint16(e, 0)
	}
	out := append([]byte{}, b[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(e)+2))
	return append(append(out, e...), b[2:]...)
}

func TestEveryFormatIsDecoded(t *testing.T) {
	for _, f := range []string{"jpeg", "png", "bmp", "tiff"} {
		img, m, err := Decode(encoded(t, f, corners(64, 48)))
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if want := (Meta{Format: f, Width: 64, Height: 48, Orientation: 1}); m != want {
			t.Errorf("%s: got %+v, want %+v", f, m, want)
		}
		if got := quadrants(img); got != "RGBW" {
			t.Errorf("%s: got quarters %s, want RGBW", f, got)
		}
	}
}

func TestOrientationStandsTheImageUp(t *testing.T) {
	plain := encoded(t, "jpeg", corners(64, 48))
	want := []string{"RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for o := 1; o <= 8; o++ {
			img, m, err := Decode(withOrientation(plain, o, order))
			if err != nil {
				t.Fatal(err)
			}
			if got := quadrants(img); got != want[o-1] || m.Orientation != o {
				t.Errorf("orientation %d (%v): got %s, %d, want %s", o, order, got, m.Orientation, want[o-1])
			}
			if tall := m.Height > m.Width; tall != (o >= 5) || img.Bounds() != image.Rect(0, 0, m.Width, m.Height) {
				t.Errorf("orientation %d: got %dx%d, want it turned", o, m.Width, m.Height)
			}
		}
	}
	for _, o := range []int{0, 9, 60000} {
		if _, m, err := Decode(withOrientation(plain, o, binary.LittleEndian)); err != nil || m.Orientation != 1 {
			t.Errorf("orientation %d: got %d, %v, want 1", o, m.Orientation, err)
		}
	}
}

func TestRotateTurnsByQuarters(t *testing.T) {
	src := corners(64, 48)
	for n, want := range map[int]string{0: "RGBW", 1: "BRWG", 2: "WBGR", 3: "GWRB", 4: "RGBW", -1: "GWRB", 7: "GWRB"} {
		if got := quadrants(Rotate(src, n)); got != want {
			t.Errorf("%d quarters: got %s, want %s", n, got, want)
		}
	}
	g := gray(src)
	if got, want := Rotate(g, 1).(*image.Gray).GrayAt(0, 0), g.GrayAt(0, 47); got != want {
		t.Errorf("gray turned: got %v, want %v", got, want)
	}
}

func TestTransparencyTurnsWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 600, 600))
	b, _, err := Scan(img)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := out.At(300, 300).RGBA(); r>>8 < 250 {
		t.Errorf("got %d, want white", r>>8)
	}
}

// pngHead is a PNG whose head promises a size and depth it does not hold.
func pngHead(w, h uint32, depth, kind byte) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	body = append(body, depth, kind, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(b, body...), crc32.ChecksumIEEE(body))
}

func TestLimitsAreKeptBeforeDecoding(t *testing.T) {
	small := encoded(t, "jpeg", corners(64, 48))
	progressive := bytes.Replace(small, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1)
	tall := bytes.Clone(progressive)
	at := bytes.Index(tall, []byte{0xff, 0xc2})
	binary.BigEndian.PutUint16(tall[at+5:], 6000)
	binary.BigEndian.PutUint16(tall[at+7:], 6000)
	scans := small[:len(small)-2]
	scans = append(bytes.Clone(scans), bytes.Repeat([]byte("\xff\xda\x00\x04\x00\x00\x00"), 100)...)
	cases := []struct {
		name string
		b    []byte
		want fault.Kind
	}{
		{"past 50 million pixels", pngHead(10_000, 5_001, 8, 0), fault.TooLarge},
		{"past the longest side", pngHead(30_001, 10, 8, 0), fault.TooLarge},
		{"past the memory, with 16 bits a colour", pngHead(7_500, 6_600, 16, 6), fault.TooLarge},
		{"past the memory, progressive", tall, fault.TooLarge},
		{"a size that overflows", pngHead(1<<31-1, 1<<31-1, 8, 0), fault.Unsupported},
		{"with hundreds of scans", scans, fault.Unsupported},
		{"past the bytes", make([]byte, MaxBytes+1), fault.TooLarge},
		{"nothing", nil, fault.Unsupported},
		{"a text", []byte("not an image"), fault.Unsupported},
		{"cut off", small[:len(small)/2], fault.Unsupported},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := Decode(c.b); fault.KindOf(err) != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, format := range []string{"jpeg", "png", "bmp", "tiff"} {
		f.Add(encoded(f, format, corners(16, 12)))
	}
	f.Add(withOrientation(encoded(f, "jpeg", corners(16, 12)), 6, binary.LittleEndian))
	f.Add([]byte("RIFF\x24\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c := headOf(b); c.Width*c.Height > 1<<20 {
			t.Skip() // within the limits, but slow to try by the thousand
		}
		img, m, err := Decode(b)
		if err != nil {
			if fault.KindOf(err) == fault.Other {
				t.Fatalf("got %v, want a kind", err)
			}
			return
		}
		if img.Bounds().Dx() != m.Width || img.Bounds().Dy() != m.Height {
			t.Fatalf("got %v, want %dx%d", img.Bounds(), m.Width, m.Height)
		}
		if _, _, err := Scan(img); err != nil {
			t.Fatal(err)
		}
		q, ok, err := FindPaper(img)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			if out, err := Straighten(img, q); err == nil && out.Bounds().Empty() {
				t.Fatal("a paper of no pixels")
			}
		}
	})
}

func headOf(b []byte) image.Config {
	f, ok := sniff(b)
	if !ok {
		return image.Config{}
	}
	c, err := f.config(b)
	if err != nil {
		return image.Config{}
	}
	return c
}
