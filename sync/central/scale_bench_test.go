package central

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// scale is for benchmarks that make bench-central alone runs: they take
// minutes. DOORSTEP_BENCH_RECORDS says up to how many stored changes.
func scale(b *testing.B) {
	b.Helper()
	if os.Getenv("DOORSTEP_BENCH_CENTRAL") == "" {
		b.Skip("make bench-central runs it")
	}
}

// stores runs a benchmark on the embedded store and on PostgreSQL and a bucket.
func stores(b *testing.B, do func(b *testing.B, c *Central, url string)) {
	b.Helper()
	scale(b)
	b.Run("folder", func(b *testing.B) {
		c := open(b, b.TempDir())
		do(b, c, serve(b, c))
	})
	b.Run("shared", func(b *testing.B) {
		p, _ := sharedPlace(b)
		c := openAt(b, p)
		do(b, c, serve(b, c))
	})
}

// ready is a case packed up and ready to go.
type ready struct {
	l      *laptop
	parcel []byte
	blobs  [][]byte
}

// packed makes a case of so many papers of a size, with 20 looks at it.
func (l *laptop) packed(name string, papers, size int) ready {
	from := len(l.changes)
	var ps [][]byte
	for i := range papers {
		ps = append(ps, content(fmt.Sprint(name, i), size))
	}
	id, blobs := l.finished(ps...)
	for range 20 {
		l.change(id, loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}})
	}
	return ready{l, l.pack(l.changes[from:]), blobs}
}

// send carries a case as a laptop does: the records, then the chunks, several
// at once. It comes again when the server says that it is busy, and counts that.
func (r ready) send(busy *atomic.Int64) error {
	if err := r.again(busy, func() int {
		return r.l.try("POST", "/v1/parcel", parcel.TypeParcel, r.parcel, "")
	}); err != nil {
		return err
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, 16)
	var failed atomic.Value
	for _, blob := range r.blobs {
		h := loan.Hash(r.l.county.Name(blob))
		for i := range chunks(int64(len(blob))) {
			places <- struct{}{}
			wg.Go(func() {
				defer func() { <-places }()
				if err := r.again(busy, func() int { return r.l.tryChunk(h, blob, i) }); err != nil {
					failed.Store(err)
				}
			})
		}
	}
	wg.Wait()
	err, _ := failed.Load().(error)
	return err
}

func (l *laptop) tryChunk(h loan.Hash, content []byte, i int) int {
	b := content[i*parcel.ChunkSize : min(len(content), (i+1)*parcel.ChunkSize)]
	s := sha256.Sum256(b)
	return l.try("PUT", fmt.Sprintf("/v1/blob/%s/%d?size=%d", h, i*parcel.ChunkSize, len(content)), parcel.TypeChunk, b, hex.EncodeToString(s[:]))
}

// try sends a request and gives the status; 0 where there was no answer.
func (l *laptop) try(method, path, typ string, body []byte, sum string) int {
	r, err := http.NewRequest(method, l.url+path, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", typ)
	if sum != "" {
		r.Header.Set(parcel.SumHeader, sum)
	}
	resp, err := l.http.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0
	}
	return resp.StatusCode
}

func (r ready) again(busy *atomic.Int64, do func() int) error {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		switch status := do(); status {
		case http.StatusOK, http.StatusCreated, http.StatusNoContent:
			return nil
		case http.StatusServiceUnavailable, 0:
			busy.Add(1)
			time.Sleep(wait)
		default:
			return fmt.Errorf("status %d", status)
		}
	}
}

