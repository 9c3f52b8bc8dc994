package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"testing"

	"doorstep/internal/fault"
)

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

// few leaves of a page its first lines.
func few(g *image.Gray) *image.Gray {
	draw.Draw(g, image.Rect(0, 250, g.Rect.Dx(), g.Rect.Dy()), image.NewUniform(color.Gray{235}), image.Point{}, draw.Src)
	return g
}

// half puts the lower half of b under the upper one of a.
func half(a, b *image.Gray) *image.Gray {
	draw.Draw(a, image.Rect(0, a.Rect.Dy()/2, a.Rect.Dx(), a.Rect.Dy()), b, image.Pt(0, a.Rect.Dy()/2), draw.Src)
	return a
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
		{"a page a little soft can be read", blur(paper(1240, 1754, 235, 30), 1), nil},
		{"faint print a little soft can be read", blur(paper(1240, 1754, 180, 110), 1), nil},
		{"faint print out of focus", blur(paper(1240, 1754, 180, 110), 2), []problem{blurred}},
		{"a page of few lines is good", few(paper(1240, 1754, 235, 30)), nil},
		{"a page of few lines out of focus", blur(few(paper(1240, 1754, 235, 30)), 2), []problem{blurred}},
		{"a page half of which is out of focus", half(paper(1240, 1754, 235, 30), blur(paper(1240, 1754, 235, 30), 3)), []problem{blurred}},
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
