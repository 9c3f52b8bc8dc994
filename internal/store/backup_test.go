package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func backedUp(t testing.TB, s *Store, stick string) BackupInfo {
	t.Helper()
	info, err := s.Backup(context.Background(), stick, nil)
	noErr(t, err)
	return info
}

// restored makes a store out of a backup and unlocks it.
func restored(t testing.TB, stick string) *Store {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	noErr(t, Restore(context.Background(), stick, dir))
	return unlocked(t, options(dir))
}

func TestWhatWasBackedUpComesBack(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	h := attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat("scan ", 50_000))
	noErr(t, s.SetSetting(ctx, "x", "y"))
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 1)))
	info := backedUp(t, s, stick)
	if info.Changes != 2 || info.Cases != 1 || info.Blobs != 1 || info.Bytes < 250_000 || info.Device != s.profile.Device {
		t.Errorf("%+v", info)
	}
	last, _ := s.Head()
	after := newCase(t, s, 2)

	r := restored(t, stick)
	if got := must(r.Blob(ctx, h)); len(got) != 250_000 {
		t.Errorf("%d bytes", len(got))
	}
	if must(r.Case(ctx, id)).App.Student.Name != personOf(1).name {
		t.Error("another case")
	}
	if _, err := r.Case(ctx, after); fault.KindOf(err) != fault.Missing {
		t.Errorf("what came after the backup is there: %v", err)
	}
	var x string
	if noErr(t, r.Setting(ctx, "x", &x)); x != "y" {
		t.Error("another setting")
	}
	if g := r.Gaps(); len(g) != 1 || g[0].From != last+1 {
		t.Errorf("gaps %v", g)
	}
	noErr(t, r.VerifyChain(ctx))
	newCase(t, r, 3)
	noErr(t, r.Acknowledge(ctx, receipt(t, r, 2))) // and the receipts go on in their order
	noErr(t, reopened(t, r).VerifyChain(ctx))
}

func TestASecondBackupWritesWhatIsNewAndTakesOutWhatIsGone(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	big := strings.Repeat("big ", 500_000)
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), big)
	first := backedUp(t, s, stick)
	h := attachment(t, s, id, loan.DocSlot(loan.HukouBook), "small")
	second := backedUp(t, s, stick)
	if first.Written < 2_000_000 || second.Written > 50_000 || second.Blobs != 2 {
		t.Errorf("wrote %d, then %d", first.Written, second.Written)
	}
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 2, h)))
	backedUp(t, s, stick)
	r := restored(t, stick)
	if box := must(r.Outbox(ctx)); len(box.Blobs) != 1 {
		t.Errorf("%d blobs wait, want 1: what was acknowledged since is not taken out", len(box.Blobs))
	}
	must(r.Blob(ctx, h))
}

func TestABackupNamesNobody(t *testing.T) {
	s, stick := newTestStore(t), t.TempDir()
	p := personOf(1)
	id := newCase(t, s, 1)
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), "the content of a scan")
	backedUp(t, s, stick)
	n := 0
	noErr(t, filepath.WalkDir(stick, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		n++
		b := must(os.ReadFile(path))
		for _, secret := range []string{p.name, p.idNo, p.phone, "the content of a scan", password} {
			if bytes.Contains(b, []byte(secret)) || strings.Contains(path, secret) {
				t.Errorf("%s tells a secret", filepath.Base(path))
			}
		}
		return nil
	}))
	if n < 3 {
		t.Errorf("%d files", n)
	}
}

// TestAStickPulledAtAnyMoment stops a second backup after each of its writes,
// in all the ways that a copy of the folder at that moment shows.
func TestAStickPulledAtAnyMoment(t *testing.T) {
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	h := attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat("first ", 100_000))
	backedUp(t, s, stick)
	for n := range 3 {
		attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat(string(rune('a'+n)), 5<<20))
	}
	var pulled []string
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := s.Backup(ctx, stick, func(done, total int64) {
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
		if len(pulled) < 8 {
			pulled = append(pulled, copyOf(t, stick))
		}
	})
	noErr(t, err)
	if len(pulled) < 3 {
		t.Fatalf("%d moments", len(pulled))
	}
	for i, dir := range pulled {
		r := restored(t, dir)
		must(r.Blob(context.Background(), h))
		noErr(t, r.VerifyChain(context.Background()))
		if n := len(must(r.Changes(context.Background(), id))); n != 2 && n != 5 {
			t.Errorf("moment %d: %d changes, of no whole backup", i, n)
		}
		noErr(t, r.Close())
		backedUp(t, s, dir) // and the next run ends what this one began
		if n := len(must(restored(t, dir).Changes(context.Background(), id))); n != 5 {
			t.Errorf("moment %d: %d changes after the next run", i, n)
		}
	}
}

