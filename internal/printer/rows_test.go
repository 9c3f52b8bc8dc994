package printer

import (
	"bytes"
	"image"
	"image/color"
	"testing"
)

func TestAPortThatMakesFilesIsKnown(t *testing.T) {
	for port, want := range map[string]bool{"PORTPROMPT:": true, "FILE:": true, "nul:": true, "cups-pdf:/": true, "file:///dev/null": true, `C:\out\paper.PDF`: true,
		"SHRFAX:": true, "USB001": false, "LPT1:": false, "192.168.1.20": false, "usb://HP/LaserJet": false, "ipp://printer.local/ipp/print": false, "": false} {
		if got := files(port); got != want {
			t.Errorf("%s makes files: %v, want %v", port, got, want)
		}
	}
}

func TestRowsAsWindowsWantsThem(t *testing.T) {
	red, white := color.RGBA{200, 10, 20, 255}, color.RGBA{255, 255, 255, 255}
	at := image.Rect(3, 5, 6, 7) // three wide: nine bytes, filled up to twelve
	rgba, nrgba, gray := image.NewRGBA(at), image.NewNRGBA(at), image.NewGray(at)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			rgba.Set(x, y, white)
			nrgba.Set(x, y, white)
			gray.Set(x, y, white)
		}
	}
	rgba.Set(4, 6, red)
	nrgba.Set(4, 6, red)
	gray.SetGray(4, 6, color.Gray{7})
	line := bytes.Repeat([]byte{255}, 9)
	for name, c := range map[string]struct {
		img  image.Image
		want []byte
	}{"colour": {rgba, []byte{20, 10, 200}}, "any other": {nrgba, []byte{20, 10, 200}}, "gray": {gray, []byte{7, 7, 7}}} {
		rows, w, h := rowsOf(c.img)
		if w != 3 || h != 2 || len(rows) != 24 || !bytes.Equal(rows[:9], line) || !bytes.Equal(rows[15:18], c.want) {
			t.Errorf("%s: %d×%d, % x", name, w, h, rows)
		}
	}
}
