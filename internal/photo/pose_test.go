package photo

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"testing"
)

// drawn is a made-up face in front of a wall: w × h pixels, its middle at x, y,
// so many times the size of one 550 pixels wide, turned by degrees.
type drawn struct {
	x, y, size, tilt float64
	nose             float64 // how far it is off the middle
	light            func(x, y float64) float64
}

func oval(img *image.RGBA, d drawn, x, y, rx, ry float64, c color.RGBA) {
	sin, cos := math.Sincos(d.tilt * math.Pi / 180)
	mx, my := d.x+(x*cos-y*sin)*d.size, d.y+(x*sin+y*cos)*d.size
	reach := max(rx, ry) * d.size
	for py := int(my - reach); py <= int(my+reach); py++ {
		for px := int(mx - reach); px <= int(mx+reach); px++ {
			dx, dy := float64(px)-mx, float64(py)-my
			u, v := (dx*cos+dy*sin)/d.size/rx, (dy*cos-dx*sin)/d.size/ry
			if u*u+v*v > 1 || !image.Pt(px, py).In(img.Rect) {
				continue
			}
			k := 1.0
			if d.light != nil {
				k = d.light(float64(px), float64(py))
			}
			img.SetRGBA(px, py, color.RGBA{uint8(float64(c.R) * k), uint8(float64(c.G) * k), uint8(float64(c.B) * k), 255})
		}
	}
}

func portraitOf(w, h int, wall uint8, faces ...drawn) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{wall}), image.Point{}, draw.Src)
	skin, hair, ink := color.RGBA{232, 190, 160, 255}, color.RGBA{28, 24, 26, 255}, color.RGBA{40, 30, 30, 255}
	for _, d := range faces {
		oval(img, d, 0, 700, 470, 360, color.RGBA{48, 74, 120, 255})
		oval(img, d, 0, 365, 120, 150, skin)
		oval(img, d, 0, -75, 322, 400, hair)
		oval(img, d, 0, 0, 275, 350, skin)
		n := d.nose * 550
		for _, side := range []float64{-1, 1} {
			x := side*112 + n*0.8
			oval(img, d, x, -112, 62, 11, ink)
			oval(img, d, x, -48, 48, 24, color.RGBA{255, 255, 255, 255})
			oval(img, d, x, -48, 21, 22, ink)
			oval(img, d, n+side*22, 92, 14, 9, color.RGBA{192, 150, 124, 255})
		}
		oval(img, d, n*0.8, 195, 82, 20, color.RGBA{176, 84, 84, 255})
	}
	return img
}

func TestPortraitsAreFoundAndCropped(t *testing.T) {
	for name, d := range map[string]drawn{
		"near": {x: 640, y: 420, size: 0.7}, "far": {x: 500, y: 300, size: 0.4}, "aside": {x: 900, y: 380, size: 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := JudgePose(portraitOf(1280, 960, 235, d))
			if err != nil || p.Faces != 1 {
				t.Fatalf("got %d faces, %v, want 1", p.Faces, err)
			}
			if len(p.Hints) != 0 {
				t.Errorf("got %q, want nothing to do", p.Hints)
			}
			k := float64(p.Crop.Dx()) / PortraitWidth
			if shape := float64(p.Crop.Dy()) / float64(p.Crop.Dx()) * PortraitWidth / PortraitHeight; shape < 0.98 || shape > 1.02 {
				t.Errorf("got %v, want the portrait's shape", p.Crop)
			}
			// What GA 461-2004 asks for, with what a drawing is off.
			face := 550 * d.size / k
			hair := (d.y - 475*d.size - float64(p.Crop.Min.Y)) / k
			eyes := (float64(p.Crop.Max.Y) - (d.y - 48*d.size)) / k
			middle := (d.x - float64(p.Crop.Min.X)) / k
			if face < 207-14-10 || face > 207+14+10 || hair < 0 || hair > 40 || eyes < 207 || middle < 165 || middle > 193 {
				t.Errorf("face %.0f wide, hair %.0f from the top, eyes %.0f from the bottom, middle at %.0f", face, hair, eyes, middle)
			}
		})
	}
}

func TestAPoseIsJudgedInWords(t *testing.T) {
	good := drawn{x: 640, y: 420, size: 0.7}
	with := func(change func(*drawn)) drawn {
		d := good
		change(&d)
		return d
	}
	lit := func(k float64) func(*drawn) {
		return func(d *drawn) { d.light = func(_, _ float64) float64 { return k } }
	}
	cases := []struct {
		name string
		img  image.Image
		want int
	}{
		{"nobody there", portraitOf(1280, 960, 235), noFace},
		{"a page of print", paper(1240, 1754, 235, 30), noFace},
		{"two people", portraitOf(1280, 960, 235, drawn{x: 340, y: 420, size: 0.5}, drawn{x: 940, y: 420, size: 0.5}), manyFaces},
		{"too far away", portraitOf(1280, 960, 235, drawn{x: 640, y: 420, size: 0.2}), tooFar},
		{"too near", portraitOf(1280, 960, 235, drawn{x: 640, y: 420, size: 1.3}), tooNear},
		{"the head tilted", portraitOf(1280, 960, 235, with(func(d *drawn) { d.tilt = 16 })), tilted},
		{"looking aside", portraitOf(1280, 960, 235, with(func(d *drawn) { d.nose = 0.28 })), turned},
		{"in the dark", portraitOf(1280, 960, 30, with(lit(0.22))), faceInDark},
		{"against a window", portraitOf(1280, 960, 250, with(lit(0.22))), faceBackLit},
		{"half the face in the shade", portraitOf(1280, 960, 235, with(func(d *drawn) {
			d.light = func(x, _ float64) float64 {
				if x > d.x {
					return 0.55
				}
				return 1
			}
		})), halfLit},
		{"before a dark wall", portraitOf(1280, 960, 90, good), darkWall},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := JudgePose(c.img)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(p.Hints, poseHint(c.want)) {
				t.Errorf("got %q, want %q among them", p.Hints, poseHint(c.want))
			}
			if p.Faces > 0 && !p.Crop.In(c.img.Bounds()) {
				t.Errorf("got the crop %v outside %v", p.Crop, c.img.Bounds())
			}
		})
	}
}

func TestAPartOfAPictureIsJudgedInItsOwnPlace(t *testing.T) {
	img := portraitOf(1500, 1200, 235, drawn{x: 900, y: 600, size: 0.6})
	whole, err := JudgePose(img)
	if err != nil {
		t.Fatal(err)
	}
	part, err := JudgePose(img.SubImage(image.Rect(300, 100, 1500, 1200)))
	if err != nil || part.Faces != 1 {
		t.Fatalf("got %d faces, %v", part.Faces, err)
	}
	if d := part.Crop.Min.Sub(whole.Crop.Min); max(d.X, -d.X, d.Y, -d.Y) > 40 {
		t.Errorf("got %v, want about %v", part.Crop, whole.Crop)
	}
}

func BenchmarkPose(b *testing.B) {
	img := portraitOf(1280, 720, 235, drawn{x: 640, y: 320, size: 0.5})
	for b.Loop() {
		if _, err := JudgePose(img); err != nil {
			b.Fatal(err)
		}
	}
}
