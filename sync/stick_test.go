package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/depot"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// take runs the verb on a stick; exit is what it must end with, -1 for either.
func takeStick(t testing.TB, s *server, dir string, exit int) []central.StickTaken {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(t.Context(), []string{"stick", "take", "--data", s.dir, "--from", dir, "--json"}, &o, &e); got != exit && exit >= 0 {
		t.Fatalf("stick take: exit %d, want %d; %s%s", got, exit, o.String(), e.String())
	}
	var list []central.StickTaken
	if err := json.Unmarshal(o.Bytes(), &list); err != nil && o.Len() > 0 {
		t.Fatal(err)
	}
	return list
}

func (l *laptop) write(t testing.TB, dir string) courier.StickWritten {
	t.Helper()
	w, err := courier.WriteStick(t.Context(), l.Store, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (l *laptop) read(t testing.TB, dir string) courier.StickRead {
	t.Helper()
	r, err := courier.ReadStick(t.Context(), l.Store, dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (l *laptop) waits(t testing.TB) (changes, blobs int) {
	t.Helper()
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return box.Changes, len(box.Blobs)
}

// copyTree copies what lies on a stick, as one who keeps an old one.
func copyTree(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// onStick lists names of a laptop's folder that match.
func onStick(t testing.TB, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "doorstep-stick", "*", pattern))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// oneCase demands that the centre holds a case whole and once, and that the
// laptop knows it and has nothing left to send.
func oneCase(t testing.TB, s *server, l *laptop, id uuid.UUID, blobs int) {
	t.Helper()
	h := s.holdings(t)
	if k := heldCase(t, s, id); !k.Whole() || k.Status != "received" || h.Blobs != blobs || h.Refused != 0 {
		t.Errorf("centre: %+v, %d blobs, %d refused; want it whole and %d", k, h.Blobs, h.Refused, blobs)
	}
	if got := l.status(t, id); got != loan.Received {
		t.Errorf("laptop: %s, want received", got)
	}
	if c, b := l.waits(t); c+b != 0 {
		t.Errorf("%d changes and %d blobs still wait", c, b)
	}
	if err := l.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestACaseGoesByStickAndTheReceiptComesHome(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 3_000_000), noise("b", 40_000))
	dir := t.TempDir()
	w := l.write(t, dir)
	if w.Changes != 9 || w.Blobs != 5 || w.LeftBlobs+w.LeftChanges != 0 || w.Full {
		t.Errorf("written: %+v", w)
	}
	if c, b := l.waits(t); c != 9 || b != 5 {
		t.Errorf("after writing %d changes and %d blobs wait, want all", c, b)
	}
	if again := l.write(t, dir); again.Changes+again.Blobs != 0 || again.Before != 14 {
		t.Errorf("written again: %+v, want nothing new", again)
	}
	got := takeStick(t, s, dir, exitOK)
	if len(got) != 1 || !got[0].Clean() || got[0].Blobs != 5 {
		t.Errorf("taken: %+v", got)
	}
	r := l.read(t, dir)
	if r.Answers != 1 || r.Changes != 9 || r.Blobs != 5 || r.News != 1 || r.WaitingChanges+r.WaitingBlobs != 0 {
		t.Errorf("read: %+v", r)
	}
	oneCase(t, s, l, id, 5)
	// What was acknowledged leaves the stick with the next writing.
	l.write(t, dir)
	if left := onStick(t, dir, "*.dsi"); len(left) != 1 {
		t.Errorf("on the stick: %v, want the last question alone", left)
	}
	// And the network agrees.
	mustCarry(t, l, "")
	oneCase(t, s, l, id, 5)
}

func TestOneCaseHoweverItCame(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 50_000))
	dir := t.TempDir()
	l.write(t, dir)
	early := copyTree(t, dir)
	mustCarry(t, l, "") // the network comes back meanwhile
	takeStick(t, s, dir, exitOK)
	takeStick(t, s, dir, exitOK) // handed in twice
	l.read(t, dir)
	oneCase(t, s, l, id, 4)
	second := l.finished(t, noise("b", 50_000))
	l.write(t, dir)
	takeStick(t, s, dir, exitOK)
	takeStick(t, s, early, exitOK) // an old stick after a newer one
	l.read(t, early)
	l.read(t, dir)
	oneCase(t, s, l, id, 8)
	oneCase(t, s, l, second, 8)
}

func TestAnIncompleteExportIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"without its index":     func(t *testing.T, dir string) { removeAll(t, onStick(t, dir, "*.dsi")) },
		"without a file":        func(t *testing.T, dir string) { removeAll(t, onStick(t, dir, "*-002.dsu")) },
		"with a file cut short": func(t *testing.T, dir string) { must(0, os.Truncate(onStick(t, dir, "*-001.dsu")[0], 1000)) },
		"with a bit flipped":    func(t *testing.T, dir string) { flip(t, onStick(t, dir, "*-001.dsu")[0]) },
		"with a flipped index":  func(t *testing.T, dir string) { flip(t, onStick(t, dir, "*.dsi")[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
			l := newLaptop(t, s)
			id := l.finished(t, noise("a", 5_000_000))
			dir := t.TempDir()
			l.write(t, dir)
			spoil(t, dir)
			got := takeStick(t, s, dir, exitFailed)
			if h := s.holdings(t); len(got) != 1 || got[0].Broken != 1 || got[0].Batches != 0 || h.Blobs != 0 || len(h.Cases) != 0 {
				t.Fatalf("taken: %+v; the centre holds %d cases", got, len(h.Cases))
			}
			l.read(t, dir)
			if c, b := l.waits(t); c != 8 || b != 4 {
				t.Errorf("%d changes and %d blobs wait, want all", c, b)
			}
			l.write(t, dir) // takes the broken batch away and writes it anew
			takeStick(t, s, dir, exitOK)
			l.read(t, dir)
			oneCase(t, s, l, id, 4)
		})
	}
}

