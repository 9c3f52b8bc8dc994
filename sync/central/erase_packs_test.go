package central

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// inPack writes a blob into the packs, and makes it durable there.
func inPack(t *testing.T, c *Central, b []byte) packed {
	t.Helper()
	key, err := c.countyKey(practiceCounty)
	if err != nil {
		t.Fatal(err)
	}
	p := packed{hash: loan.Hash(key.Name(b)), content: b}
	if err = p.writeIn(c.arrivals.rooms.take(int64(len(b))), c.blobs.packs); err == nil {
		err = c.blobs.packs.sync([]place{p.at})
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recorded lets the database say that a blob is held at a place.
func recorded(t *testing.T, c *Central, b packed) error {
	t.Helper()
	return c.commits.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		r, err := newRecorder(ctx, tx)
		if err != nil {
			return err
		}
		defer r.close()
		_, _, err = c.recordBy(ctx, r, practiceCounty, b.hash, int64(len(b.content)), b.at)
		return err
	})
}

func goes(t *testing.T, c *Central, h loan.Hash) {
	t.Helper()
	if _, err := c.db.ExecContext(t.Context(), `INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 1) ON CONFLICT (county, hash) DO UPDATE SET waits = 1`, practiceCounty, h[:]); err != nil {
		t.Fatal(err)
	}
	if err := c.clearErased(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// rawPack lays a pack down that no process of now wrote: blobs as of before, one
// straight behind another, behind something that was torn.
func rawPack(t *testing.T, dir string, n string, torn []byte, blobs ...packed) {
	t.Helper()
	var out []byte
	if len(torn) > 0 {
		out = append(out, torn...)
		out = append(out, make([]byte, blocks(int64(len(out)))-int64(len(out)))...)
	}
	for _, b := range blobs {
		out = append(append(out, packMagic...), b.hash[:]...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(b.content)))
		out = append(out, 0, 0, 0, 0)
		out = append(out, b.content...)
	}
	if err := os.WriteFile(filepath.Join(dir, "packs", n), out, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNoCopyOfWhatWentStaysInThePacks(t *testing.T) {
	ofFolder(t)
	c, dir := administered(t)
	gone, stays := content("gone", 9_000), content("stays", 9_000)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	first := inPack(t, c, gone) // its place is exchanged for the second's
	must(recorded(t, c, first))
	must(recorded(t, c, inPack(t, c, stays)))
	must(recorded(t, c, inPack(t, c, gone)))
	inPack(t, c, gone) // and nobody ever named this
	other := packed{hash: loan.Hash{9}, content: content("another", 100)}
	rawPack(t, dir, "00000007.pack", nil, other, packed{hash: first.hash, content: gone}, other)
	rawPack(t, dir, "00000008.pack", []byte("DSB1 and nothing that a head has"), packed{hash: first.hash, content: gone})
	if lies(t, dir, gone) == "" {
		t.Fatal("the test looks for nothing")
	}
	goes(t, c, first.hash)
	if lies(t, dir, gone) == "" {
		t.Fatal("there is no second copy, and the test shows nothing")
	}
	must(c.wipeCopies(t.Context()))
	for _, part := range [][]byte{gone[:32], gone[len(gone)-32:]} {
		if where := lies(t, dir, part); where != "" {
			t.Errorf("it still lies in %s", filepath.Base(where))
		}
	}
	key, err := c.countyKey(practiceCounty)
	must(err)
	if b, err := c.whole(t.Context(), practiceCounty, loan.Hash(key.Name(stays)), key); err != nil || !bytes.Equal(b, stays) {
		t.Errorf("the other: %v", err)
	}
	if where := lies(t, dir, other.content); filepath.Base(where) != "00000007.pack" {
		t.Errorf("a neighbour went too: %q", where)
	}
	// A process that was killed leaves one more; the next finds it by itself.
	inPack(t, c, gone)
	must(c.Close())
	c = open(t, dir)
	must(c.wipeCopies(t.Context()))
	if where := lies(t, dir, gone[:32]); where != "" {
		t.Errorf("after a kill it lies in %s", filepath.Base(where))
	}
}

func TestABlobOfAnotherCaseIsNoCopy(t *testing.T) {
	ofFolder(t)
	c, dir := administered(t)
	b := inPack(t, c, content("of two cases", 5_000))
	if err := recorded(t, c, b); err != nil {
		t.Fatal(err)
	}
	if err := c.wipeCopy(t.Context(), blobName{practiceCounty, b.hash}, b.at, int64(len(b.content))); err != nil {
		t.Fatal(err)
	}
	goes(t, c, loan.Hash{1}) // another name, so that the packs are looked through
	// Crafted by whoever sends blobs: a head inside a blob, with another's name.
	if err := c.wipeCopy(t.Context(), blobName{practiceCounty, loan.Hash{1}}, place{b.at.pack, b.at.at + 100}, 9_000); err != nil {
		t.Fatal(err)
	}
	if err := c.wipeCopies(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lies(t, dir, b.content) == "" {
		t.Error("what a case has was taken away")
	}
}

func TestWhatWasTakenAwayIsNotRecorded(t *testing.T) {
	ofFolder(t)
	c, _ := administered(t)
	b := inPack(t, c, content("on its way", 5_000))
	goes(t, c, b.hash)
	if err := c.wipeCopies(t.Context()); err != nil { // as it waits to be recorded
		t.Fatal(err)
	}
	if err := recorded(t, c, b); !errors.Is(err, errTaken) || fault.KindOf(err) != fault.Busy {
		t.Errorf("got %v", err)
	}
	if had, err := lookMany(t.Context(), c.db, practiceCounty, []loan.Hash{b.hash}); err != nil || len(had) != 0 {
		t.Errorf("held: %v, %v", had, err)
	}
	again := inPack(t, c, b.content)
	if err := recorded(t, c, again); err != nil {
		t.Errorf("sent again: %v", err)
	}
}

// TestOneThatWasTakenAwayFailsNoOther has a group of blobs recorded, one of which was
// erased since it came.
func TestOneThatWasTakenAwayFailsNoOther(t *testing.T) {
	c, _ := administered(t)
	key, err := c.countyKey(practiceCounty)
	if err != nil {
		t.Fatal(err)
	}
	var group []kept
	for _, name := range []string{"before", "gone", "behind"} {
		b := content(name, 2_000)
		k := arrivalKey{practiceCounty, partialKey{loan.Hash(key.Name(b)), int64(len(b))}}
		if name == "gone" {
			goes(t, c, k.hash)
		} else if err := c.shelve(t.Context(), practiceCounty, k.hash, b); err != nil {
			t.Fatal(err)
		}
		group = append(group, kept{arrival: &arrival{key: k, done: make(chan struct{})}})
	}
	c.recordAll(group, nil)
	for i, name := range []string{"before", "gone", "behind"} {
		a := group[i].arrival
		<-a.done
		held, err := c.held(t.Context(), practiceCounty, a.key.hash, key)
		if err != nil || held == (name == "gone") || (a.result == nil) == (name == "gone") || name == "gone" && fault.KindOf(a.result) != fault.Busy {
			t.Errorf("%s: held %v, %v; its sender hears %v", name, held, err, a.result)
		}
	}
}

func TestHalfABlobOfAnErasedCaseDoesNotComeOntoTheDisk(t *testing.T) {
	for name, aside := range map[string]func(*Central){
		"at the end": (*Central).spillAll, "for room": func(c *Central) { c.putAside(false) }, "in a file already": func(c *Central) {
			if err := c.dropHalves(context.Background()); err != nil {
				panic(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, dir := administered(t)
			key, err := c.countyKey(practiceCounty)
			if err != nil {
				t.Fatal(err)
			}
			b := content("half of it", 20_000)
			h := loan.Hash(key.Name(b))
			half := func() *arrival {
				a, err := c.arrive(practiceCounty, parcel.BlobSize{Hash: h, Size: int64(len(b))})
				if err != nil {
					t.Fatal(err)
				}
				if whole, err := a.put(0, b[:10_000]); whole || err != nil {
					t.Fatal(whole, err)
				}
				c.leave(a)
				return a
			}
			half()
			if name == "in a file already" {
				c.putAside(false)
				if lies(t, dir, b[:5_000]) == "" {
					t.Fatal("it is not in a file")
				}
				c.spillAll() // and nobody has it open
			}
			if _, err := c.db.ExecContext(t.Context(), `INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 0)`, practiceCounty, h[:]); err != nil {
				t.Fatal(err)
			}
			aside(c)
			if where := lies(t, dir, b[:1_000]); where != "" {
				t.Errorf("it lies in %s", filepath.Base(where))
			}
		})
	}
}
