package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// flips are the ways in which a disk or a hand damages a file.
func flips() map[string]func(b []byte) []byte {
	return map[string]func([]byte) []byte{
		"bit":  func(b []byte) []byte { b[rand.IntN(len(b))] ^= 1 << rand.IntN(8); return b },
		"head": func(b []byte) []byte { b[rand.IntN(4*pageSize)] ^= 1 << rand.IntN(8); return b },
		"zero512": func(b []byte) []byte {
			at := rand.IntN(len(b)/512) * 512
			clear(b[at : at+512])
			return b
		},
		"zero4k": func(b []byte) []byte {
			at := rand.IntN(len(b)/4096) * 4096
			clear(b[at : at+4096])
			return b
		},
		"garbage4k": func(b []byte) []byte {
			at := rand.IntN(len(b)/4096) * 4096
			for i := range 4096 {
				b[at+i] = byte(rand.Uint32())
			}
			return b
		},
		"truncate": func(b []byte) []byte { return b[:rand.IntN(len(b))] },
	}
}

// TestFlip damages a store in every way. What the program makes of it must be
// one of three: nothing was touched that counts and all is as it was; or it is
// found, and a repair saves what it can and names the rest; or it is found and
// nothing can be saved.
func TestFlip(t *testing.T) {
	m := newPatient(t, 30)
	used := len(bytes.TrimRight(m.good, "\x00"))
	used += pageSize - used%pageSize
	rounds := 15
	if testing.Short() {
		rounds = 5
	}
	for name, flip := range flips() {
		t.Run(name, func(t *testing.T) {
			got := map[string]int{}
			for range rounds {
				m.harm(t, flip(bytes.Clone(m.good[:used])))
				got[m.fate(t)]++
			}
			t.Log(got)
			if name != "head" && got["found and mended"]+got["found, beyond repair"] == 0 { // most of a head is not in use
				t.Fatal("nothing was ever found")
			}
		})
	}
}

// fate is what becomes of the file that is there.
func (m *patient) fate(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	err := healthy(ctx, m.o, "c1", []byte(password))
	if err == nil {
		s := unlocked(t, m.o)
		defer s.Close()
		for id, address := range m.cases {
			if c := must(s.Case(ctx, id)); c.App.Student.Address != address {
				t.Fatal("another case, and nothing was found")
			}
		}
		for h, want := range m.blobs {
			if !bytes.Equal(must(s.Blob(ctx, h)), want) {
				t.Fatal("another blob, and nothing was found")
			}
		}
		if last, _ := s.Head(); last != m.last {
			t.Fatal("the chain went back without a word")
		}
		return "no harm"
	}
	if k := fault.KindOf(err); k != fault.Damaged && k != fault.Newer {
		t.Fatalf("named %v", err)
	}
	r, err := Repair(ctx, m.o, "c1", []byte(password))
	if err != nil {
		if k := fault.KindOf(err); k != fault.Damaged && k != fault.Newer {
			t.Fatalf("repair: %v", err)
		}
		return "found, beyond repair"
	}
	m.examine(t, r)
	return "found and mended"
}

// TestFlipKeys damages the key file alone: its copy in the database stands in.
func TestFlipKeys(t *testing.T) {
	ctx := context.Background()
	m := newPatient(t, 3)
	path := filepath.Join(m.o.Dir, keysFile)
	good := must(os.ReadFile(path))
	rounds := 200
	if testing.Short() {
		rounds = 30
	}
	got := map[string]int{}
	for n := range rounds {
		b := bytes.Clone(good)
		switch n % 4 {
		case 0:
			b = b[:rand.IntN(len(b))]
		case 1:
			clear(b[rand.IntN(len(b)):])
		default:
			b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
		}
		m.harm(t, m.good)
		noErr(t, os.WriteFile(path, b, 0o600))
		l, err := Open(ctx, m.o)
		if err != nil {
			t.Fatalf("the copy does not stand in: %v", err)
		}
		s, _, err := l.Unlock(ctx, "c1", []byte(password))
		if err != nil {
			noErr(t, l.Close())
			t.Fatalf("the copy does not stand in: %v", err)
		}
		noErr(t, s.Close())
		now := must(os.ReadFile(path))
		keys, err := seal.ParseKeyfile(now)
		switch {
		case err != nil || !bytes.Equal(keys.Marshal(), good):
			t.Fatal("the key file stays damaged")
		case bytes.Equal(now, b): // as where the case of a member's letter was turned
			got["no harm"]++
		default:
			got["mended"]++
		}
	}
	t.Log(got)
}

// TestFlipCopy damages the copy of the key file in the database: the first to
// sign in mends it, for one day it may be the only one.
func TestFlipCopy(t *testing.T) {
	s := newTestStore(t)
	want := s.keys.Marshal()
	behind(t, s, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bPlain)).Put([]byte("keys"), append([]byte("}"), want...))
	})
	s = reopened(t, s)
	noErr(t, s.Close())
	noErr(t, os.Remove(filepath.Join(s.o.Dir, keysFile)))
	noErr(t, unlocked(t, s.o).Close())
	if got := must(os.ReadFile(filepath.Join(s.o.Dir, keysFile))); !bytes.Equal(got, want) {
		t.Fatal("another key file")
	}
}
