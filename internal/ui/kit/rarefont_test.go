package kit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func TestPrepareRareFont(t *testing.T) {
	font := bytes.Repeat([]byte("font"), 1000)
	unpacked := 0
	rare := func() ([]byte, error) { unpacked++; return font, nil }
	prepare := func(t *testing.T, dir string) {
		t.Helper()
		t.Setenv("XDG_DATA_DIRS", "")
		if err := PrepareRareFont(dir, rare); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "data", "fonts", rareFontFile)
	t.Run("the font is written once", func(t *testing.T) {
		prepare(t, dir)
		prepare(t, dir)
		check(t, "unpacked", unpacked, 1)
		got, err := os.ReadFile(file)
		check(t, "read", err, nil)
		check(t, "the same", bytes.Equal(got, font), true)
		left, _ := filepath.Glob(file + "*.part")
		check(t, "nothing half written", len(left), 0)
	})
	t.Run("its folder is sought last", func(t *testing.T) {
		prepare(t, dir)
		dirs := filepath.SplitList(os.Getenv("XDG_DATA_DIRS"))
		check(t, "last", dirs[len(dirs)-1], filepath.Join(dir, "data"))
		check(t, "the system's first", dirs[0], "/usr/local/share")
	})
	t.Run("a damaged font is written anew", func(t *testing.T) {
		if err := os.WriteFile(file, bytes.Repeat([]byte("tnof"), 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		unpacked = 0
		prepare(t, dir)
		check(t, "unpacked", unpacked, 1)
	})
	t.Run("a failure leaves the environment as it was", func(t *testing.T) {
		t.Setenv("XDG_DATA_DIRS", "/usr/share")
		broken := func() ([]byte, error) { return nil, fault.New("test", fault.Damaged, nil) }
		err := PrepareRareFont(t.TempDir(), broken)
		check(t, "kind", fault.KindOf(err), fault.Damaged)
		blocked := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var f *fault.Error
		check(t, "a fault", errors.As(PrepareRareFont(blocked, rare), &f), true)
		check(t, "environment", os.Getenv("XDG_DATA_DIRS"), "/usr/share")
		check(t, "no name of a person's folder", strings.Contains(err.Error(), blocked), false)
	})
}

func BenchmarkRareFontIsThere(b *testing.B) {
	dir := b.TempDir()
	font := make([]byte, 21<<20)
	b.Setenv("XDG_DATA_DIRS", "/usr/share")
	for b.Loop() {
		os.Unsetenv("XDG_DATA_DIRS")
		if err := PrepareRareFont(dir, func() ([]byte, error) { return font, nil }); err != nil {
			b.Fatal(err)
		}
	}
}
