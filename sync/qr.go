package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"

	"doorstep/internal/fault"
	"doorstep/sync/central"
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

const (
	qrQuiet  = 4 // light modules around a QR code, as its standard demands
	qrPixels = 8 // of a module in a picture
)

// qrOf is a text as a QR code: whether a module is dark, the quiet edge counted.
func qrOf(text string) (dark func(x, y int) bool, side int, err error) {
	var q barcode.Barcode
	if q, err = qr.Encode(text, qr.M, qr.Auto); err != nil {
		return nil, 0, fault.New("sync.qr", fault.TooLarge, errors.New("too long for a QR code"))
	}
	n := q.Bounds().Dx()
	return func(x, y int) bool {
		x, y = x-qrQuiet, y-qrQuiet
		if x < 0 || y < 0 || x >= n || y >= n {
			return false
		}
		r, _, _, _ := q.At(x, y).RGBA()
		return r == 0
	}, n + 2*qrQuiet, nil
}

// writeQR writes a text as a QR code of half blocks, two rows of modules a line,
// dark on light whatever the terminal's colours are.
func writeQR(out io.Writer, text string) error {
	dark, side, err := qrOf(text)
	if err != nil {
		return err
	}
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := range side {
			b.WriteString([]string{" ", "▀", "▄", "█"}[bit(dark(x, y))+2*bit(dark(x, y+1))])
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(out, b.String())
	return err
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

// writePNG writes a text as the picture of a QR code into a new file that its
// owner alone reads.
func writePNG(file, text string) error {
	dark, side, err := qrOf(text)
	if err != nil {
		return err
	}
	img := image.NewGray(image.Rect(0, 0, side*qrPixels, side*qrPixels))
	for i := range img.Pix {
		if !dark(i%img.Stride/qrPixels, i/img.Stride/qrPixels) {
			img.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return fault.New("sync.qr", fault.Other, err)
	}
	return central.WriteFile(file, b.Bytes())
}

// showAnswer prints an answer: as it is read out, alone in out, and as a QR code
// that a laptop's camera reads, beside it and, where file is named, as a picture.
func showAnswer(out, errs io.Writer, answer, scan, file string) error {
	fmt.Fprintln(out, answer)
	if err := writeQR(errs, scan); err != nil || file == "" {
		return err
	}
	return writePNG(file, scan)
}
