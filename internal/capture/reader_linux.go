package capture

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"doorstep/internal/fault"
)

// Readers lists the serial ports that hang on USB. None of them is opened, so
// that whatever uses one is left alone.
func Readers(ctx context.Context) ([]ReaderInfo, error) {
	return readersIn(ctx, "/sys/class/tty")
}

func readersIn(ctx context.Context, dir string) ([]ReaderInfo, error) {
	const op = "capture.Readers"
	if err := ctx.Err(); err != nil {
		return nil, fault.New(op, fault.Cancelled, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil // a machine without them
	}
	var out []ReaderInfo
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "ttyUSB") || strings.HasPrefix(name, "ttyACM") {
			out = append(out, ReaderInfo{ID: filepath.Join("/dev", name), Name: "读卡器 " + name})
		}
	}
	return out, nil
}
