package helper

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
)

// build makes the little helper of testdata.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "helper")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", path, "./testdata/helper")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// behaves makes the helper do what a mode says, from now on.
func behaves(t *testing.T, p Program, mode string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(p.Path), "mode"), []byte(mode), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAHelperOfOthers(t *testing.T) {
	p, err := Choose(build(t))
	if err != nil {
		t.Fatal(err)
	}
	chip := bytes.Repeat([]byte{7, 200}, WLT/2)
	t.Run("it decodes the picture on a chip", func(t *testing.T) {
		behaves(t, p, "")
		b, err := p.Picture(t.Context(), chip)
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() != 102 {
			t.Errorf("got %v", err)
		}
		if _, err := p.Picture(t.Context(), chip[:5]); fault.KindOf(err) != fault.Input {
			t.Errorf("five bytes: got %v", err)
		}
	})
	t.Run("it compares two pictures, or says that it cannot", func(t *testing.T) {
		for _, test := range []struct {
			mode  string
			other byte
			alike int
			known bool
		}{{"", 1, 100, true}, {"", 2, 12, true}, {"?", 2, 0, false}, {"87\n", 2, 87, true}, {"100", 2, 100, true}} {
			behaves(t, p, test.mode)
			alike, known, err := p.Compare(t.Context(), []byte{1}, []byte{test.other})
			if err != nil || alike != test.alike || known != test.known {
				t.Errorf("%q: got %d, %v, %v", test.mode, alike, known, err)
			}
		}
	})
	t.Run("what is no answer is a failure, and its words go nowhere", func(t *testing.T) {
		for _, mode := range []string{"fail", "nothing", "flood"} {
			behaves(t, p, mode)
			_, err := p.Picture(t.Context(), chip)
			if fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "韦") || strings.Contains(err.Error(), "too long") {
				t.Errorf("%s: got %v", mode, err)
			}
		}
		for _, mode := range []string{"words", "101", "-1", "8.5", "flood", "nothing"} {
			behaves(t, p, mode)
			if _, _, err := p.Compare(t.Context(), []byte{1}, []byte{1}); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%s: got %v", mode, err)
			}
		}
	})
	t.Run("one that hangs ends with its caller", func(t *testing.T) {
		behaves(t, p, "hang")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := p.Picture(ctx, chip)
			done <- err
		}()
		stop()
		if err := <-done; fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v", err)
		}
	})
	t.Run("one that hangs for good ends by itself", func(t *testing.T) {
		for _, mode := range []string{"spin", "hang"} {
			behaves(t, p, mode)
			if _, err := p.runWithin(t.Context(), "test", "wlt", chip, MaxPicture, time.Second); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "too long") {
				t.Errorf("%s: got %v", mode, err)
			}
		}
	})
	t.Run("it knows nothing of where it runs", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("SystemRoot is needed there")
		}
		behaves(t, p, "environment")
		if got, err := p.run(t.Context(), "test", "wlt", nil, 10); err != nil || string(got) != "0" {
			t.Errorf("variables: got %s, %v", got, err)
		}
	})
	t.Run("one that was changed since does not run", func(t *testing.T) {
		behaves(t, p, "")
		f, err := os.OpenFile(p.Path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("more"); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if _, err := p.Picture(t.Context(), chip); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("got %v", err)
		}
		if err := os.Remove(p.Path); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Picture(t.Context(), chip); fault.KindOf(err) != fault.Missing {
			t.Errorf("taken away: got %v", err)
		}
	})
}

func TestChoose(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode os.FileMode, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if runtime.GOOS == "windows" {
		t.Skip("the modes of files are another matter there")
	}
	for _, test := range []struct {
		name, path string
		want       fault.Kind
	}{
		{"a path that is not whole", "helper", fault.Input},
		{"nothing", filepath.Join(dir, "none"), fault.Missing},
		{"a folder", dir, fault.Input},
		{"a file that does not run", file("words", 0o644, "x"), fault.Input},
		{"an empty one", file("empty", 0o755, ""), fault.Input},
		{"one that all may change", file("loose", 0o777, "x"), fault.Untrusted},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Choose(test.path); fault.KindOf(err) != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if p, err := Choose(file("good", 0o755, "x")); err != nil || len(p.Sum) != 64 {
		t.Errorf("a program: got %v", err)
	}
}

func FuzzLikeness(f *testing.F) {
	for _, b := range []string{"?", "0", "100\n", "87\r\n", "101", "-1", "8.5", "", "+7", "0x10", "1_0"} {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, known, err := likeness(b)
		if n < 0 || n > 100 || !known && n != 0 || err != nil && known {
			t.Fatalf("got %d, %v, %v", n, known, err)
		}
		digits := strings.Trim(strings.TrimRight(string(b), "\r\n"), "0123456789") == ""
		if known && !digits {
			t.Fatalf("%q is taken for a number", b)
		}
	})
}
