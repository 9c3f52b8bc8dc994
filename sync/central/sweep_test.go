package central

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// halves are the partial files of a centre's folder, by blob.
func halves(t testing.TB, dir string) map[loan.Hash]bool {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, "partial"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[loan.Hash]bool{}
	for _, f := range files {
		k, ok := parsePartial(f.Name())
		if !ok {
			t.Errorf("%s is no partial file", f.Name())
		}
		out[k.hash] = true
	}
	return out
}

// What comes late of a blob that is whole leaves nothing behind.
func TestLatePartsOfAWholeBlob(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	county := l.enrol.County
	key, err := c.countyKey(county)
	if err != nil {
		t.Fatal(err)
	}
	big := content("big", 3*parcel.ChunkSize)
	h := loan.Hash(l.county.Name(big))
	k := partialKey{h, int64(len(big))}
	for i := range 3 {
		l.chunk(h, big, i)
	}

	t.Run("a chunk whose sender found it lacking before it was whole", func(t *testing.T) {
		b := big[:parcel.ChunkSize]
		for range 2 {
			_, err := c.writeChunk(t.Context(), county, k, 0, b, sum(b), key)
			wantFault(t, err, fault.Busy) // look again
		}
		if left := halves(t, dir); len(left) != 0 {
			t.Errorf("left over: %d", len(left))
		}
		if s := l.chunk(h, big, 0); s != http.StatusCreated {
			t.Errorf("status %d after it, want 201", s)
		}
	})
	t.Run("the question what is lacking of it", func(t *testing.T) {
		if r, err := c.blobs.missing(k); err != nil || len(r) != 1 || r[0] != [2]int64{0, k.size} {
			t.Errorf("lacking %v, %v", r, err)
		}
		if left := halves(t, dir); len(left) != 0 {
			t.Errorf("left over: %d", len(left))
		}
	})
	for name, b := range map[string][]byte{"small": content("small", 40_000), "long": content("long", maxPacked+10)} {
		t.Run("half of a "+name+" one by a stream", func(t *testing.T) {
			l.blob(b)
			for range 2 {
				a, err := c.arrive(county, l.named(b))
				if err != nil {
					t.Fatal(err)
				}
				if whole, err := a.put(0, b[:len(b)/2]); whole || err != nil {
					t.Fatal(whole, err)
				}
				c.leave(a)
				c.spillAll()
			}
			if left := halves(t, dir); len(left) != 0 {
				t.Errorf("left over: %d", len(left))
			}
		})
	}
}

// What a killed centre left of blobs that are whole, perhaps by way of another
// server, goes at the next start; what is not whole stays.
func TestAPartialFileInUseGoesWithItsLastUse(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	k := partialKey{sum([]byte("late")), 2 * parcel.ChunkSize}
	a, err := c.blobs.take(k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.blobs.take(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.blobs.discard(k); err != nil {
		t.Fatal(err)
	}
	c.blobs.give(a)
	if left := halves(t, dir); !left[k.hash] {
		t.Error("it went while it was used")
	}
	c.blobs.give(b)
	if left := halves(t, dir); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	again, err := c.blobs.take(k)
	if err != nil {
		t.Fatal(err)
	}
	c.blobs.give(again)
	if left := halves(t, dir); !left[k.hash] {
		t.Error("one that begins anew is not kept")
	}
}

func TestPartialFilesOfWholeBlobs(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	whole, half := content("whole", 2*parcel.ChunkSize), content("half", 2*parcel.ChunkSize)
	l.blob(whole)
	l.chunk(l.named(half).Hash, half, 1)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	k := partialKey{l.named(whole).Hash, int64(len(whole))}
	for path, b := range map[string][]byte{c.blobs.partialPath(k): whole[:100], filepath.Join(dir, "partial", "handed-1"): whole} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(context.Background(), Options{Dir: dir, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if left := halves(t, dir); len(left) != 1 || !left[l.named(half).Hash] {
		t.Errorf("left over: %v, want the half blob alone", left)
	}
	l.url = serve(t, d)
	l.http.CloseIdleConnections()
	if got := l.lack(l.named(half), l.named(whole)); len(got[0].Ranges) != 1 || got[0].Ranges[0] != [2]int64{0, parcel.ChunkSize} || !got[1].Held {
		t.Errorf("lacking %+v", got)
	}
}