func removeAll(t *testing.T, names []string) {
	t.Helper()
	if len(names) == 0 {
		t.Fatal("nothing of that name")
	}
	for _, n := range names {
		must(0, os.Remove(n))
	}
}

func flip(t *testing.T, name string) {
	t.Helper()
	b := must(os.ReadFile(name))
	b[len(b)/2] ^= 1
	must(0, os.WriteFile(name, b, 0o600))
}

func TestSeveralVisitsAddUpAndOrderDoesNotMatter(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	first, second := t.TempDir(), t.TempDir()
	a := l.finished(t, noise("a", 50_000))
	l.write(t, first)
	b := l.finished(t, noise("b", 60_000))
	if w := l.write(t, first); w.Changes != 8 || w.Blobs != 4 || w.Before != 12 {
		t.Errorf("second visit: %+v", w)
	}
	l.write(t, second)
	c := l.finished(t, noise("c", 70_000))
	l.write(t, second)
	// The later half of one stick alone, and then the rest.
	late := copyTree(t, second)
	removeAll(t, onStick(t, late, "00000001*"))
	if got := takeStick(t, s, late, exitFailed); len(got[0].Refused) == 0 || len(s.holdings(t).Cases) != 0 {
		t.Errorf("a later part alone: %+v", got)
	}
	takeStick(t, s, first, exitOK)
	takeStick(t, s, second, exitOK)
	l.read(t, second)
	for _, id := range []uuid.UUID{a, b, c} {
		oneCase(t, s, l, id, 12)
	}
	l.read(t, first)
	l.read(t, late)
	oneCase(t, s, l, c, 12)
}

func TestASticksBatchesInTheWrongOrder(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	dir := t.TempDir()
	l.finished(t)
	l.write(t, dir)
	removeAll(t, onStick(t, dir, "0*")) // lost, so the first records are written after later ones
	l.finished(t)
	l.write(t, dir)
	got := takeStick(t, s, dir, exitOK)
	if got[0].Parcels == 0 || len(s.holdings(t).Cases) != 2 {
		t.Errorf("taken: %+v", got)
	}
	l.read(t, dir)
	if c, b := l.waits(t); c+b != 0 {
		t.Errorf("%d changes and %d blobs wait", c, b)
	}
}

