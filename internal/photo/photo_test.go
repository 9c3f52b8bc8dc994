package photo

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
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
		r, g, bl, _ := img.At(b.Min.X+p.X*b.Dx()/4, b.Min.Y+p.Y*b.Dy()/4).RGBA()
		switch r, g, bl = r>>8, g>>8, bl>>8; {
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

// paper is a sheet with lines of marks as dense as print.
func paper(w, h int, ground, ink uint8) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = ground
	}
	rng := rand.New(rand.NewPCG(1, 2))
	em := max(28, w/50) // of 45 to 50 characters a line, as on a form
	for y := h / 20; y < h-h/20; y += em * 3 / 2 {
		for x := w / 12; x < w-w/12; x += em {
			for range 5 { // strokes of a character
				sx, sy := x+rng.IntN(em*2/3), y+rng.IntN(em*2/3)
				long, thick := em/3, max(2, em/14)
				box := image.Rect(sx, sy, sx+long, sy+thick)
				if rng.IntN(2) == 0 {
					box = image.Rect(sx, sy, sx+thick, sy+long)
				}
				draw.Draw(img, box, image.NewUniform(color.Gray{ink}), image.Point{}, draw.Src)
			}
		}
	}
	return img
}

// blur averages a gray image over a square, three times over.
func blur(src *image.Gray, r int) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for range 3 {
		for _, step := range []struct{ n, m, along, across int }{{w, h, 1, src.Stride}, {h, w, src.Stride, 1}} {
			out := image.NewGray(src.Rect)
			for j := range step.m {
				for i := range step.n {
					sum, n := 0, 0
					for k := max(0, i-r); k <= min(step.n-1, i+r); k++ {
						sum += int(src.Pix[j*step.across+k*step.along])
						n++
					}
					out.Pix[j*step.across+i*step.along] = uint8(sum / n)
				}
			}
			src = out
		}
	}
	return src
}

func TestScanGivesTheKeptForm(t *testing.T) {
	b, q, err := Scan(paper(2480, 3508, 240, 20))
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if c.Width != 1240 || c.Height != 1754 || c.ColorModel != color.GrayModel {
		t.Errorf("got %dx%d %v, want 1240x1754 gray", c.Width, c.Height, c.ColorModel)
	}
	if !q.Good() {
		t.Errorf("judged %v, want no problem", q.Problems)
	}
	if len(b) < scanBytesLow || len(b) > 300_000 {
		t.Errorf("got %d bytes, want a full page to take 186000 to 300000", len(b))
	}
	again, _, err := Scan(paper(2480, 3508, 240, 20))
	if err != nil || !bytes.Equal(b, again) {
		t.Error("got other bytes for the same pixels, want the same")
	}
	t.Run("a small card is not enlarged", func(t *testing.T) {
		b, _, err := Scan(paper(640, 404, 240, 20))
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := jpeg.DecodeConfig(bytes.NewReader(b)); c.Width != 640 || c.Height != 404 {
			t.Errorf("got %dx%d, want 640x404", c.Width, c.Height)
		}
	})
}

func TestScanTellsWhatToMend(t *testing.T) {
	cases := []struct {
		name string
		img  image.Image
		want []problem
	}{
		{"a sharp page is good", paper(1240, 1754, 235, 30), nil},
		{"a gray but legible page is good", paper(1240, 1754, 150, 30), nil},
		{"a page out of focus", blur(paper(1240, 1754, 235, 30), 4), []problem{blurred}},
		{"a page in the dark", paper(1240, 1754, 70, 5), []problem{dark}},
		{"a page with faint print", paper(1240, 1754, 160, 140), []problem{flat}},
		{"an empty page", paper(1240, 1754, 235, 235), []problem{blank}},
		{"a page washed out", paper(1240, 1754, 254, 230), []problem{bright}},
		{"a page too small to read", paper(400, 300, 235, 30), []problem{small}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q, err := JudgeScan(c.img)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, p := range c.want {
				want = append(want, p.hint())
			}
			if !slices.Equal(q.Problems, want) {
				t.Errorf("got %v (blur %.1f, exposure %.2f), want %v", q.Problems, q.Blur, q.Exposure, want)
			}
		})
	}
}

// person is a head and shoulders, of no one, before a wall.
func person(w, h int, wall, skin uint8) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(3, 4))
	for y := range h {
		for x := range w {
			v := wall
			dx, dy := float64(x)/float64(w)-.5, float64(y)/float64(h)-.45
			if dx*dx/.08+dy*dy/.1 < 1 || dy > .35 && dx*dx < .12 {
				v = uint8(min(255, int(skin)+rng.IntN(24)))
			}
			// Eyes, brows, mouth.
			if dy > -.1 && dy < -.06 && (dx > .06 && dx < .16 || dx < -.06 && dx > -.16) || dy > .15 && dy < .18 && dx*dx < .01 {
				v = skin / 3
			}
			img.Pix[y*img.Stride+x] = v
		}
	}
	return img
}

