//go:build linux

package printer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
)

// service of CUPS' own making, with printers whose cable is a script.
type cups struct{ dir string }

// startCUPS starts a private cupsd. The printer 打印机 keeps what it is sent,
// "refuses" fails every job, "stuck" never begins.
func startCUPS(t *testing.T) *cups {
	t.Helper()
	if _, err := exec.LookPath("/usr/sbin/cupsd"); err != nil {
		t.Skip("cupsd is not installed (Debian: cups-daemon cups-client)")
	}
	if os.Getuid() != 0 {
		t.Skip("cupsd starts printers' programs as another user, for which it must be root")
	}
	dir, err := os.MkdirTemp("", "cups") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c := &cups{dir}
	for _, sub := range []string{"root", "spool", "cache", "state", "tmp", "bin/backend", "bin/filter", "bin/daemon", "data", "out"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.write(t, "files.conf", strings.ReplaceAll(`ServerRoot DIR/root
RequestRoot DIR/spool
CacheDir DIR/cache
StateDir DIR/state
ServerBin DIR/bin
TempDir DIR/tmp
Printcap
AccessLog DIR/access_log
ErrorLog DIR/error_log
PageLog DIR/page_log
Sandboxing relaxed
`, "DIR", dir), 0o644)
	c.write(t, "cupsd.conf", fmt.Sprintf(`Listen %s
Browsing Off
WebInterface No
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit Cancel-Job CUPS-Authenticate-Job>
Require user @OWNER @SYSTEM
Order deny,allow
</Limit>
<Limit All>
Order deny,allow
</Limit>
</Policy>
`, c.socket()), 0o644)
	if err := os.Symlink("/usr/lib/cups/daemon/cups-exec", filepath.Join(dir, "bin/daemon/cups-exec")); err != nil {
		t.Fatal(err)
	}
	c.write(t, "bin/backend/keep", "#!/bin/sh\n[ $# -eq 0 ] && exit 0\ncat ${6:+\"$6\"} >>"+dir+"/out/printed\necho \"$4\" >>"+dir+"/out/copies\n", 0o700)
	c.write(t, "bin/backend/cups-pdf", "#!/bin/sh\nexit 0\n", 0o700)
	c.write(t, "bin/backend/refuse", "#!/bin/sh\n[ $# -eq 0 ] && exit 0\nexit 5\n", 0o700)
	cmd := exec.Command("/usr/sbin/cupsd", "-f", "-c", filepath.Join(dir, "cupsd.conf"), "-s", filepath.Join(dir, "files.conf"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Setenv("CUPS_SERVER", c.socket())
	c.until(t, "cupsd to listen", func() bool {
		_, err := os.Stat(c.socket())
		return err == nil
	})
	c.run(t, "/usr/sbin/lpadmin", "-p", "refuses", "-E", "-v", "refuse:/x", "-m", "raw")
	c.run(t, "/usr/sbin/lpadmin", "-p", "pdf", "-E", "-v", "cups-pdf:/", "-m", "raw")
	c.run(t, "/usr/sbin/lpadmin", "-p", "stuck", "-E", "-v", "keep:/x", "-m", "raw")
	c.run(t, "/usr/sbin/cupsdisable", "stuck")
	c.run(t, "/usr/sbin/lpadmin", "-p", "打印机", "-E", "-v", "keep:/x", "-m", "raw")
	c.run(t, "/usr/sbin/lpadmin", "-d", "打印机")
	return c
}

func (c *cups) socket() string { return filepath.Join(c.dir, "s") }

func (c *cups) write(t *testing.T, name, content string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func (c *cups) run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "error_log"))
		t.Fatalf("%s: %v %s\n%s", filepath.Base(name), err, out, log)
	}
}

func (c *cups) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			log, _ := os.ReadFile(filepath.Join(c.dir, "error_log"))
			t.Fatalf("waited for %s\n%s", what, log)
		}
	}
}

