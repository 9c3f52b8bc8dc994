package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func (l *laptop) backup(t testing.TB, stick string) {
	t.Helper()
	if _, err := l.Backup(context.Background(), stick, nil); err != nil {
		t.Fatal(err)
	}
}

// openAt is a laptop over a data folder that is there.
func openAt(t testing.TB, dir string) *laptop {
	t.Helper()
	k, err := store.Open(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()})
	if err != nil {
		t.Fatal(err)
	}
	st, _, err := k.Unlock(t.Context(), "practice-clerk", []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{Store: st, dir: dir}
	t.Cleanup(func() { l.Close() })
	return l
}

// restoredFrom is another laptop with the backup of a stick.
func restoredFrom(t testing.TB, stick string) *laptop {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	if err := store.Restore(t.Context(), stick, dir); err != nil {
		t.Fatal(err)
	}
	return openAt(t, dir)
}

// imaged copies a data folder while nobody has it.
func (l *laptop) imaged(t testing.TB) string {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "image")
	if err := os.CopyFS(to, os.DirFS(l.dir)); err != nil {
		t.Fatal(err)
	}
	l.Store = openAt(t, l.dir).Store
	return to
}

// settled demands that nothing waits and that laptop and centre agree.
func settled(t testing.TB, s *server, l *laptop) {
	t.Helper()
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if box.Acked != box.Last || box.Changes != 0 || len(box.Blobs) != 0 {
		t.Errorf("acknowledged %d of %d, %d changes and %d blobs wait", box.Acked, box.Last, box.Changes, len(box.Blobs))
	}
	if err := l.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
	held, err := l.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range s.holdings(t).Devices {
		if d.ID == l.Profile().Device && (d.Through != box.Last || d.Changes != uint64(held)) {
			t.Errorf("the centre holds %d changes up to %d, the laptop %d up to %d", d.Changes, d.Through, held, box.Last)
		}
	}
	verbOK(t, "record", "verify", "--data", s.dir, "--reason", "all came home")
}

func deviceHeld(t testing.TB, s *server, l *laptop) (changes uint64, lost []loan.Range) {
	t.Helper()
	for _, d := range s.holdings(t).Devices {
		if d.ID == l.Profile().Device {
			return d.Changes, d.Lost
		}
	}
	t.Fatal("no such device")
	return 0, nil
}

func TestALaptopIsLost(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, stick := newLaptop(t, s), t.TempDir()
	old := l.finished(t, noise("old", 100_000))
	mustCarry(t, l, "")
	kept := l.draft(t, noise("kept", 5_000)) // in the backup, never sent
	l.backup(t, stick)
	sent := l.finished(t, noise("sent", 300_000), noise("second", 10_000))
	mustCarry(t, l, "")
	gone := l.draft(t, noise("gone", 1_000)) // neither backed up nor sent
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.stop() // no network when it is restored

	r := restoredFrom(t, stick)
	if r.status(t, old) != loan.Received || r.status(t, kept) != loan.Draft {
		t.Error("the backup is not all there")
	}
	fresh := r.draft(t, noise("fresh", 2_000))
	startServer(t, s.dir, s.url[len("https://"):])
	mustCarry(t, r, "")
	settled(t, s, r)
	for id, want := range map[uuid.UUID]loan.Status{old: loan.Received, kept: loan.Draft, sent: loan.Received, fresh: loan.Draft} {
		k, err := r.Case(t.Context(), id)
		if err != nil || k.Status != want || len(k.Aside) != 0 {
			t.Errorf("case: %v, %v", k, err)
			continue
		}
		for _, a := range k.Manifest() {
			if b, err := r.Blob(t.Context(), a.Blob); err != nil || int64(len(b)) != a.Size {
				t.Errorf("blob of %s: %v", k.Status, err)
			}
		}
	}
	if _, err := r.Case(t.Context(), gone); fault.KindOf(err) != fault.Missing {
		t.Errorf("out of nowhere: %v", err)
	}
	if _, lost := deviceHeld(t, s, r); len(lost) != 1 {
		t.Errorf("lost at the centre: %v", lost)
	}
	if h := s.holdings(t); h.Refused != 0 || len(h.Cases) != 4 {
		t.Errorf("%d refused, %d cases", h.Refused, len(h.Cases))
	}
	var out strings.Builder
	if code := run(t.Context(), []string{"list", "--data", s.dir}, &out, io.Discard); code != exitOK || !strings.Contains(out.String(), " 条丢失，电脑申报过") {
		t.Errorf("exit %d: %s", code, out.String())
	}
	want, err := r.Wanted(t.Context())
	if err != nil || !want.Empty() {
		t.Errorf("still wanted: %+v, %v", want, err)
	}

	t.Run("what was lost is found on the old disk, and the centre takes it", func(t *testing.T) {
		found := openAt(t, l.dir)
		defer found.Close()
		before, lost := deviceHeld(t, s, r)
		n := send(t, s, found, lost[0].From)
		after, now := deviceHeld(t, s, r)
		if after != before+uint64(n) || len(now) != 1 || now[0].From != lost[0].From+uint64(n) {
			t.Errorf("%d changes, then %d; lost %v, then %v", before, after, lost, now)
		}
		if heldCase(t, s, gone).Status != "draft" {
			t.Error("the case that was lost is not there")
		}
		mustCarry(t, r, "")
	})
}

