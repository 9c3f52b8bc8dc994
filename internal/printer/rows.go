package printer

import "image"

// rowsOf is a picture as Windows wants its bits: blue, green, red, from the top
// down, each row filled up to a multiple of four bytes.
func rowsOf(img image.Image) (rows []byte, w, h int) {
	b := img.Bounds()
	w, h = b.Dx(), b.Dy()
	stride := (w*3 + 3) &^ 3
	rows = make([]byte, max(stride*h, 1))
	for y := range h {
		row := rows[y*stride : (y+1)*stride]
		switch img := img.(type) {
		case *image.Gray:
			at := img.PixOffset(b.Min.X, b.Min.Y+y)
			for x, v := range img.Pix[at : at+w] {
				row[3*x], row[3*x+1], row[3*x+2] = v, v, v
			}
		case *image.RGBA:
			at := img.PixOffset(b.Min.X, b.Min.Y+y)
			for x := range w {
				p := img.Pix[at+4*x:]
				row[3*x], row[3*x+1], row[3*x+2] = p[2], p[1], p[0]
			}
		default:
			for x := range w {
				r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
				row[3*x], row[3*x+1], row[3*x+2] = byte(bl>>8), byte(g>>8), byte(r>>8)
			}
		}
	}
	return rows, w, h
}
