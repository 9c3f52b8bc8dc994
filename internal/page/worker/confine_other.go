//go:build !linux && !windows

package worker

// confine does nothing here: the parent's clock and kill are the limits.
func confine(memoryMB, cpuSeconds uint32) error { return nil }

// hearWarnings listens to nothing here.
func hearWarnings() (*warnings, error) { return nil, nil }
