package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"doorstep/internal/ui/kit"
)

// needTools skips where a program the virtual display needs is not installed.
func needTools(t *testing.T) {
	t.Helper()
	for _, name := range []string{"Xvfb", "openbox", "dbus-daemon", "xdotool", "xclip"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed; .ci/setup installs it", name)
		}
	}
}

func TestVirtualDisplay(t *testing.T) {
	needTools(t)
	dir := t.TempDir()
	c := &crew{logs: dir}
	defer c.endAll()
	d, err := openDisplay(t.Context(), c, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it can be reached and pictured", func(t *testing.T) {
		if !reachable(d.name) {
			t.Errorf("%s cannot be reached", d.name)
		}
		img, err := d.picture()
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != 1366 || b.Dy() != 768 {
			t.Errorf("got %v, want 1366×768", b)
		}
	})
	t.Run("the clipboard keeps what a name is made of", func(t *testing.T) {
		h := &hand{env: d.env}
		const name = "覃𬭎䶮𠅤"
		if err := h.run(t.Context(), name, "xclip", "-selection", "clipboard", "-in"); err != nil {
			t.Fatal(err)
		}
		// The program that keeps the text goes on behind the one that ended.
		var out []byte
		err := until(t.Context(), 20*time.Second, "the clipboard", func() (bool, error) {
			out, _ = exec.Command("xclip", "-display", d.name, "-selection", "clipboard", "-out").Output()
			return len(out) > 0, nil
		})
		if err != nil || string(out) != name {
			t.Errorf("got %q, %v, want %q", out, err, name)
		}
	})
	t.Run("a pointer goes where it is sent", func(t *testing.T) {
		h := &hand{env: d.env}
		if err := h.click(t.Context(), 321, 123); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("xdotool", "getmouselocation")
		cmd.Env = append(cmd.Environ(), d.env...)
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), "x:321 y:123") {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("it tells the desktop how long nobody has touched it", func(t *testing.T) {
		t.Setenv("DISPLAY", d.name)
		var alone time.Duration
		if err := until(t.Context(), patience, "nobody to touch it", func() (bool, error) {
			var ok bool
			alone, ok = kit.Idle()
			return alone > 400*time.Millisecond, map[bool]error{false: errors.New("it does not tell")}[ok]
		}); err != nil {
			t.Fatal(err)
		}
		if err := (&hand{env: d.env}).click(t.Context(), 300, 100); err != nil {
			t.Fatal(err)
		}
		if after, ok := kit.Idle(); !ok || after >= alone {
			t.Errorf("after a click: got %v, %v, want less than %v", after, ok, alone)
		}
	})
	c.endAll()
	t.Run("it is gone when its crew has ended", func(t *testing.T) {
		if reachable(d.name) {
			t.Errorf("%s can still be reached", d.name)
		}
	})
}

func TestReachableRefusesWhatIsNoDisplay(t *testing.T) {
	for _, name := range []string{"", "nothing", ":", ":x", ":987654"} {
		if reachable(name) {
			t.Errorf("%q: got reachable", name)
		}
	}
}
