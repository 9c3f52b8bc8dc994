package photo

import (
	"image"
	"math"
)

// Quad is the four corners of a paper in a picture, in the picture's own
// coordinates: upper left, upper right, lower right, lower left.
type Quad [4]image.Point

// The search for a paper.
const (
	paperSide     = 320  // the long side of the picture it is looked for in
	paperFine     = 1000 // and of that in which its edges are made out
	paperArea     = 0.2  // of the picture a paper takes at least
	paperWhole    = 0.96 // of the picture, from which nothing is cut off
	paperSteps    = 90   // directions of lines that are told apart, over half a turn
	paperLines    = 10   // lines of one direction that are tried
	paperBrighter = 10   // than what lies around it, at least
	paperSupport  = 0.7  // of each side that must be seen
)

// FindPaper looks for the edges of one bright paper before something darker. It
// finds nothing rather than the wrong thing: a paper that fills the picture, or
// lies on another as bright, is not found. It fails as Scan does.
func FindPaper(img image.Image) (Quad, bool, error) {
	const op = "photo.FindPaper"
	if err := bounded(op, img.Bounds()); err != nil {
		return Quad{}, false, err
	}
	whole := gray(img)
	g := soften(shrinkGray(whole, paperSide))
	f := finder{g: g, w: g.Rect.Dx(), h: g.Rect.Dy()}
	if min(f.w, f.h) < 32 {
		return Quad{}, false, nil
	}
	flat, steep := f.lines()
	best, ok := f.quad(flat, steep)
	if !ok {
		return Quad{}, false, nil
	}
	fine := soften(shrinkGray(whole, paperFine))
	k := float64(max(fine.Rect.Dx(), fine.Rect.Dy())) / float64(max(f.w, f.h))
	best = finder{g: fine, w: fine.Rect.Dx(), h: fine.Rect.Dy()}.refine(best, k)
	k = float64(max(whole.Rect.Dx(), whole.Rect.Dy())) / float64(max(fine.Rect.Dx(), fine.Rect.Dy()))
	var q Quad
	for i, p := range best {
		q[i] = image.Pt(min(max(int(p.x*k+k/2), 0), whole.Rect.Dx()-1), min(max(int(p.y*k+k/2), 0), whole.Rect.Dy()-1)).Add(img.Bounds().Min)
	}
	return q, true, nil
}

// refine moves each side of a paper, found k times smaller, to where the step
// from dark to bright is.
func (f finder) refine(q [4]spot, k float64) [4]spot {
	const points = 60
	for i := range q {
		q[i] = spot{q[i].x * k, q[i].y * k}
	}
	var sides [4]line
	reach := 4 * k
	for i, p := range q {
		n := q[(i+1)%4]
		long := math.Hypot(n.x-p.x, n.y-p.y)
		inX, inY := -(n.y-p.y)/long, (n.x-p.x)/long
		var xs, ds []float64 // along the side, and how far inside it the step is
		for j := range points {
			t := (float64(j) + 2) / (points + 3)
			x, y := p.x+(n.x-p.x)*t, p.y+(n.y-p.y)*t
			if d, ok := f.step(x, y, inX, inY, reach); ok {
				xs, ds = append(xs, t*long), append(ds, d)
			}
		}
		start, slope := straight(xs, ds)
		a, b := spot{p.x + inX*start, p.y + inY*start}, spot{n.x + inX*(start+slope*long), n.y + inY*(start+slope*long)}
		sides[i] = f.through(a, b)
	}
	out := q
	for i := range q {
		if p, ok := f.meet(sides[(i+3)%4], sides[i]); ok && math.Hypot(p.x-q[i].x, p.y-q[i].y) < 3*reach {
			out[i] = p
		}
	}
	return out
}

// step is how far inside a side the outermost clear step to bright is.
func (f finder) step(x, y, inX, inY, reach float64) (float64, bool) {
	const wide = 2
	most := 0
	for d := -reach; d <= reach; d++ {
		in, out := f.at(x+inX*(d+wide), y+inY*(d+wide)), f.at(x+inX*(d-wide), y+inY*(d-wide))
		if in >= 0 && out >= 0 {
			most = max(most, in-out)
		}
	}
	if most < paperBrighter {
		return 0, false
	}
	for d := -reach; d <= reach; d++ {
		in, out := f.at(x+inX*(d+wide), y+inY*(d+wide)), f.at(x+inX*(d-wide), y+inY*(d-wide))
		if in >= 0 && out >= 0 && in-out >= most*9/10 {
			return d, true
		}
	}
	return 0, false
}

