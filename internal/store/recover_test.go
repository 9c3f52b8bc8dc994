package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// county is the other side of a recovery.
type county struct {
	centre   *seal.Authority
	recovery *seal.Signer
}

func newCounty() county {
	return county{must(seal.NewAuthority("centre", 24*time.Hour*365, time.Now())), must(seal.NewSigner())}
}

func (c county) profile() Profile {
	p := profile()
	p.Centre, p.CADER, p.Recovery = c.centre.Signer().Public(), c.centre.Cert().Raw, c.recovery.Public()
	return p
}

// approve is the centre's answer to a request, good for so long.
func (c county) approve(t testing.TB, request []byte, valid time.Duration) []byte {
	t.Helper()
	r := must(seal.OpenRecoveryRequest(request, c.recovery))
	at := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	return must(r.Approve(request, c.recovery, c.centre.Signer(), [16]byte{1}, at, at.Add(valid)))
}

// forgotten is a locked store of a county, with c1 and c2.
func forgotten(t testing.TB, c county) Options {
	t.Helper()
	ctx := context.Background()
	s := must(Create(ctx, options(t.TempDir()), c.profile(), clerk("c1"), []byte(password)))
	noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
	noErr(t, s.Close())
	return s.o
}

func opened(t testing.TB, o Options) *Locked {
	t.Helper()
	l := must(Open(context.Background(), o))
	t.Cleanup(func() { l.Close() })
	return l
}

func TestAForgottenPassword(t *testing.T) {
	ctx := context.Background()
	c := newCounty()
	fresh := []byte("a new and good one")
	t.Run("is set anew by the county's approval, and the old one is over", func(t *testing.T) {
		o := forgotten(t, c)
		l := opened(t, o)
		if !l.Recoverable() {
			t.Fatal("not recoverable")
		}
		for range guard.MaxFailures {
			_, _, _ = l.Unlock(ctx, "c1", []byte("wrong"))
		}
		r := must(l.AskRecovery("c1"))
		if got := r.Centre.Server; got != "https://centre.example" {
			t.Fatalf("the centre is at %q", got)
		}
		noErr(t, r.Take(c.approve(t, r.Request(), time.Hour), true))
		s, who, err := l.Recover(ctx, r, fresh)
		noErr(t, err)
		if who.ID != "c1" || who.Failures != 0 || !who.LockedUntil.IsZero() {
			t.Fatalf("got %+v", who)
		}
		last := must(s.Pending(ctx, 0, 10))
		if got := last[len(last)-1]; got.Kind != loan.ChangeRecover || got.Operator != "c1" || !bytes.Contains(got.Body, []byte("approval 01000000")) {
			t.Fatalf("the chain says %v %s", got.Kind, got.Body)
		}
		noErr(t, s.Close())
		l = opened(t, o)
		_, _, err = l.Unlock(ctx, "c1", []byte(password))
		wantKind(t, err, fault.Password)
		s, _, err = l.Unlock(ctx, "c1", fresh)
		noErr(t, err)
		must(s.Verify(ctx, "c2", []byte("another good one")))
		noErr(t, s.Close())
	})
	t.Run("stays as it was without an approval, with one for another, or with a second one", func(t *testing.T) {
		l := opened(t, forgotten(t, c))
		r, other := must(l.AskRecovery("c1")), must(l.AskRecovery("c2"))
		_, _, err := l.Recover(ctx, r, fresh)
		wantKind(t, err, fault.Refused)
		wantKind(t, r.Take(c.approve(t, other.Request(), time.Hour), true), fault.Refused)
		wantKind(t, r.Take(newCounty().approve2(t, c, r.Request()), true), fault.Untrusted)
		noErr(t, r.Take(c.approve(t, r.Request(), time.Hour), true))
		wantKind(t, r.Take(c.approve(t, r.Request(), time.Hour), true), fault.Exists)
		s, _, err := l.Recover(ctx, r, fresh)
		noErr(t, err)
		noErr(t, s.Close())
		_, _, err = l.Recover(ctx, r, fresh)
		wantKind(t, err, fault.Refused)
	})
	t.Run("an approval's time runs out: online from its coming, by file from the request", func(t *testing.T) {
		o := forgotten(t, c)
		now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
		o.Now = func() time.Time { return now }
		l := opened(t, o)
		r := must(l.AskRecovery("c1"))
		now = now.Add(2 * time.Hour)
		wantKind(t, r.Take(c.approve(t, r.Request(), time.Hour), false), fault.Refused)
		noErr(t, r.Take(c.approve(t, r.Request(), time.Hour), true))
		now = now.Add(time.Hour + time.Minute)
		_, _, err := l.Recover(ctx, r, fresh)
		wantKind(t, err, fault.Refused)
		s, _, err := l.Unlock(ctx, "c1", []byte(password))
		noErr(t, err)
		noErr(t, s.Close())
	})
	t.Run("does not let in whom the roster switched off", func(t *testing.T) {
		o := forgotten(t, c)
		s, _, err := opened(t, o).Unlock(ctx, "c1", []byte(password))
		noErr(t, err)
		off := clerk("c2")
		off.Enabled = false
		noErr(t, s.AddOperator(ctx, off))
		noErr(t, s.Close())
		l := opened(t, o)
		r := must(l.AskRecovery("c2"))
		noErr(t, r.Take(c.approve(t, r.Request(), time.Hour), true))
		_, _, err = l.Recover(ctx, r, fresh)
		wantKind(t, err, fault.Denied)
	})
	t.Run("a centre put into the open by a finder is found out before anything is set", func(t *testing.T) {
		o := forgotten(t, c)
		liar := county{newCounty().centre, c.recovery}
		l := opened(t, o)
		p := c.profile()
		p.CADER = liar.centre.Cert().Raw
		own := must(l.readCentre())
		p.Device = own.Device
		noErr(t, l.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bPlain)).Put([]byte("centre"), p.centre()) }))
		noErr(t, l.Close())
		l = opened(t, o)
		r := must(l.AskRecovery("c1"))
		noErr(t, r.Take(liar.approve(t, r.Request(), time.Hour), true))
		_, _, err := l.Recover(ctx, r, fresh)
		wantKind(t, err, fault.Untrusted)
		s, _, err := l.Unlock(ctx, "c1", []byte(password))
		noErr(t, err)
		noErr(t, s.Close())
		if l := opened(t, o); must(l.readCentre()).CA == nil || !bytes.Equal(must(l.readCentre()).CA, c.centre.Cert().Raw) {
			t.Error("not mended at the next unlock")
		}
	})
}

