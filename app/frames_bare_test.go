//go:build linux && !ci

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"runtime"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"golang.org/x/sys/unix"
)

// framesBareEnv asks for the floor of BenchmarkFrames: a window of the toolkit
// with nothing of ours. It shows one surface under a veil, and a picture that is
// another twelve times a second, while as much as the processors but one decode a
// phone's picture again and again, behind the window as our work on pixels is.
const framesBareEnv = "DOORSTEP_FRAMES_BARE"

func init() {
	if path := os.Getenv(framesBareEnv); path != "" {
		framesBare(path)
		os.Exit(0)
	}
}

// framesBare prints frameTimes, of which Late is set.
func framesBare(path string) {
	shot, err := os.ReadFile(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	a := app.New()
	w := a.NewWindow("bare")
	w.Resize(fyne.NewSize(1366, 768))
	var frames [2]image.Image
	for i := range frames {
		img := image.NewRGBA(image.Rect(0, 0, 720, 540))
		for at := range img.Pix {
			img.Pix[at] = uint8(at*(i+1)) | 128
		}
		frames[i] = img
	}
	picture := canvas.NewImageFromImage(frames[0])
	picture.ScaleMode = canvas.ImageScaleFastest
	picture.SetMinSize(fyne.NewSize(520, 390))
	w.SetContent(container.NewStack(canvas.NewRectangle(color.White), canvas.NewRectangle(color.NRGBA{A: 90}), container.NewCenter(picture)))
	h := &framesHand{}
	a.Lifecycle().SetOnStarted(func() {
		go func() {
			var t frameTimes
			over := make(chan struct{})
			defer close(over)
			go draws(over, func(n int) {
				picture.Image = frames[n%len(frames)]
				picture.Refresh()
			})
			for range max(1, runtime.GOMAXPROCS(0)-1) {
				go decodes(over, shot)
			}
			time.Sleep(time.Second)
			t.Late, _, _ = h.watch(func() { time.Sleep(8 * time.Second) })
			b, _ := json.Marshal(t) // numbers
			fmt.Println(string(b))
			os.Exit(0)
		}()
	})
	w.ShowAndRun()
}

func draws(over <-chan struct{}, draw func(n int)) {
	tick := time.NewTicker(80 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-over:
			return
		case <-tick.C:
			fyne.Do(func() { draw(n) })
		}
	}
}

func decodes(over <-chan struct{}, shot []byte) {
	runtime.LockOSThread()
	if now, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), min(30-now, 19)) // as our work on pixels
	}
	for {
		select {
		case <-over:
			return
		default:
			_, _ = jpeg.Decode(bytes.NewReader(shot)) // it was just made
		}
	}
}
