package depot

import (
	"os"
	"syscall"
)

// attributes run a server as its owner, and end it with this process.
func attributes(o *owner) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if o != nil {
		a.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return a
}

// stop asks a server to end at once.
func stop(p *os.Process) error { return p.Signal(syscall.SIGQUIT) }
