package contract

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // pictures of other programs that were taken in
	"math"

	"doorstep/assets"
	"doorstep/internal/fault"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Bounds of a picture that is marked.
const (
	maxMarked     = 50_000_000 // pixels
	markedQuality = 85
)

// Mark makes of a picture or a contract one that may leave: words lie across all
// of it, in the picture's own pixels or over the contract's pages as Copy lays
// them. A picture comes back as JPEG. fault.Unsupported for what is neither;
// fault.Input for words that no font has.
func (p *Press) Mark(media string, content []byte, words string) ([]byte, error) {
	const op = "contract.Mark"
	switch media {
	case "application/pdf":
		b, err := p.Copy(content, words)
		return b, fault.Wrap(op, err)
	case "image/jpeg", "image/png":
		b, err := markPicture(content, words)
		return b, fault.Wrap(op, err)
	}
	return nil, fault.New(op, fault.Unsupported, nil)
}

func markPicture(content []byte, words string) ([]byte, error) {
	const op = "contract.markPicture"
	head, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || head.Width*head.Height > maxMarked || min(head.Width, head.Height) < 1 {
		return nil, fault.New(op, fault.Unsupported, err)
	}
	img, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, fault.New(op, fault.Unsupported, err)
	}
	size := max(14, min(head.Width, head.Height)/24)
	strip, err := stripOf(words, size)
	if err != nil {
		return nil, err
	}
	out := image.NewRGBA(image.Rect(0, 0, head.Width, head.Height))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Over)
	lay(out, strip, size)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: markedQuality}); err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	return b.Bytes(), nil
}

// stripOf is a line of words, with room behind it, as a mask.
func stripOf(words string, size int) (*image.Alpha, error) {
	const op = "contract.stripOf"
	f, err := sfnt.Parse(assets.Sans())
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	if n := len([]rune(words)); n == 0 || n > maxWatermark {
		return nil, fault.New(op, fault.Input, nil)
	}
	height := size * 3 / 2
	at := float32(0)
	ras := vector.NewRasterizer((len([]rune(words))+4)*size, height)
	var buf sfnt.Buffer
	for _, r := range words {
		g, err := f.GlyphIndex(&buf, r)
		if err != nil || g == 0 {
			return nil, fault.Say(op, fault.Input, "水印中有无法印出的字，请改写接收单位或用途。", err)
		}
		segs, err := f.LoadGlyph(&buf, g, fixed.I(size), nil)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		outline(ras, segs, at, float32(size)*1.15)
		adv, err := f.GlyphAdvance(&buf, g, fixed.I(size), xfont.HintingNone)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		at += float32(adv) / 64
	}
	strip := image.NewAlpha(image.Rect(0, 0, int(at)+2*size, height))
	ras.Draw(strip, strip.Bounds(), image.Opaque, image.Point{})
	return strip, nil
}

func outline(ras *vector.Rasterizer, segs sfnt.Segments, x, y float32) {
	pt := func(p fixed.Point26_6) (float32, float32) { return x + float32(p.X)/64, y + float32(p.Y)/64 }
	for _, s := range segs {
		ax, ay := pt(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			ras.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			ras.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			bx, by := pt(s.Args[1])
			ras.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			bx, by := pt(s.Args[1])
			cx, cy := pt(s.Args[2])
			ras.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
}

// lay lays the strip across the picture, row over row, each begun elsewhere:
// light is darkened and dark lightened, so that it shows everywhere.
func lay(img *image.RGBA, strip *image.Alpha, size int) {
	const slope, share = 0.42, 90 // of 255
	cos, sin := math.Cos(slope), math.Sin(slope)
	step, wide := float64(size*4), float64(strip.Rect.Dx())
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			u, v := float64(x)*cos+float64(y)*sin, float64(y)*cos-float64(x)*sin
			row := math.Floor(v / step)
			within := v - row*step
			if int(within) >= strip.Rect.Dy() {
				continue
			}
			along := math.Mod(u+row*0.37*wide, wide)
			if along < 0 {
				along += wide
			}
			a := int(strip.AlphaAt(int(along), int(within)).A) * share / 255
			if a == 0 {
				continue
			}
			c := img.RGBAAt(x, y)
			to := 0
			if (int(c.R)+int(c.G)+int(c.B))/3 < 100 {
				to = 255
			}
			mix := func(v uint8) uint8 { return uint8((int(v)*(255-a) + to*a) / 255) }
			img.SetRGBA(x, y, color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255})
		}
	}
}
