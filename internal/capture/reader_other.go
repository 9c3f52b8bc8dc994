//go:build !linux

package capture

import (
	"context"
	"errors"

	"go.bug.st/serial"

	"doorstep/internal/fault"
)

// Readers lists the serial ports that the system names.
func Readers(ctx context.Context) ([]ReaderInfo, error) {
	const op = "capture.Readers"
	if err := ctx.Err(); err != nil {
		return nil, fault.New(op, fault.Cancelled, err)
	}
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, fault.New(op, fault.Unavailable, errors.New("ports cannot be listed"))
	}
	var out []ReaderInfo
	for _, n := range names {
		out = append(out, ReaderInfo{ID: n, Name: "读卡器 " + n})
	}
	return out, nil
}