// straight fits d = start + slope·x, twice: what lies far from the first fit is
// left out of the second. With too few points it is no move at all.
func straight(xs, ds []float64) (start, slope float64) {
	for pass := range 3 {
		var n, sx, sy, sxx, sxy float64
		for i, x := range xs {
			if pass > 0 && math.Abs(ds[i]-start-slope*x) > 3 {
				continue
			}
			n, sx, sy, sxx, sxy = n+1, sx+x, sy+ds[i], sxx+x*x, sxy+x*ds[i]
		}
		if n < 10 || n*sxx-sx*sx < 1 {
			return start, slope
		}
		slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
		start = (sy - slope*sx) / n
	}
	return start, slope
}

// through is the line through two places.
func (f finder) through(a, b spot) line {
	long := math.Hypot(b.x-a.x, b.y-a.y) + 1e-9
	l := line{cos: -(b.y - a.y) / long, sin: (b.x - a.x) / long}
	l.off = (a.x-float64(f.w)/2)*l.cos + (a.y-float64(f.h)/2)*l.sin
	return l
}

// soften averages each pixel with its neighbours, so that print and grain give
// no lines.
func soften(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sum, n := 0, 0
			for v := max(0, y-1); v <= min(h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(w-1, x+1); u++ {
					sum += int(g.Pix[v*g.Stride+u])
					n++
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / n)
		}
	}
	return out
}

type spot struct{ x, y float64 }

// line is x·cos + y·sin = off, in the middle of the picture as origin.
type line struct{ cos, sin, off float64 }

type finder struct {
	g    *image.Gray
	w, h int
}

// at is the brightness at a place, or -1 outside.
func (f finder) at(x, y float64) int {
	u, v := int(x+.5), int(y+.5)
	if u < 0 || v < 0 || u >= f.w || v >= f.h {
		return -1
	}
	return int(f.g.Pix[v*f.g.Stride+u])
}

// lines are the strongest, those more level and those more upright. Each pixel
// of an edge votes for the lines through it that have the edge's direction.
func (f finder) lines() (flat, steep []line) {
	reach := int(math.Hypot(float64(f.w), float64(f.h))/2) + 2
	votes := make([]int, paperSteps*2*reach)
	var cos, sin [paperSteps]float64
	for t := range paperSteps {
		sin[t], cos[t] = math.Sincos(math.Pi * float64(t) / paperSteps)
	}
	for y := 1; y < f.h-1; y++ {
		for x := 1; x < f.w-1; x++ {
			at := f.g.Pix[(y-1)*f.g.Stride+x-1:]
			s := f.g.Stride
			dx := int(at[2]) + 2*int(at[s+2]) + int(at[2*s+2]) - int(at[0]) - 2*int(at[s]) - int(at[2*s])
			dy := int(at[2*s]) + 2*int(at[2*s+1]) + int(at[2*s+2]) - int(at[0]) - 2*int(at[1]) - int(at[2])
			if dx*dx+dy*dy < 24*24 {
				continue
			}
			t := int(math.Round(math.Atan2(float64(dy), float64(dx))/math.Pi*paperSteps)) + 2*paperSteps
			for d := -2; d <= 2; d++ {
				n := (t + d) % paperSteps
				r := int(math.Round((float64(x)-float64(f.w)/2)*cos[n]+(float64(y)-float64(f.h)/2)*sin[n])) + reach
				votes[n*2*reach+min(max(r, 0), 2*reach-1)]++
			}
		}
	}
	for len(flat) < paperLines || len(steep) < paperLines {
		best := 0
		for i, v := range votes {
			if v > votes[best] {
				best = i
			}
		}
		if votes[best] < min(f.w, f.h)/6 {
			break
		}
		t, r := best/(2*reach), best%(2*reach)
		l := line{cos[t], sin[t], float64(r - reach)}
		if up := math.Abs(l.cos) > math.Abs(l.sin); up && len(steep) < paperLines {
			steep = append(steep, l)
		} else if !up && len(flat) < paperLines {
			flat = append(flat, l)
		}
		for d := -3; d <= 3; d++ { // its neighbours are the same edge
			n, at := t+d, r
			if n < 0 || n >= paperSteps {
				n, at = (n+paperSteps)%paperSteps, 2*reach-r // half a turn further, from the other side
			}
			for e := max(0, at-3); e <= min(2*reach-1, at+3); e++ {
				votes[n*2*reach+e] = 0
			}
		}
	}
	return flat, steep
}

