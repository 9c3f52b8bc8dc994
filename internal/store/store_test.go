package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestCommit(t *testing.T) {
	ctx := context.Background()
	t.Run("numbers, chains, and gives back after opening again", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 0)
		for _, name := range []string{"韦测", "韦测乙", "𬭎䶮㛃"} {
			_, err := s.Commit(ctx, []Entry{editEntry(id, "student.name", name)}, nil)
			noErr(t, err)
		}
		photo := bytes.Repeat([]byte("jpeg"), 50_000)
		h := s.BlobName(photo)
		made, err := s.Commit(ctx, []Entry{
			{Case: id, Kind: loan.ChangeAttach, Operator: "c1", Body: loan.AttachBody{Attachment: loan.Attachment{
				Slot: loan.PortraitStudent, Blob: h, Media: "image/jpeg", Size: int64(len(photo))}}},
			{Case: id, Kind: loan.ChangeAttest, Operator: "c1", Body: loan.PartyBody{Party: loan.StudentParty}},
			{Kind: loan.ChangeSearch, Operator: "c1", Body: loan.ViewBody{}},
		}, []Blob{{h, photo}})
		noErr(t, err)
		if len(made) != 3 || made[2].Counter != 7 || made[1].Prev != made[0].HeaderHash(s.Sum) {
			t.Fatalf("made %d, last number %d", len(made), made[2].Counter)
		}
		s = reopened(t, s)
		c, err := s.Case(ctx, id)
		noErr(t, err)
		if c.App.Student.Name != "𬭎䶮㛃" || !c.Attested[loan.StudentParty] || len(c.Conflicts)+len(c.Aside) != 0 {
			t.Fatalf("status %v, %d conflicts, %d aside", c.Status, len(c.Conflicts), len(c.Aside))
		}
		if got := must(s.Blob(ctx, h)); !bytes.Equal(got, photo) {
			t.Fatalf("blob of %d bytes, want %d", len(got), len(photo))
		}
		noErr(t, s.VerifyChain(ctx))
		made, err = s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000001")}, nil)
		noErr(t, err)
		if made[0].Counter != 8 {
			t.Fatalf("got number %d want 8", made[0].Counter)
		}
	})
	t.Run("refuses what the case refuses, and keeps nothing of it", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 0)
		content := []byte("scan")
		_, err := s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000002"), {Case: id, Kind: loan.ChangeFinish, Operator: "c1", Body: loan.FinishBody{}}},
			[]Blob{{s.BlobName(content), content}})
		wantKind(t, err, fault.Denied)
		c := must(s.Case(ctx, id))
		_, blobErr := s.Blob(ctx, s.BlobName(content))
		if c.App.Student.Phone != personOf(0).phone || fault.KindOf(blobErr) != fault.Missing || s.Count().Changes != 1 {
			t.Fatal("a part was kept")
		}
	})
	t.Run("refuses a change that has not seen the heads", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 0)
		e := editEntry(id, "student.name", "韦测")
		e.Seen = []uuid.UUID{uuid.New()}
		_, err := s.Commit(ctx, []Entry{e}, nil)
		wantKind(t, err, fault.Conflict)
	})
	t.Run("refuses cases not there, blobs under a wrong name, and nothing", func(t *testing.T) {
		s := newTestStore(t)
		_, err := s.Commit(ctx, []Entry{editEntry(uuid.New(), "student.name", "韦测")}, nil)
		wantKind(t, err, fault.Missing)
		_, err = s.Commit(ctx, []Entry{{Case: uuid.New(), Kind: loan.ChangeView, Operator: "c1"}}, nil)
		wantKind(t, err, fault.Missing)
		_, err = s.Commit(ctx, []Entry{{Kind: loan.ChangeEdit, Operator: "c1"}}, nil)
		wantKind(t, err, fault.Input)
		_, err = s.Commit(ctx, nil, nil)
		wantKind(t, err, fault.Input)
		_, err = s.Commit(ctx, []Entry{{Kind: loan.ChangeSignIn, Operator: "c1"}}, []Blob{{loan.Hash{1}, []byte("x")}})
		wantKind(t, err, fault.Input)
		_, err = s.Commit(ctx, []Entry{{Kind: loan.ChangeSignIn, Operator: "c1"}}, []Blob{{loan.Hash{1}, make([]byte, MaxBlob+1)}})
		wantKind(t, err, fault.TooLarge)
	})
	t.Run("stops when its context has ended", func(t *testing.T) {
		s := newTestStore(t)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.Commit(gone, []Entry{{Kind: loan.ChangeSignIn, Operator: "c1"}}, nil)
		wantKind(t, err, fault.Cancelled)
	})
	t.Run("after Close every method says so and none panics", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 0)
		noErr(t, s.Close())
		noErr(t, s.Close())
		_, err := s.Commit(ctx, []Entry{editEntry(id, "student.name", "x")}, nil)
		wantKind(t, err, fault.Busy)
		_, err = s.Case(ctx, id)
		wantKind(t, err, fault.Busy)
		_, err = s.Operators(ctx)
		wantKind(t, err, fault.Busy)
		wantKind(t, s.EnableOperator(ctx, clerk("c2"), []byte("x")), fault.Busy)
		wantKind(t, s.SetSetting(ctx, "a", 1), fault.Busy)
		wantKind(t, s.VerifyLedger(ctx), fault.Busy)
		if len(s.Search("", 0)) != 0 || !s.BlobName([]byte("x")).Zero() {
			t.Fatal("data after Close")
		}
	})
}

