package photo

import (
	"image"

	"golang.org/x/image/draw"
)

// area is a rectangle of pixels of ch bytes each.
type area struct {
	pix                 []uint8
	stride, w, h, bytes int
}

// shrink fills dst, tightly packed, with the averages of src: every output
// pixel is the mean of the area it covers. dst may not be larger than src.
func shrink(dst []uint8, dw, dh int, src area) {
	const one = 256 // the weight of a whole source pixel
	n := src.w * src.bytes
	acc := make([]uint32, n)
	for y := range dh {
		top, end := y*src.h*one/dh, (y+1)*src.h*one/dh
		clear(acc)
		for r := top / one; r*one < end; r++ {
			weight := uint32(min(end, (r+1)*one) - max(top, r*one))
			for i, v := range src.pix[r*src.stride : r*src.stride+n] {
				acc[i] += uint32(v) * weight
			}
		}
		for x := range dw {
			left, right := x*src.w*one/dw, (x+1)*src.w*one/dw
			total := uint64(end-top) * uint64(right-left)
			for c := range src.bytes {
				var sum uint64
				for p := left / one; p*one < right; p++ {
					weight := min(right, (p+1)*one) - max(left, p*one)
					sum += uint64(acc[p*src.bytes+c]) * uint64(weight)
				}
				dst[(y*dw+x)*src.bytes+c] = uint8((sum + total/2) / total)
			}
		}
	}
}

// resizeRGBA gives src as w × h pixels.
func resizeRGBA(src *image.RGBA, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	b := src.Bounds()
	if w > b.Dx() || h > b.Dy() {
		draw.CatmullRom.Scale(out, out.Rect, src, b, draw.Src, nil)
		return out
	}
	shrink(out.Pix, w, h, area{src.Pix, src.Stride, b.Dx(), b.Dy(), 4})
	return out
}

// shrinkGray gives src with its long side at most long; never larger.
func shrinkGray(src *image.Gray, long int) *image.Gray {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	side := max(w, h)
	if side <= long {
		return src
	}
	dw, dh := max(1, (w*long+side/2)/side), max(1, (h*long+side/2)/side)
	out := image.NewGray(image.Rect(0, 0, dw, dh))
	shrink(out.Pix, dw, dh, area{src.Pix, src.Stride, w, h, 1})
	return out
}

// gray gives the brightness of an image, on white; it shares the pixels of
// img where they are brightness already.
func gray(img image.Image) *image.Gray {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.Gray:
		return &image.Gray{Pix: m.Pix, Stride: m.Stride, Rect: image.Rect(0, 0, b.Dx(), b.Dy())}
	case *image.YCbCr:
		return &image.Gray{Pix: m.Y[m.YOffset(b.Min.X, b.Min.Y):], Stride: m.YStride, Rect: image.Rect(0, 0, b.Dx(), b.Dy())}
	}
	out := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	line := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	for y := range b.Dy() {
		onWhite(line, img, b.Min.Add(image.Pt(0, y)))
		row := out.Pix[y*out.Stride : y*out.Stride+b.Dx()]
		for x := range row {
			p := line.Pix[4*x : 4*x+3 : 4*x+3]
			row[x] = uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
		}
	}
	return out
}
