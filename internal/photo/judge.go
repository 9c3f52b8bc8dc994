package photo

import (
	"image"
	"math"
	"slices"
)

// Quality is a judgement of an image as it will be kept.
type Quality struct {
	Blur     float64  // variance of the Laplacian; small is blurred
	Exposure float64  // mean brightness, 0 black to 1 white
	Problems []string // what the clerk should do about it, in Chinese; none when good
}

// Good says that nothing is to be mended.
func (q Quality) Good() bool { return len(q.Problems) == 0 }

type problem uint8

const (
	blurred problem = iota
	dark
	bright
	backlit
	flat
	small
	blank
)

func (p problem) hint() string {
	return [...]string{
		blurred: "画面模糊：请擦净镜头、稳住后重新拍摄。",
		dark:    "光线太暗：请补光或换到明亮处重新拍摄。",
		bright:  "画面过亮：请避开强光或反光后重新拍摄。",
		backlit: "人物背光：请让光线照在脸上，不要背对窗户。",
		flat:    "字迹与底色对比太低：请放平、补光后重新拍摄。",
		small:   "分辨率太低：请靠近一些，或用更清晰的设备重新拍摄。",
		blank:   "画面几乎空白：请检查是否放反或没有对准。",
	}[p]
}

func (q *Quality) add(p problem) { q.Problems = append(q.Problems, p.hint()) }

// The marks an image must reach; brightness is 0 to 1, blur a variance.
const (
	portraitSharp  = 30
	printSharp     = 0.06 // Laplacian's variance to the brightness's, where there is print
	printSharpHalf = 0.04 // the same, in each half of the page
	printTile      = 64   // pixels in which there is print or not
	printTiles     = 12   // of a half, from which it is judged by itself
	printInk       = 100  // variance of brightness from which a tile holds print
	faceDark       = 0.22
	faceBright     = 0.92
	faceBehind     = 0.35 // how much darker than the whole the face may be
	paperDark      = 0.45
	paperContrast  = 0.12
	blankDeviation = 3.0 / 255
	scanLongSide   = 500 // an ID card at 150 dpi
)

// JudgePortrait judges the crop of a portrait as Portrait would keep it.
// It fails as Portrait does.
func JudgePortrait(img image.Image, o PortraitOptions) (Quality, error) {
	_, q, err := portrait("photo.JudgePortrait", img, o)
	return q, err
}

// JudgeScan judges a paper as Scan would keep it. It fails as Scan does.
func JudgeScan(img image.Image) (Quality, error) {
	_, q, err := scan("photo.JudgeScan", img)
	return q, err
}

func judgePortrait(g *image.Gray, upscaled bool) Quality {
	all := measure(g)
	w, h := g.Rect.Dx(), g.Rect.Dy()
	face := measure(g.SubImage(image.Rect(w*3/10, h/4, w*7/10, h*13/20)).(*image.Gray))
	q := Quality{Blur: laplacian(g), Exposure: all.mean}
	if upscaled {
		q.add(small)
	}
	switch {
	case all.deviation < blankDeviation:
		q.add(blank)
	case face.mean < faceDark && all.mean-face.mean > faceBehind:
		q.add(backlit)
	case face.mean < faceDark:
		q.add(dark)
	case face.mean > faceBright:
		q.add(bright)
	case q.Blur < portraitSharp: // poor light lowers it too, and is mended first
		q.add(blurred)
	}
	return q
}

func judgeScan(g *image.Gray) Quality {
	m := measure(g)
	q := Quality{Blur: laplacian(g), Exposure: m.mean}
	if max(g.Rect.Dx(), g.Rect.Dy()) < scanLongSide {
		q.add(small)
	}
	sharp, clear := legible(g)
	switch {
	case m.deviation < blankDeviation && !clear:
		q.add(blank)
	case m.high < paperDark:
		q.add(dark)
	case m.high-m.low < paperContrast && !clear && m.mean > 1-paperContrast:
		q.add(bright)
	case m.high-m.low < paperContrast && !clear:
		q.add(flat)
	case !sharp:
		q.add(blurred)
	}
	return q
}

// legible says whether print has sharp edges, on the whole page and on each of
// its halves, and whether a few places at least hold clear print. Edges are held against the contrast they part, so that faint
// print and a page of two lines are judged by the same measure; of the tiles
// the sharpest quarter counts, for a picture on a page is smooth by itself.
func legible(g *image.Gray) (sharp, clear bool) {
	bold := 0
	w, h := g.Rect.Dx(), g.Rect.Dy()
	var all, left, right, upper, lower []float64
	for y := 0; y == 0 || y+printTile <= h; y += printTile {
		for x := 0; x == 0 || x+printTile <= w; x += printTile {
			part := g.SubImage(image.Rect(x, y, min(x+printTile, w), min(y+printTile, h))).(*image.Gray)
			m := measure(part)
			ink := m.deviation * m.deviation * 255 * 255
			if ink < printInk {
				continue
			}
			if ink >= 2*printInk {
				bold++
			}
			s := laplacian(part) / ink
			all = append(all, s)
			if x < w/2 {
				left = append(left, s)
			} else {
				right = append(right, s)
			}
			if y < h/2 {
				upper = append(upper, s)
			} else {
				lower = append(lower, s)
			}
		}
	}
	sharp = len(all) > 0 && sharpest(all) >= printSharp
	for _, half := range [][]float64{left, right, upper, lower} {
		if len(half) >= printTiles && sharpest(half) < printSharpHalf {
			sharp = false
		}
	}
	return sharp, bold >= 3
}

// sharpest is what a quarter of the values reach.
func sharpest(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)*3/4]
}

// light holds brightness as 0 to 1: mean, standard deviation, and the levels
// that 1 % of the pixels lie below and above.
type light struct{ mean, deviation, low, high float64 }

func measure(g *image.Gray) light {
	var bins [256]int
	b := g.Bounds()
	for y := range b.Dy() {
		for _, v := range g.Pix[y*g.Stride : y*g.Stride+b.Dx()] {
			bins[v]++
		}
	}
	n := b.Dx() * b.Dy()
	var sum, squares float64
	var l light
	seen, low, high := 0, -1, -1
	for v, c := range bins {
		sum += float64(v * c)
		squares += float64(v * v * c)
		seen += c
		if low < 0 && seen*100 >= n {
			low = v
		}
		if high < 0 && seen*100 >= n*99 {
			high = v
		}
	}
	mean := sum / float64(n)
	l.mean, l.low, l.high = mean/255, float64(low)/255, float64(high)/255
	l.deviation = math.Sqrt(max(0, squares/float64(n)-mean*mean)) / 255
	return l
}

// laplacian is the variance of the four-neighbour Laplacian: what a lens out
// of focus takes away first.
func laplacian(g *image.Gray) float64 {
	w, h := g.Bounds().Dx(), g.Bounds().Dy()
	if w < 3 || h < 3 {
		return 0
	}
	var sum, squares int64
	for y := 1; y < h-1; y++ {
		up := g.Pix[(y-1)*g.Stride : (y-1)*g.Stride+w]
		at := g.Pix[y*g.Stride : y*g.Stride+w]
		down := g.Pix[(y+1)*g.Stride : (y+1)*g.Stride+w]
		for x := 1; x < w-1; x++ {
			v := int64(up[x]) + int64(down[x]) + int64(at[x-1]) + int64(at[x+1]) - 4*int64(at[x])
			sum += v
			squares += v * v
		}
	}
	n := float64((w - 2) * (h - 2))
	mean := float64(sum) / n
	return float64(squares)/n - mean*mean
}