// approve2 is an answer of c's county signed by another centre.
func (liar county) approve2(t testing.TB, c county, request []byte) []byte {
	return county{liar.centre, c.recovery}.approve(t, request, time.Hour)
}

func TestTheCountysKeyComesLater(t *testing.T) {
	ctx := context.Background()
	c := newCounty()
	p := c.profile()
	p.Recovery = seal.PublicKey{}
	o := options(t.TempDir())
	s := must(Create(ctx, o, p, clerk("c1"), []byte(password)))
	want := s.data.Bytes()
	fresh, err := s.SetRecovery(ctx, c.recovery.Public())
	if noErr(t, err); !fresh {
		t.Fatal("nothing changed")
	}
	if fresh, err = s.SetRecovery(ctx, c.recovery.Public()); err != nil || fresh {
		t.Fatalf("the second time: %v, %v", fresh, err)
	}
	s = reopened(t, s)
	if !s.Profile().Recovery.Equal(c.recovery.Public()) {
		t.Fatal("the profile forgot the key")
	}
	noErr(t, s.Close())
	for what, b := range map[string][]byte{"file": must(os.ReadFile(filepath.Join(o.Dir, keysFile))), "copy": opened(t, o).keys.Marshal()} {
		got := must(must(seal.ParseKeyfile(b)).Recover(c.recovery, p.Device)).Bytes()
		if !bytes.Equal(got, want) {
			t.Errorf("the %s recovers another key", what)
		}
	}
}

