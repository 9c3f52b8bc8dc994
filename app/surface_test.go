//go:build linux && gles && !ci

package main

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// surfacesEnv asks for the window of TestALargeSurfaceIsDrawnAsTheToolkitWould.
const surfacesEnv = "DOORSTEP_SURFACES"

func init() {
	if os.Getenv(surfacesEnv) != "" {
		surfacesWindow()
		os.Exit(0)
	}
}

func TestALargeSurfaceIsDrawnAsTheToolkitWould(t *testing.T) {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("needs Xvfb, which is not installed")
	}
	display := benchDisplay(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []string{"1", "1.3", "1.5"} {
		t.Run("in scale "+scale, func(t *testing.T) {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), "DISPLAY="+display, "HOME="+t.TempDir(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere",
				"LIBGL_ALWAYS_SOFTWARE=1", "FYNE_SCALE="+scale, surfacesEnv+"=1")
			out, err := cmd.Output()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if last := lines[len(lines)-1]; err != nil || last != "the same" {
				t.Errorf("%v %s", err, last)
			}
		})
	}
}

// surfaceLooks are the surfaces that screens have.
func surfaceLooks() []canvas.Rectangle {
	grey, dim := color.NRGBA{R: 226, G: 231, B: 239, A: 255}, color.NRGBA{R: 27, G: 43, B: 69, A: 80}
	return []canvas.Rectangle{
		{FillColor: color.White, StrokeColor: grey, StrokeWidth: 1, CornerRadius: 8, Shadow: canvas.Shadow{Color: dim, BlurRadius: 6, Offset: fyne.NewPos(0, 1)}},
		{FillColor: color.White, StrokeColor: grey, StrokeWidth: 1, CornerRadius: 12, Shadow: canvas.Shadow{Color: dim, BlurRadius: 18, Offset: fyne.NewPos(0, 4)}},
		{FillColor: color.White},
		{StrokeColor: color.Black, StrokeWidth: 2, CornerRadius: 3},
		{FillColor: color.White, Shadow: canvas.Shadow{Color: dim, BlurRadius: 6}},
	}
}

// surfacesWindow draws each of the looks in four places, as kit does and as the
// toolkit does, and prints whether any pixel differs. Desktop OpenGL does not give
// back what is on a virtual display, so it is for OpenGL ES.
func surfacesWindow() {
	a := app.New()
	w := a.NewWindow("surfaces")
	w.SetPadded(false)
	w.Resize(fyne.NewSize(900, 980))
	picture := func(mark color.Color, draw func(look canvas.Rectangle, x, y, w, h float32) []fyne.CanvasObject) (img image.Image) {
		end := time.Now().Add(2 * time.Minute)
		fyne.DoAndWait(func() {
			objects := []fyne.CanvasObject{canvas.NewRectangle(color.NRGBA{R: 240, G: 238, B: 200, A: 255})}
			objects[0].Resize(fyne.NewSize(900, 980))
			for i, look := range surfaceLooks() {
				for j, shift := range []float32{0, 0.5, 0.3, 0.0625} {
					objects = append(objects, draw(look, 20+float32(j)*215+shift, 12+float32(i)*160+shift, 190.7, 138.49)...)
				}
			}
			objects = append(objects, draw(canvas.Rectangle{FillColor: color.NRGBA{A: 90}}, 0, 0, 900, 980)...)
			objects = append(objects, canvas.NewRectangle(mark))
			objects[len(objects)-1].Resize(fyne.NewSize(4, 4))
			w.SetContent(container.NewWithoutLayout(objects...))
		})
		wr, wg, wb, _ := mark.RGBA()
		for time.Now().Before(end) {
			fyne.DoAndWait(func() { img = w.Canvas().Capture() })
			if r, g, b, _ := img.At(1, 1).RGBA(); r == wr && g == wg && b == wb {
				return img
			}
			time.Sleep(20 * time.Millisecond)
		}
		return nil
	}
	a.Lifecycle().SetOnStarted(func() {
		go func() {
			fmt.Println(differ(
				picture(color.NRGBA{R: 255, A: 255}, func(look canvas.Rectangle, x, y, w, h float32) []fyne.CanvasObject {
					s := kit.NewSurface()
					*s.Look = look
					s.Place(x, y, w, h)
					s.Refresh()
					return s.Objects()
				}),
				picture(color.NRGBA{B: 255, A: 255}, func(look canvas.Rectangle, x, y, w, h float32) []fyne.CanvasObject {
					look.Move(fyne.NewPos(x, y))
					look.Resize(fyne.NewSize(w, h))
					return []fyne.CanvasObject{&look}
				})))
			os.Exit(0)
		}()
	})
	w.ShowAndRun()
}

func differ(got, want image.Image) string {
	if got == nil || want == nil {
		return "a window did not draw"
	}
	b := want.Bounds()
	n, first := 0, ""
	for y := b.Min.Y + 8; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if g, w := got.At(x, y), want.At(x, y); g != w {
				if n++; n == 1 {
					first = fmt.Sprintf("at %d,%d: got %v, want %v", x, y, g, w)
				}
			}
		}
	}
	if n > 0 {
		return fmt.Sprintf("%d of %d pixels differ, the first %s", n, b.Dx()*b.Dy(), first)
	}
	return "the same"
}
