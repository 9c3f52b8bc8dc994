package capture

import (
	"context"
	"errors"
	"image"

	"doorstep/internal/fault"
	"doorstep/internal/photo"
)

// Camera is a camera held open. Its methods may be called from any goroutine.
type Camera interface {
	// Name is what to call the camera on screen.
	Name() string
	// Preview starts giving frames, the newest only: frames nobody fetched
	// are dropped. The channel is closed when ctx ends, when the camera is
	// closed, or when the device fails, for which see Err. A second preview
	// while one runs fails with fault.Busy.
	Preview(ctx context.Context) (<-chan image.Image, error)
	// Still takes one image, as fine as the device allows; a running preview
	// pauses meanwhile. It fails with fault.Unavailable when the device is
	// gone, fault.Busy when another program holds it.
	Still(ctx context.Context) (image.Image, error)
	// Err is why the last preview ended by itself, nil if it did not.
	Err() error
	// Close frees the device and waits for everything the camera started.
	// Later calls of the others fail with fault.Unavailable.
	Close() error
}

// CameraInfo is a camera that can be opened.
type CameraInfo struct {
	ID   string // for OpenCamera: the device's path
	Name string // for the screen
}

// FromCamera takes a still and gives it as a shot. It fails as Still does.
func FromCamera(ctx context.Context, c Camera) (Shot, error) {
	const op = "capture.FromCamera"
	img, err := c.Still(ctx)
	if err != nil {
		return Shot{}, fault.Wrap(op, err)
	}
	b, err := photo.JPEG(img)
	if err != nil {
		return Shot{}, fault.Wrap(op, err)
	}
	return Shot{Data: b, Media: "image/jpeg", Source: "camera"}, nil
}

// offer puts img into a channel of one place, in the place of what nobody
// fetched. Only one goroutine may offer to a channel.
func offer(frames chan image.Image, img image.Image) {
	select {
	case <-frames:
	default:
	}
	select {
	case frames <- img:
	default:
	}
}

var errGone = errors.New("the camera is closed or gone")

func gone(op string, err error) error {
	if err == nil {
		err = errGone
	}
	return fault.Tell(op, fault.Unavailable, "摄像头已断开：请重新插好后再试，或用手机拍、选文件。", err)
}
