package photo

import "image"

// drawnFlat is how much of a drawn page's rim may have one brightness, before it
// is the ground of print and no desk that a lens saw.
const drawnFlat = 0.6

// Photographed says whether a page of a document holds the picture of a lens or a
// scanner up to its rim: there no brightness is everywhere, as it is on the ground
// of a page that was written by a machine.
func Photographed(img image.Image) bool {
	b := img.Bounds()
	if b.Empty() {
		return false
	}
	g := shrinkGray(gray(img), paperFine)
	w, h := g.Rect.Dx(), g.Rect.Dy()
	rim := max(1, min(w, h)/50)
	var bins [256]int
	n := 0
	for y := range h {
		for x := range w {
			if x >= rim && x < w-rim && y >= rim && y < h-rim {
				continue
			}
			bins[g.Pix[y*g.Stride+x]]++
			n++
		}
	}
	most := 0
	for v := 1; v < 255; v++ { // pressing a picture moves a level by one
		most = max(most, bins[v-1]+bins[v]+bins[v+1])
	}
	return float64(most) < drawnFlat*float64(n)
}
