package store

import (
	"bytes"
	"context"
	"os"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

func TestVault(t *testing.T) {
	data := seal.NewKey()
	v := newVault([16]byte{1}, data)
	value := v.seal(bCases, []byte("key"), 7, []byte("content"))
	if got := must(v.open(bCases, []byte("key"), value)); string(got) != "content" {
		t.Fatalf("got %q", got)
	}
	for name, open := range map[string]func() ([]byte, error){
		"under another key":   func() ([]byte, error) { return v.open(bCases, []byte("kez"), value) },
		"in another bucket":   func() ([]byte, error) { return v.open(bChanges, []byte("key"), value) },
		"in another store":    func() ([]byte, error) { return newVault([16]byte{2}, data).open(bCases, []byte("key"), value) },
		"with another secret": func() ([]byte, error) { return newVault([16]byte{1}, seal.NewKey()).open(bCases, []byte("key"), value) },
		"with another generation": func() ([]byte, error) {
			other := bytes.Clone(value)
			other[8]++
			return v.open(bCases, []byte("key"), other)
		},
		"as an earlier version": func() ([]byte, error) {
			return v.open(bCases, []byte("key"), append([]byte{valueVersion - 1}, value[1:]...))
		},
		"cut to nothing": func() ([]byte, error) { return v.open(bCases, []byte("key"), []byte{}) },
	} {
		t.Run("does not open "+name, func(t *testing.T) {
			_, err := open()
			wantKind(t, err, fault.Damaged)
		})
	}
	_, err := v.open(bCases, []byte("key"), append([]byte{valueVersion + 1}, value[1:]...))
	wantKind(t, err, fault.Newer)
	_, err = v.open(bCases, []byte("key"), nil)
	wantKind(t, err, fault.Missing)
}

func TestRightPasswordClearsTheCount(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	for range 3 {
		for range guard.MaxFailures - 1 {
			_, err := s.Verify(ctx, "c1", []byte("wrong"))
			wantKind(t, err, fault.Password)
		}
		must(s.Verify(ctx, "c1", []byte(password)))
	}
}

func TestAccountSwitchedOffInTheRecordAlone(t *testing.T) {
	// The key file is written after the record: a crash between the two
	// leaves a password in force whose account is off.
	ctx := context.Background()
	s := newTestStore(t)
	s.write.Lock()
	noErr(t, s.update(ctx, "test", func(tx *bbolt.Tx) error {
		return s.put(tx, bOperators, []byte("c1"), []byte(`{"id":"c1","name":"x","roles":["clerk"],"enabled":false}`))
	}))
	s.write.Unlock()
	_, err := s.Verify(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Denied)
	noErr(t, s.Close())
	l := must(Open(ctx, s.o))
	defer l.Close()
	_, _, err = l.Unlock(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Denied)
}

func TestAcknowledgedBlobIsNotSentAgain(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	h := attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "same")
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 2, h)))
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), "same")
	if box := must(s.Outbox(ctx)); len(box.Blobs) != 0 || box.Last != 3 {
		t.Fatalf("got %+v", box)
	}
}

func TestStaleMetaPageIsDamage(t *testing.T) {
	s := newTestStore(t)
	noErr(t, s.Close())
	old := must(os.ReadFile(s.dataPath()))
	s = unlocked(t, s.o)
	for n := range 6 {
		newCase(t, s, n)
	}
	noErr(t, s.Close())
	now := must(os.ReadFile(s.dataPath()))
	for page := range 2 {
		b := bytes.Clone(now)
		copy(b[page*pageSize:(page+1)*pageSize], old[page*pageSize:])
		noErr(t, os.WriteFile(s.dataPath(), b, 0o600))
		_, err := Open(context.Background(), s.o)
		wantKind(t, err, fault.Damaged)
	}
	noErr(t, os.WriteFile(s.dataPath(), now, 0o600))
	noErr(t, unlocked(t, s.o).Close())
}

func TestDiskFaultTellsNoPath(t *testing.T) {
	_, err := os.Open("/home/韦测甲/doorstep/store.bolt")
	if got := diskFault("op", err).Error(); bytes.Contains([]byte(got), []byte("韦测甲")) || fault.KindOf(diskFault("op", err)) != fault.Disk {
		t.Fatalf("got %q", got)
	}
}
