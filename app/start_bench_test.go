//go:build linux && !ci

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"
)

const bareWindowEnv = "DOORSTEP_BARE_WINDOW"

// The floor: a window of the same toolkit with one line of text and nothing
// of ours.
func init() {
	if os.Getenv(bareWindowEnv) != "" {
		a := app.New()
		w := a.NewWindow("bare")
		w.SetContent(widget.NewLabel("bare"))
		w.Resize(w.Content().MinSize())
		w.ShowAndRun()
		os.Exit(0)
	}
}

// BenchmarkStart is from the start of the process to its first painted frame,
// as a ratio to that of a bare window in the same run.
func BenchmarkStart(b *testing.B) {
	for _, p := range []string{"Xvfb", "xwd"} {
		if _, err := exec.LookPath(p); err != nil {
			b.Skipf("needs %s, which is not installed", p)
		}
	}
	display := benchDisplay(b)
	program := filepath.Join(b.TempDir(), "doorstep")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-tags", "gles,x11,no_animations,no_emoji", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	data := filledFolder(b, 500)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	var ours, bare time.Duration
	for b.Loop() {
		bare += firstFrame(b, display, home, exec.Command(self), bareWindowEnv+"=1")
		ours += firstFrame(b, display, home, exec.Command(program, "--data", data))
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/start")
	b.ReportMetric(float64(ours)/float64(bare), "ours/bare-window")
}

func benchDisplay(b testing.TB) string {
	b.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1366x768x24")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	w.Close()
	b.Cleanup(func() { end(cmd) })
	var n int
	if _, err := fmt.Fscan(r, &n); err != nil {
		b.Fatal(err)
	}
	return fmt.Sprintf(":%d", n)
}

func end(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = cmd.Process.Kill()
		<-done
	}
}

// firstFrame starts a program and waits until something is painted.
func firstFrame(b *testing.B, display, home string, cmd *exec.Cmd, env ...string) time.Duration {
	b.Helper()
	cmd.Env = append([]string{"DISPLAY=" + display, "HOME=" + home, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "PATH=" + os.Getenv("PATH"), "LIBGL_ALWAYS_SOFTWARE=1"}, env...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer end(cmd)
	for !painted(b, display) {
		if time.Since(begin) > time.Minute {
			b.Fatal("nothing was painted within a minute")
		}
	}
	return time.Since(begin)
}

// painted says whether any pixel of the root window is not black. The picture
// is that of xwd: big-endian words, of which 0 is the head's size and 19 the
// number of colours, 12 bytes each, behind it.
func painted(b *testing.B, display string) bool {
	ctx, stop := context.WithTimeout(b.Context(), 10*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, "xwd", "-root", "-silent", "-display", display)
	out, err := cmd.Output()
	if err != nil || len(out) < 100 {
		b.Fatalf("xwd: %v", err)
	}
	head := int(binary.BigEndian.Uint32(out)) + 12*int(binary.BigEndian.Uint32(out[19*4:]))
	if head > len(out) {
		b.Fatal("xwd: not a picture")
	}
	for i, v := range out[head:] {
		if v != 0 && i%4 != 3 {
			return true
		}
	}
	return false
}

// filledFolder is the data folder of a laptop with cases.
func filledFolder(b *testing.B, cases int) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "data")
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	ca, err := seal.NewAuthority("bench", 24*time.Hour, time.Now())
	must(err)
	signer, err := seal.NewSigner()
	must(err)
	id := uuid.New()
	der, err := ca.Issue(signer.Crypto().Public(), seal.Device, id.String(), nil, time.Hour, time.Now())
	must(err)
	rules, err := rulebook.Load()
	must(err)
	press, err := contract.NewPress()
	must(err)
	clerk := guard.Operator{ID: "clerk-1", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	door, err := desk.OpenDoor(b.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()}, desk.Tools{Rules: rules, Press: press, Now: time.Now})
	must(err)
	d, err := door.Settle(b.Context(), desk.Enrolment{Roster: []desk.Operator{clerk}, Profile: store.Profile{Device: id, Signer: signer,
		CertDER: der, CADER: ca.Cert().Raw, Server: "https://127.0.0.1:1", County: "522727", CountyName: "平塘县", Point: "测试乡受理点",
		PointType: "乡镇受理点", CountyKey: seal.NewKey(), Centre: ca.Signer().Public(), Practice: true}}, clerk, []byte("bench password"))
	must(err)
	for range cases {
		_, err := d.NewCase(b.Context(), loan.First, false)
		must(err)
	}
	must(d.Close())
	return dir
}
