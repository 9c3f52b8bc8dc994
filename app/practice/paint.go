package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"

	"doorstep/assets"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// painter draws the portraits and papers that a clerk would take with a
// camera: nobody's, and marked as practice.
type painter struct {
	dir   string
	sans  *opentype.Font
	count int
}

func newPainter(dir string) (*painter, error) {
	f, err := opentype.Parse(assets.Sans())
	if err != nil {
		return nil, err
	}
	return &painter{dir: dir, sans: f}, nil
}

// save writes a picture as the next JPEG of the folder. Its name tells nothing.
func (p *painter) save(img image.Image) (string, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		return "", err
	}
	p.count++
	name := filepath.Join(p.dir, fmt.Sprintf("shot-%02d.jpg", p.count))
	return name, os.WriteFile(name, b.Bytes(), 0o600)
}

// oval fills an ellipse.
func oval(img *image.RGBA, x, y, rx, ry float64, c color.Color) {
	at := image.Rect(int(x-rx)-1, int(y-ry)-1, int(x+rx)+2, int(y+ry)+2).Intersect(img.Bounds())
	r := vector.NewRasterizer(at.Dx(), at.Dy())
	for i := range 96 {
		a := float64(i) / 96 * 2 * math.Pi
		px, py := float32(x-float64(at.Min.X)+rx*math.Cos(a)), float32(y-float64(at.Min.Y)+ry*math.Sin(a))
		if i == 0 {
			r.MoveTo(px, py)
		} else {
			r.LineTo(px, py)
		}
	}
	r.ClosePath()
	r.Draw(img, at, image.NewUniform(c), image.Point{})
}

// portrait draws a made-up face the size of a camera's picture; number makes
// one differ from another.
func (p *painter) portrait(number int) (string, error) {
	const w, h = 1074, 1323
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{244, 246, 249, 255}), image.Point{}, draw.Src)
	skin := []color.RGBA{{232, 190, 160, 255}, {214, 168, 136, 255}, {240, 200, 172, 255}, {222, 178, 150, 255}}[number%4]
	coat := []color.RGBA{{48, 74, 120, 255}, {92, 60, 66, 255}, {40, 96, 88, 255}, {84, 84, 100, 255}}[number%4]
	hair, ink := color.RGBA{28, 24, 26, 255}, color.RGBA{40, 30, 30, 255}
	// Everybody's features are their own, or one would be taken for another.
	own := func(step, reach float64) float64 { return reach * math.Sin(float64(number+1)*step) }
	eyes, brows, lids := 112+own(2.1, 13), 508+own(1.3, 16), 24+own(2.9, 7)
	mouth, lips, nose := 815+own(1.7, 18), 82+own(2.3, 18), 712+own(3.1, 14)
	wide, high := 275+own(0.9, 24), 350+own(1.9, 22)
	oval(img, w/2, 1320, 470, 360, coat)
	oval(img, w/2, 985, 120, 150, skin)
	oval(img, w/2+own(2.7, 18), 545+own(1.1, 18), wide+47+own(3.7, 22), 400, hair)
	if number%2 == 1 {
		oval(img, w/2-250, 760, 110, 260, hair)
		oval(img, w/2+250, 760, 110, 260, hair)
	}
	oval(img, w/2, 620, wide, high, skin)
	for _, side := range []float64{-1, 1} {
		x := w/2 + side*eyes
		oval(img, x, brows, 62+own(4.1, 14), 11+own(1.5, 4), ink)
		oval(img, x, 572, 48, lids, color.White)
		oval(img, x, 572, 21, math.Min(22, lids), ink)
		oval(img, x+7, 566, 6, 6, color.White)
	}
	shade := color.RGBA{skin.R - 40, skin.G - 40, skin.B - 36, 255}
	oval(img, w/2-22, nose, 14, 9, shade)
	oval(img, w/2+22, nose, 14, 9, shade)
	oval(img, w/2, mouth, lips, 20+own(2.5, 6), color.RGBA{176, 84, 84, 255})
	strands(img, hair, number)
	return p.save(img)
}

// strands draws fine hair, for a lens to be judged by.
func strands(img *image.RGBA, hair color.RGBA, number int) {
	light := color.RGBA{hair.R + 60, hair.G + 56, hair.B + 54, 255}
	for i := range 90 {
		a := math.Pi * (1.08 + 0.84*float64(i)/90)
		for t := range 90 {
			r := 0.9 + 0.09*float64(t)/90
			x := 537 + 322*r*math.Cos(a) + 5*math.Sin(float64(t+number*7)/9)
			y := 545 + 400*r*math.Sin(a)
			if i%2 == 0 {
				img.SetRGBA(int(x), int(y), light)
				img.SetRGBA(int(x)+1, int(y), light)
			}
		}
	}
}

// paper draws a page with a title and lines of text.
func (p *painter) paper(w, h int, title string, lines ...string) (string, error) {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{250, 249, 245, 255}), image.Point{}, draw.Src)
	edge := image.NewUniform(color.RGBA{90, 90, 96, 255})
	for _, r := range []image.Rectangle{image.Rect(20, 20, w-20, 24), image.Rect(20, h-24, w-20, h-20),
		image.Rect(20, 20, 24, h-20), image.Rect(w-24, 20, w-20, h-20)} {
		draw.Draw(img, r, edge, image.Point{}, draw.Src)
	}
	big, small := float64(h)/22, float64(h)/38
	if w > h {
		big, small = float64(h)/12, float64(h)/17
	}
	y := 60 + big
	if err := p.line(img, title, 70, y, big); err != nil {
		return "", err
	}
	for _, l := range append(lines, "", "练习样本，不是真实证件") {
		y += small * 1.7
		if err := p.line(img, l, 70, y, small); err != nil {
			return "", err
		}
	}
	return p.save(img)
}

func (p *painter) line(img draw.Image, text string, x, y, size float64) error {
	face, err := opentype.NewFace(p.sans, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return err
	}
	d := font.Drawer{Dst: img, Src: image.NewUniform(color.RGBA{30, 30, 34, 255}), Face: face,
		Dot: fixed.Point26_6{X: fixed.I(int(x)), Y: fixed.I(int(y))}}
	d.DrawString(text)
	return face.Close()
}

// card and page are the forms of papers, in pixels.
func (p *painter) card(title string, lines ...string) (string, error) {
	return p.paper(1012, 638, title, lines...)
}

func (p *painter) page(title string, lines ...string) (string, error) {
	return p.paper(1240, 1754, title, lines...)
}
