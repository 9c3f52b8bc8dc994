package photo

import (
	"image"
	"math"

	"doorstep/internal/fault"
)

// Straighten gives the paper of a picture as if seen from right above, gray and
// no larger than a scan is kept. It fails as Scan does, and with fault.Input
// for corners that are no paper's.
func Straighten(img image.Image, q Quad) (image.Image, error) {
	const op = "photo.Straighten"
	if err := bounded(op, img.Bounds()); err != nil {
		return nil, err
	}
	side := func(a, b image.Point) float64 {
		return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y))
	}
	w, h := max(side(q[0], q[1]), side(q[2], q[3])), max(side(q[1], q[2]), side(q[3], q[0]))
	if min(w, h) < 16 || max(w, h) > 2*MaxSide {
		return nil, fault.New(op, fault.Input, nil)
	}
	w, h = known(w, h)
	k := min(1, ScanLongSide/max(w, h))
	whole := gray(img)
	src := shrinkGray(whole, max(1, int(float64(max(whole.Rect.Dx(), whole.Rect.Dy()))*k+.5)))
	kx, ky := float64(src.Rect.Dx())/float64(whole.Rect.Dx()), float64(src.Rect.Dy())/float64(whole.Rect.Dy())
	var at [4]spot
	for i, p := range q {
		at[i] = spot{float64(p.X-img.Bounds().Min.X) * kx, float64(p.Y-img.Bounds().Min.Y) * ky}
	}
	out := image.NewGray(image.Rect(0, 0, max(1, int(w*k+.5)), max(1, int(h*k+.5))))
	m := seenFrom(at)
	for y := range out.Rect.Dy() {
		v := (float64(y) + .5) / float64(out.Rect.Dy())
		for x := range out.Rect.Dx() {
			u := (float64(x) + .5) / float64(out.Rect.Dx())
			z := m[6]*u + m[7]*v + 1
			out.Pix[y*out.Stride+x] = sample(src, (m[0]*u+m[1]*v+m[2])/z, (m[3]*u+m[4]*v+m[5])/z)
		}
	}
	return out, nil
}

// known gives sides that are nearly those of a sheet or of a card its very
// shape, which a slanting look distorts.
func known(w, h float64) (float64, float64) {
	long, short := max(w, h), min(w, h)
	for _, shape := range []float64{math.Sqrt2, 85.6 / 54} {
		if r := long / short / shape; r > 0.93 && r < 1.07 {
			if w > h {
				return long, long / shape
			}
			return long / shape, long
		}
	}
	return w, h
}

// seenFrom maps the unit square onto four corners as a look in perspective
// does: x = (m0·u + m1·v + m2) / (m6·u + m7·v + 1), and so y.
func seenFrom(q [4]spot) (m [8]float64) {
	dx1, dx2, dx3 := q[1].x-q[2].x, q[3].x-q[2].x, q[0].x-q[1].x+q[2].x-q[3].x
	dy1, dy2, dy3 := q[1].y-q[2].y, q[3].y-q[2].y, q[0].y-q[1].y+q[2].y-q[3].y
	if d := dx1*dy2 - dx2*dy1; math.Abs(d) > 1e-9 {
		m[6], m[7] = (dx3*dy2-dx2*dy3)/d, (dx1*dy3-dx3*dy1)/d
	}
	m[0], m[1], m[2] = q[1].x-q[0].x+m[6]*q[1].x, q[3].x-q[0].x+m[7]*q[3].x, q[0].x
	m[3], m[4], m[5] = q[1].y-q[0].y+m[6]*q[1].y, q[3].y-q[0].y+m[7]*q[3].y, q[0].y
	return m
}

// sample is the brightness between four pixels; the border goes on for ever.
func sample(g *image.Gray, x, y float64) uint8 {
	x, y = min(max(x-.5, 0), float64(g.Rect.Dx()-1)), min(max(y-.5, 0), float64(g.Rect.Dy()-1))
	if x != x || y != y {
		return 255
	}
	u, v := int(x), int(y)
	r, d := min(u+1, g.Rect.Dx()-1), min(v+1, g.Rect.Dy()-1)
	fx, fy := x-float64(u), y-float64(v)
	top := float64(g.Pix[v*g.Stride+u])*(1-fx) + float64(g.Pix[v*g.Stride+r])*fx
	low := float64(g.Pix[d*g.Stride+u])*(1-fx) + float64(g.Pix[d*g.Stride+r])*fx
	return uint8(top*(1-fy) + low*fy + .5)
}
