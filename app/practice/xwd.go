package main

import (
	"encoding/binary"
	"errors"
	"image"
	"math/bits"
)

// The head of an XWD file: 25 words of 32 bits, big-endian, then a name, then
// the colours, then the pixels.
const (
	xwdHead      = 25 * 4
	xwdVersion   = 7
	xwdZPixmap   = 2
	xwdColor     = 12 // bytes of a colour in the file
	xwdMaxSide   = 1 << 14
	xwdMaxColors = 1 << 16
)

var (
	errXWD     = errors.New("not an XWD picture")
	errXWDKind = errors.New("an XWD picture of a kind that is not read here")
)

// decodeXWD reads a picture of an X display of true colours with 24 or 32
// significant bits in 32, as Xvfb keeps its screen in a file.
func decodeXWD(b []byte) (*image.RGBA, error) {
	if len(b) < xwdHead {
		return nil, errXWD
	}
	word := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	head, colors := word(0), word(19)
	w, h, line := word(4), word(5), word(12)
	switch {
	case word(1) != xwdVersion, head < xwdHead, uint64(head) > uint64(len(b)), colors > xwdMaxColors,
		w == 0, h == 0, w > xwdMaxSide, h > xwdMaxSide, line < 4*w, line > 8*xwdMaxSide:
		return nil, errXWD
	case word(2) != xwdZPixmap, word(11) != 32, word(3) != 24 && word(3) != 32:
		return nil, errXWDKind
	}
	from := uint64(head) + uint64(colors)*xwdColor
	if from+uint64(line)*uint64(h) > uint64(len(b)) {
		return nil, errXWD
	}
	var order binary.ByteOrder = binary.LittleEndian
	if word(7) != 0 {
		order = binary.BigEndian
	}
	var shift [3]int
	for i := range shift {
		mask := word(14 + i)
		shift[i] = bits.TrailingZeros32(mask)
		if mask == 0 || mask>>shift[i] != 0xff {
			return nil, errXWDKind
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	for y := range int(h) {
		row, out := b[from+uint64(y)*uint64(line):], img.Pix[y*img.Stride:]
		for x := range int(w) {
			p := order.Uint32(row[4*x:])
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = byte(p>>shift[0]), byte(p>>shift[1]), byte(p>>shift[2]), 0xff
		}
	}
	return img, nil
}
