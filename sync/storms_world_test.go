package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/depot"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// A world is a county: a centre, laptops, sticks, copies kept from earlier, and
// a relay between them that does what a bad link does. All of it is real: the
// stores, the couriers, the server behind TLS on the loopback, the centre's
// database. Seven of eight worlds have no network at all and live by sticks,
// which costs a fifth. Time is the system's, but nobody waits: a courier that would wait is
// woken. What is made up is the weather, and it is data: a list of ops made from
// a seed.
//
// A kill takes effect between transactions: the folder is copied as it lies,
// never closed, and the copy is opened. What a kill or a power cut does within
// one is tried by the crash rig for the store, and by make soak with processes.
type world struct {
	dir     string
	n       atomic.Int64 // folders made
	centre  *central.Central
	home    string // the centre's folder
	server  *http.Server
	served  chan struct{}
	cluster *cluster // in place of centre and server, where it is two servers
	relay   *relay
	line    *line // in place of the relay, where the world has a clock of its own
	laptops []*pc
	sticks  []string
	early   []string // copies of sticks
	past    []past   // copies of the centre

	must    map[ref]loan.Hash       // changes that may not get lost
	blobs   map[loan.Hash]uuid.UUID // blobs that may not get lost, and their laptop
	made    map[loan.Hash]time.Time // and when they were saved, where there is a grace
	numbers map[string]uuid.UUID    // receipt and contract numbers ever given, and what they were given to
	passed  map[uuid.UUID]bool      // cases that were passed on
	forced  map[uuid.UUID]bool      // and taken over by force
	torn    map[uuid.UUID]bool      // and of which a laptop was then put back to an earlier time
	putBack bool                    // the centre was, once

	small bool // the world is on a small disk of its own
	dry   bool // it has no network at all: sticks alone

	window window
	grace  time.Duration // for which "all sent" may not know of what was saved meanwhile

	snap   gate // of the centre's folder, which a kill exchanges, and of broken
	killed int
	behind bool   // a stick showed that the centre holds more of a laptop's chain than the laptop
	broken string // why a goroutine of the world gave up
}

// gate is a lock behind which a clock of the test's own goes on.
type gate chan struct{}

func (g gate) Lock()   { g <- struct{}{} }
func (g gate) Unlock() { <-g }

// ref is a change's place in the world.
type ref struct {
	device  uuid.UUID
	counter uint64
}

// past is the centre's folder at an earlier time.
type past struct{ home string }

// pc is a laptop of a world.
type pc struct {
	*store.Store
	dir    string
	device uuid.UUID
	backup string // a stick in a drawer; empty when no backup was made
	backed bool   // there is a whole one
	skew   time.Duration
	drafts []uuid.UUID
}

// defeat is why a world failed.
type defeat struct{ why string }

func (w *world) fail(format string, args ...any) { panic(defeat{fmt.Sprintf(format, args...)}) }

func (w *world) ok(err error) {
	if err != nil {
		w.fail("%v", err)
	}
}

func (w *world) folder() string {
	dir := filepath.Join(w.dir, fmt.Sprint(w.n.Add(1)))
	w.ok(os.Mkdir(dir, 0o700))
	return dir
}

// copyOf is a copy of a folder. Of the centre's database the main file comes
// before its log, so that a copy made while it is written is a state that a
// kill leaves.
func (w *world) copyOf(dir string) string {
	to := w.folder()
	w.ok(copyInto(to, dir))
	return to
}

func copyInto(to, from string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // it was renamed meanwhile
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == "." {
			return err
		}
		at := filepath.Join(to, rel)
		if d.IsDir() {
			return os.Mkdir(at, 0o700)
		}
		if strings.HasSuffix(rel, "-shm") {
			return nil
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(at, b, 0o600)
	})
}

// mother is a county in its first hour: every world begins as a copy of it.
type mother struct {
	home    string
	laptops []string

	depot    *depot.Depot // where the worlds' centres are two servers; else nil
	database string
	worlds   atomic.Int64
	kills    atomic.Int64 // of servers
}

const worldLaptops = 3

func newMother(t testing.TB) *mother {
	t.Helper()
	if depot.OnShared() {
		t.Skip("its worlds live in this process alone, most by a clock of their own")
	}
	return motherAt(t, filepath.Join(t.TempDir(), "centre"))
}

