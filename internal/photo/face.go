package photo

import (
	_ "embed" // the weights
	"image"
	"math"
	"slices"
)

//go:embed faces.bin
var faceWeights []byte

// Face is a face in a picture, in the picture's own coordinates.
type Face struct {
	Score  float64     // how sure it is, 0.5 to 1
	Left   image.Point // the middles of the eyes, as they lie in the picture
	Right  image.Point
	Nose   image.Point // its tip
	Chin   image.Point
	Ears   [2]image.Point // where the jaw begins, left and right
	bounds image.Rectangle
}

// Bounds is where the face is, from the brow to the chin.
func (f Face) Bounds() image.Rectangle { return f.bounds }

const (
	faceScore   = 0.5
	faceOverlap = 0.4
	detectBytes = 193321 + 19*8 // of faces.bin: the detector's 19 tensors
	markSide    = 112
)

// FindFaces finds the faces of a picture, the largest first. It fails as Scan
// does. The net that finds them, and the one that finds eyes, nose and chin, are
// those of face-api (MIT); they know nobody.
func FindFaces(img image.Image) ([]Face, error) {
	if err := bounded("photo.FindFaces", img.Bounds()); err != nil {
		return nil, err
	}
	const long = 640
	small := upTo(img, long)
	var boxes []box
	for _, side := range []int{320, 160, 224, 416} {
		if boxes = detect(small, side); len(boxes) > 0 {
			break
		}
	}
	k := float64(img.Bounds().Dx()) / float64(small.Rect.Dx())
	var out []Face
	for _, b := range boxes {
		if f, ok := mark(small, b); ok {
			f.scale(k, img.Bounds().Min)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Face) int { return b.bounds.Dx() - a.bounds.Dx() })
	return out, nil
}

func (f *Face) scale(k float64, origin image.Point) {
	at := func(p image.Point) image.Point {
		return image.Pt(int(float64(p.X)*k+.5), int(float64(p.Y)*k+.5)).Add(origin)
	}
	f.Left, f.Right, f.Nose, f.Chin = at(f.Left), at(f.Right), at(f.Nose), at(f.Chin)
	f.Ears[0], f.Ears[1] = at(f.Ears[0]), at(f.Ears[1])
	f.bounds = image.Rectangle{Min: at(f.bounds.Min), Max: at(f.bounds.Max)}
}

// upTo gives a picture in colour, its long side at most long.
func upTo(img image.Image, long int) *image.RGBA {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	onWhite(out, img, b.Min)
	if side := max(b.Dx(), b.Dy()); side > long {
		return resizeRGBA(out, max(1, b.Dx()*long/side), max(1, b.Dy()*long/side))
	}
	return out
}

// square puts a picture into a square of side, less the mean of each colour;
// what is left is black, all of it behind, or half of it before.
func square(img *image.RGBA, side int, mean [3]float32, middle bool) (x volume, left, top int, k float64) {
	b := img.Bounds()
	k = float64(side) / float64(max(b.Dx(), b.Dy()))
	w, h := min(side, max(1, int(float64(b.Dx())*k+.5))), min(side, max(1, int(float64(b.Dy())*k+.5)))
	if middle {
		left, top = (side-w)/2, (side-h)/2
	}
	fit := resizeRGBA(img, w, h)
	x = newVolume(side, side, 3)
	for y := range side {
		for u := range side {
			at := x.v[(y*side+u)*3 : (y*side+u)*3+3]
			inside := u >= left && u < left+w && y >= top && y < top+h
			for c := range at {
				v := float32(0)
				if inside {
					v = float32(fit.Pix[(y-top)*fit.Stride+(u-left)*4+c])
				}
				at[c] = (v - mean[c]) / 255
			}
		}
	}
	return x, left, top, k
}

type box struct{ x, y, w, h, score float64 }