// sendAll sends the cases of each laptop one after the other, the laptops at
// once, and gives the time.
func sendAll(b *testing.B, cases [][]ready) time.Duration {
	b.Helper()
	var busy atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for _, mine := range cases {
		wg.Go(func() {
			for _, r := range mine {
				if err := r.send(&busy); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// pack makes so many cases for each of so many new laptops.
func pack(b testing.TB, c *Central, url string, laptops, each, papers, size int) (out [][]ready, bytes int64) {
	b.Helper()
	for range laptops {
		l := enrol(b, c, url)
		var mine []ready
		for n := range each {
			r := l.packed(fmt.Sprint(l.enrol.Device, n), papers, size)
			for _, blob := range r.blobs {
				bytes += int64(len(blob))
			}
			mine = append(mine, r)
		}
		out = append(out, mine)
	}
	return out, bytes
}

// bareWrite is the time to write as many bytes into one file, with a sync every
// 4 MB.
func bareWrite(b *testing.B, bytes int64) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	piece := content("bare", 1<<20)
	start := time.Now()
	for n := int64(0); n < bytes; n += 1 << 20 {
		if _, err := f.Write(piece[:min(1<<20, bytes-n)]); err != nil {
			b.Fatal(err)
		}
		if n>>20%4 == 3 || n+1<<20 >= bytes {
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	}
	return time.Since(start)
}

// BenchmarkCentralCases sends cases as large as the nation's are on average: 13
// blobs, 3 MB. Clients and server share the processors.
func BenchmarkCentralCases(b *testing.B) {
	stores(b, func(b *testing.B, c *Central, url string) {
		for b.Loop() {
			const laptops, each = 8, 5
			cases, bytes := pack(b, c, url, laptops, each, 11, 267_000)
			floor := bareWrite(b, bytes)
			done := costs(b, c)
			spent := sendAll(b, cases)
			done(laptops*each, bytes)
			b.ReportMetric(laptops*each/spent.Seconds(), "cases/s")
			b.ReportMetric(float64(bytes)/1e6/spent.Seconds(), "MB/s")
			b.ReportMetric(float64(spent)/float64(floor), "x-bare-write")
			allWhole(b, c, laptops*each)
		}
	})
}

// BenchmarkCentralRecords sends cases of three small blobs: what the database
// carries when bytes are few.
func BenchmarkCentralRecords(b *testing.B) {
	stores(b, func(b *testing.B, c *Central, url string) {
		for b.Loop() {
			const laptops, each = 16, 20
			// One laptop alone waits for nobody: a write's own time, and so the
			// most that the one lock is held.
			one, _ := pack(b, c, url, 1, each, 1, 500)
			commits := c.metrics.commit.since()
			sendAll(b, one)
			b.ReportMetric(commits(), "ms/commit-alone")
			cases, bytes := pack(b, c, url, laptops, each, 1, 500)
			commits = c.metrics.commit.since()
			done := costs(b, c)
			spent := sendAll(b, cases)
			done(laptops*each, bytes)
			b.ReportMetric(commits(), "ms/commit")
			b.ReportMetric(laptops*each/spent.Seconds(), "cases/s")
			b.ReportMetric(3*laptops*each/spent.Seconds(), "blobs/s")
			allWhole(b, c, laptops*each)
		}
	})
}

// costs reports the processor time of what follows: of server and clients
// together, and of PostgreSQL and the S3 server. Unlike the time on the clock it
// hardly changes with what else the machine does.
func costs(b *testing.B, c *Central) (done func(cases int, bytes int64)) {
	b.Helper()
	spent := func() (database, store time.Duration) { return 0, 0 }
	if c.shared {
		spent = theShared(b).Spent
	}
	self := processorTime()
	database, store := spent()
	return func(cases int, bytes int64) {
		per := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(cases) }
		self := processorTime() - self
		b.ReportMetric(per(self), "cpu-ms/case")
		b.ReportMetric(self.Seconds()*1e9/float64(bytes), "cpu-s/GB")
		if c.shared {
			database2, store2 := spent()
			b.ReportMetric(per(database2-database), "postgres-cpu-ms/case")
			b.ReportMetric(per(store2-store), "s3-cpu-ms/case")
		}
	}
}

func allWhole(b testing.TB, c *Central, want int) {
	b.Helper()
	var n int
	if err := c.db.QueryRow(`SELECT COUNT(*) FROM cases WHERE receipt_no <> '' AND lacking = 0`).Scan(&n); err != nil || n < want {
		b.Errorf("%d cases are whole, want %d: %v", n, want, err)
	}
}

// BenchmarkCentralGrowth sends the same small cases to a centre that holds more
// and more. The records it holds are written by fill, not sent.
func BenchmarkCentralGrowth(b *testing.B) {
	most, _ := strconv.Atoi(os.Getenv("DOORSTEP_BENCH_RECORDS"))
	if most == 0 {
		most = 1_000_000
	}
	stores(b, func(b *testing.B, c *Central, url string) {
		for b.Loop() {
			first := 0.0
			bytes, changes := c.size(b)
			for held := 0; held <= most; held = max(held*10, most/100) {
				fill(b, c, held)
				const laptops, each = 8, 10
				cases, _ := pack(b, c, url, laptops, each, 1, 500)
				ms := float64(sendAll(b, cases).Microseconds()) / 1000 / (laptops * each)
				if first == 0 {
					first = ms
				}
				b.ReportMetric(ms, fmt.Sprintf("ms/case@%d", held))
				b.ReportMetric(ms/first, fmt.Sprintf("x-empty@%d", held))
			}
			bytes2, changes2 := c.size(b)
			b.ReportMetric(float64(bytes2-bytes)/float64(changes2-changes), "database-B/change")
		}
	})
}

// fill writes rows as the intake writes them until the centre holds so many
// changes: for every 20 a case that was received, with 13 blobs and its news.
func fill(b testing.TB, c *Central, changes int) {
	b.Helper()
	ctx := context.Background()
	var have int
	if err := c.db.QueryRow(`SELECT COUNT(*) FROM changes`).Scan(&have); err != nil {
		b.Fatal(err)
	}
	const perCase, blobs, perTx = 20, 13, 100
	device := uuid.Must(uuid.NewV7())
	counter := 0
	insert := func(tx *sql.Tx, into string, columns int, rows [][]any) {
		for len(rows) > 0 {
			part := rows[:min(len(rows), 900/columns)]
			rows = rows[len(part):]
			values := make([]byte, 0, len(part)*columns*2)
			var args []any
			for i, r := range part {
				if i > 0 {
					values = append(values, ',')
				}
				values = append(values, '(')
				for j := range r {
					if j > 0 {
						values = append(values, ',')
					}
					values = append(values, '?')
				}
				values = append(values, ')')
				args = append(args, r...)
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO `+into+` VALUES `+string(values), args...); err != nil {
				b.Fatal(err)
			}
		}
	}
	for have < changes {
		tx, err := c.db.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		var cs, cases, devices, needs, held [][]any
		for range perTx {
			id := uuid.Must(uuid.NewV7())
			for range perCase {
				counter++
				have++
				ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: device, Counter: uint64(counter), Operator: "practice-clerk", Case: id,
					Kind: loan.ChangeView, At: time.Now(), Body: []byte(`{"fields":["student.phone"],"reason":"to fill"}`)}
				ch.BodyHash = loan.BodyHashOf(sum, ch.Salt, ch.Body)
				header := ch.HeaderHash(sum)
				cs = append(cs, []any{device.String(), counter, ch.ID.String(), id.String(), string(ch.Kind), header[:], ch.Encode()})
			}
			for range blobs {
				h := sum(uuid.New().NodeID())
				copy(h[:16], id[:])
				u := uuid.New()
				copy(h[16:], u[:])
				needs = append(needs, []any{id.String(), slices.Clone(h[:]), practiceCounty, 230_000})
				held = append(held, []any{practiceCounty, slices.Clone(h[:]), 230_000, time.Now().UnixMilli()})
			}
			cases = append(cases, []any{id.String(), practiceCounty, device.String(), "首贷", "received", uuid.NewString(), blobs, 0, 0, 0,
				"HZ" + id.String()[:8], "C" + id.String()[:8], time.Now().UnixMilli()})
			devices = append(devices, []any{id.String(), device.String()})
		}
		insert(tx, "changes (device, counter, id, case_id, kind, header, bytes)", 7, cs)
		insert(tx, "cases (id, county, device, kind, status, finish, needs, lacking, conflicts, aside, receipt_no, contract_no, updated)", 13, cases)
		insert(tx, "case_devices (case_id, device)", 2, devices)
		insert(tx, "needs (case_id, blob, county, size)", 4, needs)
		insert(tx, "blobs (county, hash, size, held)", 4, held)
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	if c.shared {
		if _, err := c.db.Exec(`ANALYZE`); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCentralReturn lets laptops come back within six seconds, after a cut of
// the network, each with a case of three blobs, 60 KB, over a listener that holds
// fewer connections than there are laptops. All must finish.
func BenchmarkCentralReturn(b *testing.B) {
	stores(b, func(b *testing.B, c *Central, url string) {
		for b.Loop() {
			const laptops, sessions, within = 1000, 256, 6 * time.Second
			cases, bytes := pack(b, c, url, laptops, 1, 1, 20_000)
			url := serveFew(b, c, sessions)
			var busy atomic.Int64
			var wg sync.WaitGroup
			took := make([]time.Duration, laptops)
			start := time.Now()
			for i, mine := range cases {
				wg.Go(func() {
					time.Sleep(within * time.Duration(i) / laptops)
					r := mine[0]
					r.l = r.l.at(url)
					began := time.Now()
					if err := r.send(&busy); err != nil {
						b.Error(err)
					}
					r.l.http.CloseIdleConnections()
					took[i] = time.Since(began)
				})
			}
			wg.Wait()
			spent := time.Since(start)
			slices.Sort(took)
			b.ReportMetric(spent.Seconds(), "s-until-all-done")
			b.ReportMetric(took[laptops/2].Seconds(), "s-median")
			b.ReportMetric(took[laptops*99/100].Seconds(), "s-p99")
			b.ReportMetric(float64(busy.Load()), "told-busy")
			b.ReportMetric(laptops/spent.Seconds(), "cases/s")
			b.ReportMetric(float64(bytes)/1e6/spent.Seconds(), "MB/s")
			allWhole(b, c, laptops)
		}
	})
}

// serveFew serves over a listener of few places.
func serveFew(b testing.TB, c *Central, places int) string {
	b.Helper()
	s, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.ServeTLS(Sessions(l, places), "", "") }()
	b.Cleanup(func() { s.Close(); <-done })
	return "https://" + l.Addr().String()
}

// since gives the mean of what is added from now on, in milliseconds.
func (h *histogram) since() func() float64 {
	read := func() (float64, int64) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.sum, h.count
	}
	sum, count := read()
	return func() float64 {
		sum2, count2 := read()
		return 1000 * (sum2 - sum) / float64(max(count2-count, 1))
	}
}

// size is what the database takes on its disk, and how many changes it holds.
func (c *Central) size(b *testing.B) (bytes, changes int64) {
	b.Helper()
	query := `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
	if c.shared {
		query = `SELECT pg_database_size(current_database())`
	}
	if err := errors.Join(c.db.QueryRow(query).Scan(&bytes), c.db.QueryRow(`SELECT COUNT(*) FROM changes`).Scan(&changes)); err != nil {
		b.Fatal(err)
	}
	return bytes, changes
}
