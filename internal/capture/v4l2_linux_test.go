package capture_test

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
)

// plugged is a made-up camera of the kernel's kind.
type plugged struct {
	dir   string
	words io.Writer
	said  *bufio.Scanner
}

func plug(t testing.TB, format, how string) *plugged {
	t.Helper()
	if f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil {
		t.Skip("no /dev/fuse to play a camera with")
	} else {
		f.Close()
	}
	p := &plugged{dir: t.TempDir()}
	cmd := exec.Command(os.Args[0], fuseCamera, p.dir, format, how)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	p.words, p.said = in, bufio.NewScanner(out)
	if !p.said.Scan() || p.said.Text() != "ready" {
		t.Skipf("no right to mount: %s", p.said.Text())
	}
	return p
}

func (p *plugged) say(word string) {
	fmt.Fprintln(p.words, word)
	p.said.Scan()
}

func (p *plugged) open(t testing.TB) capture.Camera {
	t.Helper()
	found, err := capture.CamerasAt(t.Context(), p.dir+"/video*")
	if err != nil || len(found) != 1 {
		t.Fatalf("got %d cameras, %v, want one", len(found), err)
	}
	c, err := capture.OpenCamera(t.Context(), found[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCamerasAreListedByName(t *testing.T) {
	p := plug(t, "MJPG", "well")
	found, err := capture.CamerasAt(t.Context(), p.dir+"/video*")
	if err != nil {
		t.Fatal(err)
	}
	want := capture.CameraInfo{ID: p.dir + "/video0", Name: "Made-up camera"}
	if len(found) != 1 || found[0] != want {
		t.Errorf("got %v, want only %v", found, want)
	}
	if none, err := capture.CamerasAt(t.Context(), t.TempDir()+"/video*"); err != nil || len(none) != 0 {
		t.Errorf("an empty folder: got %v, %v, want none", none, err)
	}
	if _, err := capture.OpenCamera(t.Context(), capture.CameraInfo{ID: p.dir + "/video7"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a camera that is not there: got %v, want unavailable", err)
	}
}

func TestANodeWithoutFormatsIsNoCamera(t *testing.T) {
	p := plug(t, "MJPG", "no formats")
	if found, err := capture.CamerasAt(t.Context(), p.dir+"/video*"); err != nil || len(found) != 0 {
		t.Errorf("got %v, %v, want none", found, err)
	}
	if _, err := capture.OpenCamera(t.Context(), capture.CameraInfo{ID: p.dir + "/video0"}); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v, want unsupported", err)
	}
}

func TestFramesArriveByteForByte(t *testing.T) {
	c := plug(t, "YUYV", "well").open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	frames, err := c.Preview(ctx)
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for range 5 {
		img, ok := (<-frames).(*image.YCbCr)
		if !ok || img.Rect != image.Rect(0, 0, 1280, 720) {
			t.Fatalf("got %T, want 1280x720 of YCbCr", img)
		}
		n := int(img.Y[0]) // what madeUpFrame counts in its first byte
		want := madeUpFrame("YUYV", img.Rect.Max, n)
		for i := range want {
			got := img.Y[i/2]
			switch i % 4 {
			case 1:
				got = img.Cb[i/4]
			case 3:
				got = img.Cr[i/4]
			}
			if got != want[i] {
				t.Fatalf("frame %d, byte %d: got %d, want %d", n, i, got, want[i])
			}
		}
		if n <= last {
			t.Errorf("got frame %d after %d, want a newer one", n, last)
		}
		last = n
	}
	cancel()
	for range frames {
	}
	if err := c.Err(); err != nil {
		t.Errorf("after the context's end: got %v, want nil", err)
	}
}

func TestAStillIsFinerAndThePreviewGoesOn(t *testing.T) {
	c := plug(t, "MJPG", "well").open(t)
	frames, err := c.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := (<-frames).Bounds().Max; got != image.Pt(1280, 720) {
		t.Errorf("preview: got %v, want 1280x720", got)
	}
	if _, err := c.Preview(t.Context()); fault.KindOf(err) != fault.Busy {
		t.Errorf("a second preview: got %v, want busy", err)
	}
	still, err := c.Still(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := still.Bounds().Max; got != image.Pt(1400, 800) {
		t.Errorf("still: got %v, want 1400x800", got)
	}
	for range 3 {
		if _, ok := <-frames; !ok {
			t.Fatalf("preview after the still: ended with %v, want it to go on", c.Err())
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for range frames {
	}
	if _, err := c.Still(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a still after close: got %v, want unavailable", err)
	}
}

func TestAStillNeedsNoPreview(t *testing.T) {
	c := plug(t, "YUYV", "well").open(t)
	for range 2 {
		img, err := c.Still(t.Context())
		if err != nil || img.Bounds().Max != image.Pt(1400, 800) {
			t.Fatalf("got %v, want 1400x800", err)
		}
	}
}

func TestAPulledCameraIsTold(t *testing.T) {
	p := plug(t, "MJPG", "well")
	c := p.open(t)
	frames, err := c.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-frames
	p.say("unplug")
	for range frames {
	}
	if fault.KindOf(c.Err()) != fault.Unavailable {
		t.Errorf("preview's end: got %v, want unavailable", c.Err())
	}
	if _, err := c.Still(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("still: got %v, want unavailable", err)
	}
	if _, err := c.Preview(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("preview: got %v, want unavailable", err)
	}
}

func TestACameraInUseIsBusy(t *testing.T) {
	p := plug(t, "MJPG", "well")
	c := p.open(t)
	p.say("busy")
	if _, err := c.Still(t.Context()); fault.KindOf(err) != fault.Busy {
		t.Errorf("still: got %v, want busy", err)
	}
	if _, err := c.Preview(t.Context()); fault.KindOf(err) != fault.Busy {
		t.Errorf("preview: got %v, want busy", err)
	}
}

func TestBadFrames(t *testing.T) {
	t.Run("single damaged frames are passed over", func(t *testing.T) {
		c := plug(t, "MJPG", "half damaged").open(t)
		if _, err := c.Still(t.Context()); err != nil {
			t.Errorf("got %v, want an image", err)
		}
	})
	for _, how := range []string{"damaged", "impossible sizes", "silent"} {
		t.Run("a camera that gives only "+how+" counts as gone", func(t *testing.T) {
			c := plug(t, "MJPG", how).open(t)
			begun := time.Now()
			if _, err := c.Still(t.Context()); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("got %v, want unavailable", err)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("took %v, want an end soon after the silence", took)
			}
		})
	}
	t.Run("waiting for a silent camera ends with the context", func(t *testing.T) {
		c := plug(t, "MJPG", "silent").open(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := c.Still(ctx); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v, want cancelled", err)
		}
	})
}