func TestAStickOfManyHands(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	other := startServer(t, filepath.Join(t.TempDir(), "other"), "127.0.0.1:0")
	l, neighbour, far, gone := newLaptop(t, s), newLaptop(t, s), newLaptop(t, other), newLaptop(t, s)
	dir := t.TempDir()
	mine, theirs := l.finished(t, noise("a", 9_000)), neighbour.finished(t, noise("b", 9_000))
	foreign := far.finished(t, noise("c", 9_000))
	gone.finished(t, noise("d", 9_000))
	for _, x := range []*laptop{l, neighbour, far, gone} {
		x.write(t, dir)
	}
	verbOK(t, "device", "revoke", "--data", s.dir, "--id", gone.Profile().Device.String())
	must(0, os.WriteFile(filepath.Join(dir, "holiday.jpg"), []byte("x"), 0o600))
	must(0, os.MkdirAll(filepath.Join(dir, "doorstep-stick", "not an id"), 0o700))
	for _, d := range takeStick(t, s, dir, exitFailed) {
		if d.Clean() != (d.Device == l.Profile().Device || d.Device == neighbour.Profile().Device) {
			t.Errorf("taken: %+v", d)
		}
	}
	l.read(t, dir)
	neighbour.read(t, dir)
	oneCase(t, s, l, mine, 8)
	oneCase(t, s, neighbour, theirs, 8)
	for x, want := range map[*laptop]fault.Kind{far: fault.Missing, gone: fault.Denied} {
		if _, err := courier.ReadStick(t.Context(), x.Store, dir); fault.KindOf(err) != want {
			t.Errorf("nothing was taken of it: got %v, want %v", err, want)
		}
	}
	takeStick(t, other, dir, exitFailed) // for it, the three are strangers
	far.read(t, dir)
	oneCase(t, other, far, foreign, 4)
}

func TestAnOldStickDoesNotBringBackWhatTheCentreLost(t *testing.T) {
	home := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, home, "127.0.0.1:0")
	l := newLaptop(t, s)
	s.stop()
	early := copyTree(t, home) // yesterday's backup
	id := l.finished(t, noise("a", 9_000))
	dir := t.TempDir()
	l.write(t, dir)
	takeStick(t, s, dir, exitOK)
	old := copyTree(t, dir) // its answer says: all is held
	must(0, os.RemoveAll(home))
	must(0, os.CopyFS(home, os.DirFS(early)))
	verbOK(t, "restored", "--data", home)
	s2 := startServer(t, home, "127.0.0.1:0")
	mark := l.draft(t)
	mustCarry(t, l, s2.url)
	s2.stop()
	must(0, os.RemoveAll(home))
	must(0, os.CopyFS(home, os.DirFS(early)))
	verbOK(t, "restored", "--data", home) // and once more: a third epoch
	s3 := startServer(t, home, "127.0.0.1:0")
	l.write(t, dir)
	takeStick(t, s3, dir, exitOK)
	l.read(t, dir)
	l.write(t, dir)
	takeStick(t, s3, dir, exitOK)
	l.read(t, dir)
	oneCase(t, s3, l, id, 4)
	if r := l.read(t, old); r.Stale != 1 || r.Answers != 0 {
		t.Errorf("the old stick: %+v, want its answer not to count", r)
	}
	oneCase(t, s3, l, id, 4)
	if k := heldCase(t, s3, mark); k.Status != "draft" {
		t.Errorf("the draft: %+v", k)
	}
}

func TestACentreSetBackLearnsItFromAStick(t *testing.T) {
	home := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, home, "127.0.0.1:0")
	l := newLaptop(t, s)
	s.stop()
	putBack := backedUp(t, home)
	id := l.finished(t, noise("a", 9_000))
	dir := t.TempDir()
	l.write(t, dir)
	takeStick(t, s, dir, exitOK)
	l.read(t, dir)
	oneCase(t, s, l, id, 4)
	putBack() // and nobody says so
	again := startServer(t, home, "127.0.0.1:0")
	l.draft(t)
	l.write(t, dir)
	if !depot.OnShared() {
		takeStick(t, again, dir, exitBusy) // the server would not hear of it
		again.stop()
	}
	takeStick(t, again, dir, exitFailed)
	l.read(t, dir)
	if c, b := l.waits(t); c != 9 || b != 4 {
		t.Errorf("%d changes and %d blobs wait, want all again", c, b)
	}
	l.write(t, dir)
	takeStick(t, again, dir, exitOK)
	l.read(t, dir)
	oneCase(t, again, l, id, 4)
}

