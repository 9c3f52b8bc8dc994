package depot

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
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

// Spent is the processor time that PostgreSQL and the S3 server have used.
func (d *Depot) Spent() (database, store time.Duration) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if len(f) < 15 {
			continue
		}
		parent, _ := strconv.Atoi(f[1])
		var ticks int
		for _, s := range f[11:15] { // of itself, and of children that ended
			n, _ := strconv.Atoi(s)
			ticks += n
		}
		spent := time.Duration(ticks) * 10 * time.Millisecond
		switch {
		case d.database != nil && (pid == d.database.cmd.Process.Pid || parent == d.database.cmd.Process.Pid):
			database += spent
		case d.store != nil && pid == d.store.cmd.Process.Pid:
			store += spent
		}
	}
	return database, store
}
