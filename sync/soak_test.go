package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
)

// TestSoak is make soak: counties of real processes, the programs as they are
// built, which are killed, cut off, filled up and put back from copies, one
// county after another for as long as DOORSTEP_SOAK says. Each is judged as the
// worlds of TestStorms are. DOORSTEP_APP and DOORSTEP_SYNC name the programs,
// DOORSTEP_SEED the first county's seed.
func TestSoak(t *testing.T) {
	length, app, centre := os.Getenv("DOORSTEP_SOAK"), os.Getenv("DOORSTEP_APP"), os.Getenv("DOORSTEP_SYNC")
	if length == "" || app == "" || centre == "" {
		t.Skip("for make soak")
	}
	left, err := time.ParseDuration(length)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano() % 1_000_000)
	if s := os.Getenv("DOORSTEP_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Printf("soak: %v of it, from seed %d on\n", left, seed)
	passed, failed := 0, 0
	for end := time.Now().Add(left); time.Now().Before(end); seed++ {
		if why, acts := soakOne(t, seed, app, centre); why != "" {
			failed++
			fmt.Printf("soak: seed %d failed: %s\n  again: DOORSTEP_SEED=%d DOORSTEP_SOAK=1s make soak\n  acts: %s\n", seed, why, seed, acts)
		} else {
			passed++
			fmt.Printf("soak: seed %d passed: %s\n", seed, acts)
		}
	}
	fmt.Printf("soak: %d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		t.Fail()
	}
}

// soak is a county of processes.
type soak struct {
	*world
	r         *rand.Rand
	app, sync string
	pass, at  string // files: the password, the server's address
	port      string
	server    *exec.Cmd
	ops       []string
	fullDisk  string // the ballast, while the disk is full
}

func soakOne(t *testing.T, seed uint64, app, centre string) (why, acts string) {
	dir, small := stage(t, []op{{Do: "full"}}, 512)
	defer os.RemoveAll(dir)
	if small {
		defer unmountSmall(dir)
	}
	s := &soak{r: rand.New(rand.NewPCG(seed, 3)), app: app, sync: centre,
		world: emptyWorld(dir)}
	s.small, s.relay = small, newRelay()
	defer func() {
		if p := recover(); p != nil {
			d, ok := p.(defeat)
			if !ok {
				panic(p)
			}
			why = d.why
		}
		s.kill()
		s.relay.close()
		acts = strings.Join(s.ops, " ")
	}()
	s.begin()
	for _, p := range s.laptops {
		s.working(p)
	}
	for range 10 + s.r.IntN(12) {
		s.act()
	}
	s.end()
	return "", ""
}