// detect finds faces with the picture in a square of side.
func detect(img *image.RGBA, side int) []box {
	x, _, _, k := square(img, side, [3]float32{117.001, 114.697, 97.404}, false)
	s := &weights{faceWeights[:detectBytes]}
	x = pool(leaky(conv(x, s, 16, 1, false)), 2)
	for _, channels := range []int{32, 64, 128, 256} {
		x = pool(leaky(separable(x, s, channels, 1)), 2)
	}
	x = pool(leaky(separable(x, s, 512, 1)), 1)
	x = pointwise(x, s, 25)
	anchors := [5][2]float64{{1.603231, 2.094468}, {6.041143, 7.080126}, {2.882459, 3.518061}, {4.266906, 5.178857}, {9.041765, 10.66308}}
	var found []box
	cell := float64(side) / float64(x.w) / k
	for p := range x.w * x.h {
		for a, size := range anchors {
			v := x.v[p*25+a*5:]
			score := sigmoid(v[4])
			if score < faceScore {
				continue
			}
			w, h := math.Exp(float64(v[2]))*size[0]*cell, math.Exp(float64(v[3]))*size[1]*cell
			found = append(found, box{(float64(p%x.w)+sigmoid(v[0]))*cell - w/2, (float64(p/x.w)+sigmoid(v[1]))*cell - h/2, w, h, score})
		}
	}
	slices.SortFunc(found, func(a, b box) int { return int(math.Copysign(1, b.score-a.score)) })
	var out []box
	for _, b := range found {
		if !slices.ContainsFunc(out, func(o box) bool { return overlap(o, b) > faceOverlap }) {
			out = append(out, b)
		}
	}
	return out
}

func sigmoid(v float32) float64 { return 1 / (1 + math.Exp(-float64(v))) }

func overlap(a, b box) float64 {
	w := min(a.x+a.w, b.x+b.w) - max(a.x, b.x)
	h := min(a.y+a.h, b.y+b.h) - max(a.y, b.y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.w*a.h + b.w*b.h - w*h)
}

// mark finds eyes, nose, chin and jaw in a box.
func mark(img *image.RGBA, b box) (Face, bool) {
	r := image.Rect(int(b.x), int(b.y), int(b.x+b.w), int(b.y+b.h)).Intersect(img.Rect)
	if min(r.Dx(), r.Dy()) < 12 {
		return Face{}, false
	}
	part := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	onWhite(part, img, r.Min)
	x, left, top, k := square(part, markSide, [3]float32{122.782, 117.001, 104.298}, true)
	s := &weights{faceWeights[detectBytes:]}
	first := relu(conv(x, s, 32, 2, true))
	x = dense(first, s)
	for _, channels := range []int{64, 128, 256} {
		x = dense(relu(separable(x, s, channels, 2)), s)
	}
	sum := newVolume(1, 1, x.c)
	for p := range x.w * x.h {
		for c, v := range x.v[p*x.c : (p+1)*x.c] {
			sum.v[c] += v / float32(x.w*x.h)
		}
	}
	v := pointwise(sum, s, 136).v
	at := func(from, to int) image.Point { // the middle of points
		var x, y float64
		for i := from; i <= to; i++ {
			x += (float64(v[2*i])*markSide - float64(left)) / k
			y += (float64(v[2*i+1])*markSide - float64(top)) / k
		}
		n := float64(to - from + 1)
		return image.Pt(int(x/n+.5), int(y/n+.5)).Add(r.Min)
	}
	return Face{Score: b.score, Left: at(36, 41), Right: at(42, 47), Nose: at(30, 30), Chin: at(8, 8),
		Ears: [2]image.Point{at(0, 0), at(16, 16)}, bounds: r}, true
}

// dense is the rest of a block, each layer of which sees those before it.
func dense(a volume, s *weights) volume {
	b := separable(a, s, a.c, 1)
	c := separable(relu(a, b), s, a.c, 1)
	d := separable(relu(a, b, c), s, a.c, 1)
	return relu(a, b, c, d)
}
