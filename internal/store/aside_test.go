package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asideIn lists what was set aside in a folder.
func asideIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	for _, e := range must(os.ReadDir(dir)) {
		if strings.Contains(e.Name(), asideMark) {
			names = append(names, e.Name())
		}
	}
	return names
}

// answered is the centre that was asked for changes, and has none.
func (i *intake) answered() {
	i.t.Helper()
	w := must(i.s.Wanted(context.Background()))
	noErr(i.t, i.s.Asked(context.Background(), w.Own, w.Cases))
}

// TestASeasonIsErasedFromFilesSetAside erases a season of a store that was
// repaired, and restored over: what they set aside goes too.
func TestASeasonIsErasedFromFilesSetAside(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	i.delivered(1, 2025)
	stays := i.finished(2, 2026)
	stick := t.TempDir()
	backedUp(t, i.s, stick)
	noErr(t, i.s.Close())
	s, r := repaired(t, i.s.o, func(b []byte) { clear(b[:pageSize]) })
	if r.Kept == "" {
		t.Fatal("no file was kept")
	}
	noErr(t, s.Close())
	noErr(t, Restore(ctx, stick, i.s.o.Dir))
	i.s = unlocked(t, i.s.o)
	if n := must(i.s.Aside()); n != 2 || len(asideIn(t, i.s.o.Dir)) != 4 {
		t.Fatalf("%d data files set aside: %v", n, asideIn(t, i.s.o.Dir))
	}
	i.retain() // erases nothing, and takes nothing away
	if n := must(i.s.Aside()); n != 2 {
		t.Fatalf("%d data files are left", n)
	}
	i.answered()
	out, err := i.s.EraseSeason(ctx, 2025, "a1")
	noErr(t, err)
	if out.Cases != 1 || out.Aside != 2 || out.AsideLeft != 0 {
		t.Fatalf("got %+v", out)
	}
	if left := asideIn(t, i.s.o.Dir); len(left) != 0 {
		t.Fatalf("%v are left", left)
	}
	i.here(stays.all()...)
	noErr(t, i.s.VerifyLedger(ctx))
}

// TestFilesSetAsideStayWhileSomethingIsAsked keeps what a repair set aside until
// what it lost has come home, also over a closing.
func TestFilesSetAsideStayWhileSomethingIsAsked(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	i.delivered(1, 2025)
	f := i.open(2, 2026)
	content := must(i.s.Blob(ctx, f.images[0]))
	i.carry(i.now, f.images[0])
	key := must(chunkIn(i.s, f.images[0], 1))
	noErr(t, i.s.Close())
	s, r := repaired(t, i.s.o, func(b []byte) { forgetKey(b, key, func(at int) { b[at+500] ^= 1 }) })
	i.s = s
	if len(r.Blobs) != 1 {
		t.Fatalf("lost %+v", r)
	}
	i.answered()
	out, err := i.s.EraseSeason(ctx, 2025, "a1")
	noErr(t, err)
	if out.Cases != 1 || out.Aside != 0 || out.AsideLeft != 1 || len(asideIn(t, i.s.o.Dir)) != 1 {
		t.Fatalf("got %+v", out)
	}
	i.reopen()
	i.retain()
	if len(asideIn(t, i.s.o.Dir)) != 1 {
		t.Fatal("it was deleted though its image is still asked for")
	}
	noErr(t, i.s.HealBlob(ctx, must(i.s.WantedBlobs(ctx))[0], content))
	i.retain()
	if left := asideIn(t, i.s.o.Dir); len(left) != 0 {
		t.Fatalf("%v are left", left)
	}
	noErr(t, i.s.VerifyLedger(ctx))
}

// TestARepairAfterErasingOwesItsFile repairs a store whose season was erased and
// that was not yet compacted: the file it keeps goes with the next housekeeping.
func TestARepairAfterErasingOwesItsFile(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	i.delivered(1, 2025)
	must(i.s.EraseSeason(ctx, 2025, "a1"))
	noErr(t, i.s.Close())
	s, _ := repaired(t, i.s.o, func(b []byte) { clear(b[:pageSize]) })
	i.s = s
	if len(asideIn(t, i.s.o.Dir)) != 1 {
		t.Fatal("no file was kept")
	}
	i.retain()
	if len(asideIn(t, i.s.o.Dir)) != 1 {
		t.Fatal("it was deleted before the centre was asked what it has")
	}
	i.answered()
	i.retain()
	if left := asideIn(t, i.s.o.Dir); len(left) != 0 {
		t.Fatalf("%v are left", left)
	}
}

// TestKeysSetAsideAreOverwritten looks at the blocks of a file of wrapping keys
// by a second name: they are gone before the file is.
func TestKeysSetAsideAreOverwritten(t *testing.T) {
	i := newIntake(t)
	i.delivered(1, 2025)
	old := must(os.ReadFile(keysPath(i.s)))
	path := keysPath(i.s) + asideMark + "1"
	noErr(t, os.WriteFile(path, old, 0o600))
	second := filepath.Join(t.TempDir(), "second")
	noErr(t, os.Link(path, second))
	must(i.s.EraseSeason(context.Background(), 2025, "a1"))
	if b := must(os.ReadFile(second)); len(bytes.Trim(b, "\x00")) > 0 {
		t.Fatal("the keys can be read")
	}
}
