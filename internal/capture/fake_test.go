package capture_test

import (
	"context"
	"image"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
	"doorstep/internal/photo"
)

func TestTheMadeUpCameraIsACamera(t *testing.T) {
	frames := []image.Image{picture(40, 30), picture(50, 30), picture(60, 30)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var c capture.Camera = capture.NewFake("练习摄像头", time.Millisecond, frames...)
	defer c.Close()
	if got := c.Name(); got != "练习摄像头" {
		t.Errorf("name: got %q", got)
	}
	seen, err := c.Preview(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if img, ok := <-seen; !ok || img == nil {
			t.Fatal("got no frame, want one")
		}
	}
	if _, err := c.Preview(ctx); fault.KindOf(err) != fault.Busy {
		t.Errorf("a second preview: got %v, want busy", err)
	}
	if img, err := c.Still(ctx); err != nil || img.Bounds().Dy() != 30 {
		t.Errorf("a still beside the preview: got %v", err)
	}
	cancel()
	for range seen {
	}
	if err := c.Err(); err != nil {
		t.Errorf("after the context's end: got %v, want nil", err)
	}
	if _, err := c.Still(ctx); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("a still with an ended context: got %v, want cancelled", err)
	}
}

func TestAPulledPlugIsTold(t *testing.T) {
	f := capture.NewFake("练习摄像头", time.Millisecond, picture(40, 30))
	seen, err := f.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-seen
	f.Unplug()
	for range seen {
	}
	for name, err := range map[string]error{
		"preview's end": f.Err(),
		"still":         second(f.Still(t.Context())),
		"preview":       second(f.Preview(t.Context())),
	} {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: got %v, want unavailable", name, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAStillBecomesAShot(t *testing.T) {
	f := capture.NewFake("练习摄像头", time.Second, picture(40, 30))
	defer f.Close()
	s, err := capture.FromCamera(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if _, m, err := photo.Decode(s.Data); err != nil || m.Width != 40 || m.Height != 30 || s.Source != "camera" {
		t.Errorf("got %+v, %v, want the camera's 40x30", m, err)
	}
}
