package capture_test

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/photo"
)

// sitter is a made-up face before a light wall, as a camera sees it.
func sitter(size image.Point) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: size})
	imagedraw.Draw(img, img.Rect, image.NewUniform(color.Gray{235}), image.Point{}, imagedraw.Src)
	k, mx, my := float64(size.Y)/1370, float64(size.X)/2, float64(size.Y)*0.44
	oval := func(x, y, rx, ry float64, c color.RGBA) {
		for py := int(my + (y-ry)*k); py <= int(my+(y+ry)*k); py++ {
			for px := int(mx + (x-rx)*k); px <= int(mx+(x+rx)*k); px++ {
				u, v := ((float64(px)-mx)/k-x)/rx, ((float64(py)-my)/k-y)/ry
				if u*u+v*v <= 1 && image.Pt(px, py).In(img.Rect) {
					img.SetRGBA(px, py, c)
				}
			}
		}
	}
	skin, ink := color.RGBA{232, 190, 160, 255}, color.RGBA{40, 30, 30, 255}
	oval(0, 700, 470, 360, color.RGBA{48, 74, 120, 255})
	oval(0, 365, 120, 150, skin)
	oval(0, -75, 322, 400, color.RGBA{28, 24, 26, 255})
	oval(0, 0, 275, 350, skin)
	for _, side := range []float64{-1, 1} {
		oval(side*112, -112, 62, 11, ink)
		oval(side*112, -48, 48, 24, color.RGBA{255, 255, 255, 255})
		oval(side*112, -48, 21, 22, ink)
		oval(side*22, 92, 14, 9, color.RGBA{192, 150, 124, 255})
	}
	oval(0, 195, 82, 20, color.RGBA{176, 84, 84, 255})
	return img
}

// BenchmarkCameraToPortrait takes a still of a V4L2 camera to the portrait as it
// is kept: the frame, decoded, the face found and judged, cropped and pressed.
// The ratio is to decoding the frame alone.
func BenchmarkCameraToPortrait(b *testing.B) {
	frame, err := photo.JPEG(sitter(cameraSizes[1]))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "frame.jpg")
	if err := os.WriteFile(path, frame, 0o600); err != nil {
		b.Fatal(err)
	}
	cam := plug(b, "MJPG", path).open(b)
	var bare time.Duration
	for b.Loop() {
		b.StopTimer()
		began := time.Now()
		if _, _, err := photo.Decode(frame); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
		b.StartTimer()
		img, err := cam.Still(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		pose, err := photo.JudgePose(img)
		if err != nil || pose.Faces != 1 || len(pose.Hints) > 0 {
			b.Fatalf("no usable portrait: %d faces, %q, %v", pose.Faces, pose.Hints, err)
		}
		if _, _, err := photo.Portrait(img, photo.PortraitOptions{Crop: pose.Crop}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(bare), "portrait/decode")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/portrait")
}
