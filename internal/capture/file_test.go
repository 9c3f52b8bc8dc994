package capture_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
	"doorstep/internal/page"
	"doorstep/internal/photo"
)

func picture(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 99, 255})
		}
	}
	return img
}

func encoded(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "tiff":
		err = tiff.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnImageKeepsItsBytesWhateverItsName(t *testing.T) {
	for _, format := range []string{"jpeg", "png"} {
		b := encoded(t, format, picture(80, 60))
		path := filepath.Join(t.TempDir(), "scan.pdf")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		shots, err := capture.FromFile(t.Context(), nil, path)
		if err != nil {
			t.Fatal(err)
		}
		if len(shots) != 1 || !bytes.Equal(shots[0].Data, b) || shots[0].Media != "image/"+format || shots[0].Source != "file" {
			t.Errorf("%s: got %d shots, want the one with its bytes", format, len(shots))
		}
	}
}

func TestFilesThatCannotBeTakenSayWhy(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "a-name-of-someone.png")
	write := func(b []byte) string {
		if err := os.WriteFile(secret, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return secret
	}
	cases := []struct {
		name string
		path func() string
		want fault.Kind
	}{
		{"a file that is not there", func() string { return filepath.Join(dir, "a-name-of-someone.jpg") }, fault.Missing},
		{"a folder", func() string { return dir }, fault.Unsupported},
		{"an empty file", func() string { return write(nil) }, fault.Unsupported},
		{"a text", func() string { return write([]byte("dear bank, please")) }, fault.Unsupported},
		{"half an image's head", func() string { return write(encoded(t, "png", picture(9, 9))[:20]) }, fault.Unsupported},
		{"a file past the limit", func() string {
			p := write(nil)
			if err := os.Truncate(p, capture.MaxFileBytes+1); err != nil {
				t.Fatal(err)
			}
			return p
		}, fault.TooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := capture.FromFile(t.Context(), nil, c.path())
			if fault.KindOf(err) != c.want {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), "a-name-of-someone") {
				t.Error("the error holds the file's name, want it left out")
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("unplugged") }

func TestAReaderThatFailsIsADiskFault(t *testing.T) {
	if _, err := capture.FromReader(t.Context(), nil, failing{}); fault.KindOf(err) != fault.Disk {
		t.Errorf("got %v, want disk", err)
	}
	endless := io.MultiReader(bytes.NewReader([]byte("%PDF-1.7")), zeros{})
	if _, err := capture.FromReader(t.Context(), nil, endless); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("without end: got %v, want too large", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestDocumentsGoThroughTheChild(t *testing.T) {
	r := &page.Renderer{Command: []string{os.Args[0], fakeChild}}
	for name, b := range map[string][]byte{
		"pdf": []byte("junk before %PDF-1.7 and a body"), "tiff": encoded(t, "tiff", picture(30, 20)),
	} {
		shots, err := capture.FromReader(t.Context(), r, bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(shots) != 3 {
			t.Fatalf("%s: got %d shots, want 3", name, len(shots))
		}
		for n, s := range shots {
			img, m, err := photo.Decode(s.Data)
			if err != nil {
				t.Fatal(err)
			}
			// The made-up child draws page n with n+1 by 8 gray pixels.
			if m.Width != n+1 || m.Height != 8 || s.Media != "image/jpeg" {
				t.Errorf("%s page %d: got %v %s, want %dx8", name, n, img.Bounds(), s.Media, n+1)
			}
		}
	}
	t.Run("a fault of one page gives no shots at all", func(t *testing.T) {
		shots, err := capture.FromReader(t.Context(), r, strings.NewReader("%PDF-1.7 broken"))
		if fault.KindOf(err) != fault.Unsupported || shots != nil {
			t.Errorf("got %d shots, %v, want none and unsupported", len(shots), err)
		}
	})
	t.Run("too many pages are refused", func(t *testing.T) {
		if _, err := capture.FromReader(t.Context(), r, strings.NewReader("%PDF-1.7 long")); fault.KindOf(err) != fault.TooLarge {
			t.Errorf("got %v, want too large", err)
		}
	})
	t.Run("an ended context stops it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := capture.FromReader(ctx, r, strings.NewReader("%PDF-1.7")); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v, want cancelled", err)
		}
	})
}
