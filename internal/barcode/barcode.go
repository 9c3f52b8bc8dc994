package barcode

import (
	"context"
	"image"
	"slices"
	"strings"
	"unicode"

	"doorstep/internal/fault"
	"github.com/makiuchi-d/gozxing"
	multi "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"
)

// Code is what a code on a paper says.
type Code struct {
	QR   bool   // else a bar code
	Text string // plain, at most MaxText characters
	Cut  bool   // it says more
}

const (
	// MaxText is how many characters of a code are given.
	MaxText = 1000
	// MaxCodes is how many codes of a picture are given.
	MaxCodes = 8

	longSide   = 1800 // of the picture that is searched, in pixels
	maxCentres = 120  // places that look like the corner of a QR code; more is no paper
	maxAny     = 24   // of them where every three are tried
	leastBars  = 6    // characters of a bar code without a check character
)

// Read finds the codes of a picture. A picture without any gives none, and so
// does one that was made to be no picture of a paper. It fails with
// fault.Cancelled when ctx ends, and fault.Input for an image without pixels.
func Read(ctx context.Context, img image.Image) ([]Code, error) {
	const op = "barcode.Read"
	if img.Bounds().Empty() {
		return nil, fault.New(op, fault.Input, nil)
	}
	var out []Code
	var bars, square bool // found
	for _, part := range parts(gray(img)) {
		if err := ctx.Err(); err != nil {
			return nil, fault.New(op, fault.Cancelled, err)
		}
		if bars && square {
			break
		}
		g := part()
		// Once found, what is left are the same codes, larger.
		if !square {
			square = add(&out, true, findQR(g))
		}
		if !bars {
			bars = add(&out, false, findBars(g))
		}
	}
	return out, nil
}

// Scan finds a QR code in a frame of a camera, in a small part of the time that
// Read takes: in the whole picture and in its middle, and no bar codes. It is for
// a code that is held up to be read. ok is false where there is none.
func Scan(img image.Image) (c Code, ok bool) {
	if img.Bounds().Empty() {
		return c, false
	}
	whole := gray(img)
	w, h := whole.Rect.Dx(), whole.Rect.Dy()
	for _, part := range []func() *image.Gray{
		func() *image.Gray { return half(whole) },
		func() *image.Gray { return whole },
		func() *image.Gray { return twice(whole, image.Rect(w/4, h/4, w/4+w/2, h/4+h/2)) },
	} {
		g := part()
		if g.Rect.Empty() {
			continue
		}
		for _, text := range findQR(g) {
			if c.Text, c.Cut = plain(text); c.Text != "" {
				c.QR = true
				return c, true
			}
		}
	}
	return Code{}, false
}

// add adds what was read, and says whether that was anything.
func add(out *[]Code, qr bool, texts []string) bool {
	for _, text := range texts {
		c := Code{QR: qr}
		c.Text, c.Cut = plain(text)
		if c.Text != "" && len(*out) < MaxCodes && !slices.Contains(*out, c) {
			*out = append(*out, c)
		}
	}
	return len(texts) > 0
}

// parts are the pieces of a page that are searched, one after the other: the
// whole, the whole made smaller for a code that fills it, and overlapping quarters
// made larger for one that is small.
func parts(page *image.Gray) []func() *image.Gray {
	w, h := page.Rect.Dx(), page.Rect.Dy()
	out := []func() *image.Gray{
		func() *image.Gray { return page },
		func() *image.Gray { return half(page) },
	}
	for y := range 3 {
		for x := range 3 {
			part := image.Rect(x*w/4, y*h/4, x*w/4+w/2, y*h/4+h/2)
			if !part.Empty() {
				out = append(out, func() *image.Gray { return twice(page, part) })
			}
		}
	}
	return out
}

// gray is a picture in gray, packed, no larger than is searched.
func gray(img image.Image) *image.Gray {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > longSide {
		w, h = max(1, w*longSide/long), max(1, h*longSide/long)
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	if g, ok := img.(*image.Gray); ok && w == b.Dx() {
		for y := range h {
			copy(out.Pix[y*w:(y+1)*w], g.Pix[y*g.Stride:])
		}
		return out
	}
	draw.ApproxBiLinear.Scale(out, out.Rect, img, b, draw.Src, nil)
	return out
}

func half(g *image.Gray) *image.Gray {
	w, h := max(1, g.Rect.Dx()/2), max(1, g.Rect.Dy()/2)
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		up := g.Pix[2*y*g.Stride:]
		down := g.Pix[min(2*y+1, g.Rect.Dy()-1)*g.Stride:]
		for x := range w {
			next := min(2*x+1, g.Rect.Dx()-1)
			out.Pix[y*w+x] = uint8((int(up[2*x]) + int(up[next]) + int(down[2*x]) + int(down[next])) / 4)
		}
	}
	return out
}

