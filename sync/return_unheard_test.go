package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestAReturnThatNoLaptopHearsIsTold returns a case whose laptop is shut out, and one whose
// laptop is not.
func TestAReturnThatNoLaptopHearsIsTold(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "rev-2", "--name", "某复核员", "--role", "reviewer")
	for out, want := range map[bool]bool{true: true, false: false} {
		l := newLaptop(t, s)
		id := l.finished(t, noise("a", 2_000))
		mustCarry(t, l, s.url)
		if out {
			s.must(t, "device", "lost", "--id", l.Profile().Device.String())
		}
		code, _, errs := s.verb(t, "case", "return", "--case", id.String(), "--code", "E-DC-002", "--by", "rev-2")
		if code != exitOK || strings.Contains(errs, "收不到退回") != want {
			t.Errorf("shut out %v: exit %d, told %q", out, code, errs)
		}
	}
}