func TestABackupIsStopped(t *testing.T) {
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat("x", 6<<20))
	ctx, cancel := context.WithCancel(context.Background())
	_, err := s.Backup(ctx, stick, func(int64, int64) { cancel() })
	wantKind(t, err, fault.Cancelled)
	wantKind(t, Restore(context.Background(), stick, t.TempDir()), fault.Missing)
	if _, err := s.Backup(context.Background(), filepath.Join(stick, "gone"), nil); fault.KindOf(err) != fault.Missing {
		t.Errorf("into no folder: %v", err)
	}
	if _, err := s.Backup(context.Background(), s.o.Dir, nil); fault.KindOf(err) != fault.Input {
		t.Errorf("into the store's own folder: %v", err)
	}
}

// TestCommitsGoOnDuringABackup commits from another goroutine all the while.
func TestCommitsGoOnDuringABackup(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	for n := range 10 {
		attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat(string(rune('a'+n)), 2<<20))
	}
	ended, commits := make(chan error, 1), 0
	go func() {
		_, err := s.Backup(ctx, stick, nil)
		ended <- err
	}()
	for during := true; during; {
		must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000002")}, nil))
		select {
		case err := <-ended:
			noErr(t, err)
			during = false
		default:
			commits++
		}
	}
	if commits == 0 {
		t.Error("no commit came through during the backup")
	}
	r := restored(t, stick)
	noErr(t, r.VerifyChain(ctx))
	if n := len(must(r.Changes(ctx, id))); n < 11 {
		t.Errorf("%d changes", n)
	}
	backedUp(t, s, stick)
	if got, want := len(must(restored(t, stick).Changes(ctx, id))), len(must(s.Changes(ctx, id))); got != want {
		t.Errorf("%d changes, want %d", got, want)
	}
}

func TestADamagedBackup(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), "scan")
	backedUp(t, s, stick)
	file := must(filepath.Glob(filepath.Join(stick, "*", backupFile)))[0]

	t.Run("a value that is not what was written is told, and all else is there", func(t *testing.T) {
		bad := copyOf(t, stick)
		path := must(filepath.Glob(filepath.Join(bad, "*", backupFile)))[0]
		db := must(bbolt.Open(path, 0o600, nil))
		noErr(t, db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(bBlobs))
			k, v := b.Cursor().First()
			v = bytes.Clone(v)
			v[len(v)-1] ^= 1
			return b.Put(bytes.Clone(k), v)
		}))
		noErr(t, db.Close())
		dir := t.TempDir()
		err := Restore(ctx, bad, dir)
		var part *PartlyDamaged
		if !errors.As(err, &part) || fault.KindOf(err) != fault.Damaged || part.Values == 0 {
			t.Fatalf("got %v", err)
		}
		r, err := Repair(ctx, options(dir), "c1", []byte(password))
		noErr(t, err)
		if r.Whole || len(r.Blobs) != 1 {
			t.Errorf("a repair finds %+v", r)
		}
		n := unlocked(t, options(dir))
		if must(n.Case(ctx, id)).ID != id || len(must(n.WantedBlobs(ctx))) != 1 {
			t.Error("the case is not there, or its scan is not wanted")
		}
		noErr(t, n.VerifyLedger(ctx))
	})
	t.Run("a structure that does not hold makes nothing", func(t *testing.T) {
		b := must(os.ReadFile(file))
		noErr(t, os.WriteFile(file, b[:len(b)/2], 0o600))
		dir := t.TempDir()
		wantKind(t, Restore(ctx, stick, dir), fault.Damaged)
		if Exists(dir) {
			t.Error("there is a store")
		}
	})
	t.Run("the next backup sets it aside and is whole", func(t *testing.T) {
		backedUp(t, s, stick)
		must(restored(t, stick).Case(ctx, id))
		if _, err := os.Stat(file + ".damaged-1"); err != nil {
			t.Error(err)
		}
	})
}

func TestRestoreSetsAsideWhatIsThere(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	newCase(t, s, 1)
	backedUp(t, s, stick)
	dir := s.o.Dir
	wantKind(t, Restore(ctx, stick, dir), fault.Busy)
	later := newCase(t, s, 2)
	noErr(t, s.Close())
	noErr(t, Restore(ctx, stick, dir))
	noErr(t, unlocked(t, options(dir)).Close())
	aside := t.TempDir()
	for _, name := range []string{dataFile, keysFile} {
		noErr(t, os.WriteFile(filepath.Join(aside, name), must(os.ReadFile(filepath.Join(dir, name+".damaged-1"))), 0o600))
	}
	if b, err := os.ReadFile(filepath.Join(dir, "images.key.damaged-1")); err == nil {
		noErr(t, os.WriteFile(filepath.Join(aside, "images.key"), b, 0o600))
	}
	must(unlocked(t, options(aside)).Case(ctx, later))
}