// meet is where two lines cross.
func (f finder) meet(a, b line) (spot, bool) {
	d := a.cos*b.sin - a.sin*b.cos
	if math.Abs(d) < 0.3 {
		return spot{}, false
	}
	return spot{(a.off*b.sin-b.off*a.sin)/d + float64(f.w)/2, (b.off*a.cos-a.off*b.cos)/d + float64(f.h)/2}, true
}

// quad is the best four sides there are.
func (f finder) quad(flat, steep []line) (best [4]spot, ok bool) {
	top := 0.0
	for i, a := range flat {
		for _, b := range flat[i+1:] {
			for j, c := range steep {
				for _, d := range steep[j+1:] {
					q, fits := f.corners(a, b, c, d)
					if !fits {
						continue
					}
					if s := f.seen(q) * math.Sqrt(sizeOf(q)); s > top {
						best, top, ok = q, s, true
					}
				}
			}
		}
	}
	return best, ok
}

// corners puts four sides in order, where they make up a paper.
func (f finder) corners(a, b, c, d line) (q [4]spot, ok bool) {
	for i, pair := range [4][2]line{{a, c}, {a, d}, {b, d}, {b, c}} {
		if q[i], ok = f.meet(pair[0], pair[1]); !ok {
			return q, false
		}
	}
	if q[0].y > q[3].y {
		q[0], q[1], q[2], q[3] = q[3], q[2], q[1], q[0]
	}
	if q[0].x > q[1].x {
		q[0], q[1], q[2], q[3] = q[1], q[0], q[3], q[2]
	}
	slack := float64(max(f.w, f.h)) * 0.02
	for i, p := range q {
		if p.x < -slack || p.y < -slack || p.x > float64(f.w)+slack || p.y > float64(f.h)+slack {
			return q, false
		}
		n, m := q[(i+1)%4], q[(i+3)%4]
		ax, ay, bx, by := n.x-p.x, n.y-p.y, m.x-p.x, m.y-p.y
		turn := (ax*by - ay*bx) / (math.Hypot(ax, ay)*math.Hypot(bx, by) + 1e-9)
		if turn < 0.75 { // a corner of a paper, seen from somewhere above it
			return q, false
		}
	}
	part := sizeOf(q) / float64(f.w*f.h)
	return q, part >= paperArea && part <= paperWhole
}

func sizeOf(q [4]spot) (a float64) {
	for i, p := range q {
		n := q[(i+1)%4]
		a += p.x*n.y - n.x*p.y
	}
	return math.Abs(a) / 2
}

// seen is how much of the sides is an edge between a bright inside and a darker
// outside; 0 where any side is not. What lies past the picture is not counted.
func (f finder) seen(q [4]spot) float64 {
	const points = 40
	all := 0.0
	for i, p := range q {
		n := q[(i+1)%4]
		long := math.Hypot(n.x-p.x, n.y-p.y)
		if long < 16 {
			return 0
		}
		inX, inY := -(n.y-p.y)/long, (n.x-p.x)/long
		hits, counted := 0, 0
		for k := range points {
			t := (float64(k) + 1) / (points + 1)
			x, y := p.x+(n.x-p.x)*t, p.y+(n.y-p.y)*t
			in, out := f.ground(x, y, inX, inY), f.ground(x, y, -inX, -inY)
			if in < 0 || out < 0 {
				continue
			}
			counted++
			if in-out >= paperBrighter {
				hits++
			}
		}
		if counted < points/2 || float64(hits) < paperSupport*float64(counted) {
			return 0
		}
		all += float64(hits) / float64(counted)
	}
	return all / 4
}

// ground is how bright the ground beside an edge is, past lines as thin as a
// table's: the brightest of a few places.
func (f finder) ground(x, y, dx, dy float64) int {
	most := -1
	for _, d := range []float64{3, 4.5, 6} {
		most = max(most, f.at(x+dx*d, y+dy*d))
	}
	return most
}
