package photo

import (
	"image"
	"math"
)

// Shot is what a portrait is known again by when the very same shot comes again,
// cut otherwise or pressed anew: where about the face it is clearly brighter than
// beside, where clearly darker, and where about the same. It holds no brightness,
// and another shot of the same person has another. Four of its places to a byte.
type Shot []byte

// What a place is, against the one beside it.
const (
	shotAlike = iota
	shotBrighter
	shotDarker
	shotSilent // between the two, or outside the picture
)

// The places that are compared, in distances of the eyes about their middle.
const (
	shotCells  = 24
	shotInner  = 4 // points of a cell each way
	shotLeft   = -1.35
	shotTop    = -1.2
	shotWide   = 2.7
	shotHigh   = 2.9
	shotBytes  = 2 * shotCells * shotCells / 4
	shotStrong = 0.16  // of the deviation of all, from which one is clearly another
	shotWeak   = 0.07  // up to which two are the same
	shotLeast  = 90    // clear places of either, below which nothing is said
	shotJitter = 0.045 // how far the eyes may be found off
)

// ShotOf makes out what a portrait is known again by; none where it has no face.
// The first is for keeping. The others are what it would be with the eyes found a
// little elsewhere, as they may be once the picture is cut or pressed anew; one of
// them all is to be the same as what was kept. It fails as Scan does.
func ShotOf(img image.Image) ([]Shot, error) {
	faces, err := FindFaces(img)
	if err != nil || len(faces) == 0 {
		return nil, err
	}
	f, b := faces[0], img.Bounds()
	unit := math.Hypot(float64(f.Right.X-f.Left.X), float64(f.Right.Y-f.Left.Y))
	if unit < 12 {
		return nil, nil
	}
	// The same number of pixels to a cell, however large the picture is.
	k := min(1, shotCells*shotInner/(shotWide*unit))
	g := shrinkGray(gray(img), max(1, int(float64(max(b.Dx(), b.Dy()))*k+0.5)))
	k = float64(max(g.Rect.Dx(), g.Rect.Dy())) / float64(max(b.Dx(), b.Dy()))
	eyes := spot{(float64(f.Left.X+f.Right.X)/2 - float64(b.Min.X)) * k, (float64(f.Left.Y+f.Right.Y)/2 - float64(b.Min.Y)) * k}
	line := spot{float64(f.Right.X-f.Left.X) * k, float64(f.Right.Y-f.Left.Y) * k}
	var out []Shot
	for _, size := range []float64{1, 0.96, 1.04} {
		for _, x := range []float64{0, -shotJitter, shotJitter} {
			for _, y := range []float64{0, -shotJitter, shotJitter} {
				at := spot{eyes.x + x*line.x - y*line.y, eyes.y + x*line.y + y*line.x}
				s := shotOf(shotGrid(g, at, spot{line.x * size, line.y * size}))
				if s == nil {
					return nil, nil
				}
				out = append(out, s)
			}
		}
	}
	return out, nil
}

func shotOf(cells []float64) Shot {
	var sum, squares, n float64
	for _, v := range cells {
		if v >= 0 {
			sum, squares, n = sum+v, squares+v*v, n+1
		}
	}
	deviation := math.Sqrt(max(0, squares/max(n, 1)-sum*sum/max(n*n, 1)))
	if deviation < 3 {
		return nil
	}
	s := make(Shot, shotBytes)
	for i := range shotCells * shotCells {
		at := i/shotCells*(shotCells+1) + i%shotCells
		for j, beside := range []int{at + 1, at + shotCells + 1} {
			n := 2*i + j
			s[n/4] |= shotState(cells[at], cells[beside], deviation) << (n % 4 * 2)
		}
	}
	return s
}

func shotState(at, beside, deviation float64) byte {
	d := (at - beside) / deviation
	switch {
	case at < 0 || beside < 0:
		return shotSilent
	case d >= shotStrong:
		return shotBrighter
	case d <= -shotStrong:
		return shotDarker
	case math.Abs(d) <= shotWeak:
		return shotAlike
	}
	return shotSilent
}

// shotGrid is the brightness of the places about the middle of the eyes, one more
// each way than is compared; negative outside the picture.
func shotGrid(g *image.Gray, eyes, line spot) []float64 {
	mx, my, ex, ey := eyes.x, eyes.y, line.x, line.y
	const side = (shotCells + 1) * shotInner
	cells := make([]float64, (shotCells+1)*(shotCells+1))
	for y := range side {
		for x := range side {
			u := shotLeft + shotWide*(float64(x)+0.5)/side
			v := shotTop + shotHigh*(float64(y)+0.5)/side
			at := y/shotInner*(shotCells+1) + x/shotInner
			p := brightness(g, mx+u*ex-v*ey, my+u*ey+v*ex)
			if p < 0 || cells[at] < 0 {
				cells[at] = -1
				continue
			}
			cells[at] += p / (shotInner * shotInner)
		}
	}
	return cells
}

// brightness is that of a place between pixels; negative outside the picture.
func brightness(g *image.Gray, x, y float64) float64 {
	x, y = x-0.5, y-0.5
	left, top := int(math.Floor(x)), int(math.Floor(y))
	if left < 0 || top < 0 || left+1 >= g.Rect.Dx() || top+1 >= g.Rect.Dy() {
		return -1
	}
	at := g.Pix[top*g.Stride+left:]
	a, b := float64(at[0]), float64(at[1])
	c, d := float64(at[g.Stride]), float64(at[g.Stride+1])
	fx, fy := x-float64(left), y-float64(top)
	return (a*(1-fx)+b*fx)*(1-fy) + (c*(1-fx)+d*fx)*fy
}

// How much of two may be otherwise for them to be one shot: SameShot where other
// people are the alternative, and SurelySameShot where another shot of the same
// person is.
const (
	SameShot       = 0.16
	SurelySameShot = 0.05
)

// Apart is how much of what was kept is otherwise in a portrait, of which all is
// given that ShotOf makes out: 0 nothing, 1 all, or too little is clear.
func (s Shot) Apart(all []Shot) float64 {
	least := 1.0
	for _, o := range all {
		if otherwise, clear := s.apart(o); clear >= shotLeast {
			least = min(least, float64(otherwise)/float64(clear))
		}
	}
	return least
}

// apart counts the places that are clear in either and not silent in the other,
// and those of them that are otherwise there.
func (s Shot) apart(o Shot) (otherwise, clear int) {
	if len(s) != shotBytes || len(o) != shotBytes {
		return 0, 0
	}
	for n := range 4 * shotBytes {
		a, b := s[n/4]>>(n%4*2)&3, o[n/4]>>(n%4*2)&3
		if a == shotSilent || b == shotSilent || a == shotAlike && b == shotAlike {
			continue
		}
		clear++
		if a != b {
			otherwise++
		}
	}
	return otherwise, clear
}
