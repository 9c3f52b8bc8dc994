package kit

import (
	"image/color"
	"math"
)

// the width of a line of ink, as a share of the pad's height: slow is thick,
// fast is thin, and where the pen tells its pressure that decides.
const (
	thickest = 0.020
	thinnest = 0.010
)

func (k *inkSheet) clear() { clear(k.picture.Pix) }

// stroke draws a whole stroke.
func (k *inkSheet) stroke(s Stroke) {
	for n := 1; n <= len(s); n++ {
		k.extend(s[:n])
	}
}

// extend draws what the last point adds: a curve between the midpoints of the
// last three, so that few points still make a round line.
func (k *inkSheet) extend(s Stroke) {
	n := len(s)
	switch n {
	case 0:
		return
	case 1:
		x, y := k.at(s[0])
		k.dab(x, y, x, y, k.radius(s, 0))
		return
	case 2:
		x0, y0 := k.at(s[0])
		x1, y1 := k.at(s[1])
		k.dab(x0, y0, (x0+x1)/2, (y0+y1)/2, k.radius(s, 1))
		return
	}
	ax, ay := k.at(s[n-3])
	bx, by := k.at(s[n-2])
	cx, cy := k.at(s[n-1])
	x0, y0 := (ax+bx)/2, (ay+by)/2
	x1, y1 := (bx+cx)/2, (by+cy)/2
	steps := int(min(max(math.Hypot(x1-x0, y1-y0)/3, 2), 40))
	px, py := x0, y0
	for i := 1; i <= steps; i++ {
		t := float64(i) / float64(steps)
		u := 1 - t
		qx := u*u*x0 + 2*u*t*bx + t*t*x1
		qy := u*u*y0 + 2*u*t*by + t*t*y1
		k.dab(px, py, qx, qy, k.radius(s, n-1)*t+k.radius(s, n-2)*u)
		px, py = qx, qy
	}
}

func (k *inkSheet) at(p Point) (x, y float64) {
	b := k.picture.Bounds()
	return p.X * float64(b.Dx()), p.Y * float64(b.Dy())
}

func (k *inkSheet) radius(s Stroke, i int) float64 {
	h := float64(k.picture.Bounds().Dy())
	share := 0.5
	if p := s[i].Pressure; p > 0 {
		share = p
	} else if i > 0 {
		dt := float64(max(s[i].T-s[i-1].T, 1))
		speed := math.Hypot(s[i].X-s[i-1].X, s[i].Y-s[i-1].Y) * 1000 / dt
		share = 1 / (1 + speed)
	}
	return max(h*(thinnest+(thickest-thinnest)*share)/2, 0.8)
}

// dab draws a line with round ends: each pixel is covered by how near it lies.
func (k *inkSheet) dab(x0, y0, x1, y1, r float64) {
	b := k.picture.Bounds()
	left, right := max(int(min(x0, x1)-r-1), 0), min(int(max(x0, x1)+r+2), b.Dx())
	top, bottom := max(int(min(y0, y1)-r-1), 0), min(int(max(y0, y1)+r+2), b.Dy())
	dx, dy := x1-x0, y1-y0
	length := dx*dx + dy*dy
	ink := color.NRGBAModel.Convert(paint(ColorInk)).(color.NRGBA)
	for y := top; y < bottom; y++ {
		for x := left; x < right; x++ {
			px, py := float64(x)+0.5-x0, float64(y)+0.5-y0
			t := 0.0
			if length > 0 {
				t = min(max((px*dx+py*dy)/length, 0), 1)
			}
			cover := r + 0.5 - math.Hypot(px-t*dx, py-t*dy)
			if cover <= 0 {
				continue
			}
			i := k.picture.PixOffset(x, y)
			a := uint8(min(cover, 1) * 255)
			if a > k.picture.Pix[i+3] {
				k.picture.Pix[i], k.picture.Pix[i+1], k.picture.Pix[i+2], k.picture.Pix[i+3] = ink.R, ink.G, ink.B, a
			}
		}
	}
}
