package central

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

func TestObjectSizes(t *testing.T) {
	key := seal.NewKey()
	for _, n := range []int64{1, 10, boxSize - 1, boxSize, boxSize + 1, 3 * boxSize, 3*boxSize + 7, parcel.MaxBlob} {
		object := n + boxes(n)*seal.Overhead
		if n < 1<<20 {
			if got := int64(len(boxed(key, "c", loan.Hash{}, make([]byte, n)))); got != object {
				t.Errorf("a blob of %d is an object of %d, want %d", n, got, object)
			}
		}
		if got, ok := plainSize(object); got != n || !ok {
			t.Errorf("an object of %d holds %d, %v; want %d", object, got, ok, n)
		}
	}
	for _, object := range []int64{-1, 0, 1, seal.Overhead, boxSize + seal.Overhead + 1, boxSize + 2*seal.Overhead} {
		if n, ok := plainSize(object); ok {
			t.Errorf("an object of %d holds %d, want none", object, n)
		}
	}
}

func TestSharedBucket(t *testing.T) {
	p, folder := sharedPlace(t)
	ctx := context.Background()
	key := seal.NewKey()
	b, err := openBucket(p.Bucket, p.CredentialsFile, key)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if err := b.ready(ctx); err != nil {
		t.Fatal(err)
	}
	plain := content("blob", 3*boxSize+77)
	h := loan.Hash(key.Name(plain))
	path := filepath.Join(t.TempDir(), "partial")
	if err := os.WriteFile(path, append(bytes.Clone(plain), "sums"...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = b.read(ctx, "522727", h, 0, 10)
	wantFault(t, err, fault.Missing)
	for range 2 { // the same again is the same
		if err := b.keep(ctx, "522727", h, int64(len(plain)), path); err != nil {
			t.Fatal(err)
		}
	}
	object := filepath.Join(folder, objectName("522727", h))
	t.Run("any part of it is what it was", func(t *testing.T) {
		for _, r := range [][2]int64{{0, 1}, {0, parcel.MaxBlob}, {boxSize - 1, 2}, {boxSize, boxSize}, {2*boxSize + 5, parcel.MaxBlob}, {3*boxSize + 76, 9}} {
			want := plain[r[0]:min(int64(len(plain)), r[0]+r[1])]
			if got, err := b.read(ctx, "522727", h, r[0], r[1]); err != nil || !bytes.Equal(got, want) {
				t.Errorf("from %d: %d bytes, %v; want %d", r[0], len(got), err, len(want))
			}
		}
		_, err := b.read(ctx, "522727", h, int64(len(plain)), 1)
		wantFault(t, err, fault.Input)
		_, err = b.read(ctx, "522727", h, 5*boxSize, 1)
		wantFault(t, err, fault.Input)
	})
	raw, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("who finds the bucket reads nothing", func(t *testing.T) {
		for i := 0; i+32 <= len(plain); i += 997 {
			if bytes.Contains(raw, plain[i:i+32]) {
				t.Fatal("the object holds the blob in the clear")
			}
		}
	})
	t.Run("what was altered, cut off, moved or exchanged is damaged", func(t *testing.T) {
		const box = boxSize + seal.Overhead
		for how, spoilt := range map[string][]byte{
			"a flipped bit":     flipped(raw, len(raw)/2),
			"a box cut off":     raw[:len(raw)-77-seal.Overhead],
			"a byte cut off":    raw[:len(raw)-1],
			"two boxes changed": append(append(bytes.Clone(raw[box:2*box]), raw[:box]...), raw[2*box:]...),
			"empty":             {},
		} {
			if err := os.WriteFile(object, spoilt, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := b.read(ctx, "522727", h, 0, parcel.MaxBlob); err == nil || fault.KindOf(err) != fault.Damaged && fault.KindOf(err) != fault.Input {
				t.Errorf("%s: %v, want damaged", how, err)
			}
		}
		if err := b.keep(ctx, "522727", h, int64(len(plain)), path); err != nil {
			t.Fatal(err)
		}
		if got, err := b.read(ctx, "522727", h, 0, parcel.MaxBlob); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("kept again: %d bytes, %v", len(got), err)
		}
	})
	t.Run("a store that is away or not ours is named as what it is", func(t *testing.T) {
		away, err := openBucket("http://127.0.0.1:1/b", p.CredentialsFile, seal.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, away.keep(ctx, "522727", h, 10, path), fault.Busy)
		none, err := openBucket(p.Bucket+"-none", p.CredentialsFile, seal.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, none.ready(ctx), fault.Missing)
		wantFault(t, none.keep(ctx, "522727", h, 10, path), fault.Disk)
		_, err = openBucket(p.Bucket, filepath.Join(t.TempDir(), "none"), seal.NewKey())
		wantFault(t, err, fault.Missing)
	})
}

func flipped(b []byte, i int) []byte {
	out := bytes.Clone(b)
	out[i] ^= 4
	return out
}
