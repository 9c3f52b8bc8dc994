package photo

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"

	"doorstep/internal/fault"
)

// The forms in which images are kept.
const (
	PortraitWidth   = 358 // GA 461-2004
	PortraitHeight  = 441
	PortraitQuality = 88
	ScanLongSide    = 1754 // A4 at 150 dpi

	scanQuality, scanQualityLow, scanQualityHigh = 70, 60, 75
	scanBytesLow, scanBytesHigh                  = 186_000, 247_000
	minCrop                                      = 48 // a crop with a shorter side shows nobody
)

// PortraitOptions says which part of the picture is the portrait.
type PortraitOptions struct {
	// Crop is in the picture's own coordinates; what lies outside the picture
	// is cut off, and the largest centred part of the portrait's shape is
	// kept. Empty means the whole picture.
	Crop image.Rectangle
}

// Shape is the largest part of a crop that has the portrait's shape, centred
// in it: what Portrait would keep of it. An empty crop means all of bounds.
func Shape(bounds, crop image.Rectangle) image.Rectangle {
	if crop.Empty() {
		crop = bounds
	}
	crop = crop.Intersect(bounds)
	w, h := crop.Dx(), crop.Dy()
	if w*PortraitHeight > h*PortraitWidth {
		w = h * PortraitWidth / PortraitHeight
	} else {
		h = w * PortraitHeight / PortraitWidth
	}
	at := crop.Min.Add(image.Pt((crop.Dx()-w)/2, (crop.Dy()-h)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// Portrait gives the portrait as it is kept: 358×441 pixels in colour, JPEG,
// with its judgement; a bad judgement is no error. It fails with fault.Input
// when the crop has too little of the picture in it.
func Portrait(img image.Image, o PortraitOptions) ([]byte, Quality, error) {
	const op = "photo.Portrait"
	out, q, err := portrait(op, img, o)
	if err != nil {
		return nil, q, err
	}
	b, err := encode(op, out, PortraitQuality)
	return b, q, err
}

func portrait(op string, img image.Image, o PortraitOptions) (*image.RGBA, Quality, error) {
	crop := Shape(img.Bounds(), o.Crop)
	if min(crop.Dx(), crop.Dy()) < minCrop {
		return nil, Quality{}, fault.Say(op, fault.Input, "选取的人像范围太小。", errors.New("crop too small"))
	}
	if err := bounded(op, crop); err != nil {
		return nil, Quality{}, err
	}
	part := image.NewRGBA(image.Rect(0, 0, crop.Dx(), crop.Dy()))
	onWhite(part, img, crop.Min)
	out := resizeRGBA(part, PortraitWidth, PortraitHeight)
	return out, judgePortrait(gray(out), crop.Dx() < PortraitWidth), nil
}

// Scan gives a paper as it is kept: gray, no more than 1754 pixels on its long
// side and never enlarged, JPEG, with its judgement; a bad judgement is no
// error. A page of print takes about 200 KB; one with much in it is pressed
// harder, one with little in it less. It fails with fault.Input for an image
// without pixels.
func Scan(img image.Image) ([]byte, Quality, error) {
	const op = "photo.Scan"
	g, q, err := scan(op, img)
	if err != nil {
		return nil, q, err
	}
	b, err := encode(op, g, scanQuality)
	if err != nil {
		return nil, q, err
	}
	again := 0
	switch {
	case len(b) > scanBytesHigh:
		again = scanQualityLow
	case len(b) < scanBytesLow:
		again = scanQualityHigh
	default:
		return b, q, nil
	}
	b, err = encode(op, g, again)
	return b, q, err
}

func scan(op string, img image.Image) (*image.Gray, Quality, error) {
	if err := bounded(op, img.Bounds()); err != nil {
		return nil, Quality{}, err
	}
	g := shrinkGray(gray(img), ScanLongSide)
	return g, judgeScan(g), nil
}

func encode(op string, img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	return b.Bytes(), nil
}

// JPEG gives an image as a JPEG of its own size and colours, for what is on its
// way to Portrait or Scan. It fails as Scan does.
func JPEG(img image.Image) ([]byte, error) {
	const op = "photo.JPEG"
	if err := bounded(op, img.Bounds()); err != nil {
		return nil, err
	}
	return encode(op, img, PortraitQuality)
}

// bounded holds an image that did not come from Decode against the limits.
func bounded(op string, b image.Rectangle) error {
	switch {
	case b.Empty():
		return fault.New(op, fault.Input, errors.New("no pixels"))
	case b.Dx() > MaxSide || b.Dy() > MaxSide || b.Dx()*b.Dy() > MaxPixels:
		return fault.New(op, fault.TooLarge, nil)
	}
	return nil
}
