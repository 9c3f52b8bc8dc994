//go:build linux && !ci

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// imRig is a display of its own with a window manager, a session bus, an input
// method and the window under test.
type imRig struct {
	t    *testing.T
	home string
	env  []string
	// choose selects the pinyin engine, where something may undo that
	choose func()
	daemon *exec.Cmd // the input method

	mu    sync.Mutex
	state imReport
	log   strings.Builder
}

// needs skips the test where a program is not installed.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s, which is not installed", p)
		}
	}
}

func newIMRig(t *testing.T) *imRig {
	t.Helper()
	needs(t, "Xvfb", "openbox", "dbus-daemon", "xdotool", "xwininfo")
	if testing.Short() {
		t.Skip("opens real windows")
	}
	r := &imRig{t: t, home: t.TempDir()}
	run := filepath.Join(r.home, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "HOME", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
			"XDG_DATA_DIRS", "XMODIFIERS", "GTK_IM_MODULE", "QT_IM_MODULE", "IBUS_ADDRESS", "XAUTHORITY", "XDG_SESSION_TYPE":
		default:
			r.env = append(r.env, kv)
		}
	}
	r.env = append(r.env, "HOME="+r.home, "XDG_RUNTIME_DIR="+run, "LANG=C.UTF-8")
	display := r.firstLine("Xvfb", "-displayfd", "1", "-screen", "0", "1366x768x24", "-nolisten", "tcp")
	r.env = append(r.env, "DISPLAY=:"+display)
	// a bus that starts no services: those would outlive the test
	r.file("bus.conf", `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`)
	bus := r.firstLine("dbus-daemon", "--config-file="+filepath.Join(r.home, "bus.conf"), "--print-address", "--nofork")
	r.env = append(r.env, "DBUS_SESSION_BUS_ADDRESS="+bus)
	r.start("openbox")
	return r
}

func (r *imRig) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir = r.env, r.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// start runs a program until the test ends.
func (r *imRig) start(name string, args ...string) *exec.Cmd {
	r.t.Helper()
	cmd := r.command(name, args...)
	r.launch(cmd)
	return cmd
}

func (r *imRig) launch(cmd *exec.Cmd) {
	r.t.Helper()
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
}

// firstLine runs a program until the test ends and gives the first line that
// it writes.
func (r *imRig) firstLine(name string, args ...string) string {
	r.t.Helper()
	cmd := r.command(name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	r.launch(cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.t.Fatalf("%s said nothing: %v", name, err)
	}
	return strings.TrimSpace(line)
}

// file writes a file of the home folder.
func (r *imRig) file(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// open shows the window and waits until it has the focus.
func (r *imRig) open(env ...string) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := r.command(self)
	cmd.Env = append(append([]string{}, r.env...), imWindowEnv+"=1")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	errs := &lockedLog{rig: r}
	cmd.Stderr = errs
	r.launch(cmd)
	go r.read(out)
	r.await("the window opens", func(s imReport) bool { return s.Focus == imFirst })
	r.until("the window has the keyboard", func() bool {
		name, err := r.command("xdotool", "getactivewindow", "getwindowname").Output()
		return err == nil && strings.HasPrefix(string(name), "doorstep-imtest")
	})
	t := r.t
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if strings.Contains(r.log.String(), "Error in Fyne call thread") {
			t.Error("a widget was used outside Fyne's goroutine")
		}
		if t.Failed() {
			t.Logf("the window said: %s", r.log.String())
		}
	})
}

type lockedLog struct{ rig *imRig }

func (l *lockedLog) Write(b []byte) (int, error) {
	l.rig.mu.Lock()
	defer l.rig.mu.Unlock()
	return l.rig.log.Write(b)
}

func (r *imRig) read(out io.Reader) {
	in := json.NewDecoder(out)
	for {
		var s imReport
		if in.Decode(&s) != nil {
			return
		}
		r.mu.Lock()
		r.state = s
		r.mu.Unlock()
	}
}

func (r *imRig) now() imReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// until waits for something to become true and fails when it does not.
func (r *imRig) until(what string, holds func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		if holds() {
			return
		}
	}
	r.t.Fatalf("never: %s; the window is at %+v", what, r.now())
}

func (r *imRig) await(what string, holds func(imReport) bool) {
	r.t.Helper()
	r.until(what, func() bool { return holds(r.now()) })
}

// keys presses keys by their X names, one after the other.
func (r *imRig) keys(names ...string) {
	r.t.Helper()
	args := append([]string{"key", "--delay", "40"}, names...)
	if out, err := r.command("xdotool", args...).CombinedOutput(); err != nil {
		r.t.Fatalf("xdotool: %v: %s", err, out)
	}
}

// compose types letters and waits until they are being composed.
func (r *imRig) compose(letters string) {
	r.t.Helper()
	r.keys(strings.Split(letters, "")...)
	r.await("composing "+letters, func(s imReport) bool { return s.Composing })
	r.calm()
}

// calm waits until the state has stopped changing, so that what must not
// happen has had its chance.
func (r *imRig) calm() {
	last, since := r.now(), time.Now()
	for time.Since(since) < 400*time.Millisecond {
		time.Sleep(20 * time.Millisecond)
		if now := r.now(); fmt.Sprint(now) != fmt.Sprint(last) {
			last, since = now, time.Now()
		}
	}
}

// click presses the left button in the middle of a field.
func (r *imRig) click(field int) {
	r.t.Helper()
	at := r.now().At[field]
	r.clickAt(at[0]+at[2]/2, at[1]+at[3]/2)
	r.await("the field clicked has the focus", func(s imReport) bool { return s.Focus == field })
}

// clickAt presses the left button at a place of the window.
func (r *imRig) clickAt(x, y int) {
	r.t.Helper()
	left, top, _, _ := r.geometry(r.window())
	to := []string{fmt.Sprint(left + x), fmt.Sprint(top + y)}
	if out, err := r.command("xdotool", "mousemove", to[0], to[1], "sleep", "0.1", "click", "1").CombinedOutput(); err != nil {
		r.t.Fatalf("xdotool: %v: %s", err, out)
	}
}

func (r *imRig) window() string {
	r.t.Helper()
	out, err := r.command("xdotool", "search", "--name", "^doorstep-imtest$").Output()
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.Fields(string(out))[0]
}

// geometry is where a window's content stands on the screen.
func (r *imRig) geometry(id string) (x, y, w, h int) {
	r.t.Helper()
	out, err := r.command("xwininfo", "-id", id).Output()
	if err != nil {
		return 0, 0, 0, 0
	}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		var n int
		if c, _ := fmt.Sscan(value, &n); c != 1 {
			continue
		}
		switch name {
		case "Absolute upper-left X":
			x = n
		case "Absolute upper-left Y":
			y = n
		case "Width":
			w = n
		case "Height":
			h = n
		}
	}
	return x, y, w, h
}

// candidates is where the candidate window stands: the visible window, under
// the root, that bears one of the input method's names.
func (r *imRig) candidates(class string) (x, y, w, h int, ok bool) {
	out, err := r.command("xdotool", "search", "--onlyvisible", "--class", class).Output()
	if err != nil {
		return 0, 0, 0, 0, false
	}
	for _, id := range strings.Fields(string(out)) {
		x, y, w, h = r.geometry(id)
		if w > 20 && h > 10 {
			return x, y, w, h, true
		}
	}
	return 0, 0, 0, 0, false
}
