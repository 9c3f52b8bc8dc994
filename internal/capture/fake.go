package capture

import (
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"doorstep/internal/fault"
)

// Fake is a camera that plays given images in turn. It is for training, where
// no real person may be photographed, and for tests; it never stands in for a
// device on its own.
type Fake struct {
	name   string
	frames []image.Image
	every  time.Duration

	mu      sync.Mutex
	next    int
	end     context.CancelFunc // of the running preview, else nil
	gone    bool
	err     error
	running sync.WaitGroup
}

// NewFake is an open camera that plays at least one image, one each time that
// every passes, over and over. A still is the image that is next.
func NewFake(name string, every time.Duration, frames ...image.Image) *Fake {
	return &Fake{name: name, frames: frames, every: every}
}

// Name is the name given to NewFake.
func (f *Fake) Name() string { return f.name }

func (f *Fake) take() image.Image {
	img := f.frames[f.next]
	f.next = (f.next + 1) % len(f.frames)
	return img
}

// Preview plays the images; see Camera.
func (f *Fake) Preview(ctx context.Context) (<-chan image.Image, error) {
	const op = "capture.Fake.Preview"
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.gone || len(f.frames) == 0:
		return nil, gone(op, f.err)
	case f.end != nil:
		return nil, fault.New(op, fault.Busy, errors.New("a preview is running"))
	}
	ctx, cancel := context.WithCancel(ctx)
	f.end, f.err = cancel, nil
	out := make(chan image.Image, 1)
	f.running.Go(func() {
		defer close(out)
		defer func() {
			f.mu.Lock()
			f.end = nil
			f.mu.Unlock()
			cancel()
		}()
		for {
			f.mu.Lock()
			img := f.take()
			f.mu.Unlock()
			offer(out, img)
			select {
			case <-ctx.Done():
				return
			case <-time.After(f.every):
			}
		}
	})
	return out, nil
}

// Still gives the next image; see Camera.
func (f *Fake) Still(ctx context.Context) (image.Image, error) {
	const op = "capture.Fake.Still"
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fault.New(op, fault.Cancelled, err)
	}
	if f.gone || len(f.frames) == 0 {
		return nil, gone(op, f.err)
	}
	return f.take(), nil
}

// Err is set after Unplug; see Camera.
func (f *Fake) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Unplug does what pulling the plug does: the preview ends, Err says why, and
// nothing works any more.
func (f *Fake) Unplug() { f.stop(gone("capture.Fake", nil)) }

// Close ends the preview and waits for it; see Camera.
func (f *Fake) Close() error {
	f.stop(nil)
	f.running.Wait()
	return nil
}

func (f *Fake) stop(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gone {
		f.gone, f.err = true, err
	}
	if f.end != nil {
		f.end()
	}
}
