package main

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The virtual screen: the smallest one the window is made for.
const screenSize = "1366x768x24"

// reachable says whether an X display answers.
func reachable(display string) bool {
	host, number, ok := strings.Cut(display, ":")
	if !ok {
		return false
	}
	number, _, _ = strings.Cut(number, ".")
	network, address := "unix", "/tmp/.X11-unix/X"+number
	if host != "" && host != "unix" {
		var port int
		if _, err := fmt.Sscan(number, &port); err != nil {
			return false
		}
		network, address = "tcp", net.JoinHostPort(host, fmt.Sprint(6000+port))
	}
	c, err := net.DialTimeout(network, address, 3*time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// display is a virtual screen with a window manager and a session bus.
type display struct {
	name   string   // as in DISPLAY
	env    []string // for programs on it
	screen string   // the file that holds its pixels
}

// openDisplay starts a virtual screen on a free number.
func openDisplay(ctx context.Context, c *crew, dir string) (*display, error) {
	number, err := startXvfb(ctx, c, dir)
	if err != nil {
		return nil, err
	}
	d := &display{name: ":" + number, screen: filepath.Join(dir, "Xvfb_screen0")}
	rules := filepath.Join(dir, "openbox.xml")
	if err := os.WriteFile(rules, []byte(openboxRules), 0o600); err != nil {
		return nil, err
	}
	d.env = []string{"DISPLAY=" + d.name, "WAYLAND_DISPLAY=", "XMODIFIERS=", "LC_ALL=C.UTF-8",
		"LIBGL_ALWAYS_SOFTWARE=1", "XDG_RUNTIME_DIR=" + dir}
	if _, err := c.start("openbox", d.env, nil, "openbox", "--config-file", rules); err != nil {
		return nil, err
	}
	bus, err := startBus(ctx, c)
	if err != nil {
		return nil, err
	}
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+bus)
	return d, nil
}

// openboxRules give the one window the whole screen and nothing around it.
const openboxRules = `<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <applications>
    <application class="*"><decor>no</decor><maximized>yes</maximized><focus>yes</focus></application>
  </applications>
  <keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
</openbox_config>
`

// startXvfb gives the number the server chose.
func startXvfb(ctx context.Context, c *crew, dir string) (string, error) {
	return said(ctx, "the virtual screen", func(w *os.File) error {
		_, err := c.start("xvfb", nil, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{w} },
			"Xvfb", "-displayfd", "3", "-screen", "0", screenSize, "-fbdir", dir, "-nolisten", "tcp", "-noreset")
		return err
	})
}

func startBus(ctx context.Context, c *crew) (string, error) {
	return said(ctx, "the session bus", func(w *os.File) error {
		_, err := c.start("bus", nil, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{w} },
			"dbus-daemon", "--session", "--nofork", "--print-address=3")
		return err
	})
}

// said starts a program that writes a line to a pipe when it is ready, and
// gives the line.
func said(ctx context.Context, what string, start func(*os.File) error) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	err = start(w)
	w.Close()
	if err != nil {
		return "", err
	}
	_ = r.SetReadDeadline(time.Now().Add(20 * time.Second))
	stop := context.AfterFunc(ctx, func() { _ = r.SetReadDeadline(time.Now()) })
	defer stop()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s did not start: %w", what, err)
	}
	return strings.TrimSpace(line), nil
}

// picture is what the screen shows now.
func (d *display) picture() (*image.RGBA, error) {
	b, err := os.ReadFile(d.screen)
	if err != nil {
		return nil, err
	}
	return decodeXWD(b)
}

// still is what the screen shows once it has not changed for a moment; a caret
// may blink meanwhile.
func (d *display) still(ctx context.Context) (*image.RGBA, error) {
	last, err := d.picture()
	if err != nil {
		return nil, err
	}
	calm := 0
	for range 40 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(70 * time.Millisecond):
		}
		now, err := d.picture()
		if err != nil {
			return nil, err
		}
		if differ(last, now) > 400 {
			calm = 0
		} else if calm++; calm == 3 {
			return now, nil
		}
		last = now
	}
	return last, nil
}

// differ counts the pixels in which two pictures of one screen differ.
func differ(a, b *image.RGBA) int {
	n := 0
	for i := 0; i < len(a.Pix) && i < len(b.Pix); i += 4 {
		if a.Pix[i] != b.Pix[i] || a.Pix[i+1] != b.Pix[i+1] || a.Pix[i+2] != b.Pix[i+2] {
			n++
		}
	}
	return n
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