func TestAnUnlockMendsAMissingWrap(t *testing.T) {
	ctx := context.Background()
	c := newCounty()
	o := forgotten(t, c)
	s, _, err := opened(t, o).Unlock(ctx, "c1", []byte(password))
	noErr(t, err)
	s.write.Lock()
	noErr(t, s.rekey(ctx, "test", func(k *seal.Keyfile) error {
		return k.SetRecovery(s.data, must(seal.NewSigner()).Public(), s.profile.Device)
	}, func(*bbolt.Tx) error { return nil }))
	s.write.Unlock()
	s = reopened(t, s)
	if !s.keys.Recoverable(c.recovery.Public()) {
		t.Fatal("not wrapped to the county's key")
	}
}

func TestAFormerKeyFileIsRefused(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	path := filepath.Join(s.o.Dir, keysFile)
	former := must(os.ReadFile(path))
	noErr(t, s.ChangePassword(ctx, "c1", []byte(password), []byte("the new password")))
	noErr(t, s.Close())
	noErr(t, os.WriteFile(path, former, 0o600))
	l := opened(t, s.o)
	_, _, err := l.Unlock(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Password)
	if got := l.attempts.by["c1"].Failures; got != 1 {
		t.Errorf("got %d failures counted, want 1", got)
	}
	u, _, err := l.Unlock(ctx, "c1", []byte("the new password"))
	noErr(t, err)
	noErr(t, u.Close())
	if bytes.Equal(must(os.ReadFile(path)), former) {
		t.Error("the former file is still there")
	}
}

func TestAPasswordChangedWhileTheFileCannotBeWritten(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	path := filepath.Join(s.o.Dir, keysFile+newSuffix)
	noErr(t, os.Mkdir(path, 0o700))
	noErr(t, s.ChangePassword(ctx, "c1", []byte(password), []byte("the new password")))
	noErr(t, s.Close())
	noErr(t, os.Remove(path))
	l := opened(t, s.o)
	_, _, err := l.Unlock(ctx, "c1", []byte(password))
	wantKind(t, err, fault.Password)
	u, _, err := l.Unlock(ctx, "c1", []byte("the new password"))
	noErr(t, err)
	noErr(t, u.Close())
}

func TestARestoredLaptopCanStillAsk(t *testing.T) {
	ctx := context.Background()
	c := newCounty()
	o := forgotten(t, c)
	s, _, err := opened(t, o).Unlock(ctx, "c1", []byte(password))
	noErr(t, err)
	stick := t.TempDir()
	must(s.Backup(ctx, stick, nil))
	noErr(t, s.Close())
	dir := t.TempDir()
	noErr(t, Restore(ctx, stick, dir))
	l := opened(t, options(dir))
	r := must(l.AskRecovery("c2"))
	noErr(t, r.Take(c.approve(t, r.Request(), time.Hour), true))
	s, who, err := l.Recover(ctx, r, []byte("a new and good one"))
	noErr(t, err)
	if who.ID != "c2" {
		t.Errorf("got %s", who.ID)
	}
	noErr(t, s.Close())
}

func TestAPasswordSetNowCostsWhatTheMachineBears(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
	noErr(t, s.Close())
	o := s.o
	o.Cost.Time++ // as on a faster machine
	s = unlocked(t, o)
	noErr(t, s.EnableOperator(ctx, clerk("c3"), []byte("one more good one")))
	if got, want := s.keys.Cost(), o.Cost; got != want {
		t.Errorf("enabled: got %+v, want %+v", got, want)
	}
	noErr(t, s.Close())
	o.Cost.Time++
	s = unlocked(t, o)
	noErr(t, s.ChangePassword(ctx, "c1", []byte(password), []byte("the new password")))
	if got, want := s.keys.Cost(), o.Cost; got != want {
		t.Errorf("changed: got %+v, want %+v", got, want)
	}
	noErr(t, s.Close())
	o.Cost = seal.CheapCost() // and on a slower one again
	l := opened(t, o)
	s, _, err := l.Unlock(ctx, "c1", []byte("the new password"))
	noErr(t, err)
	must(s.Verify(ctx, "c2", []byte("another good one")))
	noErr(t, s.ChangePassword(ctx, "c1", []byte("the new password"), []byte("yet another one")))
	if got := s.keys.Cost().Time; got != 3 {
		t.Errorf("the cost fell to %d passes", got)
	}
	noErr(t, s.Close())
}