func TestCreate(t *testing.T) {
	ctx := context.Background()
	t.Run("never over a store that is there", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.Close())
		_, err := Create(ctx, s.o, profile(), clerk("c1"), []byte(password))
		wantKind(t, err, fault.Exists)
	})
	t.Run("leaves no store when it fails, and can be tried again", func(t *testing.T) {
		o := options(t.TempDir())
		_, err := Create(ctx, o, profile(), clerk("c1"), nil)
		wantKind(t, err, fault.Input)
		if Exists(o.Dir) {
			t.Fatal("a store")
		}
		noErr(t, os.WriteFile(filepath.Join(o.Dir, dataFile+newSuffix), []byte("half of one"), 0o600))
		s, err := Create(ctx, o, profile(), clerk("c1"), []byte(password))
		noErr(t, err)
		noErr(t, s.Close())
	})
	t.Run("keeps the profile", func(t *testing.T) {
		o, p := options(t.TempDir()), profile()
		p.Practice, p.CertDER, p.CADER = true, []byte("cert"), []byte("ca")
		county := p.CountyKey.Name(nil)
		s, err := Create(ctx, o, p, clerk("c1"), []byte(password))
		noErr(t, err)
		q := reopened(t, s).Profile()
		if q.Device != p.Device || q.Point != p.Point || !q.Practice || string(q.CertDER) != "cert" || string(q.CADER) != "ca" ||
			!q.Signer.Public().Equal(p.Signer.Public()) || !q.Centre.Equal(p.Centre) || q.CountyKey.Name(nil) != county ||
			q.Server != p.Server || q.County != p.County || q.CountyName != p.CountyName || q.PointType != p.PointType {
			t.Fatalf("got %+v", q)
		}
	})
	t.Run("needs a device, a signer and a county key", func(t *testing.T) {
		p := profile()
		p.Signer = nil
		_, err := Create(ctx, options(t.TempDir()), p, clerk("c1"), []byte(password))
		wantKind(t, err, fault.Input)
	})
}

func TestOpen(t *testing.T) {
	ctx := context.Background()
	t.Run("a second holder is told at once that it is busy", func(t *testing.T) {
		s := newTestStore(t)
		_, err := Open(ctx, s.o)
		wantKind(t, err, fault.Busy)
		_, err = Create(ctx, s.o, profile(), clerk("c1"), []byte(password))
		wantKind(t, err, fault.Busy)
		noErr(t, s.Close())
		l, err := Open(ctx, s.o)
		noErr(t, err)
		noErr(t, l.Close())
		l, err = Open(ctx, s.o)
		noErr(t, err)
		noErr(t, l.Close())
	})
	t.Run("an empty folder has no store", func(t *testing.T) {
		_, err := Open(ctx, options(t.TempDir()))
		wantKind(t, err, fault.Missing)
	})
	t.Run("a key file that is gone or damaged comes back from its copy", func(t *testing.T) {
		s := newTestStore(t)
		noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
		noErr(t, s.Close())
		path := filepath.Join(s.o.Dir, keysFile)
		want := must(os.ReadFile(path))
		for _, spoil := range []func() error{
			func() error { return os.Remove(path) },
			func() error { return os.WriteFile(path, want[:len(want)/2], 0o600) },
			func() error { return os.WriteFile(path, nil, 0o600) },
		} {
			noErr(t, spoil())
			noErr(t, unlocked(t, s.o).Close())
			if got := must(os.ReadFile(path)); !bytes.Equal(got, want) {
				t.Fatal("not written again")
			}
		}
	})
}
