package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/depot"
	"doorstep/internal/loan"
)

// turnBits turns a bit of everything that holds blobs of a centre, in a pack of
// the first blob, and gives how many.
func turnBits(t *testing.T, dir string) (n int) {
	t.Helper()
	const at = 1044 // behind the head of a pack's first blob
	roots := []string{filepath.Join(dir, "packs"), filepath.Join(dir, "blobs")}
	if depot.OnShared() {
		roots = []string{bucketOf(t, dir)}
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.Contains(path, ".sgwtmp") {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil || len(b) <= at {
				return err
			}
			b[at] ^= 1
			n++
			return os.WriteFile(path, b, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// A bit turned on the centre's disk: nobody asks for a verification, and the
// laptop, which still has the image, sends it again in its ordinary work.
func TestABitThatTurnedAtTheCentreIsFoundInEverydayWork(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0", "--scrub", "0")
	addr := s.url[len("https://"):]
	l := newLaptop(t, s)
	id := l.finished(t, noise("small", 150_000), noise("long", 1_500_000))
	mustCarry(t, l, "")
	receipt := heldCase(t, s, id).ReceiptNo
	s.stop()
	if n := turnBits(t, dir); n == 0 {
		t.Fatal("nothing was turned")
	}
	export := func() int {
		return run(t.Context(), []string{"export", "--data", dir, "--to", filepath.Join(t.TempDir(), "out")}, io.Discard, io.Discard)
	}
	if code := export(); code == exitOK {
		t.Fatal("the export is whole: the test turned nothing that counts")
	}
	s = startServer(t, dir, addr, "--scrub", "100000")
	for try := 0; export() != exitOK || !heldCase(t, s, id).Whole(); try++ {
		if try > 1000 {
			t.Fatal("it was never mended")
		}
		time.Sleep(20 * time.Millisecond)
		if err := l.carry(t, ""); err != nil {
			t.Fatal(err)
		}
	}
	if k := heldCase(t, s, id); !k.Whole() || k.ReceiptNo != receipt || l.status(t, id) != loan.Received {
		t.Errorf("centre %+v with receipt %s, want %s; laptop %v", k, k.ReceiptNo, receipt, l.status(t, id))
	}
}