func TestARestoredLaptopHealsByStick(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("z", 5_000))
	backup, dir := t.TempDir(), t.TempDir()
	if _, err := l.Backup(t.Context(), backup, nil); err != nil {
		t.Fatal(err)
	}
	id := l.finished(t, noise("a", 9_000))
	mustCarry(t, l, "")
	back := restoredFrom(t, backup)
	late := back.draft(t)
	for range 3 { // it asks; it gets what is lacking; it sends the rest
		back.write(t, dir)
		takeStick(t, s, dir, -1)
		back.read(t, dir)
	}
	oneCase(t, s, back, id, 5)
	if k := heldCase(t, s, late); k.Status != "draft" {
		t.Errorf("the new draft: %+v", k)
	}
	k := must(back.Case(t.Context(), id))
	for _, a := range k.Manifest() {
		if _, err := back.Blob(t.Context(), a.Blob); err != nil {
			t.Errorf("a blob that was lacking: %v", err)
		}
	}
	mustCarry(t, back, "")
	if h := s.holdings(t); len(h.Devices[0].Lost) > 1 {
		t.Errorf("lost: %+v", h.Devices[0].Lost)
	}
}

func TestAStickOfTheNationalSuite(t *testing.T) {
	home := filepath.Join(t.TempDir(), "centre")
	settle(t, home)
	c, err := central.Open(t.Context(), central.Options{Dir: home, Practice: true, Suite: seal.National})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s := startServer(t, home, "127.0.0.1:0")
	l := newLaptop(t, s)
	for _, when := range []string{"before the key came home", "with the key"} {
		id := l.finished(t, noise(when, 9_000))
		dir := t.TempDir()
		l.write(t, dir)
		suite := must(os.ReadFile(onStick(t, dir, "*.dsu")[0]))[4]
		if want := map[string]byte{"before the key came home": 1, "with the key": 2}[when]; suite != want {
			t.Errorf("%s: sealed under suite %d, want %d", when, suite, want)
		}
		takeStick(t, s, dir, exitOK)
		if suite := must(os.ReadFile(onStick(t, dir, "r*.dsu")[0]))[4]; suite != 2 {
			t.Errorf("the answer is sealed under suite %d, want 2", suite)
		}
		l.read(t, dir)
		if got := l.status(t, id); got != loan.Received {
			t.Errorf("%s: %s, want received", when, got)
		}
		mustCarry(t, l, "")
	}
}

// TestACentreThatLostBlobsAloneLearnsIt: put back without a word to a time when
// the records had come and the images had not, it holds as much of every chain
// as it acknowledged, and less.
func TestACentreThatLostBlobsAloneLearnsIt(t *testing.T) {
	for _, road := range []string{"network", "stick"} {
		t.Run("by "+road, func(t *testing.T) {
			home := filepath.Join(t.TempDir(), "centre")
			s := startServer(t, home, "127.0.0.1:0")
			l := newLaptop(t, s)
			mustCarry(t, l, "")
			id := l.finished(t, noise("a", 9_000))
			dir := t.TempDir()
			l.write(t, dir)
			takeStick(t, s, dir, exitOK)
			l.read(t, dir)
			oneCase(t, s, l, id, 4)
			s.stop()
			loseBlobs(t, home)
			again := startServer(t, home, "127.0.0.1:0")
			if road == "network" {
				mustCarry(t, l, again.url)
			} else {
				again.stop()
				for range 2 { // it shows its receipt; it sends what is lacking
					l.write(t, dir)
					takeStick(t, again, dir, exitOK)
					l.read(t, dir)
				}
			}
			oneCase(t, again, l, id, 4)
		})
	}
}

// loseBlobs takes from a centre's folder all that came after the records.
func loseBlobs(t *testing.T, home string) {
	t.Helper()
	db := database(t, home)
	if _, err := db.Exec(`DELETE FROM blobs`); err != nil {
		t.Fatal(err)
	}
	if depot.OnShared() {
		return
	}
	must(0, os.RemoveAll(filepath.Join(home, "blobs")))
	must(0, os.Mkdir(filepath.Join(home, "blobs"), 0o700))
}
