package desk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
	"go.etcd.io/bbolt"
)

// saidAtSignIn are the words about the folder in the chain from a place on.
func saidAtSignIn(t *testing.T, d *desk.Desk, from uint64) []string {
	t.Helper()
	all, err := d.Store().Pending(t.Context(), from, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, ch := range all {
		if b, err := loan.Body[loan.ViewBody](ch); err == nil && strings.HasPrefix(b.Detail, "folder altered") {
			out = append(out, b.Detail)
		}
	}
	return out
}

func TestWhoEditsTheFolderIsToldOfAtTheNextSigningIn(t *testing.T) {
	var f *field
	in := func() []string {
		n, _ := f.d.Store().Head()
		f.in("clerk-1", clerkPassword, clock())
		return saidAtSignIn(t, f.d, n)
	}
	wrong := func() {
		if _, err := f.d.Store().Verify(t.Context(), "reviewer-1", []byte("wrong horse 1")); fault.KindOf(err) != fault.Password {
			t.Fatal(err)
		}
	}
	for name, edit := range map[string]func(path string, early []byte) error{
		"taken away": func(path string, _ []byte) error { return os.Remove(path) },
		"spoilt":     func(path string, _ []byte) error { return os.WriteFile(path, []byte("{"), 0o600) },
		"set back":   func(path string, early []byte) error { return os.WriteFile(path, early, 0o600) },
		"emptied":    func(path string, _ []byte) error { return os.WriteFile(path, []byte("{}"), 0o600) },
	} {
		f = newField(t)
		counts := filepath.Join(f.dir, "attempts.json")
		wrong()
		early, err := os.ReadFile(counts)
		if err != nil {
			t.Fatal(err)
		}
		wrong()
		if got := in(); len(got) != 0 {
			t.Fatalf("an honest folder: %q", got)
		}
		if err := f.d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := edit(counts, early); err != nil {
			t.Fatal(err)
		}
		got := in()
		if len(got) != 1 || !strings.Contains(got[0], "wrong passwords of reviewer-1 fell") {
			t.Errorf("counts %s: the chain says %q", name, got)
		}
		if got := in(); len(got) != 0 {
			t.Errorf("counts %s: told twice: %q", name, got)
		}
	}
	register := rulebook.RegisterPath(f.dir)
	if err := os.WriteFile(register, []byte("code\tname\tkind\tlevel\tplace\tauthority\n4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := in(); len(got) != 1 || got[0] != "folder altered: the school register is another" {
		t.Errorf("another register: the chain says %q", got)
	}
	if got := in(); len(got) != 0 {
		t.Errorf("told twice: %q", got)
	}
}

func TestCountsOfWrongPasswordsThatWereTakenAwayBetweenStartsAreToldOf(t *testing.T) {
	const is = "folder altered: the counts of wrong passwords are not those of the last signing in"
	f := newField(t)
	counts := filepath.Join(f.dir, "attempts.json")
	in := func() []string {
		n, _ := f.d.Store().Head()
		f.in("clerk-1", clerkPassword, clock())
		return saidAtSignIn(t, f.d, n)
	}
	honest := func(when string) {
		t.Helper()
		if got := in(); len(got) != 0 {
			t.Fatalf("%s: the chain says %q", when, got)
		}
	}
	honest("the first time")
	honest("again")
	early, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	honest("and again")
	honest("once more")
	for name, edit := range map[string]func() error{
		"taken away": func() error { return os.Remove(counts) },
		"spoilt":     func() error { return os.WriteFile(counts, []byte("{"), 0o600) },
		"an old one": func() error { return os.WriteFile(counts, early, 0o600) },
	} {
		for range 4 {
			step(t)(nil, f.d.Close())
			l, err := store.Open(t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.Unlock(t.Context(), "admin-1", []byte("wrong horse 1")); fault.KindOf(err) != fault.Password {
				t.Fatal(err)
			}
			step(t)(nil, l.Close())
			step(t)(nil, edit())
		}
		if got := in(); len(got) != 1 || got[0] != is {
			t.Errorf("%s: the chain says %q", name, got)
		}
		honest("told of")
		honest("told of, again")
	}
	t.Run("a signing in that is cut short tells of nobody", func(t *testing.T) {
		before, err := os.ReadFile(counts)
		if err != nil {
			t.Fatal(err)
		}
		honest("as ever")
		step(t)(nil, f.d.Close())
		step(t)(nil, os.WriteFile(counts, before, 0o600)) // the file's part did not come to pass
		honest("after it")
	})
	t.Run("nor a data file that was made anew out of a backup", func(t *testing.T) {
		stick := t.TempDir()
		if _, err := f.d.BackupTo(t.Context(), stick, nil); err != nil {
			t.Fatal(err)
		}
		honest("as ever")
		honest("as ever")
		step(t)(nil, f.d.Close())
		step(t)(nil, store.Restore(t.Context(), stick, f.dir))
		honest("restored")
		honest("after it")
	})
}

// TestAGrantUsedAgainOrOver goes through the codes and grants that a laptop
// refuses. Files are TestAForgedFileIsRefusedAndRecorded, a copied laptop the
// centre's TestACloneIsListedUntilAPersonDealtWithIt.
func TestAGrantUsedAgainOrOverIsRefusedRecordedAndExplained(t *testing.T) {
	f, c, a := askedFor(t)
	ctx := t.Context()
	images := []string{guard.ImagesField}
	good := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())
	if _, err := f.d.TakeGrant(ctx, a.Code, good); err != nil {
		t.Fatal(err)
	}
	said := func(name string, err error, kind fault.Kind, words, detail string, from uint64) {
		t.Helper()
		if fault.KindOf(err) != kind || !strings.Contains(fault.Sentence(err), words) {
			t.Errorf("%s: got %v, %q; want %v with %q", name, err, fault.Sentence(err), kind, words)
		}
		if got := refusalsIn(t, f.d, from); len(got) != 1 || !strings.HasSuffix(got[0], detail) {
			t.Errorf("%s: the chain says %q, want %q", name, got, detail)
		}
	}
	head := func() uint64 { n, _ := f.d.Store().Head(); return n }
	from := head()
	_, err := f.d.TakeGrant(ctx, a.Code, good)
	said("replayed", err, fault.Missing, "已经批准过", "grant refused: no such request", from)

	a, err = f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	from = head()
	_, err = f.d.TakeGrant(ctx, a.Code, good)
	said("forged", err, fault.Untrusted, "不是对这份申请的答复", "grant refused: the answer does not hold", from)

	f.in("clerk-2", clerkPassword, f.now)
	from = head()
	_, err = f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock()))
	said("another's", err, fault.Denied, "另一个账号", "grant refused: another operator's request", from)

	f.in("reviewer-1", reviewPassword, f.now.AddDate(0, 0, 1))
	from = head()
	said("expired", f.d.Reveal(ctx, c.ID, images, "核对家长投诉"), fault.Denied, "授权已过期", "reveal refused", from)
}

