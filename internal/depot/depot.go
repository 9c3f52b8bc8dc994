package depot

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Depot is a running PostgreSQL and a running S3 server.
type Depot struct {
	dir      string
	programs string // folder of PostgreSQL's programs
	owner    *owner // of the database's files, where this process is root
	database *process
	store    *process
	address  string // of the S3 server
	n        atomic.Int64
}

// AccessKey and SecretKey are what the S3 server lets in.
const (
	AccessKey = "depot"
	SecretKey = "made-up-for-tests"
)

// Start starts both. gateway is the folder of the Go module that pins versitygw.
// The error says what cannot be had.
func Start(gateway string) (*Depot, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	program, err := gatewayProgram(gateway)
	if err != nil {
		return nil, err
	}
	d := &Depot{programs: programs}
	if d.dir, err = os.MkdirTemp("", "depot-"); err != nil {
		return nil, err
	}
	if d.owner, err = ownerOfDatabase(); err == nil {
		err = d.makeDatabase()
	}
	if err == nil {
		err = d.StartDatabase()
	}
	if err == nil {
		err = d.startStore(program)
	}
	if err != nil {
		d.Stop()
		return nil, err
	}
	return d, nil
}

// Stop ends both and removes their files.
func (d *Depot) Stop() {
	if d.store != nil {
		d.store.end()
	}
	d.StopDatabase()
	os.RemoveAll(d.dir)
}

// postgresPrograms finds the newest PostgreSQL there is.
func postgresPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("no PostgreSQL on this machine; Debian's package is postgresql")
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// gatewayProgram builds the S3 server, or finds it in Go's cache.
func gatewayProgram(module string) (string, error) {
	cmd := exec.Command("go", "tool", "-n", "versitygw")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "CGO_ENABLED=0")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return "", fmt.Errorf("versitygw cannot be built: %w: %s", err, lines[len(lines)-1])
	}
	return strings.TrimSpace(string(out)), nil
}

// owner is who the database runs as: PostgreSQL refuses root.
type owner struct{ uid, gid uint32 }

func ownerOfDatabase() (*owner, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
			gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
			if err1 == nil && err2 == nil {
				return &owner{uint32(uid), uint32(gid)}, nil
			}
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
}

func (d *Depot) data() string { return filepath.Join(d.dir, "postgres") }

func (d *Depot) makeDatabase() error {
	if err := os.Mkdir(d.data(), 0o700); err != nil {
		return err
	}
	if d.owner != nil {
		if err := errors.Join(os.Chown(d.data(), int(d.owner.uid), int(d.owner.gid)), os.Chmod(d.dir, 0o711)); err != nil {
			return err
		}
	}
	cmd := exec.Command(filepath.Join(d.programs, "initdb"), "-D", filepath.Join(d.data(), "data"), "-U", "depot", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir = d.data()
	cmd.SysProcAttr = attributes(d.owner)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// StartDatabase starts PostgreSQL over its files, and returns when it answers.
func (d *Depot) StartDatabase() error {
	cmd := exec.Command(filepath.Join(d.programs, "postgres"), "-D", filepath.Join(d.data(), "data"), "-k", d.data(),
		"-c", "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=300", "-c", "shared_buffers=256MB", "-c", "autovacuum_naptime=10s")
	cmd.Dir = d.data()
	cmd.SysProcAttr = attributes(d.owner)
	p, err := start(cmd)
	if err != nil {
		return err
	}
	d.database = p
	return p.until(func() bool {
		_, err := d.SQL("postgres", "SELECT 1")
		return err == nil
	})
}

// StopDatabase ends PostgreSQL at once, as a crash does.
func (d *Depot) StopDatabase() {
	if d.database != nil {
		d.database.end()
		d.database = nil
	}
}

// SQL runs a statement in a database and gives what psql prints.
func (d *Depot) SQL(database, statement string) (string, error) {
	cmd := exec.Command(filepath.Join(d.programs, "psql"), "-h", d.data(), "-U", "depot", "-d", database, "-X", "-q", "-A", "-t",
		"-v", "ON_ERROR_STOP=1", "-c", statement)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "HOME=/"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// NewDatabase makes a database and gives its name.
func (d *Depot) NewDatabase() (string, error) {
	name := fmt.Sprintf("centre_%d", d.n.Add(1))
	_, err := d.SQL("postgres", "CREATE DATABASE "+name)
	return name, err
}

// DatabaseURL is what a client calls a database.
func (d *Depot) DatabaseURL(name string) string {
	return "postgres://depot@/" + name + "?host=" + d.data()
}

func (d *Depot) startStore(program string) error {
	root := filepath.Join(d.dir, "store")
	if err := os.Mkdir(root, 0o700); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.address = l.Addr().String()
	l.Close()
	cmd := exec.Command(program, "--port", d.address, "--quiet", "--keep-alive", "posix", root)
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + AccessKey, "ROOT_SECRET_KEY=" + SecretKey, "HOME=" + d.dir, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = attributes(nil)
	if d.store, err = start(cmd); err != nil {
		return err
	}
	return d.store.until(func() bool {
		c, err := net.Dial("tcp", d.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// NewBucket makes a bucket and gives its name and its folder.
func (d *Depot) NewBucket() (name, folder string, err error) {
	name = fmt.Sprintf("centre-%d", d.n.Add(1))
	folder = d.BucketFolder(name)
	return name, folder, os.Mkdir(folder, 0o700)
}

// BucketFolder holds a bucket's objects as files, under their names.
func (d *Depot) BucketFolder(name string) string { return filepath.Join(d.dir, "store", name) }

// BucketURL is what a client calls a bucket.
func (d *Depot) BucketURL(name string) string { return "http://" + d.address + "/" + name }

// Credentials writes the file that lets a client into the S3 server.
func (d *Depot) Credentials(path string) error {
	return os.WriteFile(path, fmt.Appendf(nil, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", AccessKey, SecretKey), 0o600)
}

// process is a server that runs.
type process struct {
	cmd  *exec.Cmd
	said *bytes.Buffer
	done chan struct{}
}

// start starts a server. One thread waits for it from its start to its end:
// where that thread ended, the system would end the server.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, said: &bytes.Buffer{}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.said, p.said
	started := make(chan error, 1)
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended does not matter any more
		}
	}()
	return p, <-started
}

func (p *process) end() {
	_ = stop(p.cmd.Process) // it may have ended
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// until waits for a server to answer.
func (p *process) until(answers func() bool) error {
	for range 600 {
		if answers() {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s", filepath.Base(p.cmd.Path), p.said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	p.end()
	return fmt.Errorf("%s does not answer", filepath.Base(p.cmd.Path))
}
