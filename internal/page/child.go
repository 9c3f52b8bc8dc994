package page

import (
	"context"
	"io"
	"os/exec"
	"time"
)

// child is the process that draws, with its two pipes. Its standard error is
// thrown away: it may quote the document.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.ReadCloser
	busy time.Duration
}

func newChild(command []string) (*child, error) {
	c := &child{cmd: exec.Command(command[0], command[1:]...)}
	c.cmd.Env = []string{} // nothing of the parent's surroundings is the child's business
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if c.out, err = c.cmd.StdoutPipe(); err != nil {
		c.in.Close()
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		c.in.Close()
		c.out.Close()
		return nil, err
	}
	return c, nil
}

// exchange runs talk to its end. When the time is over, or the caller or the
// document ends first, the child is killed, which ends talk at once.
func (c *child) exchange(ctx context.Context, closed <-chan struct{}, limit time.Duration, talk func() error) (late, stopped bool, err error) {
	done := make(chan error, 1)
	go func() { done <- talk() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		return false, false, err
	case <-timer.C:
		late = true
	case <-ctx.Done():
		stopped = true
	case <-closed:
		stopped = true
	}
	c.end()
	err = <-done
	return late, stopped, err
}

// end kills the process and shuts the pipes, so that no read or write on them
// waits any longer, even where a grandchild holds the other ends.
func (c *child) end() {
	c.cmd.Process.Kill()
	c.in.Close()
	c.out.Close()
}

// kill ends the process and waits until it is gone.
func (c *child) kill() {
	c.end()
	c.cmd.Wait()
}
