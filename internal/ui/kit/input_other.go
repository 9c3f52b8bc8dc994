//go:build !linux

package kit

import (
	"context"

	"doorstep/internal/fault"
)

// WatchInput is for displays that do not tell Idle; this system's does.
func WatchInput(context.Context, func()) error {
	return fault.New("kit.WatchInput", fault.Unsupported, nil)
}
