package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"doorstep/internal/depot"
	"doorstep/internal/seal"
	"doorstep/sync/central"
)

func TestCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	empty := t.TempDir()
	out := filepath.Join(empty, "out")
	whileServed := exitBusy
	if depot.OnShared() {
		whileServed = exitOK
	}
	const id = "0190a000-0000-7000-8000-000000000001"
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"nothing at all":               {nil, exitUsage},
		"an unknown verb":              {[]string{"frobnicate"}, exitUsage},
		"half a verb":                  {[]string{"code"}, exitUsage},
		"help":                         {[]string{"--help"}, exitOK},
		"help of a verb":               {[]string{"serve", "--help"}, exitOK},
		"help of two words":            {[]string{"operator", "add", "-h"}, exitOK},
		"an unknown flag":              {[]string{"list", "--data", dir, "--frob"}, exitUsage},
		"an unknown flag of serve":     {[]string{"--listen", ":0", "--data", dir, "--frob"}, exitUsage},
		"an argument too many":         {[]string{"list", "--data", dir, "more"}, exitUsage},
		"a flag that is missing":       {[]string{"list"}, exitUsage},
		"an address that is none":      {[]string{"--listen", "x", "--data", filepath.Join(empty, "p"), "--practice"}, exitUsage},
		"a folder served already":      {[]string{"--listen", "127.0.0.1:0", "--data", dir, "--practice"}, exitBusy},
		"an address taken":             {[]string{"--listen", s.url[len("https://"):], "--data", filepath.Join(empty, "q"), "--practice"}, exitBusy},
		"STUN servers of no file":      {[]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(empty, "r"), "--practice", "--ice", filepath.Join(empty, "ice")}, exitUsage},
		"a list of no centre":          {[]string{"list", "--data", empty}, exitMissing},
		"a list":                       {[]string{"list", "--data", dir}, exitOK},
		"an operator":                  {[]string{"operator", "add", "--data", dir, "--id", "li-4", "--name", "李四", "--role", "clerk,auditor"}, exitOK},
		"an operator of no role":       {[]string{"operator", "add", "--data", dir, "--id", "li-4", "--name", "李四", "--role", "king"}, exitUsage},
		"an operator of an odd id":     {[]string{"operator", "add", "--data", dir, "--id", "../x", "--name", "李四", "--role", "clerk"}, exitUsage},
		"a contract of no case":        {[]string{"contract", "--data", dir, "--case", id, "--out", out}, exitMissing},
		"a contract of what is no id":  {[]string{"contract", "--data", dir, "--case", "x", "--out", out}, exitUsage},
		"a code for an odd time":       {[]string{"code", "new", "--data", dir, "--code-file", out, "--hours", "-1"}, exitUsage},
		"a code into no folder":        {[]string{"code", "new", "--data", dir, "--code-file", filepath.Join(empty, "no", "x")}, exitFailed},
		"an end to a device not there": {[]string{"device", "revoke", "--data", dir, "--id", id}, exitMissing},
		"an end to what is no id":      {[]string{"device", "revoke", "--data", dir, "--id", "x"}, exitUsage},
		"a restore of no centre":       {[]string{"restored", "--data", empty}, exitMissing},
		"a restore while it is served": {[]string{"restored", "--data", dir}, whileServed},
		"a look at all blobs":          {[]string{"verify", "--data", dir}, exitOK},
		"mending while it is served":   {[]string{"verify", "--data", dir, "--mend"}, whileServed},
		"a look at no centre":          {[]string{"verify", "--data", empty, "--mend"}, exitMissing},
		"a log of no known form":       {[]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(empty, "r"), "--log", "xml"}, exitUsage},
		"a database without a bucket":  {[]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(empty, "s"), "--database", "postgres://h/d"}, exitUsage},
		"a bucket with a password":     {[]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(empty, "u"), "--database", "postgres://h/d", "--bucket", "https://a:b@h/c"}, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			var o, e bytes.Buffer
			if got := run(t.Context(), c.args, &o, &e); got != c.want {
				t.Errorf("exit %d, want %d; %s", got, c.want, e.String())
			}
			if c.want != exitOK && e.Len() == 0 {
				t.Error("not a word on standard error")
			}
			if strings.Contains(strings.Join(c.args, " "), "help") && (o.Len() == 0 || e.Len() != 0) {
				t.Errorf("help: %d bytes out, %d bytes of errors", o.Len(), e.Len())
			}
		})
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Error("a file was left behind")
	}
}

func TestListAsJSON(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 10))
	mustCarry(t, l, "")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"list", "--data", s.dir, "--json"}, &out, os.Stderr); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	var h central.Holdings
	if err := json.Unmarshal(out.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	if len(h.Cases) != 1 || h.Cases[0].ID != id || h.Cases[0].Status != "received" || len(h.Devices) != 1 || h.Blobs != 4 {
		t.Errorf("got %s", out.String())
	}
	out.Reset()
	run(t.Context(), []string{"list", "--data", s.dir}, &out, os.Stderr)
	if !strings.Contains(out.String(), id.String()) || !strings.Contains(out.String(), "已送达") {
		t.Errorf("got %s", out.String())
	}
}

func TestCodeFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	path := dir + ".code"
	first := await(t, path)
	if _, err := seal.ParseEnrolCode(first); err != nil {
		t.Errorf("%v", err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", st.Mode(), err)
	}
	s.stop()
	startServer(t, dir, "127.0.0.1:0")
	if second := await(t, path); second == first {
		t.Error("the same code after a new start")
	}
}

func TestEndedBySignal(t *testing.T) {
	c := startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("ended with %v, want 0", err)
	}
}

func TestAFirstStartThatNamesNoCountyIsForPractice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c, err := central.Open(t.Context(), central.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	county, practice, err := c.County(t.Context())
	if err != nil || !practice {
		t.Errorf("got county %q, practice %v, %v; want practice", county, practice, err)
	}
}