// begin makes the county: a server, and laptops that enrolled with it.
func (s *soak) begin() {
	s.home, s.pass, s.at = filepath.Join(s.folder(), "centre"), filepath.Join(s.dir, "password"), filepath.Join(s.dir, "address")
	s.ok(os.WriteFile(s.pass, []byte(password+"\n"), 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.ok(err)
	_, s.port, err = net.SplitHostPort(l.Addr().String())
	s.ok(errors.Join(err, l.Close()))
	s.start()
	for range 2 {
		code := filepath.Join(s.dir, "code")
		s.run(nil, s.sync, "code", "new", "--data", s.home, "--code-file", code)
		text, err := os.ReadFile(code)
		s.ok(err)
		e, err := courier.Enrol(context.Background(), courier.EnrolRequest{Server: s.relay.url(), Code: strings.TrimSpace(string(text))})
		s.ok(err)
		p := &pc{dir: filepath.Join(s.folder(), "laptop")}
		p.Store, err = store.Create(context.Background(), s.options(p), e.Profile,
			guard.Operator{ID: "practice-clerk", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte(password))
		s.ok(err)
		p.device = e.Profile.Device
		s.ok(p.Close())
		s.laptops = append(s.laptops, p)
	}
	s.sticks = []string{s.folder()}
}

// start starts the server and waits until it listens.
func (s *soak) start() {
	for try := 0; ; try++ {
		_ = os.Remove(s.at)
		s.server = exec.Command(s.sync, "serve", "--listen", "127.0.0.1:"+s.port, "--data", s.home, "--practice", "--address-file", s.at)
		var errs bytes.Buffer
		s.server.Stderr = &errs
		s.ok(s.server.Start())
		for range 500 {
			if _, err := os.Stat(s.at); err == nil {
				s.relay.point("127.0.0.1:" + s.port)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		s.kill()
		if try == 3 {
			s.fail("the server does not start: %s", errs.String())
		}
	}
}

// kill kills the server.
func (s *soak) kill() {
	s.relay.point("")
	if s.server != nil && s.server.Process != nil {
		_ = s.server.Process.Kill()
		_ = s.server.Wait()
		s.server = nil
	}
}

// run runs a program to its end, or kills it after a while; nil is never. It
// gives what it printed, and whether it ended with 0.
func (s *soak) run(after *time.Duration, name string, args ...string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if after != nil {
		ctx, cancel = context.WithTimeout(ctx, *after) // ends it by SIGKILL
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if after == nil && ctx.Err() != nil {
		s.fail("%s %v hangs", filepath.Base(name), args[:min(len(args), 3)])
	}
	return out.String(), err == nil
}

// desk runs a verb of the desktop at a laptop.
func (s *soak) desk(after *time.Duration, p *pc, args ...string) (string, bool) {
	return s.run(after, s.app, append(args, "--data", p.dir, "--operator", "practice-clerk", "--password-file", s.pass)...)
}

// perhaps is a moment to kill a process, or never.
func (s *soak) perhaps() *time.Duration {
	if s.r.IntN(2) == 0 {
		return nil
	}
	d := time.Duration(20+s.r.IntN(1<<(5+s.r.IntN(6)))) * time.Millisecond
	return &d
}

func (s *soak) act() {
	p, stick := s.laptops[s.r.IntN(len(s.laptops))], s.sticks[0]
	acts := []string{"work", "work", "work", "sync", "sync", "sync", "empty", "write", "take", "read", "harm", "backup", "restore", "copy", "back", "kill", "full"}
	do := acts[s.r.IntN(len(acts))]
	s.ops = append(s.ops, do)
	switch do {
	case "work":
		s.working(p)
	case "sync":
		s.relay.under(skies(s.r)[0])
		if s.r.IntN(3) == 0 { // the server dies in the middle of it
			d := time.Duration(s.r.IntN(700)) * time.Millisecond
			dies := time.AfterFunc(d, func() { _ = s.server.Process.Kill() })
			s.desk(s.perhaps(), p, "sync", "run", "--until-empty", "--give-up", "3s", "--server", s.relay.url())
			dies.Stop()
			s.kill()
			s.start()
		} else {
			s.desk(s.perhaps(), p, "sync", "run", "--until-empty", "--give-up", "3s", "--server", s.relay.url())
		}
		s.relay.under(weather{})
	case "empty":
		s.empty(p)
	case "write":
		s.desk(s.perhaps(), p, "sync", "stick", "write", "--to", stick)
	case "take":
		s.run(s.perhaps(), s.sync, "stick", "take", "--data", s.home, "--from", stick)
	case "read":
		s.desk(s.perhaps(), p, "sync", "stick", "read", "--from", stick)
	case "harm":
		s.harm(stick, s.r)
	case "backup":
		if p.backup == "" {
			p.backup = s.folder()
		}
		_, ok := s.desk(s.perhaps(), p, "store", "backup", "--to", p.backup)
		p.backed = p.backed || ok
	case "restore":
		s.restore(p)
	case "copy":
		s.kill()
		s.past = append(s.past, past{s.copyOf(s.home)})
		s.start()
	case "back":
		s.back()
	case "kill":
		s.kill()
		s.start()
	case "full":
		s.fill(p)
	}
}

// empty lets a laptop carry all, and holds it to its word.
func (s *soak) empty(p *pc) bool {
	args := []string{"sync", "run", "--until-empty", "--give-up", "60s", "--server", s.relay.url()}
	out, ok := s.desk(nil, p, args...)
	if !ok && strings.Contains(out, "the centre holds changes up to") {
		out, ok = s.desk(nil, p, append(args, "--adopt")...)
	}
	if strings.Contains(out, "all sent: true") != ok {
		s.fail("the courier says %q, and ended well: %v", out, ok)
	}
	if ok {
		s.with(p, func() {
			if why := s.lie(p); why != "" {
				s.fail("all sent, says laptop %s, and that is not so: %s", p.device, why)
			}
		})
	} else {
		s.ops = append(s.ops, fmt.Sprintf("(not empty: %q)", out))
	}
	return ok
}

// with opens a laptop's store for a while.
func (s *soak) with(p *pc, do func()) {
	s.unlock(p)
	defer func() { p.Close(); p.Store = nil }()
	do()
}

// open opens all laptops' stores for a while.
func (s *soak) all(do func()) {
	for _, p := range s.laptops {
		s.unlock(p)
	}
	defer func() {
		for _, p := range s.laptops {
			p.Close()
		}
	}()
	do()
}

// working lets a process work at a laptop, and kills it.
func (s *soak) working(p *pc) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(50+s.r.IntN(700))*time.Millisecond)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "DOORSTEP_SOAK_WORK="+p.dir, "DOORSTEP_SOAK_SEED="+strconv.FormatUint(s.r.Uint64(), 10))
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run()
	text := out.String()
	text = text[:strings.LastIndex(text, "\n")+1] // the last line may be torn
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 3 && f[0] == "C":
			n, err := strconv.ParseUint(f[1], 10, 64)
			s.ok(err)
			h, err := loan.ParseHash(f[2])
			s.ok(err)
			s.must[ref{p.device, n}] = h
		case len(f) == 2 && f[0] == "B":
			h, err := loan.ParseHash(f[1])
			s.ok(err)
			s.blobs[h] = p.device
		case len(f) > 0 && f[0] == "E" && !(s.fullDisk != "" && strings.Contains(line, "full")):
			s.fail("working: %s", line)
		}
	}
}

// soakWork is the process that works: it prints what it was told is saved.
func soakWork(dir string) {
	seed, _ := strconv.ParseUint(os.Getenv("DOORSTEP_SOAK_SEED"), 10, 64)
	r := rand.New(rand.NewPCG(seed, 4))
	defer func() {
		if p := recover(); p != nil {
			fmt.Println("E", strings.ReplaceAll(fmt.Sprint(p), "\n", " "))
		}
	}()
	w, p := emptyWorld(""), &pc{dir: dir}
	w.unlock(p)
	for range 25 {
		switch r.IntN(3) {
		case 0:
			w.finish(p, r)
		case 1:
			w.edit(p, r)
		default:
			w.ok(w.work(p, r))
		}
		for at, h := range w.must {
			fmt.Println("C", at.counter, h)
		}
		for h := range w.blobs {
			fmt.Println("B", h)
		}
		clear(w.must)
		clear(w.blobs)
	}
}

// restore makes a laptop out of its backup.
func (s *soak) restore(p *pc) {
	if !p.backed {
		return
	}
	to := filepath.Join(s.folder(), "restored")
	if out, ok := s.run(nil, s.app, "store", "restore", "--from", p.backup, "--data", to); !ok {
		s.fail("restore: %s", out)
	}
	p.dir = to
	s.all(s.forgive)
}

// back puts the centre back to an earlier copy, and says so or not.
func (s *soak) back() {
	if len(s.past) == 0 {
		return
	}
	s.kill()
	s.truth() // the numbers it gave
	s.home = s.copyOf(s.past[s.r.IntN(len(s.past))].home)
	if s.r.IntN(2) == 0 {
		if out, ok := s.run(nil, s.sync, "restored", "--data", s.home); !ok {
			s.fail("restored: %s", out)
		}
	}
	s.all(s.forgive)
	s.start()
}

// fill fills the disk that all of the county lies on, for a while.
func (s *soak) fill(p *pc) {
	if !s.small {
		return
	}
	s.fullDisk = filepath.Join(s.dir, "ballast")
	f, err := os.Create(s.fullDisk)
	s.ok(err)
	for b := make([]byte, 1<<16); err == nil; {
		_, err = f.Write(b)
	}
	f.Close()
	s.ok(os.Truncate(s.fullDisk, max(0, size(s.fullDisk)-int64(s.r.IntN(400_000)))))
	s.working(p)
	s.desk(s.perhaps(), p, "sync", "run", "--until-empty", "--give-up", "2s", "--server", s.relay.url())
	s.desk(s.perhaps(), p, "sync", "stick", "write", "--to", s.sticks[0])
	s.run(s.perhaps(), s.sync, "stick", "take", "--data", s.home, "--from", s.sticks[0])
	s.ok(os.Remove(s.fullDisk))
	s.fullDisk = ""
}

// end lets everyone carry with nothing in the way, and judges.
func (s *soak) end() {
	s.relay.under(weather{})
	for round := range 3 { // one that learns that it was set back asks all again
		for _, p := range s.laptops {
			if !s.empty(p) && round == 2 {
				s.fail("the sky is clear, and laptop %s does not get through", p.device)
			}
		}
	}
	out, ok := s.run(nil, s.sync, "list", "--data", s.home, "--json")
	var h central.Holdings
	if err := json.Unmarshal([]byte(out), &h); err != nil || !ok {
		s.fail("list: %s", out)
	}
	seen := map[string]bool{}
	for _, k := range h.Cases {
		if seen[k.ID.String()] || k.ReceiptNo != "" && seen[k.ReceiptNo] {
			s.fail("case %s or its receipt is there twice", k.ID)
		}
		seen[k.ID.String()], seen[k.ReceiptNo] = true, true
		if (k.Status == "received") != k.Whole() {
			s.fail("case %s is %s and lacks %d", k.ID, k.Status, k.Lacking)
		}
	}
	if h.Refused != 0 {
		s.fail("%d parcels were refused", h.Refused)
	}
	s.all(func() { s.agree() })
	s.ops = append(s.ops, fmt.Sprintf("= %d cases, %d blobs, %d changes saved", len(h.Cases), h.Blobs, len(s.must)))
	s.kill()
}
