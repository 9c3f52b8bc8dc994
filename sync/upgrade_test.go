package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/depot"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// unpacked is the sample of an earlier version: the folder of a centre, and that
// of a laptop of it with cases queued.
func unpacked(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.Clean("/"+h.Name))
		if h.FileInfo().IsDir() {
			err = os.MkdirAll(path, 0o700)
		} else {
			b, rerr := io.ReadAll(r)
			err = errors.Join(rerr, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestCasesQueuedByAnEarlierVersionGoThrough(t *testing.T) {
	if depot.OnShared() {
		t.Skip("an earlier version had the embedded database alone")
	}
	dir := unpacked(t, "testdata/version-0.1.tgz")
	s := startServer(t, filepath.Join(dir, "centre"), "127.0.0.1:0")
	before := s.holdings(t)
	if len(before.Cases) != 1 || before.Cases[0].Status != "received" || len(before.Cases[0].Same) != 0 {
		t.Fatalf("the earlier centre holds %+v", before.Cases)
	}
	l := openAt(t, filepath.Join(dir, "laptop"))
	box, err := l.Outbox(t.Context())
	if err != nil || box.Acked >= box.Last || len(box.Blobs) == 0 {
		t.Fatalf("nothing is queued: %+v, %v", box, err)
	}
	cert, err := x509.ParseCertificate(l.Profile().CertDER)
	if err != nil {
		t.Fatal(err)
	}
	if time.Now().After(cert.NotAfter) {
		if err := l.enrolAgain(t, s.url, s.codeFor(t, l.Profile().Device)); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, "pack", "add", "--file", testFile(t, "pack.json", augustPack))
	mustCarry(t, l, s.url)
	mustCarry(t, l, s.url)
	after := s.holdings(t)
	counts := map[string]int{}
	var received []uuid.UUID
	for _, k := range after.Cases {
		counts[k.Status]++
		if k.Whole() {
			received = append(received, k.ID)
		}
	}
	if len(after.Cases) != 4 || counts["received"] != 3 || counts["draft"] != 1 || after.Refused != 0 {
		t.Fatalf("the centre holds %v, %d refused", counts, after.Refused)
	}
	for _, id := range received {
		if l.status(t, id) != loan.Received {
			t.Errorf("%s is %v at the laptop", id, l.status(t, id))
		}
	}
	if len(l.Bulletins()) != 1 {
		t.Error("the laptop of an earlier version took no pack")
	}
	t.Run("a case that came to the earlier version is seen to be of the same student", func(t *testing.T) {
		first := before.Cases[0].ID
		same := l.same(t, first)
		if len(same) != 1 || len(l.same(t, same[0])) != 1 || l.same(t, same[0])[0] != first {
			t.Errorf("told of %v", same)
		}
	})
	if err := l.VerifyLedger(t.Context()); err != nil {
		t.Error(err)
	}
}
