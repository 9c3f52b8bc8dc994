package photo

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

func TestPhotographed(t *testing.T) {
	paint := func(of func(x, y int) uint8) image.Image {
		g := image.NewGray(image.Rect(0, 0, 620, 877))
		for y := range 877 {
			for x := range 620 {
				g.SetGray(x, y, color.Gray{Y: of(x, y)})
			}
		}
		return g
	}
	r := rand.New(rand.NewPCG(1, 2))
	print := func(x, y int) bool { return x > 60 && x < 560 && y > 60 && y < 800 && y/14%3 == 0 && x%3 > 0 }
	tests := []struct {
		name string
		of   func(x, y int) uint8
		want bool
	}{
		{"print on white is not", func(x, y int) uint8 {
			if print(x, y) {
				return 20
			}
			return 255
		}, false},
		{"a coloured ground with a white box is not", func(x, y int) uint8 {
			if x > 90 && x < 530 && y > 90 && y < 780 {
				return 255
			}
			return 96
		}, false},
		{"a banner across a white page is not", func(x, y int) uint8 {
			if y < 120 {
				return 70
			}
			return 255
		}, false},
		{"a clean scan of a sheet that fills the page is not", func(x, y int) uint8 { return 253 + uint8(r.IntN(3)) }, false},
		{"a sheet on a desk with its grain and light is", func(x, y int) uint8 {
			if x > 90 && x < 530 && y > 90 && y < 780 {
				return 225
			}
			return uint8(50 + x/12 + r.IntN(12))
		}, true},
		{"a sheet on a table that shines is", func(x, y int) uint8 {
			return uint8(90 + y/12 + int(r.NormFloat64()*3))
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Photographed(paint(test.of)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if Photographed(image.NewGray(image.Rectangle{})) {
		t.Error("no pixels are no photograph")
	}
}