func TestPortraitGivesTheKeptForm(t *testing.T) {
	for name, img := range map[string]image.Image{
		"a wide picture": person(1920, 1080, 230, 150), "a tall picture": person(1000, 3000, 230, 150),
		"a small picture": person(120, 160, 230, 150), "a corner of a larger one": person(2000, 2000, 230, 150).SubImage(image.Rect(700, 700, 1500, 1600)),
	} {
		t.Run(name, func(t *testing.T) {
			b, _, err := Portrait(img, PortraitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 358 || c.Height != 441 {
				t.Errorf("got %dx%d, %v, want 358x441", c.Width, c.Height, err)
			}
			if len(b) > 120_000 {
				t.Errorf("got %d bytes, want a small file", len(b))
			}
		})
	}
}

func TestPortraitKeepsTheCropAsked(t *testing.T) {
	src := corners(2000, 2000)
	b, _, err := Portrait(src, PortraitOptions{Crop: image.Rect(1000, 0, 1900, 900)})
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := quadrants(img); got != "GGGG" {
		t.Errorf("got quarters %s, want all of the upper right", got)
	}
	for name, crop := range map[string]image.Rectangle{
		"outside": image.Rect(3000, 3000, 4000, 4000), "a speck": image.Rect(10, 10, 30, 30), "all but outside": image.Rect(1990, 0, 3000, 1000),
	} {
		if _, _, err := Portrait(src, PortraitOptions{Crop: crop}); fault.KindOf(err) != fault.Input {
			t.Errorf("crop %s: got %v, want input", name, err)
		}
	}
}

func TestShapeFitsTheCrop(t *testing.T) {
	bounds := image.Rect(0, 0, 4000, 3000)
	for _, crop := range []image.Rectangle{{}, image.Rect(100, 100, 600, 1500), image.Rect(-50, -50, 900, 900), bounds} {
		got := Shape(bounds, crop)
		if !got.In(bounds) || !crop.Empty() && !got.In(crop) {
			t.Errorf("%v: got %v, want it inside", crop, got)
		}
		if off := got.Dx()*PortraitHeight - got.Dy()*PortraitWidth; off > 500 || off < -500 {
			t.Errorf("%v: got %v, want the portrait's shape", crop, got)
		}
	}
}

func TestPortraitTellsWhatToMend(t *testing.T) {
	cases := []struct {
		name string
		img  image.Image
		want []problem
	}{
		{"a good portrait", person(1432, 1764, 235, 150), nil},
		{"a face against the window", person(1432, 1764, 255, 20), []problem{backlit}},
		{"a face in the dark", person(1432, 1764, 40, 30), []problem{dark}},
		{"a face washed out", person(1432, 1764, 255, 250), []problem{bright}},
		{"a face out of focus", blur(person(716, 882, 235, 150), 9), []problem{blurred}},
		{"a picture too small", person(179, 220, 235, 150), []problem{small}},
		{"a wall", person(1432, 1764, 235, 150).SubImage(image.Rect(0, 0, 200, 246)), []problem{small, blank}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q, err := JudgePortrait(c.img, PortraitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, p := range c.want {
				want = append(want, p.hint())
			}
			if !slices.Equal(q.Problems, want) {
				t.Errorf("got %v (blur %.1f, exposure %.2f), want %v", q.Problems, q.Blur, q.Exposure, want)
			}
		})
	}
}

func TestShrinkKeepsTheMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, size := range [][4]int{{7, 5, 3, 2}, {100, 100, 33, 67}, {1000, 3, 1, 1}, {9, 9, 9, 9}} {
		src := image.NewGray(image.Rect(0, 0, size[0], size[1]))
		sum := 0
		for i := range src.Pix {
			src.Pix[i] = uint8(rng.IntN(256))
			sum += int(src.Pix[i])
		}
		dst := make([]uint8, size[2]*size[3])
		shrink(dst, size[2], size[3], area{src.Pix, src.Stride, size[0], size[1], 1})
		if size[0] == size[2] && !bytes.Equal(dst, src.Pix) {
			t.Error("the same size: got other pixels, want the same")
		}
		out := 0
		for _, v := range dst {
			out += int(v)
		}
		want, got := float64(sum)/float64(len(src.Pix)), float64(out)/float64(len(dst))
		if got < want-3 || got > want+3 {
			t.Errorf("%v: got mean %.1f, want %.1f", size, got, want)
		}
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

func BenchmarkPortrait(b *testing.B) {
	img, _, err := Decode(encoded(b, "jpeg", person(4000, 3000, 235, 150)))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Portrait(img, PortraitOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	img, _, err := Decode(encoded(b, "jpeg", paper(3000, 4000, 235, 30)))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Scan(img); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encoded(b, "jpeg", paper(3000, 4000, 235, 30))
	for b.Loop() {
		if _, _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
