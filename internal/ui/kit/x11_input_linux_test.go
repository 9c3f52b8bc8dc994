package kit

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// bareDisplay is an X server without the extension that tells the idle time, and
// how to end it.
func bareDisplay(t *testing.T) (end func()) {
	t.Helper()
	for _, name := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed; .ci/setup installs it", name)
		}
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset", "-extension", "MIT-SCREEN-SAVER")
	c.ExtraFiles = []*os.File{in}
	err = c.Start()
	in.Close()
	if err != nil {
		t.Skipf("Xvfb does not start: %v", err)
	}
	end = func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		end()
		t.Skipf("Xvfb gives no display: %v", err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(line))
	t.Setenv("XAUTHORITY", os.DevNull)
	return end
}

func TestInputIsNoticedWhereTheDisplayTellsNoIdleTime(t *testing.T) {
	end := bareDisplay(t)
	defer end()
	if _, ok := Idle(); ok {
		t.Fatal("this display tells the idle time")
	}
	ctx, stop := context.WithCancel(t.Context())
	touched, ended := make(chan struct{}, 1), make(chan error, 1)
	watch := func(ctx context.Context) {
		ended <- WatchInput(ctx, func() {
			select {
			case touched <- struct{}{}:
			default:
			}
		})
	}
	go watch(ctx)
	// Until it listens nothing is noticed, so each is done again.
	for _, does := range []struct {
		name string
		args [2][]string
	}{
		{"the pointer", [2][]string{{"mousemove_relative", "9", "9"}, {"mousemove_relative", "--", "-9", "-9"}}},
		{"a key", [2][]string{{"key", "a"}, {"key", "b"}}},
		{"a button", [2][]string{{"click", "1"}, {"click", "4"}}},
	} {
		for noticed, n := false, 0; !noticed; n++ {
			if n == 600 {
				t.Fatalf("%s is not noticed", does.name)
			}
			if b, err := exec.CommandContext(t.Context(), "xdotool", does.args[n%2]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, b)
			}
			select {
			case <-touched:
				noticed = true
			case err := <-ended:
				t.Fatalf("it ended: %v", err)
			case <-time.After(200 * time.Millisecond):
			}
		}
		// What came late is of the same sort of input.
		for quiet := false; !quiet; {
			select {
			case <-touched:
			case <-time.After(4 * inputEvery):
				quiet = true
			}
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("told to end: %v", err)
	}
	go watch(t.Context())
	end()
	if err := <-ended; err == nil {
		t.Error("the display ended, and it does not say so")
	}
}
