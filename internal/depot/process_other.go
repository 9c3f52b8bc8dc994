//go:build !linux

package depot

import (
	"os"
	"syscall"
	"time"
)

// attributes are none: a server outlives a process that is killed.
func attributes(*owner) *syscall.SysProcAttr { return nil }

// stop ends a server.
func stop(p *os.Process) error { return p.Kill() }

// Spent is not known here.
func (d *Depot) Spent() (database, store time.Duration) { return 0, 0 }
