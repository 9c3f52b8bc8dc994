package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"doorstep/sync/central"
	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: master is the person's side.
type terminal struct {
	t             *testing.T
	master, slave *os.File
	mu            sync.Mutex
	shown         bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	n, err := unix.IoctlGetInt(int(m.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(m.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &terminal{t: t, master: m, slave: s}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1024)
		for {
			n, err := m.Read(b)
			p.mu.Lock()
			p.shown.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	// The master's read ends when the last slave is closed.
	t.Cleanup(func() { s.Close(); <-done; m.Close() })
	return p
}

func (p *terminal) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

func (p *terminal) until(what string, ready func() bool) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: never; the terminal shows %q", what, p.text())
		}
	}
}

func (p *terminal) echoes() bool {
	m, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return m.Lflag&unix.ECHO != 0
}

// runs starts the program with the terminal as its own.
func (p *terminal) runs(args ...string) *exec.Cmd {
	p.t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.slave, p.slave, p.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { cmd.Process.Kill() })
	return cmd
}

// TestAPasswordPromptIsLeftAtOnce gives up at a prompt as a person does, at the
// keyboard: the program ends, the terminal shows again what is typed, and nothing
// is done.
func TestAPasswordPromptIsLeftAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c, err := central.Open(t.Context(), central.Options{Dir: dir, County: "522121", CountyName: "某县"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	verbOK(t, "operator", "add", "--data", dir, "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	add := []string{"officer", "add", "--data", dir, "--id", "admin-1"}
	for name, k := range map[string]struct {
		typed  string // before it is given up
		prompt string // which is the last
		key    byte
	}{
		"Ctrl-C at once":                        {"", "账号 admin-1 的新密码: ", 3},
		"Ctrl-C with half a password":           {"zwei wor", "账号 admin-1 的新密码: ", 3},
		"Ctrl-C when it is asked for once more": {"zwei Worte 7\n", "再输一次: ", 3},
		"Ctrl-backslash":                        {"zwei wor", "账号 admin-1 的新密码: ", 28},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTerminal(t)
			if !p.echoes() {
				t.Fatal("the terminal is silent before")
			}
			cmd := p.runs(add...)
			p.until("it is asked", func() bool { return strings.Contains(p.text(), "账号 admin-1 的新密码: ") && !p.echoes() })
			if _, err := p.master.WriteString(k.typed); err != nil {
				t.Fatal(err)
			}
			p.until("it waits at the last prompt", func() bool { return strings.HasSuffix(p.text(), k.prompt) && !p.echoes() })
			if _, err := p.master.Write([]byte{k.key}); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- cmd.Wait() }()
			select {
			case <-done:
			case <-time.After(2 * time.Minute):
				t.Fatalf("it does not end; the terminal shows %q", p.text())
			}
			if got := cmd.ProcessState.ExitCode(); got != exitFailed {
				t.Errorf("exit code %d, want %d", got, exitFailed)
			}
			if !p.echoes() {
				t.Error("the terminal is silent still")
			}
			p.until("it says so", func() bool { return strings.Contains(p.text(), "nothing was done") })
			if s := p.text(); strings.Contains(s, "zwei") || strings.Contains(s, "goroutine") {
				t.Errorf("the terminal shows %q", s)
			}
			var out, errs bytes.Buffer
			if code := run(t.Context(), []string{"officer", "list", "--data", dir}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "no officer has a password here yet") {
				t.Errorf("half done: exit %d, %s%s", code, out.String(), errs.String())
			}
		})
	}
	t.Run("and one that is answered is taken", func(t *testing.T) {
		p := newTerminal(t)
		cmd := p.runs(add...)
		for _, prompt := range []string{"账号 admin-1 的新密码: ", "再输一次: "} {
			p.until("it is asked", func() bool { return strings.HasSuffix(p.text(), prompt) && !p.echoes() })
			if _, err := p.master.WriteString("zwei Worte 7\n"); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err != nil || !p.echoes() {
			t.Fatalf("%v; the terminal shows %q", err, p.text())
		}
		own := testFile(t, "own", "ganz eigene Worte\n")
		verbOK(t, "officer", "password", "--data", dir, "--by", "admin-1", "--password-file", testFile(t, "password", "zwei Worte 7\n"), "--new-password-file", own)
		if words := verbOK(t, "officer", "list", "--data", dir, "--by", "admin-1", "--password-file", own); !strings.Contains(words, "admin-1") {
			t.Errorf("got %s", words)
		}
	})
}
