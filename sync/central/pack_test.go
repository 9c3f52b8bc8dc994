package central

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"doorstep/internal/loan"
)

// packed is a blob as the packs are given it, and where they put it.
type packed struct {
	hash    loan.Hash
	content []byte
	at      place
}

func someBlob(n int) packed {
	b := packed{content: make([]byte, n)}
	for i := range b.content {
		b.content[i] = byte(rand.Uint32())
	}
	b.hash = sum(b.content)
	return b
}

// packRoom is memory for a head and n bytes.
func packRoom(n int64) []byte { return newRooms(blocks(packHead+n), 0).take(n) }

func (b *packed) write(p *packs) error { return b.writeIn(packRoom(int64(len(b.content))), p) }

func (b *packed) writeIn(room []byte, p *packs) (err error) {
	copy(room[packHead:], b.content)
	b.at, err = p.write(b.hash, room)
	return err
}

// somePacks gives packs, and how many pieces of memory came back.
func somePacks(t *testing.T) (*packs, *int) {
	t.Helper()
	given := 0
	p := newPacks(t.TempDir(), func([]byte) { given++ })
	t.Cleanup(p.close)
	return p, &given
}

func TestPacks(t *testing.T) {
	t.Run("blobs of every length come back as they were, and so does their memory", func(t *testing.T) {
		p, given := somePacks(t)
		var all []packed
		var at []place
		for i, n := range []int{1, packBlock - packHead, packBlock - packHead + 1, 3, 70_000, 1 << 20, 100, 1<<20 - packHead, 300_000, 1 << 20, 5} {
			b := someBlob(n)
			if err := b.write(p); err != nil {
				t.Fatal(err)
			}
			if (b.at.at-packHead)%packBlock != 0 {
				t.Errorf("blob %d begins at %d", i, b.at.at)
			}
			all, at = append(all, b), append(at, b.at)
			if i%4 == 3 {
				if err := p.sync(at); err != nil {
					t.Fatal(err)
				}
				at = nil
			}
		}
		if err := p.sync(at); err != nil {
			t.Fatal(err)
		}
		if *given != len(all) {
			t.Errorf("%d pieces of memory came back, want %d", *given, len(all))
		}
		for i, b := range all {
			size := int64(len(b.content))
			got, err := p.read(b.at, size, 0, size)
			if err != nil || !bytes.Equal(got, b.content) || !p.there(b.at, size) {
				t.Errorf("blob %d of %d bytes: %d bytes of it, %v", i, size, len(got), err)
			}
		}
	})
	t.Run("a pack that is full is followed by another, and both are synced", func(t *testing.T) {
		p, _ := somePacks(t)
		a, b := someBlob(100), someBlob(200)
		if err := a.write(p); err != nil {
			t.Fatal(err)
		}
		p.base = packSize // as if so much were in it
		a.at.at += packSize
		if err := b.write(p); err != nil {
			t.Fatal(err)
		}
		if b.at.pack != a.at.pack+1 {
			t.Errorf("the second lies in pack %d, want %d", b.at.pack, a.at.pack+1)
		}
		if err := p.sync([]place{a.at, b.at}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []packed{a, b} {
			if got, err := p.read(x.at, int64(len(x.content)), 0, 1000); err != nil || !bytes.Equal(got, x.content) {
				t.Errorf("pack %d: %v", x.at.pack, err)
			}
		}
	})
}

func TestPackThatFails(t *testing.T) {
	t.Run("what was written beside what could not be synced is not called durable either", func(t *testing.T) {
		p, given := somePacks(t)
		a, b, c := someBlob(1000), someBlob(2000), someBlob(3000)
		if err := a.write(p); err != nil {
			t.Fatal(err)
		}
		if err := b.write(p); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(p.path(a.at.pack)); err != nil {
			t.Fatal(err)
		}
		if err := p.sync([]place{a.at}); err == nil {
			t.Error("a pack that is gone was synced")
		}
		if err := os.WriteFile(p.path(a.at.pack), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.sync([]place{b.at}); err == nil {
			t.Error("what shared the failed sync was called durable")
		}
		if err := c.write(p); err != nil {
			t.Fatal(err)
		}
		if err := p.sync([]place{c.at}); err != nil || c.at.pack == a.at.pack {
			t.Errorf("the next lies in pack %d: %v", c.at.pack, err)
		}
		if *given != 3 {
			t.Errorf("%d pieces of memory came back, want 3", *given)
		}
	})
	t.Run("a file that takes nothing loses nothing of what came before, and no empty pack stays", func(t *testing.T) {
		p, given := somePacks(t)
		a := someBlob(5000)
		if err := a.write(p); err != nil {
			t.Fatal(err)
		}
		if err := p.sync([]place{a.at}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			waits, full := someBlob(4000), someBlob(1<<20)
			if err := waits.write(p); err != nil {
				t.Fatal(err)
			}
			p.file.Close() // every write fails
			if err := full.write(p); err == nil {
				t.Error("a write that failed was none")
			}
			if err := p.sync([]place{waits.at}); err == nil {
				t.Error("what could not be written was synced")
			}
		}
		if *given != 7 {
			t.Errorf("%d pieces of memory came back, want 7", *given)
		}
		if got, err := p.read(a.at, 5000, 0, 5000); err != nil || !bytes.Equal(got, a.content) {
			t.Errorf("what was durable before: %v", err)
		}
		names, err := os.ReadDir(p.dir)
		if err != nil || len(names) != 1 {
			t.Errorf("%d packs, %v; want the one", len(names), err)
		}
	})
}

func TestWriteBlocks(t *testing.T) {
	for name, create := range map[string]func(string) (*os.File, error){
		"past the cache":    makePack,
		"through the cache": os.Create,
	} {
		t.Run("pieces lie behind one another "+name, func(t *testing.T) {
			f, err := create(t.TempDir() + "/pack")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			pieces := [][]byte{packRoom(packBlock - packHead), packRoom(3*packBlock - packHead), packRoom(packBlock - packHead)}
			for i, b := range pieces {
				for j := range b {
					b[j] = byte(i + 1)
				}
			}
			if err := writeBlocks(f, pieces, packBlock); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(f.Name())
			if want := slices.Concat(append([][]byte{make([]byte, packBlock)}, pieces...)...); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
			}
		})
	}
}
