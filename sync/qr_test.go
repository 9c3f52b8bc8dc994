package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/barcode"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// drawn is what a terminal shows of a text of half blocks, in which a module is
// so many pixels wide.
func drawn(t *testing.T, text string) image.Image {
	t.Helper()
	const px = 6
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var img *image.Gray
	for y, line := range lines {
		line, ok := strings.CutPrefix(line, "\x1b[30;107m")
		if line, _ = strings.CutSuffix(line, "\x1b[0m"); !ok {
			t.Fatalf("line %d is not black on white", y)
		}
		cells := []rune(line)
		if img == nil {
			img = image.NewGray(image.Rect(0, 0, len(cells)*px, len(lines)*2*px))
		}
		for x, cell := range cells {
			for i := range 2 * px * px {
				dark := cell == '█' || cell == '▀' && i < px*px || cell == '▄' && i >= px*px
				if !dark {
					img.Pix[(2*y*px+i/px)*img.Stride+x*px+i%px] = 255
				}
			}
		}
	}
	return img
}

func TestAnAnswerIsHeldToTheCamera(t *testing.T) {
	const answer = "ABCD EFGH JKMN PQRS"
	file := filepath.Join(t.TempDir(), "answer.png")
	var out, errs bytes.Buffer
	if err := showAnswer(&out, &errs, answer, guard.AnswerScan(answer), file); err != nil {
		t.Fatal(err)
	}
	if out.String() != answer+"\n" {
		t.Errorf("the answer alone is for a script: got %q", out.String())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for name, img := range map[string]image.Image{"terminal": drawn(t, errs.String()), "picture": picture} {
		if c, ok := barcode.Scan(img); !ok || c.Text != "doorstep:answer:ABCDEFGHJKMNPQRS" {
			t.Errorf("%s: got %v, %v", name, c, ok)
		}
	}
	if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("the picture is readable by others: %v, %v", i.Mode(), err)
	}
	if err := writePNG(file, strings.Repeat("码", 3000)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a text that no code holds: got %v", err)
	}
}
