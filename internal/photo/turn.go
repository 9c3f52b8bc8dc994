package photo

import (
	"image"
	"image/color"
	"image/draw"
)

// Rotate turns an image by quarter turns, clockwise for positive numbers.
// The result's bounds start at the origin; what was transparent is white.
func Rotate(img image.Image, quarters int) image.Image {
	return orient(img, [...]int{1, 6, 3, 8}[(quarters%4+4)%4])
}

// orient gives the upright image for an EXIF orientation, on white.
func orient(img image.Image, o int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if o == 1 && b.Min == (image.Point{}) {
		return img
	}
	// Each source pixel x, y goes to start + x*dx + y*dy, counted in pixels.
	var start, dx, dy int
	ow, oh := w, h
	if o >= 5 {
		ow, oh = h, w
	}
	switch o {
	case 2:
		start, dx, dy = w-1, -1, w
	case 3:
		start, dx, dy = w*h-1, -1, -w
	case 4:
		start, dx, dy = w*(h-1), 1, -w
	case 5:
		start, dx, dy = 0, h, 1
	case 6:
		start, dx, dy = h-1, h, -1
	case 7:
		start, dx, dy = w*h-1, -h, -1
	case 8:
		start, dx, dy = h*(w-1), -h, 1
	default:
		start, dx, dy = 0, 1, w
	}
	if g, ok := img.(*image.Gray); ok {
		out := image.NewGray(image.Rect(0, 0, ow, oh))
		for y := range h {
			row := g.Pix[y*g.Stride : y*g.Stride+w]
			for at, p := start+y*dy, 0; p < w; p, at = p+1, at+dx {
				out.Pix[at] = row[p]
			}
		}
		return out
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	line := image.NewRGBA(image.Rect(0, 0, w, 1))
	for y := range h {
		onWhite(line, img, b.Min.Add(image.Pt(0, y)))
		for at, p := start+y*dy, 0; p < w; p, at = p+1, at+dx {
			copy(out.Pix[4*at:4*at+4], line.Pix[4*p:4*p+4])
		}
	}
	return out
}

// onWhite fills dst with the part of src that starts at sp, over white.
func onWhite(dst *image.RGBA, src image.Image, sp image.Point) {
	switch src.(type) {
	case *image.YCbCr, *image.Gray, *image.CMYK: // nothing to see through
		draw.Draw(dst, dst.Rect, src, sp, draw.Src)
	default:
		draw.Draw(dst, dst.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(dst, dst.Rect, src, sp, draw.Over)
	}
}
