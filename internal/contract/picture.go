package contract

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"

	"github.com/boombuler/barcode/qr"

	"doorstep/internal/fault"
)

const (
	maxPortrait     = 2 << 20
	maxPortraitSide = 4096
)

// picture adds a JPEG to the file as it is, without the segments that may tell
// of a camera or a place.
func (p *pdf) picture(b []byte) (int, error) {
	const op = "contract.portrait"
	if len(b) > maxPortrait {
		return 0, fault.New(op, fault.TooLarge, nil)
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return 0, fault.New(op, fault.Unsupported, errors.New("portrait is not a JPEG"))
	}
	if c.Width > maxPortraitSide || c.Height > maxPortraitSide {
		return 0, fault.New(op, fault.TooLarge, nil)
	}
	space := "/DeviceRGB"
	switch c.ColorModel {
	case color.GrayModel:
		space = "/DeviceGray"
	case color.CMYKModel:
		return 0, fault.New(op, fault.Unsupported, errors.New("portrait is in print colours"))
	}
	bare, err := bareJPEG(b)
	if err != nil {
		return 0, fault.New(op, fault.Unsupported, err)
	}
	return p.add(stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8 /Filter /DCTDecode",
		c.Width, c.Height, space), bare)), nil
}

// bareJPEG keeps the segments that a decoder needs.
func bareJPEG(b []byte) ([]byte, error) {
	cut := errors.New("portrait is cut off")
	if len(b) < 4 {
		return nil, cut
	}
	out := append(make([]byte, 0, len(b)), b[:2]...)
	for b = b[2:]; len(b) >= 4; {
		if b[0] != 0xFF {
			return nil, cut
		}
		marker, size := b[1], 2+int(b[2])<<8+int(b[3])
		if marker == 0xFF { // fill byte
			b = b[1:]
			continue
		}
		if marker == 0xDA {
			end := bytes.LastIndex(b, []byte{0xFF, 0xD9})
			if end < 0 {
				return nil, cut
			}
			return append(out, b[:end+2]...), nil
		}
		if size < 4 || size > len(b) {
			return nil, cut
		}
		tells := marker >= 0xE1 && marker <= 0xEF && marker != 0xEE || marker == 0xFE
		if !tells {
			out = append(out, b[:size]...)
		}
		b = b[size:]
	}
	return nil, cut
}

// qr draws a QR code of text in a square, with the quiet zone inside it.
func (s *sheet) qr(text string, x, y, side float64) error {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return fault.New("contract.qr", fault.TooLarge, err)
	}
	n := code.Bounds().Dx()
	unit := side / float64(n+8)
	s.addf("0 g")
	for row := range n {
		for col := 0; col < n; col++ {
			from := col
			for col < n && dark(code.At(col, row)) {
				col++
			}
			if col > from {
				s.addf("%s %s %s %s re", num(x+unit*float64(from+4)), num(y+side-unit*float64(row+5)),
					num(unit*float64(col-from)), num(unit))
			}
		}
	}
	s.addf("f")
	return nil
}

func dark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}
