package worker

import (
	"bytes"
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// confine lowers this process's limits for good: memory beyond what it holds
// now, processor time, and no core file, which would hold the document.
func confine(memoryMB, cpuSeconds uint32) error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	cpu := uint64(cpuSeconds)
	if err := unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: cpu, Max: cpu}); err != nil {
		return err
	}
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	field, _, _ := bytes.Cut(stat, []byte(" "))
	pages, err := strconv.ParseUint(string(field), 10, 64)
	if err != nil {
		return errors.New("statm has another form")
	}
	most := pages*uint64(os.Getpagesize()) + uint64(memoryMB)<<20
	return unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most})
}

// hearWarnings turns this process's standard error, which MuPDF writes to,
// into a pipe of its own, for good.
func hearWarnings() (*warnings, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if err := unix.Dup3(int(w.Fd()), 2, 0); err != nil {
		return nil, err
	}
	return listen(r, w), nil
}
