package worker

import (
	"bytes"
	"image"
	"testing"
)

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("P\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x3a\x98"), byte('P'), 8)
	f.Add([]byte("D\x00\x00\x00\x02xx"), byte('D'), 100)
	f.Add([]byte("D\xff\xff\xff\xffxx"), byte('D'), 100)
	f.Fuzz(func(t *testing.T, b []byte, kind byte, most int) {
		most = max(0, min(most, 1<<16))
		got, err := readFrame(bytes.NewReader(b), kind, most)
		if err == nil && (len(got) > most || !bytes.Equal(got, b[5:5+len(got)]) || b[0] != kind) {
			t.Fatalf("got %d bytes of %d, want what the frame says", len(got), len(b))
		}
	})
}

func TestPagesAreBoundedBeforeTheyAreDrawn(t *testing.T) {
	const pixels = 1_000_000
	for _, box := range []image.Rectangle{
		{}, image.Rect(0, 0, 0, 100), image.Rect(0, 0, 100, 0), image.Rect(1, 0, 100, 100), image.Rect(-5, 0, 100, 100),
		image.Rect(0, 0, maxPageSide+1, 10), image.Rect(0, 0, -1<<31, -1<<31), image.Rect(0, 0, 1<<31-1, 1<<31-1),
	} {
		if dpi, err := bound(box, 150, pixels); err == nil {
			t.Errorf("%v: got %g dpi, want it refused", box, dpi)
		}
	}
	for _, box := range []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 0, 595, 842), image.Rect(0, 0, 3000, 3000), image.Rect(0, 0, maxPageSide, 2)} {
		dpi, err := bound(box, 600, pixels)
		if err != nil {
			t.Errorf("%v: got %v, want a resolution", box, err)
			continue
		}
		// A box in whole points may be short by just under one on each side.
		w, h := (float64(box.Dx())+1)*dpi/72+1, (float64(box.Dy())+1)*dpi/72+1
		if w*h > pixels {
			t.Errorf("%v: got %g dpi, %.0f pixels, want no more than %d", box, dpi, w*h, pixels)
		}
	}
}