// send hands the centre the rest of a chain, whatever the centre holds of it.
func send(t testing.TB, s *server, l *laptop, from uint64) int {
	t.Helper()
	changes, err := l.Pending(t.Context(), from-1, parcel.MaxChanges)
	if err != nil {
		t.Fatal(err)
	}
	p := l.Profile()
	made, err := parcel.New(changes, p.Signer.Suite())
	if err != nil {
		t.Fatal(err)
	}
	b, err := parcel.Pack(made, p.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if status := post(t, s, p, b); status != 200 {
		t.Fatalf("the centre answers %d", status)
	}
	return len(changes)
}

// TestTheFileIsSetBackByHand tells a laptop whose file an older copy replaced
// from one whose copy runs elsewhere.
func TestTheFileIsSetBackByHand(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 1_000))
	mustCarry(t, l, "")
	image := l.imaged(t)
	id := l.finished(t, noise("b", 1_000))
	mustCarry(t, l, "")

	back := openAt(t, image)
	c, err := courier.New(courier.Config{Store: back.Store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	if err := c.RunUntilEmpty(ctx); fault.KindOf(err) != fault.Conflict || !c.State().Behind {
		t.Fatalf("got %v, %+v", err, c.State())
	}
	if len(back.Gaps()) != 0 {
		t.Error("it led on by itself")
	}
	c.Adopt("practice-clerk")
	if err := c.RunUntilEmpty(ctx); err != nil {
		t.Fatal(err)
	}
	if c.State().Behind || c.State().Healed == 0 || c.State().HealedBlobs == 0 {
		t.Errorf("%+v", c.State())
	}
	settled(t, s, back)
	if back.status(t, id) != loan.Received {
		t.Error("what the centre had did not come home")
	}
	auditorIsTold(t, s, l.Profile().Device.String(), "恢复了备份或以前的数据  practice-clerk  ", "起接着备份或以前的数据写，practice-clerk 在 ")

	t.Run("the laptop it was copied from is a clone from now on, and overwrites nothing", func(t *testing.T) {
		id := l.draft(t, noise("c", 1_000))
		before := s.holdings(t)
		c, err := courier.New(courier.Config{Store: l.Store})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RunUntilEmpty(ctx); fault.KindOf(err) != fault.Conflict {
			t.Errorf("got %v", err)
		}
		if after := s.holdings(t); len(after.Cases) != len(before.Cases) {
			t.Error("the centre changed")
		}
		// A person says that it is none: what it did meanwhile was declared
		// lost, and is found.
		c.Adopt("practice-clerk")
		if err := c.RunUntilEmpty(ctx); err != nil {
			t.Fatal(err)
		}
		mustCarry(t, l, "")
		settled(t, s, l)
		if heldCase(t, s, id).Status != "draft" || s.holdings(t).Refused != 0 {
			t.Error("what it did meanwhile is not at the centre")
		}
	})
	t.Run("a copy that wrote under the same numbers stays refused", func(t *testing.T) {
		one, two := openAt(t, l.imaged(t)), openAt(t, l.imaged(t))
		one.draft(t)
		two.draft(t)
		mustCarry(t, one, "")
		c, err := courier.New(courier.Config{Store: two.Store})
		if err != nil {
			t.Fatal(err)
		}
		c.Adopt("practice-clerk")
		if err := c.RunUntilEmpty(ctx); fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Refused {
			t.Errorf("adopted: %v", err)
		}
		box, err := two.Outbox(t.Context())
		if err != nil || box.Changes == 0 {
			t.Errorf("what it wrote is not in its outbox: %+v, %v", box, err)
		}
	})
}

// TestTheCentreIsSetBackAndNobodySaysSo puts yesterday's folder back without
// the verb that says so.
func TestTheCentreIsSetBackAndNobodySaysSo(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	addr := s.url[len("https://"):]
	a, b := newLaptop(t, s), newLaptop(t, s)
	first := a.finished(t, noise("first", 50_000))
	mustCarry(t, a, "")
	s.stop()
	putBack := backedUp(t, s.dir)
	s = startServer(t, s.dir, addr)
	ids := []uuid.UUID{first}
	for _, l := range []*laptop{a, b, a} {
		ids = append(ids, l.finished(t, noise(uuid.NewString(), 50_000)))
		mustCarry(t, l, "")
	}
	s.stop()
	putBack()
	s = startServer(t, s.dir, addr)
	epoch := s.holdings(t).Epoch
	for range 2 {
		for _, l := range []*laptop{a, b} {
			mustCarry(t, l, "")
			settled(t, s, l)
		}
	}
	h := s.holdings(t)
	if h.Epoch == epoch || h.Refused != 0 || len(h.Cases) != len(ids) {
		t.Errorf("epoch the same: %t, %d refused, %d cases", h.Epoch == epoch, h.Refused, len(h.Cases))
	}
	for _, id := range ids {
		if k := heldCase(t, s, id); !k.Whole() {
			t.Errorf("%+v", k)
		}
	}
}

// post sends a parcel as the laptop of a profile.
func post(t testing.TB, s *server, p store.Profile, b []byte) int {
	t.Helper()
	ca, err := x509.ParseCertificate(p.CADER)
	if err != nil {
		t.Fatal(err)
	}
	conf := seal.DeviceTLS(tls.Certificate{Certificate: [][]byte{p.CertDER}, PrivateKey: p.Signer.Crypto()}, ca, time.Now)
	tr := &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Post(s.url+"/v1/parcel", parcel.TypeParcel, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
