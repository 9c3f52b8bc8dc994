package photo

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"doorstep/internal/fault"
)

// onDesk lays a sheet on a desk so that its corners are q, with grain, and a
// shade over half of it.
func onDesk(w, h int, sheet *image.Gray, q Quad, desk uint8, grain int, shade float64) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(7, 8))
	var at [4]spot
	for i, p := range q {
		at[i] = spot{float64(p.X), float64(p.Y)}
	}
	m := seenFrom(at)
	for y := range h {
		for x := range w {
			v := float64(desk)
			// The inverse of the look, by solving for u and v.
			a, b, c := m[0]-float64(x)*m[6], m[1]-float64(x)*m[7], float64(x)-m[2]
			d, e, f := m[3]-float64(y)*m[6], m[4]-float64(y)*m[7], float64(y)-m[5]
			if det := a*e - b*d; math.Abs(det) > 1e-9 {
				u, t := (c*e-b*f)/det, (a*f-c*d)/det
				if u >= 0 && u < 1 && t >= 0 && t < 1 {
					v = float64(sample(sheet, u*float64(sheet.Rect.Dx()), t*float64(sheet.Rect.Dy())))
				}
			}
			if x > w/2 {
				v *= shade
			}
			if grain > 0 {
				v += float64(rng.IntN(2*grain+1) - grain)
			}
			img.Pix[y*img.Stride+x] = uint8(min(max(v, 0), 255))
		}
	}
	return img
}

// form is a sheet with print and a table, whose frame must not be taken for
// the sheet's edge.
func form() *image.Gray {
	g := paper(620, 877, 235, 30)
	for y := 100; y < 780; y++ {
		for x := 60; x < 560; x++ {
			if (x-60)%100 < 2 || (y-100)%85 < 2 {
				g.SetGray(x, y, color.Gray{30})
			}
		}
	}
	return g
}

func off(a, b Quad) (most float64) {
	for i := range a {
		most = max(most, math.Hypot(float64(a[i].X-b[i].X), float64(a[i].Y-b[i].Y)))
	}
	return most
}

func TestPapersAreFoundAndStraightened(t *testing.T) {
	upright := Quad{{210, 130}, {790, 130}, {790, 950}, {210, 950}}
	turned := Quad{{250, 160}, {830, 90}, {900, 900}, {320, 980}}
	slanted := Quad{{300, 200}, {700, 200}, {850, 1000}, {150, 1000}}
	lying := Quad{{80, 250}, {900, 300}, {880, 900}, {60, 860}}
	cases := []struct {
		name  string
		q     Quad
		desk  uint8
		grain int
		shade float64
	}{
		{"upright on a dark desk", upright, 60, 0, 1},
		{"turned", turned, 60, 0, 1},
		{"seen from the front", slanted, 70, 0, 1},
		{"lying", lying, 60, 0, 1},
		{"on a wooden desk, with grain", turned, 140, 6, 1},
		{"half in the shade", turned, 80, 4, 0.7},
		{"on a desk nearly as bright", upright, 200, 3, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			img := onDesk(1000, 1100, form(), c.q, c.desk, c.grain, c.shade)
			got, ok, err := FindPaper(img)
			if err != nil || !ok {
				t.Fatalf("not found, %v", err)
			}
			if d := off(got, c.q); d > 6 {
				t.Errorf("got %v, %.0f pixels off %v", got, d, c.q)
			}
			out, err := Straighten(img, got)
			if err != nil {
				t.Fatal(err)
			}
			// The table's first line is level again: dark all along.
			g := gray(out)
			w, h := g.Rect.Dx(), g.Rect.Dy()
			if c.name == "lying" {
				return // its shape is not the form's
			}
			dark := 0
			for x := w / 5; x < w*4/5; x++ {
				least := uint8(255)
				for y := h*100/877 - h/80; y <= h*100/877+h/80; y++ {
					least = min(least, g.Pix[y*g.Stride+x])
				}
				if least < 150 {
					dark++
				}
			}
			if dark < w*3/5*9/10 {
				t.Errorf("the table's line is seen at %d of %d places", dark, w*3/5)
			}
		})
	}
}

func TestNothingIsCutOffByMistake(t *testing.T) {
	full := form()
	speckled := image.NewGray(image.Rect(0, 0, 800, 600))
	rng := rand.New(rand.NewPCG(1, 9))
	for i := range speckled.Pix {
		speckled.Pix[i] = uint8(rng.IntN(256))
	}
	flat := image.NewGray(image.Rect(0, 0, 640, 480))
	for name, img := range map[string]image.Image{
		"a scan that fills the picture":   full,
		"print without a table":           paper(1240, 1754, 240, 20),
		"a person":                        person(1000, 1200, 230, 150),
		"noise":                           speckled,
		"nothing":                         flat,
		"a paper that leaves the picture": onDesk(800, 900, form(), Quad{{-200, 100}, {500, 100}, {500, 1200}, {-200, 1200}}, 60, 0, 1),
		"a paper as bright as its desk":   onDesk(1000, 1100, form(), Quad{{210, 130}, {790, 130}, {790, 950}, {210, 950}}, 235, 3, 1),
		"a speck":                         image.NewGray(image.Rect(0, 0, 3, 3)),
	} {
		if q, ok, err := FindPaper(img); ok || err != nil {
			t.Errorf("%s: got %v, %v, want nothing", name, q, err)
		}
	}
}

func TestStraightenKeepsWithinItsBounds(t *testing.T) {
	img := paper(4000, 3000, 235, 30).SubImage(image.Rect(500, 500, 3500, 2500))
	out, err := Straighten(img, Quad{{600, 600}, {3400, 650}, {3350, 2400}, {620, 2380}})
	if err != nil || max(out.Bounds().Dx(), out.Bounds().Dy()) != ScanLongSide {
		t.Errorf("got %v, %v, want the long side of a scan", out, err)
	}
	for name, q := range map[string]Quad{"a point": {}, "a line": {{0, 0}, {100, 0}, {100, 0}, {0, 0}}} {
		if _, err := Straighten(img, q); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v, want input", name, err)
		}
	}
	if _, err := Straighten(img, Quad{{0, 0}, {50, 900}, {800, 0}, {60, 20}}); err != nil {
		t.Errorf("corners that cross: got %v, want some picture", err)
	}
}

func BenchmarkPaper(b *testing.B) {
	img := onDesk(3000, 4000, form(), Quad{{600, 500}, {2500, 600}, {2450, 3500}, {550, 3400}}, 80, 4, 1)
	for b.Loop() {
		q, ok, err := FindPaper(img)
		if err != nil || !ok {
			b.Fatal("not found")
		}
		if _, err := Straighten(img, q); err != nil {
			b.Fatal(err)
		}
	}
}