func twice(g *image.Gray, part image.Rectangle) *image.Gray {
	w, h := part.Dx(), part.Dy()
	out := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	for y := range h {
		up := g.Pix[(part.Min.Y+y)*g.Stride+part.Min.X:]
		down := g.Pix[(part.Min.Y+min(y+1, h-1))*g.Stride+part.Min.X:]
		first, second := out.Pix[2*y*2*w:], out.Pix[(2*y+1)*2*w:]
		for x := range w {
			next := min(x+1, w-1)
			a, b, c, d := int(up[x]), int(up[next]), int(down[x]), int(down[next])
			first[2*x], first[2*x+1] = uint8(a), uint8((a+b)/2)
			second[2*x], second[2*x+1] = uint8((a+c)/2), uint8((a+b+c+d)/4)
		}
	}
	return out
}

// tooMany ends a search that a picture was made to draw out.
type tooMany struct{}

// guarded gives what a search finds that passes most places on its way. The
// library finds its way through any picture but not always home: a panic of it is
// no code.
func guarded(most int, look func(callback gozxing.ResultPointCallback) (*gozxing.Result, error)) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	centres := 0
	r, err := look(func(gozxing.ResultPoint) {
		// To choose three of them takes the cube of their number.
		if centres++; centres > most {
			panic(tooMany{})
		}
	})
	if err != nil || r == nil {
		return ""
	}
	return r.GetText()
}

// findQR looks for the three corners that fit best, and then for any three that
// fit: in one code of a hundred the pattern itself has what looks like a corner,
// in every picture of it.
func findQR(g *image.Gray) []string {
	b, err := bitmap(g)
	if err != nil {
		return nil
	}
	hints := func(seen gozxing.ResultPointCallback) map[gozxing.DecodeHintType]any {
		return map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true, gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: seen}
	}
	text := guarded(maxCentres, func(seen gozxing.ResultPointCallback) (*gozxing.Result, error) {
		return qrcode.NewQRCodeReader().Decode(b, hints(seen))
	})
	if text == "" {
		text = guarded(maxAny, func(seen gozxing.ResultPointCallback) (*gozxing.Result, error) {
			all, err := multi.NewQRCodeMultiReader().DecodeMultiple(b, hints(seen))
			if err != nil || len(all) == 0 {
				return nil, err
			}
			return all[0], nil
		})
	}
	if text == "" {
		return nil
	}
	return []string{text}
}

// findBars reads the bar codes that letters of admission and forms bear.
func findBars(g *image.Gray) []string {
	var out []string
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, turned := range []*image.Gray{g, quarter(g)} {
		for i, reader := range []gozxing.Reader{oned.NewCode128Reader(), oned.NewCode39Reader()} {
			text := guarded(maxCentres, func(gozxing.ResultPointCallback) (*gozxing.Result, error) {
				b, err := bitmap(turned)
				if err != nil {
					return nil, err
				}
				return reader.Decode(b, hints)
			})
			if text != "" && (i == 0 || len(text) >= leastBars) {
				out = append(out, text)
			}
		}
	}
	return out
}

// quarter is g turned by a quarter; the reader looks at lines from both ends.
func quarter(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, h, w))
	for y := range h {
		for x := range w {
			out.Pix[x*out.Stride+h-1-y] = g.Pix[y*g.Stride+x]
		}
	}
	return out
}

// bitmap is g for the library, which takes packed pixels as they are.
func bitmap(g *image.Gray) (*gozxing.BinaryBitmap, error) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	source, err := gozxing.NewPlanarYUVLuminanceSource(g.Pix, w, h, 0, 0, w, h, false)
	if err != nil {
		return nil, err
	}
	return gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
}

// plain is a text of one paragraph without what cannot be seen.
func plain(text string) (string, bool) {
	text = strings.ToValidUTF8(text, "□")
	var b strings.Builder
	n, gap := 0, false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			gap = n > 0
			continue
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			continue
		case !unicode.IsPrint(r):
			r = '□'
		}
		if gap {
			b.WriteByte(' ')
			n, gap = n+1, false
		}
		if n >= MaxText {
			return b.String(), true
		}
		b.WriteRune(r)
		n++
	}
	return b.String(), false
}
