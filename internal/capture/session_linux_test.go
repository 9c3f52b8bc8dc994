package capture

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"github.com/blackjack/webcam"

	"doorstep/internal/photo"
)

// FuzzFrame tries what a camera, or something that claims to be one, may send.
func FuzzFrame(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio422), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(bytes.Replace(b.Bytes(), standardTables(), nil, 1))
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x00\xff\xda\x00\x04"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		whole := withTables(frame)
		if len(whole) != len(frame) && len(whole) != len(frame)+len(standardTables()) {
			t.Fatalf("got %d bytes of %d, want them whole", len(whole), len(frame))
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(whole)); err == nil && c.Width*c.Height < 1<<16 {
			photo.Decode(whole)
		}
		if img, err := yuyv(frame, 4, 2); (err == nil) != (len(frame) >= 16) || err == nil && img.Bounds().Dx() != 4 {
			t.Fatalf("yuyv of %d bytes: got %v", len(frame), err)
		}
	})
}

func TestAFrameWithoutTablesIsMadeWhole(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio422), nil); err != nil {
		t.Fatal(err)
	}
	bare := bytes.Replace(b.Bytes(), standardTables(), nil, 1)
	if _, _, err := photo.Decode(bare); err == nil {
		t.Error("without tables: got an image, want an error")
	}
	if img, _, err := photo.Decode(withTables(bare)); err != nil || img.Bounds().Dx() != 16 {
		t.Errorf("made whole: got %v, want an image", err)
	}
	if got := withTables(b.Bytes()); !bytes.Equal(got, b.Bytes()) {
		t.Error("a frame with tables: got other bytes, want the same")
	}
}

func TestTheBestSizeKeepsTheLimit(t *testing.T) {
	fixed := func(w, h uint32) webcam.FrameSize {
		return webcam.FrameSize{MinWidth: w, MaxWidth: w, MinHeight: h, MaxHeight: h}
	}
	cases := []struct {
		name  string
		sizes []webcam.FrameSize
		want  image.Point
	}{
		{"the largest that fits", []webcam.FrameSize{fixed(640, 480), fixed(1280, 720), fixed(1920, 1080), fixed(800, 600)}, image.Pt(1280, 720)},
		{"the smallest when none fits", []webcam.FrameSize{fixed(3840, 2160), fixed(1920, 1080)}, image.Pt(1920, 1080)},
		{"a guess when none is named", nil, image.Pt(1280, 720)},
		{"a guess when they are nonsense", []webcam.FrameSize{fixed(0, 0)}, image.Pt(1280, 720)},
		{"an end of a range", []webcam.FrameSize{{MinWidth: 160, MaxWidth: 1 << 31, MinHeight: 120, MaxHeight: 1 << 31}}, image.Pt(160, 120)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := best(c.sizes, previewPixels); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
