package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// TestADamagedLaptopIsHealed spoils pages of a laptop's file, in many places,
// mends it, and has the centre give back what that lost.
func TestADamagedLaptopIsHealed(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	var ids []uuid.UUID
	for range 4 {
		ids = append(ids, l.finished(t, noise(uuid.NewString(), 30_000)))
	}
	mustCarry(t, l, "")
	changes, blobs, device := 0, 0, l.Profile().Device
	for round := range 6 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		r := spoiltAndMended(t, l.dir, device, round)
		for _, g := range r.Own {
			changes += int(g.To-g.From) + 1
		}
		blobs += len(r.Blobs)
		l.Store = openAt(t, l.dir).Store
		ids = append(ids, l.draft(t)) // work goes on before there is a network
		mustCarry(t, l, "")
		settled(t, s, l)
		for i, id := range ids {
			k, err := l.Case(t.Context(), id)
			if err != nil {
				t.Fatalf("round %d, case %d: %v (%+v)", round, i, err, r)
			}
			if want := loan.Received; i < 4 && k.Status != want || len(k.Aside) != 0 {
				t.Errorf("round %d, case %d: %s (%+v)", round, i, k.Status, r)
			}
			for _, a := range k.Manifest() {
				if _, err := l.Blob(t.Context(), a.Blob); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			}
		}
		if want, err := l.Wanted(t.Context()); err != nil || len(want.Own)+len(want.Blobs)+len(want.Cases) != 0 {
			t.Errorf("round %d: still wanted: %+v, %v", round, want, err)
		}
		if err := l.VerifyLedger(t.Context()); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
	t.Logf("%d changes and %d blobs were lost here and came back", changes, blobs)
	if changes == 0 || blobs == 0 {
		t.Error("nothing was lost that could come back")
	}
	if h := s.holdings(t); h.Refused != 0 || len(h.Cases) != len(ids) {
		t.Errorf("%d refused, %d cases of %d", h.Refused, len(h.Cases), len(ids))
	}
}

// spoiltAndMended spoils the file so that it can be mended, and mends it: who
// the laptop is stands in one page alone, and without it only a backup helps.
func spoiltAndMended(t testing.TB, dir string, device uuid.UUID, round int) store.RepairReport {
	t.Helper()
	path := filepath.Join(dir, "store.bolt")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for {
		spoil(t, path, device, round)
		r, err := store.Repair(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()}, "practice-clerk", []byte(password))
		if err == nil {
			return r
		}
		if store.Repairable(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// spoil fills some pages of a file with noise, and all that hold one change.
func spoil(t testing.TB, path string, device uuid.UUID, round int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	pages := len(b) / page
	var bad []int
	for range 3 {
		bad = append(bad, 2+rand.IntN(pages-2))
	}
	key := binary.BigEndian.AppendUint64(device[:], uint64(round*5+3))
	for n := 2; n < pages && round%2 == 0; n++ {
		if bytes.Contains(b[n*page:(n+1)*page], key) {
			bad = append(bad, n)
		}
	}
	for _, n := range bad {
		for i := range page {
			b[n*page+i] = byte(rand.Uint32())
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
