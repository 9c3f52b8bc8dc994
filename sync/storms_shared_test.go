package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"doorstep/internal/depot"
)

// cluster is the centre of a world as two servers, processes of their own, over
// one PostgreSQL and one bucket.
type cluster struct {
	depot    *depot.Depot
	database string
	bucket   string // the folder that holds its objects
	nodes    []*node
	turn     int
	kills    *atomic.Int64
}

// begin makes a world's own database and bucket, out of the mother's, and starts
// its servers.
func (w *world) begin(m *mother) {
	d := m.depot
	c := &cluster{depot: d, kills: &m.kills, database: fmt.Sprintf("%s_storm_%d", m.database, m.worlds.Add(1))}
	_, err := d.SQL("postgres", "CREATE DATABASE "+c.database+" TEMPLATE "+m.database)
	w.ok(err)
	name, folder, err := d.NewBucket()
	w.ok(err)
	c.bucket = folder
	for range 2 {
		n := &node{dir: w.folder()}
		w.ok(os.WriteFile(filepath.Join(n.dir, "centre.conf"), fmt.Appendf(nil, "database %s\nbucket %s\nbucket-credentials %s\nkeys %s\n",
			d.DatabaseURL(c.database), d.BucketURL(name), filepath.Join(m.home, "credentials"), filepath.Join(m.home, "keys")), 0o600))
		c.nodes = append(c.nodes, n)
	}
	w.cluster = c
	for _, n := range c.nodes {
		w.start(n)
	}
	w.relay.point(c.nodes[0].listen, c.nodes[1].listen)
}

// start starts a server; the first time at an address of its own choice.
func (w *world) start(n *node) {
	listen, file := n.listen, filepath.Join(n.dir, "address")
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	w.ok(os.RemoveAll(file))
	n.cmd = exec.Command(os.Args[0], "--listen", listen, "--data", n.dir, "--practice", "--address-file", file)
	n.cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	n.cmd.Stderr = os.Stderr
	w.ok(n.cmd.Start())
	w.until("a server starts", func() bool {
		b, err := os.ReadFile(file)
		if err != nil || len(b) == 0 {
			return false
		}
		n.listen = strings.TrimPrefix(strings.TrimSpace(string(b)), "https://")
		return true
	})
}

// killServer ends one of the servers in the middle of whatever it does, and
// starts it again; the other goes on meanwhile.
func (w *world) killServer(atOnce func()) {
	defer func() {
		if p := recover(); p != nil {
			w.snap.Lock()
			w.broken = fmt.Sprint("kill of a server: ", p)
			w.snap.Unlock()
		}
	}()
	n := w.cluster.nodes[w.cluster.turn%2]
	w.cluster.turn++
	n.kill()
	if atOnce != nil {
		atOnce()
	}
	w.cluster.kills.Add(1)
	w.start(n)
}

// held says whether the bucket has an object of a blob.
func (c *cluster) held(name string) bool {
	found, _ := filepath.Glob(filepath.Join(c.bucket, "*", "*", name))
	return len(found) == 1 && size(found[0]) > 0
}

func (c *cluster) end() {
	for _, n := range c.nodes {
		n.kill()
	}
	_, _ = c.depot.SQL("postgres", "DROP DATABASE "+c.database+" WITH (FORCE)")
	_ = os.RemoveAll(c.bucket)
}

// TestStormsShared lives through worlds whose centre is two servers over one
// PostgreSQL and one bucket, which are killed in turn. They have a network and
// no sticks, and the centre is never put back. DOORSTEP_SEED and
// DOORSTEP_STORMS are as for TestStorms.
func TestStormsShared(t *testing.T) {
	d := theShared(t)
	first, worlds := seeds(t, 24, 4)
	home := filepath.Join(t.TempDir(), "centre")
	settleShared(t, home)
	m := motherAt(t, home)
	m.depot, m.database = d, databaseOf(t, home)
	var next atomic.Uint64
	next.Store(first - 1)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for !t.Failed() {
				seed := next.Add(1)
				if seed >= first+uint64(worlds) {
					return
				}
				live(t, m, seed)
			}
		})
	}
	wg.Wait()
	t.Logf("%d servers were killed in %d worlds", m.kills.Load(), worlds)
	if os.Getenv("DOORSTEP_SEED") == "" && m.kills.Load() == 0 && !t.Failed() {
		t.Error("no server was killed")
	}
}
