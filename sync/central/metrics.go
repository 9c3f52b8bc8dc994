package central

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
)

// metrics counts what a server does, for Prometheus to read. It knows routes,
// statuses and codes, and no ids.
type metrics struct {
	changes, blobs    atomic.Int64
	in, out           atomic.Int64 // bytes of bodies
	failures, retries atomic.Int64 // of transactions
	sessions          atomic.Int64
	commit, keep      histogram

	mu       sync.Mutex
	requests map[string]int64 // labels → number
	refused  map[string]int64
}

func newMetrics() *metrics {
	return &metrics{requests: map[string]int64{}, refused: map[string]int64{}}
}

func (m *metrics) request(route string, status int) {
	if route == "" {
		route = "none"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[`route="`+route+`",status="`+strconv.Itoa(status)+`"`]++
}

// refuse counts an answer that is a problem, by its code or else its kind; both
// are of closed lists.
func (m *metrics) refuse(code, kind string) {
	if code == "" {
		code = kind
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused[`code="`+code+`"`]++
}

// failed counts a transaction that failed, and was tried again or not.
func (m *metrics) failed(again bool) {
	if again {
		m.retries.Add(1)
	} else {
		m.failures.Add(1)
	}
}

// session follows connections as http.Server tells of them.
func (m *metrics) session(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		m.sessions.Add(1)
	case http.StateClosed, http.StateHijacked:
		m.sessions.Add(-1)
	}
}

// bounds are the upper ends of the histograms, in seconds.
func bounds() []float64 {
	return []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
}

type histogram struct {
	mu    sync.Mutex
	under [13]int64
	count int64
	sum   float64
}

func (h *histogram) add(d time.Duration) {
	s := d.Seconds()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, b := range bounds() {
		if s <= b {
			h.under[i]++
		}
	}
	h.count++
	h.sum += s
}

func (h *histogram) write(w io.Writer, name, about string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s histogram\n", name, about, name)
	for i, b := range bounds() {
		fmt.Fprintf(w, "%s_bucket{le=\"%g\"} %d\n", name, b, h.under[i])
	}
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %g\n%s_count %d\n", name, h.count, name, h.sum, name, h.count)
}

// measured is a writer whose writes are timed, from the asking to the answer.
type measured struct {
	writer
	m *metrics
}

func (w measured) do(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	start := time.Now()
	err := w.writer.do(ctx, do)
	w.m.commit.add(time.Since(start))
	return err
}

// Operations answers GET /metrics, in Prometheus's text format, and GET
// /healthz. It names nobody and no case, and is for an address of its own.
func (c *Central) Operations() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", c.answer(c.getHealth))
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		c.writeMetrics(w, c.ready(r.Context()) == nil)
	})
	return mux
}

func (c *Central) writeMetrics(w io.Writer, ready bool) {
	m := c.metrics
	one := func(name, typ, about string, value int64) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", name, about, name, typ, name, value)
	}
	many := func(name, about string, values map[string]int64) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, about, name)
		for _, labels := range slices.Sorted(maps.Keys(values)) {
			fmt.Fprintf(w, "%s{%s} %d\n", name, labels, values[labels])
		}
	}
	up := int64(0)
	if ready {
		up = 1
	}
	one("doorstep_ready", "gauge", "Whether the server takes requests, reaches its database and store, and has room.", up)
	m.mu.Lock()
	requests, refused := maps.Clone(m.requests), maps.Clone(m.refused)
	m.mu.Unlock()
	many("doorstep_requests_total", "Requests answered, by route and status.", requests)
	many("doorstep_refused_total", "Answers that are problems, by code.", refused)
	one("doorstep_changes_total", "counter", "Changes taken in for the first time.", m.changes.Load())
	one("doorstep_blobs_total", "counter", "Blobs taken in for the first time.", m.blobs.Load())
	one("doorstep_body_bytes_in_total", "counter", "Bytes of requests' bodies, and of blobs in streams.", m.in.Load())
	one("doorstep_body_bytes_out_total", "counter", "Bytes of answers' bodies.", m.out.Load())
	m.commit.write(w, "doorstep_commit_seconds", "From asking for a write to its being durable.")
	m.keep.write(w, "doorstep_keep_seconds", "From a whole blob to its being durable in the store.")
	one("doorstep_sessions", "gauge", "Open connections of laptops.", m.sessions.Load())
	one("doorstep_lanes", "gauge", "Of these, lanes of streams.", int64(c.lanes.count()))
	relayed, relayedBytes := c.Relayed()
	one("doorstep_relayed_total", "counter", "Sessions between two laptops that were relayed.", relayed)
	one("doorstep_relayed_bytes_total", "counter", "Bytes of them.", relayedBytes)
	one("doorstep_requests_running", "gauge", "Requests being answered.", int64(len(c.requests)))
	one("doorstep_partials", "gauge", "Open files of blobs that are coming.", int64(c.blobs.coming()))
	one("doorstep_transactions_failed_total", "counter", "Transactions of a shared database that failed, refusals among them.", m.failures.Load())
	one("doorstep_transactions_retried_total", "counter", "Transactions that lost against another server and were tried again.", m.retries.Load())
	s := c.db.Stats()
	one("doorstep_database_connections", "gauge", "Open connections to the database.", int64(s.OpenConnections))
	one("doorstep_database_connections_used", "gauge", "Of these, in use.", int64(s.InUse))
	one("doorstep_database_waits_total", "counter", "Times that a connection was waited for.", s.WaitCount)
}

// coming is how many partial files are open.
func (f *folder) coming() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.open)
}

// health remembers the last look at the database and the store, so that asking
// often costs nothing.
type health struct {
	draining atomic.Bool
	looking  sync.Mutex
	last     atomic.Pointer[look]
	full     fullness
}

type look struct {
	at  time.Time
	err error
}

const (
	lookEvery = 2 * time.Second
	lookTime  = 3 * time.Second
)

// Drain makes the server say that it is not ready; it answers on until it is
// closed.
func (c *Central) Drain() { c.health.draining.Store(true) }

// ready is nil when the server takes requests and reaches its database and
// store; what it last saw, where another is looking just now. fault.Full while a
// centre of one server refuses laptops for want of room: of several no balancer
// is to let go for it.
func (c *Central) ready(ctx context.Context) error {
	const op = "central.ready"
	if c.health.draining.Load() {
		return fault.New(op, fault.Busy, nil)
	}
	l := c.health.last.Load()
	if l != nil && time.Since(l.at) < lookEvery {
		return l.err
	}
	if !c.health.looking.TryLock() {
		if l == nil {
			return fault.New(op, fault.Busy, nil)
		}
		return l.err
	}
	defer c.health.looking.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	err := diskFault(op, c.db.PingContext(ctx))
	if err == nil {
		err = c.shelf.ready(ctx)
	}
	if err == nil && !c.shared {
		err = c.health.full.fault(c.now())
	}
	c.health.last.Store(&look{at: time.Now(), err: err})
	return err
}
