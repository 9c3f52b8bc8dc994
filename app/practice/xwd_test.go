package main

import (
	"encoding/binary"
	"errors"
	"image/color"
	"testing"
)

// screen is an XWD file of 2×2 pixels: red, green; blue, white.
func screen(order binary.ByteOrder) []byte {
	head := []uint32{104, 7, 2, 24, 2, 2, 0, 0, 32, 1, 32, 32, 12, 4, 0xff0000, 0xff00, 0xff, 8, 256, 1, 2, 2, 0, 0, 0}
	if order == binary.BigEndian {
		head[7] = 1
	}
	var b []byte
	for _, w := range head {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	b = append(b, "abc\x00"...)
	b = append(b, make([]byte, 12)...)
	for _, line := range [][]uint32{{0xff0000, 0x00ff00, 7}, {0x0000ff, 0xffffff, 7}} {
		for _, p := range line {
			w := make([]byte, 4)
			order.PutUint32(w, p)
			b = append(b, w...)
		}
	}
	return b
}

func TestDecodeXWD(t *testing.T) {
	for name, order := range map[string]binary.ByteOrder{
		"pixels of the low byte first are read":  binary.LittleEndian,
		"pixels of the high byte first are read": binary.BigEndian,
	} {
		t.Run(name, func(t *testing.T) {
			img, err := decodeXWD(screen(order))
			if err != nil {
				t.Fatal(err)
			}
			want := [4]color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
			got := [4]color.RGBA{img.RGBAAt(0, 0), img.RGBAAt(1, 0), img.RGBAAt(0, 1), img.RGBAAt(1, 1)}
			if got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	good := screen(binary.LittleEndian)
	change := func(i int, v uint32) []byte {
		b := append([]byte(nil), good...)
		binary.BigEndian.PutUint32(b[4*i:], v)
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"an empty file is refused":                {nil, errXWD},
		"a cut file is refused":                   {good[:len(good)-1], errXWD},
		"another version is refused":              {change(1, 6), errXWD},
		"a picture without width is refused":      {change(4, 0), errXWD},
		"a picture too wide is refused":           {change(4, 1<<20), errXWD},
		"more colours than bytes are refused":     {change(19, 60000), errXWD},
		"lines too short are refused":             {change(12, 4), errXWD},
		"sixteen bits a pixel are refused":        {change(11, 16), errXWDKind},
		"colours of other widths are refused":     {change(14, 0xf800), errXWDKind},
		"planes instead of pixels are refused":    {change(2, 1), errXWDKind},
		"a head that reaches past it is refused":  {change(0, 1<<31), errXWD},
		"a head shorter than a head is refused":   {change(0, 8), errXWD},
		"a colour that has no bits is refused":    {change(16, 0), errXWDKind},
		"a picture of more lines than it has too": {change(5, 3), errXWD},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := decodeXWD(c.in); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzDecodeXWD(f *testing.F) {
	f.Add(screen(binary.LittleEndian))
	f.Add(screen(binary.BigEndian))
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := decodeXWD(b)
		if err == nil && (img.Bounds().Empty() || 4*img.Bounds().Dx()*img.Bounds().Dy() > len(b)) {
			t.Errorf("got %v from %d bytes", img.Bounds(), len(b))
		}
	})
}
