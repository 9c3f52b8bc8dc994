package capture

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty is a serial line whose other end the test holds.
type pty struct {
	master *os.File
	line   string
	unplug func()
}

// plug makes a line on which say answers every command; nil is silence. A
// piece of an answer is written on its own. unplug pulls it out, as the test's
// end does.
func plug(t testing.TB, say func(command uint16) [][]byte) *pty {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	p := &pty{master: os.NewFile(uintptr(fd), "pty"), line: fmt.Sprintf("/dev/pts/%d", n)}
	var ended sync.WaitGroup
	out := make(chan struct{})
	p.unplug = sync.OnceFunc(func() {
		close(out)
		p.master.Close()
		ended.Wait()
	})
	t.Cleanup(p.unplug)
	ended.Go(func() { p.serve(out, say) })
	return p
}

func (p *pty) serve(out <-chan struct{}, say func(uint16) [][]byte) {
	var got []byte
	for b := make([]byte, 64); ; {
		n, err := p.master.Read(b)
		select {
		case <-out:
			return
		default:
		}
		if err != nil { // nobody has the line open
			time.Sleep(time.Millisecond)
			continue
		}
		for got = append(got, b[:n]...); len(got) >= len(readerHead)+5; got = got[len(readerHead)+5:] {
			for _, piece := range say(binary.BigEndian.Uint16(got[len(readerHead)+2:])) {
				p.master.Write(piece)
			}
		}
	}
}

func (p *pty) open(t testing.TB) *Reader {
	t.Helper()
	r, err := openReader(t.Context(), ReaderInfo{ID: p.line, Name: "读卡器"}, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	r.poll = time.Millisecond
	return r
}
