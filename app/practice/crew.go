package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// grace is how long a program may take to end by itself.
const grace = 8 * time.Second

// crew is the programs of a session. It starts them, writes down what they
// say, and ends those it started, the last one first; it touches no others.
type crew struct {
	logs string // the folder of what they say

	mu   sync.Mutex
	kids []*child
}

// child is a program that was started.
type child struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// start starts a program. What it says goes to NAME.log; env is added to this
// program's own.
func (c *crew) start(name string, env []string, prepare func(*exec.Cmd), argv ...string) (*child, error) {
	k := &child{name: name, log: filepath.Join(c.logs, name+".log"), done: make(chan struct{})}
	out, err := os.OpenFile(k.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	k.cmd = exec.Command(argv[0], argv[1:]...)
	k.cmd.Env = append(os.Environ(), env...)
	k.cmd.Stdout, k.cmd.Stderr = out, out
	apart(k.cmd)
	if prepare != nil {
		prepare(k.cmd)
	}
	if err := k.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(k.done)
		k.err = k.cmd.Wait()
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kids = append(c.kids, k)
	return k, nil
}

// end asks a program to end, and ends it when it does not.
func (k *child) end() {
	select {
	case <-k.done:
		return
	default:
	}
	_ = k.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-k.done:
	case <-time.After(grace):
		_ = k.cmd.Process.Kill()
		<-k.done
	}
}

// ended says whether the program runs no more.
func (k *child) ended() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// endAll ends every program that still runs.
func (c *crew) endAll() {
	c.mu.Lock()
	kids := c.kids
	c.kids = nil
	c.mu.Unlock()
	for i := len(kids) - 1; i >= 0; i-- {
		kids[i].end()
	}
}

// tail is the last lines of a file.
func tail(path string, lines int) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// output runs a program to its end, within a minute, and gives what it wrote;
// the error holds what it complained of.
func output(ctx context.Context, argv ...string) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s %s: %w: %s", filepath.Base(argv[0]), strings.Join(argv[1:min(3, len(argv))], " "), err, strings.TrimSpace(errs.String()))
	}
	return out, nil
}

// until waits for ok to be true, and fails with what it waited for.
func until(ctx context.Context, limit time.Duration, what string, ok func() (bool, error)) error {
	end := time.Now().Add(limit)
	for {
		done, err := ok()
		if done || err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("waited %v for %s", limit, what)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped while waiting for %s", what)
		case <-time.After(40 * time.Millisecond):
		}
	}
}
