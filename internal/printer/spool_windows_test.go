package printer

import (
	"context"
	"image"
	"image/color"
	"os"
	"testing"
	"time"

	"doorstep/internal/fault"
)

// strips is a paper of A4 pages, each with so many black strips as its number.
func strips(pages int) Drawing {
	return Drawing{Pages: pages, Close: func() {}, Draw: func(_ context.Context, page int, dpi float64) (image.Image, error) {
		img := image.NewGray(image.Rect(0, 0, int(dpi*210/25.4), int(dpi*297/25.4)))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		for n := range page + 1 {
			for y := range 100 {
				for x := range img.Rect.Dx() / 2 {
					img.SetGray(300+x, 400*(n+1)+y, color.Gray{})
				}
			}
		}
		return img, nil
	}}
}

// TestThePrinterOfTheSystem prints on a real printer, named by the environment,
// and so only where somebody stands beside it.
func TestThePrinterOfTheSystem(t *testing.T) {
	name := os.Getenv("DOORSTEP_PRINTER")
	if name == "" {
		t.Skip("DOORSTEP_PRINTER names no printer to print on")
	}
	list, err := List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for i, p := range list {
		found = found || p.Name == name
		if p.Default && i > 0 {
			t.Errorf("the default printer is number %d", i)
		}
	}
	if !found {
		t.Fatalf("printers: %+v, without the one that was named", list)
	}
	var noted []string
	err = Print(t.Context(), Job{PDF: []byte("%PDF-"), Printer: name, Copies: 2, Wait: 2 * time.Minute,
		Open: func(context.Context) (Drawing, error) { return strips(2), nil }, Noted: func(job string) { noted = append(noted, job) }})
	if err != nil {
		t.Fatalf("%v: %s", err, fault.Sentence(err))
	}
	if len(noted) != 2 || noted[0] == "" || noted[1] != "" {
		t.Errorf("noted %q", noted)
	}
	if _, gone, err := load().status(name, 1); err != nil || !gone {
		t.Errorf("the job is still there: %v", err)
	}
	if err := Purge(t.Context(), noted[0]); err != nil {
		t.Errorf("what is gone already: %v", err)
	}
	if err := Print(t.Context(), Job{PDF: []byte("%PDF-"), Printer: "nowhere", Open: func(context.Context) (Drawing, error) { return strips(1), nil }}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("no such printer: got %v", err)
	}
}