// TestATamperedChainIsFoundAndTheFindingRecorded takes a change out of the
// database while it is locked.
func TestATamperedChainIsFoundAndTheFindingRecorded(t *testing.T) {
	f := newField(t)
	entered(t, f.d)
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(filepath.Join(f.dir, "store.bolt"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		key := binary.BigEndian.AppendUint64(append([]byte{}, f.p.Device[:]...), 5)
		b := tx.Bucket([]byte("changes"))
		if b.Get(key) == nil {
			t.Error("no such change")
		}
		return b.Delete(key)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, f.now)
	r, err := f.d.Audit(t.Context(), nil)
	if err != nil || r.Sound() {
		t.Fatalf("got %+v, %v", r, err)
	}
	if b, err := loan.Body[loan.ViewBody](lastOf(t, f.d)); err != nil || !strings.HasPrefix(b.Detail, "audit: tampered in ") {
		t.Errorf("the chain says %q, %v", b.Detail, err)
	}
	report, _, err := f.d.Report(t.Context(), desk.Sought{}, nil)
	if err != nil || !strings.Contains(string(report), "核验发现问题") {
		t.Errorf("the report does not say so: %v", err)
	}
}

// TestAnAuditLooksAtPicturesAndFilesToo changes a byte of a picture in the database while
// it is locked.
func TestAnAuditLooksAtPicturesAndFilesToo(t *testing.T) {
	f := newField(t)
	all := []uuid.UUID{entered(t, f.d).ID, entered(t, f.d).ID}
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, f.now)
	r, err := f.d.Audit(t.Context(), nil)
	if err != nil || !r.Sound() {
		t.Fatalf("untouched: got %+v, %v", r, err)
	}
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(filepath.Join(f.dir, "store.bolt"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	var name loan.Hash
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("blobs"))
		k, v := b.Cursor().First()
		copy(name[:], k[8:])
		other := bytes.Clone(v)
		other[len(other)/2] ^= 1
		return b.Put(bytes.Clone(k), other)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, f.now)
	r, err = f.d.Audit(t.Context(), nil)
	if err != nil || r.Sound() || !r.Spoilt || len(r.Chains[0].Wrong) > 0 {
		t.Fatalf("a picture was changed: got %+v, %v", r, err)
	}
	whose := slices.DeleteFunc(all, func(id uuid.UUID) bool {
		c, err := f.d.Store().Case(t.Context(), id)
		return err != nil || !slices.ContainsFunc(c.Manifest(), func(a loan.Attachment) bool { return a.Blob == name })
	})
	if len(whose) == 0 || !slices.Equal(r.SpoiltOf, whose) {
		t.Errorf("it names %v, want %v", r.SpoiltOf, whose)
	}
	if b, err := loan.Body[loan.ViewBody](lastOf(t, f.d)); err != nil || b.Detail != "audit: tampered in 1 places" {
		t.Errorf("the chain says %q, %v", b.Detail, err)
	}
	if k, err := f.d.Kept(t.Context()); err != nil || !k.Damaged {
		t.Errorf("housekeeping knows nothing of it: %+v, %v", k, err)
	}
}
