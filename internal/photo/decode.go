package photo

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"doorstep/internal/fault"
)

// The limits an image must keep to be decoded.
const (
	MaxBytes  = 40 << 20   // of the file
	MaxPixels = 50_000_000 // width times height
	MaxMemory = 320 << 20  // what decoding may take, judged from the head
	MaxSide   = 30_000     // either side
	maxScans  = 64         // passes of a progressive JPEG; each costs a walk over all pixels
)

// Meta is what the file's head says of an image.
type Meta struct {
	Format        string // "jpeg", "png", "bmp", "tiff" or "webp"
	Width, Height int    // in pixels, as shown: after the orientation is applied
	Orientation   int    // as EXIF numbers it, 1 to 8; 1 where nothing is said
}

type format struct {
	name   string
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

func sniff(b []byte) (format, bool) {
	has := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case has("\xff\xd8\xff"):
		return format{"jpeg", configJPEG, decodeJPEG}, true
	case has("\x89PNG\r\n\x1a\n"):
		return format{"png",
			func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }}, true
	case has("II*\x00"), has("MM\x00*"):
		return format{"tiff",
			func(b []byte) (image.Config, error) { return tiff.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return tiff.Decode(bytes.NewReader(b)) }}, true
	case has("BM"):
		return format{"bmp",
			func(b []byte) (image.Config, error) { return bmp.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return bmp.Decode(bytes.NewReader(b)) }}, true
	case has("RIFF") && len(b) > 12 && string(b[8:12]) == "WEBP":
		return format{"webp",
			func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }}, true
	}
	return format{}, false
}

// Sniff names the format of an image by its first bytes, or says "" when
// Decode could not read it.
func Sniff(b []byte) string {
	f, _ := sniff(b)
	return f.name
}

// Decode reads an image and stands it upright as its EXIF orientation asks.
// It fails with fault.TooLarge before decoding anything past the limits, and
// with fault.Unsupported for what is not a whole image of a known format.
func Decode(b []byte) (image.Image, Meta, error) {
	const op = "photo.Decode"
	f, c, err := head(op, b)
	if err != nil {
		return nil, Meta{}, err
	}
	img, err := guarded(f.decode, b)
	if err != nil {
		return nil, Meta{}, fault.Say(op, fault.Unsupported, "图片不完整或已损坏，无法读取。", err)
	}
	if img.Bounds().Dx() != c.Width || img.Bounds().Dy() != c.Height {
		return nil, Meta{}, fault.New(op, fault.Unsupported, errors.New("the head gives another size"))
	}
	m := Meta{Format: f.name, Width: c.Width, Height: c.Height, Orientation: orientation(f.name, b)}
	if m.Orientation > 1 {
		img = orient(img, m.Orientation)
		m.Width, m.Height = img.Bounds().Dx(), img.Bounds().Dy()
	}
	return img, m, nil
}

// DecodeWithin is Decode of an image of one of some formats that is no larger than
// side each way; what is not is refused before its pixels are asked for.
func DecodeWithin(b []byte, side int, formats ...string) (image.Image, error) {
	const op = "photo.DecodeWithin"
	f, c, err := head(op, b)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(formats, f.name):
		return nil, fault.New(op, fault.Unsupported, errors.New("another format"))
	case c.Width > side || c.Height > side:
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	img, _, err := Decode(b)
	return img, fault.Wrap(op, err)
}

// Check holds an image's head against the limits and decodes nothing; it fails
// as Decode does for what the head shows.
func Check(b []byte) error {
	_, _, err := head("photo.Check", b)
	return err
}

// head finds the format and holds the image's size against the limits.
func head(op string, b []byte) (format, image.Config, error) {
	if len(b) > MaxBytes {
		return format{}, image.Config{}, fault.New(op, fault.TooLarge, nil)
	}
	f, ok := sniff(b)
	if !ok {
		return f, image.Config{}, fault.New(op, fault.Unsupported, errors.New("unknown format"))
	}
	c, err := f.config(b)
	if err != nil {
		return f, c, fault.Say(op, fault.Unsupported, "图片不完整或已损坏，无法读取。", err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return f, c, fault.New(op, fault.Unsupported, errors.New("no pixels"))
	}
	if c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels ||
		c.Width*c.Height*cost(f.name, c, b) > MaxMemory {
		return f, c, fault.Say(op, fault.TooLarge, "图片尺寸过大，请缩小或重新拍摄后再添加。", nil)
	}
	return f, c, nil
}

// cost is how many bytes a pixel of the decoded image takes at most.
func cost(name string, c image.Config, b []byte) int {
	n := 4
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		n = 8
	}
	if name == "jpeg" && scanJPEG(b).progressive {
		n += 12 // the decoder keeps every coefficient until the last scan
	}
	return n
}

// guarded turns a decoder's panic into an error: the bytes come from unknown
// hands, and a clerk's unsaved words stand beside them in the same process.
func guarded(decode func([]byte) (image.Image, error), b []byte) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			img, err = nil, errors.New("the decoder gave up")
		}
	}()
	return decode(b)
}

func configJPEG(b []byte) (image.Config, error) {
	if scanJPEG(b).scans > maxScans {
		return image.Config{}, errors.New("too many scans")
	}
	return jpeg.DecodeConfig(bytes.NewReader(b))
}

func decodeJPEG(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }
