package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/depot"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// smallDisk is a file system of its own of so many megabytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if !mountSmall(dir, size) {
		t.Skip("may not mount")
	}
	t.Cleanup(func() { unmountSmall(dir) })
	return dir
}

// filled fills a disk but for so many bytes; the end of it makes room again.
func filled(t *testing.T, disk string, but int64) (room func()) {
	t.Helper()
	path := filepath.Join(disk, "ballast")
	f, err := os.Create(path)
	for b := make([]byte, 1<<12); err == nil; {
		_, err = f.Write(b)
	}
	f.Close()
	if err := os.Truncate(path, max(0, size(path)-but)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// until waits for something that no fixed time bounds but the test's own.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1200 {
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("it never came to this: %s", what)
}

// The centre's disk fills up while three laptops send over streams: what it
// acknowledged is whole, nothing else counts, the clerk reads why it waits, and
// all goes on by itself once there is room.
func TestTheCentresDiskFillsUpWhileLaptopsSend(t *testing.T) {
	if depot.OnShared() {
		t.Skip("the disk of a centre of several servers holds nothing that is kept")
	}
	disk := smallDisk(t, 48)
	dir := filepath.Join(disk, "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	type desk struct {
		*laptop
		ids []uuid.UUID
		c   *courier.Courier
	}
	var desks []*desk
	for i := range 3 {
		d := &desk{laptop: newLaptop(t, s)}
		for j := range 4 {
			d.ids = append(d.ids, d.finished(t, noise(fmt.Sprint(i, j), 300_000), noise(fmt.Sprint(i, j, "long"), 1_200_000)))
		}
		desks = append(desks, d)
	}
	room := filled(t, disk, 5<<20)
	for _, d := range desks {
		d.c = newCourier(t, d.laptop, "")
		begun(t, d.c)
	}
	for _, d := range desks {
		until(t, "the clerk reads why", func() bool {
			said := fault.Sentence(d.c.State().Err)
			return strings.Contains(said, "磁盘已满") && strings.Contains(said, "材料已留在本机")
		})
	}
	for _, verb := range [][]string{{"list"}, {"device", "list"}} {
		if said := verbOK(t, append(verb, "--data", dir)...); !strings.Contains(said, "磁盘只剩") || !strings.Contains(said, "请尽快腾出空间") {
			t.Errorf("sync %s says nothing of the disk: %s", strings.Join(verb, " "), said)
		}
	}
	agree := func() (received int) {
		t.Helper()
		for _, d := range desks {
			for _, id := range d.ids {
				if d.status(t, id) == loan.Received {
					received++
					if k := heldCase(t, s, id); !k.Whole() {
						t.Errorf("the laptop says received, the centre %+v", k)
					}
				}
			}
		}
		return received
	}
	if n := agree(); n == 12 {
		t.Fatal("the disk did not fill up")
	}
	if code := run(t.Context(), []string{"verify", "--data", dir}, io.Discard, os.Stderr); code != exitOK {
		t.Errorf("what counts as held is not: verify ended with %d", code)
	}
	room()
	until(t, "all received once there is room", func() bool { return agree() == 12 })
	if code := run(t.Context(), []string{"verify", "--data", dir}, io.Discard, os.Stderr); code != exitOK {
		t.Errorf("verify ended with %d", code)
	}
	if h := s.holdings(t); len(h.Cases) != 12 || h.Blobs != 12*5 || h.Refused != 0 {
		t.Errorf("%d cases, %d blobs, %d refused", len(h.Cases), h.Blobs, h.Refused)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "partial")); len(left) != 0 {
		t.Errorf("%d half blobs are left over", len(left))
	}
}

// crowded looks at a case until the store's file has no room inside it either,
// but for the smallest saves.
func (l *laptop) crowded(t *testing.T, id uuid.UUID) {
	t.Helper()
	for _, size := range []int{100_000, 10_000, 1_000} {
		for err := error(nil); fault.KindOf(err) != fault.Full; {
			_, err = l.Commit(t.Context(), []store.Entry{{Case: id, Kind: loan.ChangeView, Operator: "practice-clerk",
				Body: loan.ViewBody{Reason: hex.EncodeToString(noise("crowd", size/2))}}}, nil)
			if err != nil && fault.KindOf(err) != fault.Full {
				t.Fatal(err)
			}
		}
	}
}

// longRegister is one that no packing makes small.
func longRegister(n int) string {
	var b strings.Builder
	b.WriteString("code\tname\tkind\tlevel\tplace\tauthority\n")
	for i := range n {
		fmt.Fprintf(&b, "41520%05d\t", i)
		for _, c := range noise(fmt.Sprint("school", i), 60) {
			b.WriteRune('一' + rune(c)*7)
		}
		b.WriteString("\tregular\t本科\t贵阳市\t贵州省\n")
	}
	return b.String()
}

// The laptop's own disk is full while it syncs: nothing is half there, the clerk
// reads why, and with room it goes on by itself.
func TestTheLaptopsDiskIsFullWhileItSyncs(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	disk := smallDisk(t, 32)
	l := newLaptopIn(t, s, filepath.Join(disk, "data"), func(*store.Profile) {})
	var ids []uuid.UUID
	for i := range 3 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint("d", i), 900_000)))
	}
	s.must(t, "schools", "import", "--file", testFile(t, "schools.tsv", longRegister(20_000)))
	room := filled(t, disk, 0)
	l.crowded(t, ids[0])
	c := newCourier(t, l, "")
	end := begun(t, c)
	until(t, "the clerk reads why", func() bool {
		now := c.State()
		said := fault.Sentence(now.BulletinErr) + fault.Sentence(now.Err)
		return strings.Contains(said, fault.Full.Sentence())
	})
	if _, err := l.Bulletin(t.Context(), bulletin.Schools, bulletin.RegisterName); fault.KindOf(err) != fault.Missing {
		t.Errorf("half a register is in force: %v", err)
	}
	for _, id := range ids {
		if l.status(t, id) == loan.Received && !heldCase(t, s, id).Whole() {
			t.Errorf("the laptop says received, the centre %+v", heldCase(t, s, id))
		}
	}
	room()
	until(t, "all is there once there is room", func() bool {
		c.Wake() // as a clerk's next save does
		for _, id := range ids {
			if l.status(t, id) != loan.Received {
				return false
			}
		}
		_, err := l.Bulletin(t.Context(), bulletin.Schools, bulletin.RegisterName)
		return err == nil && c.State().BulletinErr == nil
	})
	end()
	l.reopen(t)
	if err := l.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
	if r, err := loan.ParseRegister(bytes.NewReader(mustBulletin(t, l, bulletin.Schools, bulletin.RegisterName))); err != nil || len(r.Schools) != 20_000 {
		t.Errorf("the register: %v", err)
	}
	if h := s.holdings(t); len(h.Cases) != 3 || h.Blobs != 12 || h.Refused != 0 {
		t.Errorf("%d cases, %d blobs, %d refused", len(h.Cases), h.Blobs, h.Refused)
	}
}