// left are the papers that lie in the spool.
func (c *cups) left(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(c.dir, "spool", "d*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var paper = []byte("%PDF-1.7\nA paper of a made-up family.\n%%EOF\n")

func TestAPaperIsPrintedAndNothingStays(t *testing.T) {
	c := startCUPS(t)
	list, err := List(t.Context())
	if err != nil || len(list) != 4 || list[0] != (Printer{Name: "打印机", Default: true}) {
		t.Fatalf("printers: %+v, %v", list, err)
	}
	for _, p := range list {
		if p.Files != (p.Name == "pdf") {
			t.Errorf("%s makes files: %v", p.Name, p.Files)
		}
	}
	t.Run("the service keeps papers when it is not told to delete them", func(t *testing.T) {
		s := newService()
		defer s.close()
		cmd := exec.Command("lp", "-d", "打印机", "-")
		cmd.Stdin = bytes.NewReader(paper)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("lp: %v %s", err, out)
		}
		if err := s.wait(t.Context(), 1, &Job{}); err != nil {
			t.Fatal(err)
		}
		if n := len(c.left(t)); n != 1 {
			t.Fatalf("%d papers in the spool: the other tests show nothing", n)
		}
		if err := Purge(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		if n := len(c.left(t)); n != 0 {
			t.Errorf("%d papers in the spool once deleted", n)
		}
	})
	t.Run("printed", func(t *testing.T) {
		var noted []string
		before, _ := os.ReadFile(filepath.Join(c.dir, "out", "printed"))
		err := Print(t.Context(), Job{PDF: paper, Copies: 2, Noted: func(id string) { noted = append(noted, id) }})
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(filepath.Join(c.dir, "out", "printed"))
		if err != nil || !bytes.HasPrefix(after[len(before):], paper) {
			t.Errorf("the printer got %q, %v", after[len(before):], err)
		}
		if copies, _ := os.ReadFile(filepath.Join(c.dir, "out", "copies")); !strings.HasSuffix(string(copies), "2\n") {
			t.Errorf("copies: %q", copies)
		}
		if len(noted) != 2 || noted[0] == "" || noted[1] != "" {
			t.Errorf("noted %q", noted)
		}
		if n := len(c.left(t)); n != 0 {
			t.Errorf("%d papers in the spool", n)
		}
	})
	t.Run("a printer that fails", func(t *testing.T) {
		err := Print(t.Context(), Job{PDF: paper, Printer: "refuses"})
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), "没有成功") {
			t.Errorf("got %v", err)
		}
		if n := len(c.left(t)); n != 0 {
			t.Errorf("%d papers in the spool", n)
		}
	})
	t.Run("a printer that never prints is not waited for", func(t *testing.T) {
		err := Print(t.Context(), Job{PDF: paper, Printer: "stuck", Wait: time.Millisecond})
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), "清除") {
			t.Errorf("got %v", err)
		}
		if n := len(c.left(t)); n != 0 {
			t.Errorf("%d papers in the spool", n)
		}
	})
	t.Run("a printer that is paused is told of, and that it goes on", func(t *testing.T) {
		var told []bool
		err := Print(t.Context(), Job{PDF: paper, Printer: "stuck", Stopped: func(stopped bool) {
			if told = append(told, stopped); stopped {
				c.run(t, "/usr/sbin/cupsenable", "stuck")
			}
		}})
		c.run(t, "/usr/sbin/cupsdisable", "stuck")
		if err != nil || len(told) == 0 || !told[0] || len(told) > 1 && told[1] {
			t.Errorf("told %v, %v", told, err)
		}
		if n := len(c.left(t)); n != 0 {
			t.Errorf("%d papers in the spool", n)
		}
	})
	t.Run("the window closes in mid-print", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		err := Print(ctx, Job{PDF: paper, Printer: "stuck", Noted: func(id string) { stop() }})
		if fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v", err)
		}
		if n := len(c.left(t)); n != 0 {
			t.Errorf("%d papers in the spool", n)
		}
	})
	t.Run("no such printer", func(t *testing.T) {
		if err := Print(t.Context(), Job{PDF: paper, Printer: "nowhere"}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what is gone is deleted", func(t *testing.T) {
		if err := Purge(t.Context(), "999"); err != nil {
			t.Error(err)
		}
	})
}

func TestWithoutAPrintService(t *testing.T) {
	t.Setenv("CUPS_SERVER", filepath.Join(t.TempDir(), "none"))
	if _, err := List(t.Context()); fault.KindOf(err) != fault.Missing || !strings.Contains(fault.Sentence(err), "打印机") {
		t.Errorf("got %v", err)
	}
	if err := Print(t.Context(), Job{PDF: paper}); fault.KindOf(err) != fault.Missing {
		t.Errorf("got %v", err)
	}
	if err := Purge(t.Context(), "12"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v: a copy may be left, and nobody is told", err)
	}
	for _, job := range []Job{{}, {PDF: paper, Copies: 100}} {
		if err := Print(t.Context(), job); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(opGetJob, []attribute{text(tagName, "x", "y"), number(tagJob, tagInteger, "job-state", 9)}))
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 1, 1, 0x47, 0, 200})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decode(b)
		if err == nil {
			a.number("job-state")
			a.all("printer-name")
		}
	})
}