// motherAt makes it in a folder, which may name a database and a bucket.
func motherAt(t testing.TB, home string) *mother {
	t.Helper()
	m := &mother{home: home}
	s := startServer(t, m.home, "127.0.0.1:0")
	for range worldLaptops {
		l := newLaptop(t, s)
		m.laptops = append(m.laptops, l.dir)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.stop()
	return m
}

// newWorld begins a world in dir, which must be empty.
func newWorld(m *mother, dir string, dry bool) *world {
	w := emptyWorld(dir)
	w.dry, w.relay = dry, newRelay()
	w.relay.kill = w.killCentre
	w.populate(m)
	return w
}

// emptyWorld has nobody in it.
func emptyWorld(dir string) *world {
	return &world{dir: dir, snap: make(gate, 1), must: map[ref]loan.Hash{}, blobs: map[loan.Hash]uuid.UUID{}, made: map[loan.Hash]time.Time{}, numbers: map[string]uuid.UUID{},
		passed: map[uuid.UUID]bool{}, forced: map[uuid.UUID]bool{}, torn: map[uuid.UUID]bool{}}
}

// populate opens the centre and the laptops as they were in the first hour.
func (w *world) populate(m *mother) {
	if m.depot != nil {
		w.dry = false
		w.relay.kill = w.killServer
		w.begin(m)
	} else {
		w.home = w.copyOf(m.home)
		w.open()
	}
	for _, l := range m.laptops {
		p := &pc{dir: w.copyOf(l)}
		w.unlock(p)
		w.laptops = append(w.laptops, p)
	}
	w.sticks = []string{w.folder(), w.folder()}
}

// end lets everything of the world go.
func (w *world) end() {
	w.window.shut()
	if w.relay != nil {
		w.relay.close()
	}
	if w.cluster != nil {
		w.cluster.end()
	} else {
		w.stop()
	}
	for _, p := range w.laptops {
		if p.Store != nil {
			p.Close()
		}
	}
	if w.centre != nil {
		w.centre.Close()
	}
}

// open opens the centre, and serves behind the relay.
func (w *world) open() {
	var err error
	w.centre, err = central.Open(context.Background(), central.Options{Dir: w.home, Practice: true})
	w.ok(err)
	if !w.dry {
		w.serve()
	}
}

func (w *world) serve() {
	srv, err := w.centre.Server([]string{"127.0.0.1"})
	w.ok(err)
	var l net.Listener
	if w.line != nil {
		l = w.line.serve()
	} else {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		w.ok(err)
		defer w.relay.point(l.Addr().String())
	}
	w.server, w.served = srv, make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		_ = srv.ServeTLS(l, "", "") // ends with stop
	}(w.served)
}

// stop ends the server's connections at once.
func (w *world) stop() {
	if w.dry || w.server == nil {
		return
	}
	if w.line != nil {
		w.line.shut()
	} else {
		w.relay.point()
	}
	w.server.Close()
	<-w.served
}

// killCentre ends the centre as a kill does: what is on its disk at this moment
// is what the next run finds. atOnce happens behind that moment.
func (w *world) killCentre(atOnce func()) {
	w.snap.Lock()
	defer w.snap.Unlock()
	defer func() {
		if p := recover(); p != nil {
			w.broken = fmt.Sprint("kill of the centre: ", p)
		}
	}()
	to := w.folder()
	w.ok(copyInto(to, w.home))
	if atOnce != nil {
		atOnce()
	}
	w.killed++
	w.stop()
	w.ok(w.centre.Close())
	w.home = to
	w.open()
}

// unlock opens a laptop's store.
func (w *world) unlock(p *pc) {
	k, err := store.Open(context.Background(), w.options(p))
	w.ok(err)
	p.Store, _, err = k.Unlock(context.Background(), "practice-clerk", []byte(password))
	w.ok(err)
	p.device = p.Profile().Device
}

func (w *world) options(p *pc) store.Options {
	return store.Options{Dir: p.dir, Cost: seal.CheapCost(), Now: func() time.Time { return time.Now().Add(p.skew) }}
}

// killLaptop ends a laptop as a kill does, and starts it again.
func (w *world) killLaptop(p *pc) {
	to := w.copyOf(p.dir)
	w.ok(p.Close())
	p.dir = to
	w.unlock(p)
}

// saved notes what a laptop was told is saved.
func (w *world) saved(p *pc, made []*loan.Change, blobs []store.Blob) {
	for _, ch := range made {
		w.must[ref{ch.Device, ch.Counter}] = ch.HeaderHash(p.Sum)
	}
	for _, b := range blobs {
		w.blobs[b.Hash] = p.Profile().Device
		if w.grace > 0 {
			w.made[b.Hash] = time.Now()
		}
	}
}

// commit saves changes to a case.
func (w *world) commit(p *pc, entries []store.Entry, contents ...[]byte) error {
	var blobs []store.Blob
	for _, c := range contents {
		blobs = append(blobs, store.Blob{Hash: p.BlobName(c), Content: c})
	}
	made, err := p.Commit(context.Background(), entries, blobs)
	if err == nil {
		w.saved(p, made, blobs)
	}
	return err
}

// content is bytes that the world has not seen yet.
func (w *world) content(r *rand.Rand, most int) []byte {
	b := make([]byte, 1+r.IntN(most))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
