//go:build !linux

package capture

import (
	"context"

	"doorstep/internal/fault"
)

// Cameras finds none: only Linux has a driver here.
func Cameras(ctx context.Context) ([]CameraInfo, error) { return nil, nil }

// OpenCamera fails with fault.Unavailable: only Linux has a driver here.
func OpenCamera(ctx context.Context, info CameraInfo) (Camera, error) {
	return nil, fault.New("capture.OpenCamera", fault.Unavailable, nil)
}