func TestARestoredStoreOpensWithThePasswordOfThatTime(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	newCase(t, s, 1)
	backedUp(t, s, stick)
	noErr(t, s.ChangePassword(ctx, "c1", []byte(password), []byte("another long one")))
	dir := t.TempDir()
	noErr(t, Restore(ctx, stick, dir))
	l := must(Open(ctx, options(dir)))
	_, _, err := l.Unlock(ctx, "c1", []byte("another long one"))
	wantKind(t, err, fault.Password)
	r, _, err := l.Unlock(ctx, "c1", []byte(password))
	noErr(t, err)
	noErr(t, r.Close())
	backedUp(t, s, stick)
	dir = t.TempDir()
	noErr(t, Restore(ctx, stick, dir))
	l = must(Open(ctx, options(dir)))
	defer l.Close()
	_, _, err = l.Unlock(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Password)
}

// TestCountersAreNeverUsedAgain restores one backup again and again, on laptops
// whose clocks are wrong, and works on each.
func TestCountersAreNeverUsedAgain(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ctx := context.Background()
		stick := t.TempDir()
		now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
		o := options(t.TempDir())
		o.Now = func() time.Time { return now }
		s := must(Create(ctx, o, profile(), clerk("c1"), []byte(password)))
		used := map[uint64]loan.Hash{}
		laptops, made := []*Store{s}, 0
		defer func() {
			for _, s := range laptops {
				s.Close()
			}
		}()
		for range rapid.IntRange(3, 12).Draw(r, "steps") {
			i := rapid.IntRange(0, len(laptops)-1).Draw(r, "laptop")
			switch rapid.SampledFrom([]string{"work", "work", "backup", "restore"}).Draw(r, "do") {
			case "work":
				newCase(t, laptops[i], 1)
			case "backup":
				backedUp(t, laptops[i], stick)
				made++
			case "restore":
				if made == 0 || len(laptops) > 4 {
					continue
				}
				now = now.Add(time.Duration(rapid.Int64Range(-100, 10).Draw(r, "clock")) * time.Hour)
				dir := t.TempDir()
				noErr(t, Restore(ctx, stick, dir))
				l := must(Open(ctx, Options{Dir: dir, Now: o.Now}))
				n, _, err := l.Unlock(ctx, "c1", []byte(password))
				noErr(t, err)
				laptops = append(laptops, n)
			}
			for _, l := range laptops {
				for after := uint64(0); ; {
					part := must(l.Pending(ctx, after, 100))
					if len(part) == 0 {
						break
					}
					for _, ch := range part {
						h := ch.HeaderHash(l.Sum)
						if was, ok := used[ch.Counter]; ok && was != h {
							r.Fatalf("counter %d was used twice", ch.Counter)
						}
						used[ch.Counter], after = h, ch.Counter
					}
				}
			}
		}
	})
}

func TestKeptBlobsAreReadBack(t *testing.T) {
	want := keep{mark: 7, bytes: 9, content: content{Count: 3, Sum: loan.Hash{1}}}
	got, ok := decodeKeep(want.encode())
	if !ok || got != want {
		t.Errorf("got %+v", got)
	}
	if _, ok := decodeKeep(want.encode()[1:]); ok {
		t.Error("a shorter one was taken")
	}
	want.place = 5
	if got, ok := decodeKeep(want.encode()); !ok || got != want {
		t.Errorf("with a place: got %+v", got)
	}
	if !slices.Contains(headBuckets(), bChanges) || slices.Contains(headBuckets(), bBlobs) {
		t.Error("buckets")
	}
}

func TestABackupIsItsOwnByItsKeyAndNotByItsName(t *testing.T) {
	s, other, stick := newTestStore(t), newTestStore(t), t.TempDir()
	backedUp(t, s, stick)
	noErr(t, s.OwnBackup(stick))
	kept := filepath.Join(t.TempDir(), "kept")
	noErr(t, os.Rename(must(filepath.Glob(filepath.Join(stick, "*")))[0], kept))
	noErr(t, s.OwnBackup(kept))
	wantKind(t, other.OwnBackup(kept), fault.Input)
	wantKind(t, s.OwnBackup(stick), fault.Missing)
	db := must(bbolt.Open(filepath.Join(kept, backupFile), 0o600, nil))
	noErr(t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bMeta)).Delete([]byte("profile")) }))
	noErr(t, db.Close())
	wantKind(t, s.OwnBackup(kept), fault.Input)
}
