package helper

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/fault"
)

func TestAHelperIsBounded(t *testing.T) {
	p, err := Choose(build(t))
	if err != nil {
		t.Fatal(err)
	}
	chip := bytes.Repeat([]byte{9}, WLT)
	t.Run("in memory", func(t *testing.T) {
		behaves(t, p, "memory")
		if _, err := p.Picture(t.Context(), chip); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("and writes no file", func(t *testing.T) {
		behaves(t, p, "write")
		if _, err := p.Picture(t.Context(), chip); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
		if b, _ := os.ReadFile(filepath.Join(filepath.Dir(p.Path), "left")); len(b) > 0 {
			t.Errorf("%d bytes were left", len(b))
		}
	})
	t.Run("and leaves nobody behind", func(t *testing.T) {
		if err := os.Mkdir(filepath.Join(filepath.Dir(p.Path), "child"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(p.Path), "child", "mode"), []byte("hang"), 0o600); err != nil {
			t.Fatal(err)
		}
		behaves(t, p, "grandchild")
		_, _ = p.Picture(t.Context(), chip)
		// What is killed takes its moment to go.
		pids := running(t, p.Path)
		for end := time.Now().Add(2 * time.Minute); len(pids) > 0 && time.Now().Before(end); pids = running(t, p.Path) {
			time.Sleep(5 * time.Millisecond)
		}
		if len(pids) > 0 {
			t.Errorf("still running: %v", pids)
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	t.Run("and has no network, where the kernel keeps it apart", func(t *testing.T) {
		behaves(t, p, "network")
		got, err := p.run(t.Context(), "test", "wlt", nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != "none" {
			t.Skip("this kernel, or this machine's rules, do not keep it apart")
		}
	})
}

// running lists the processes of a program, but for those that have ended and
// wait for their parent.
func running(t *testing.T, path string) (out []int) {
	t.Helper()
	all, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		exe, err := os.Readlink(filepath.Join("/proc", e.Name(), "exe"))
		if err == nil && strings.HasPrefix(exe, path) {
			out = append(out, pid)
		}
	}
	return out
}
