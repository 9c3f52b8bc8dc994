//go:build linux

package main

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

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// secretFamily has names, numbers and an address that stand nowhere else.
func secretFamily() family {
	f := family{about: "a case nobody may find", relation: loan.Mother, major: "密档保管测试学",
		tuition: "4871", dorm: "1203", amount: "11900",
		student:    made("端木测密", county, "20080629", 877, "15400008731"),
		coborrower: made("令狐测隐", county, "19801216", 878, "15400008732")}
	f.student.address, f.coborrower.address = "测试乡藏匿村七组719号", "测试乡藏匿村八组826号"
	return f
}

// finder is a session and what must not be found of it.
type finder struct {
	*session
	t      *testing.T
	home   string
	stick  string // where backups go
	family family
	secrets
}

// newFinder opens the real window on a display and in surroundings of its own.
func newFinder(t *testing.T) *finder {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	needTools(t)
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Skip("the window needs cgo to build")
	}
	dir, home := t.TempDir(), t.TempDir()
	o := options{app: filepath.Join(dir, "doorstep"), sync: filepath.Join(dir, "doorstep-sync"), out: filepath.Join(dir, "out")}
	// Not with the race detector: its shadow of the memory would be looked through.
	build(t, os.Environ(), "-tags", "gles,x11,no_animations,no_emoji", "-o", o.app, "doorstep/app")
	build(t, append(os.Environ(), "CGO_ENABLED=0"), "-o", o.sync, "doorstep/sync")
	s := &session{options: o, say: &bytes.Buffer{}, dir: dir, crew: &crew{logs: dir}}
	for _, kv := range []string{"HOME=", "TMPDIR=tmp", "XDG_CONFIG_HOME=config", "XDG_CACHE_HOME=cache", "XDG_DATA_HOME=data", "XDG_STATE_HOME=state"} {
		name, folder, _ := strings.Cut(kv, "=")
		folder = filepath.Join(home, folder)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		s.private = append(s.private, name+"="+folder)
	}
	f := &finder{session: s, t: t, home: home, stick: t.TempDir(), family: secretFamily()}
	if err := os.Mkdir(o.out, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.say)
			s.lastWords()
			t.Log(s.say)
		}
		s.close()
	})
	f.must(s.open(t.Context()))
	if mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", f.clerk.w.cmd.Process.Pid)); err != nil {
		t.Skipf("looking into another program's memory is not allowed here: %v", err)
	} else {
		mem.Close()
	}
	return f
}

func (f *finder) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// lock locks the window and waits for the sign-in screen.
func (f *finder) lock(ctx context.Context) {
	f.t.Helper()
	c := f.clerk
	c.w.caught()
	f.must(c.all(ctx, c.key("F12"), c.wait(patience, "msg=act", "name=lock"), c.wait(patience, "msg=screen", "name=signin"),
		c.shows("button", "登录")))
}

func (f *finder) signIn(ctx context.Context) {
	f.t.Helper()
	c := f.clerk
	f.must(c.all(ctx, c.fill("密码", clerkPassword), c.press("button", "登录"), c.wait(patience, "msg=screen", "name=today")))
}

// backUp makes a backup on the stick.
func (f *finder) backUp(ctx context.Context) {
	f.t.Helper()
	c := f.clerk
	f.must(c.all(ctx, c.press("place", "管理"), c.press("choice", "/备份"), c.press("button", "选择备份文件夹"),
		c.chooseFile(f.stick, 1), c.wait(patience, "msg=act", "name=backup"), c.shot("leak-backup"),
		c.press("place", "受理"), c.wait(patience, "msg=screen", "name=visit")))
}

// typed are the secrets that went in by the keyboard.
func (f *finder) typed() {
	f.text("the clerk's password", clerkPassword)
	f.text("the reviewer's password", reviewerPassword)
	for who, p := range map[string]person{"student": f.family.student, "co-borrower": f.family.coborrower} {
		f.text("name of the "+who, p.name)
		f.text("number of the "+who, p.idNo)
		f.text("phone of the "+who, p.phone)
		f.text("address of the "+who, p.address)
	}
	f.text("the subject of study", f.family.major)
}

