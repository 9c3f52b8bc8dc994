package worker

import (
	"bytes"
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// confine lowers this process's limits for good: memory beyond what it holds
// now, processor time, no file or socket opened from here on, no byte written
// to a file, and no core file, which would hold the document.
func confine(memoryMB, cpuSeconds uint32) error {
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	field, _, _ := bytes.Cut(stat, []byte(" "))
	pages, err := strconv.ParseUint(string(field), 10, 64)
	if err != nil {
		return errors.New("statm has another form")
	}
	for _, l := range []struct {
		what int
		most uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_NOFILE, 3}, // what is open stays open
		{unix.RLIMIT_CPU, uint64(cpuSeconds)},
		{unix.RLIMIT_AS, pages*uint64(os.Getpagesize()) + uint64(memoryMB)<<20},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return err
		}
	}
	return nil
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
