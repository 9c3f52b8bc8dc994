package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const smapsForm = `00400000-0045a000 r-xp 00000000 fd:00 123                                /opt/a b/sync
Size:                360 kB
Rss:                  64 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me 
0045a000-00460000 r--p 0005a000 fd:00 123                                /opt/a b/sync
Anonymous:             4 kB
Swap:                  0 kB
00460000-00470000 r--p 00060000 fd:00 123                                /opt/a b/sync
Anonymous:             0 kB
Swap:                 16 kB
00470000-00480000 rw-p 00070000 fd:00 123                                /opt/a b/sync
Anonymous:             0 kB
Swap:                  0 kB
00480000-00490000 r--s 00070000 fd:00 123                                /opt/a b/sync
Anonymous:             0 kB
Swap:                  0 kB
00490000-004a0000 r--p 00080000 fd:00 124                                /opt/a b/sync.old
Anonymous:             0 kB
Swap:                  0 kB
004a0000-004b0000 r--p 00080000 fd:00 123                                /opt/a b/sync
Anonymous:             0 kB
7ff000000000-7ff000001000 rw-p 00000000 00:00 0 
Anonymous:             0 kB
Swap:                  0 kB
7ff000001000-7ff000002000 r--p 00000000 fd:00 123                                /opt/a b/sync
Anonymous:             0 kB
Swap:                  0 kB
`

func TestMappingsOfAFile(t *testing.T) {
	got, err := mappingsOf(strings.NewReader(smapsForm), "/opt/a b/sync")
	if want := []filePart{{0x400000, 0x45a000}, {0x7ff000001000, 0x7ff000002000}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %x, %v, want %x", got, err, want)
	}
	for _, bad := range []string{"x-y r--p 0 0 0 /a\n", "2000-1000 r--p 0 0 0 /a\n", "1000 r--p\n"} {
		if got, err := mappingsOf(strings.NewReader(bad), "/a"); err == nil {
			t.Errorf("%q: got %x", bad, got)
		}
	}
}

func TestAPageThatIsUsedBringsFewOthers(t *testing.T) {
	if os.Getpagesize() >= pieceSize {
		t.Skip("pages are as long as pieces")
	}
	path, content, mem := mapped(t, unix.PROT_READ)
	all, of := mappingsHere(t, path)
	if len(all) != 1 || all[0].to-all[0].from != uintptr(len(content)) {
		t.Fatalf("mapped at %x", all)
	}
	for range 2 { // it may be done again
		if err := all[0].split(); err != nil {
			t.Fatal(err)
		}
		if err := all[0].forget(); err != nil {
			t.Fatal(err)
		}
	}
	if got := of(); got != 0 {
		t.Fatalf("%d KB are mapped after all were let go", got)
	}
	if mem[len(mem)/2] != content[len(mem)/2] {
		t.Error("another content")
	}
	if got := of(); got == 0 || got > pieceSize>>10 {
		t.Errorf("%d KB are mapped after one page was used, want at most %d", got, pieceSize>>10)
	}
	if !bytes.Equal(mem, content) {
		t.Error("another content")
	}
}

func TestWhatTheProcessWroteIsNotLetGo(t *testing.T) {
	path, content, mem := mapped(t, unix.PROT_READ|unix.PROT_WRITE)
	mem[5000]++
	if err := unix.Mprotect(mem, unix.PROT_READ); err != nil {
		t.Fatal(err)
	}
	if all, _ := mappingsHere(t, path); len(all) != 0 {
		t.Errorf("a mapping that was written to is taken for the file: %x", all)
	}
	if mem[5000] != content[5000]+1 {
		t.Error("what was written is gone")
	}
}

// mapped maps a new file of many pages.
func mapped(t *testing.T, rights int) (path string, content, mem []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	content = bytes.Repeat([]byte("doorstep"), 32*pieceSize/8)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if mem, err = unix.Mmap(int(f.Fd()), 0, len(content), rights, unix.MAP_PRIVATE); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(mem) })
	return path, content, mem
}

// mappingsHere are those of a file in this process; of says how many KB of all that
// is mapped of it are in memory.
func mappingsHere(t *testing.T, path string) (all []filePart, of func() int) {
	t.Helper()
	read := func() []byte {
		b, err := os.ReadFile("/proc/self/smaps")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	all, err := mappingsOf(bytes.NewReader(read()), path)
	if err != nil {
		t.Fatal(err)
	}
	return all, func() (kb int) {
		its := false
		for line := range strings.Lines(string(read())) {
			fields := strings.Fields(line)
			if !strings.HasSuffix(fields[0], ":") {
				its = fields[len(fields)-1] == path
			} else if its && fields[0] == "Rss:" {
				n, err := strconv.Atoi(fields[1])
				if err != nil {
					t.Fatal(err)
				}
				kb += n
			}
		}
		return kb
	}
}