// kept are the secrets that only the store knows: its keys, and the pictures,
// papers, ink and contracts as they are kept. It looks into a copy of the
// locked store, which stays as it is.
func (f *finder) kept(ctx context.Context) {
	f.t.Helper()
	copied := filepath.Join(f.t.TempDir(), "copy")
	f.must(os.CopyFS(copied, os.DirFS(f.laptop())))
	b, err := os.ReadFile(filepath.Join(copied, "keys.json"))
	f.must(err)
	keys, err := seal.ParseKeyfile(b)
	f.must(err)
	data, err := keys.Unlock(clerkAccount, []byte(clerkPassword))
	f.must(err)
	f.key("the data key", secretOf(data))
	l, err := store.Open(ctx, store.Options{Dir: copied})
	f.must(err)
	s, _, err := l.Unlock(ctx, clerkAccount, []byte(clerkPassword))
	f.must(err)
	defer s.Close()
	f.key("the county's key", secretOf(s.Profile().CountyKey))
	signer, err := s.Profile().Signer.Marshal()
	f.must(err)
	f.content("the device's key", signer)
	for _, row := range s.Search("", 0) {
		c, err := s.Case(ctx, row.ID)
		f.must(err)
		f.blobs(ctx, s, c)
	}
}

// secretOf is a key without the byte of its suite.
func secretOf(k *seal.Key) []byte { b := k.Bytes(); return b[len(b)-32:] }

func (f *finder) blobs(ctx context.Context, s *store.Store, c *loan.Case) {
	f.t.Helper()
	all := c.Manifest()
	if len(all) != 2+8+2+1 {
		f.t.Errorf("the case has %d files, want two portraits, eight pages of papers, two inks and the sealed contract", len(all))
	}
	for i, a := range all {
		b, err := s.Blob(ctx, a.Blob)
		f.must(err)
		f.content(fmt.Sprintf("file %d, %s", i, a.Slot), b)
	}
}

// clean fails where a secret can be found: in the memory of the window's
// process, in what it keeps on disk, or in what it wrote of itself.
func (f *finder) clean(when string) {
	f.t.Helper()
	w := f.clerk.w
	if kids, err := exec.Command("pgrep", "-P", fmt.Sprint(w.cmd.Process.Pid)).Output(); err == nil {
		f.t.Errorf("%s: children still run: %q", when, kids)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", w.cmd.Process.Pid))
	f.must(err)
	if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0") {
		f.t.Errorf("%s: a core image may be written", when)
	}
	in := found{}
	read, err := f.inMemory(w.cmd.Process.Pid, in)
	f.must(err)
	if read < 20<<20 {
		f.t.Errorf("%s: only %d bytes of memory could be read", when, read)
	}
	f.nothing(when+": in memory", in)
	for name, dir := range map[string]string{"the data folder": f.laptop(), "the home and temporary folders": f.home, "the backup": f.stick} {
		in := found{}
		n, err := f.inFolder(dir, in)
		f.must(err)
		if n == 0 {
			f.t.Errorf("%s: %s is empty", when, name)
		}
		f.nothing(when+": in "+name, in)
	}
	for _, log := range []string{w.log, w.child.log, w.spotsF} {
		in, b := found{}, []byte(nil)
		if b, err = os.ReadFile(log); err == nil {
			_, err = f.in(bytes.NewReader(b), in)
		}
		f.must(err)
		f.nothing(when+": in "+filepath.Base(log), in)
	}
}

func (f *finder) nothing(where string, in found) {
	f.t.Helper()
	for _, name := range f.names(in) {
		f.t.Errorf("%s: %s", where, name)
	}
}

// TestAFinderLearnsNothing takes a whole case in, locks the window, and looks
// for all that was typed, drawn and chosen wherever a finder could look.
func TestAFinderLearnsNothing(t *testing.T) {
	if len(detector()) > 0 {
		t.Skip("the race detector would watch every byte of gigabytes; `make test` looks through them without it")
	}
	f := newFinder(t)
	ctx, stop := context.WithTimeout(t.Context(), wholeSession)
	defer stop()
	f.must(f.settle(ctx))
	f.must(f.visit(ctx, f.family, 0, "leak"))
	f.backUp(ctx)
	f.lock(ctx)
	f.typed()
	f.kept(ctx)
	f.clean("after a case")

	f.signIn(ctx)
	c := f.clerk
	f.must(c.all(ctx, c.wait(patience, "msg=screen", "name=visit"), c.shows("choice", "/已签合同"), c.shot("leak-resumed"),
		c.press("choice", "/已签合同"), c.wait(patience, "msg=act", `name="open document"`),
		c.key("F10"), c.wait(patience, "msg=screen", "name=cases"), c.fill("", f.family.student.name)))
	time.Sleep(time.Second) // so that what is to be found has been drawn
	open := found{}
	_, err := f.inMemory(c.w.cmd.Process.Pid, open)
	f.must(err)
	for _, what := range []string{"name of the student", "number of the student", "phone of the co-borrower",
		"address of the student", "the data key", "the county's key", "file 12, contract"} {
		if !f.has(open, what) {
			t.Errorf("with the case open %s is not found: the search cannot be trusted", what)
		}
	}
	f.lock(ctx)
	f.clean("after a look")
}
