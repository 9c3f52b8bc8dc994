package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// servers opens several servers of one new centre.
func servers(t testing.TB, n int) ([]*Central, []string, Place) {
	t.Helper()
	p, _ := sharedPlace(t)
	var cs []*Central
	var urls []string
	for range n {
		c := openAt(t, p)
		cs, urls = append(cs, c), append(urls, serve(t, c))
	}
	return cs, urls, p
}

// openAt opens one more server of a centre, with a folder of its own.
func openAt(t testing.TB, p Place) *Central {
	t.Helper()
	c, err := Open(context.Background(), Options{Dir: t.TempDir(), Practice: true, Place: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// at is the same laptop at another server.
func (l *laptop) at(url string) *laptop {
	m := *l
	m.url = url
	return &m
}

// post sends a parcel and gives the status, from any goroutine.
func (l *laptop) post(changes []*loan.Change) int {
	status, _, _ := l.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack(changes))
	return status
}

func TestSharedLastPiecesAtTwoServersAtOnce(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	const rounds = 25
	for round := range rounds {
		id, blobs := l.finished(content(fmt.Sprint("paper", round), 40_000), content(fmt.Sprint("other", round), 50))
		records := l.changes[len(l.changes)-len(l.of(id)):]
		last := blobs[len(blobs)-2:]
		var wg sync.WaitGroup
		switch round % 3 {
		case 0: // the last two blobs
			l.at(urls[round%2]).send(records)
			for _, b := range blobs[:len(blobs)-2] {
				l.blob(b)
			}
			wg.Go(func() { l.at(urls[0]).blob(last[0]) })
			wg.Go(func() { l.at(urls[1]).blob(last[1]) })
		case 1: // the records and the last blob
			for _, b := range blobs[:len(blobs)-1] {
				l.blob(b)
			}
			wg.Go(func() { l.at(urls[0]).send(records) })
			wg.Go(func() { l.at(urls[1]).blob(last[1]) })
		case 2: // all of it, the records twice
			wg.Go(func() { l.at(urls[0]).send(records) })
			wg.Go(func() { l.at(urls[1]).send(records) })
			for i, b := range blobs {
				wg.Go(func() { l.at(urls[i%2]).blob(b) })
				wg.Go(func() { l.at(urls[(i+1)%2]).blob(b) })
			}
		}
		wg.Wait()
		if k := l.held(cs[round%2], id); k.Status != "received" || !k.Whole() {
			t.Fatalf("round %d: %+v, want received", round, k)
		}
	}
	if n := l.news(0); len(n.Changes) != rounds {
		t.Errorf("%d receipts, want one for each of %d cases", len(n.Changes), rounds)
	}
	wholeChain(t, cs[0], cs[0].ID(), rounds)
}

// wholeChain demands that a chain has n links that lead on from each other.
func wholeChain(t *testing.T, c *Central, device uuid.UUID, n int) {
	t.Helper()
	rows, err := c.db.Query(`SELECT counter, bytes FROM changes WHERE device = ? ORDER BY counter`, device.String())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var prev loan.Hash
	got, last := 0, uint64(0)
	for rows.Next() {
		var counter uint64
		var b []byte
		if err := rows.Scan(&counter, &b); err != nil {
			t.Fatal(err)
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			t.Fatal(err)
		}
		// Each server's first begins an era.
		if got++; counter != last+1 && counter>>loan.EraShift <= last>>loan.EraShift || ch.Prev != prev {
			t.Errorf("change %d of the chain stands behind %d, or leads on from another", counter, last)
		}
		prev, last = ch.HeaderHash(sum), counter
	}
	through, chain, err := chainOf(context.Background(), c.db, device)
	if got != n || err != nil || through != last || chain != prev {
		t.Errorf("%d changes, the head says %d; want %d: %v", got, through, n, err)
	}
}

func TestSharedManyLaptopsAtThreeServers(t *testing.T) {
	cs, urls, _ := servers(t, 3)
	const laptops, cases = 6, 4
	shared := content("a scan that all have", 70_000)
	var ls []*laptop
	for i := range laptops {
		ls = append(ls, enrol(t, cs[i%3], urls[i%3]))
	}
	var wg sync.WaitGroup
	for i, l := range ls {
		wg.Go(func() {
			for n := range cases {
				id, blobs := l.finished(shared, content(fmt.Sprint(i, n), 3000))
				records := l.changes[len(l.changes)-len(l.of(id)):]
				var one sync.WaitGroup
				one.Go(func() { l.at(urls[n%3]).send(records) })
				for j, b := range blobs {
					one.Go(func() { l.at(urls[(n+j)%3]).blob(b) })
				}
				one.Wait()
			}
		})
	}
	wg.Wait()
	all, err := cs[1].List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var receipts, contracts []string
	for _, k := range all.Cases {
		if !k.Whole() {
			t.Errorf("%+v is not whole", k)
		}
		receipts, contracts = append(receipts, k.ReceiptNo), append(contracts, k.ContractNo)
	}
	for _, numbers := range [][]string{receipts, contracts} {
		slices.Sort(numbers)
		if given := len(numbers); given != laptops*cases || len(slices.Compact(numbers)) != given {
			t.Errorf("%d numbers, and doubles among them: %v; want %d", given, numbers, laptops*cases)
		}
	}
	wholeChain(t, cs[2], cs[2].ID(), laptops*cases)
	for _, l := range ls {
		wholeChain(t, cs[0], l.enrol.Device, len(l.changes))
		if n := l.news(0); len(n.Changes) != cases || n.Through != cases {
			t.Errorf("news of %d changes through %d, want %d", len(n.Changes), n.Through, cases)
		}
	}
}

func TestSharedWritersAreFew(t *testing.T) {
	cs, _, _ := servers(t, 1)
	c, ctx := cs[0], context.Background()
	w := newTransactor(c.db, 1, func(bool) {})
	hold, inside, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() { done <- w.do(ctx, counting("x", func() error { close(inside); <-hold; return nil })) }()
	<-inside
	late, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	wantFault(t, w.do(late, counting("late", fine)), fault.Cancelled)
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := sequence(t, c, "late"); n != 0 {
		t.Error("work of which its asker was told that it was not done")
	}
	w.close()
	wantFault(t, w.do(ctx, counting("after", fine)), fault.Cancelled)
}

func TestSharedDeadlocksAreTriedAgain(t *testing.T) {
	cs, _, _ := servers(t, 2)
	ctx := context.Background()
	var wg sync.WaitGroup
	both := make(chan struct{}, 2)
	for i, c := range cs {
		names := []string{"a", "b"}
		if i == 1 {
			slices.Reverse(names)
		}
		first := true
		wg.Go(func() {
			err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
				if _, err := nextNumber(ctx, tx, names[0], 1); err != nil {
					return err
				}
				if first {
					first = false
					both <- struct{}{}
					for len(both) < 2 {
						time.Sleep(time.Millisecond)
					}
				}
				_, err := nextNumber(ctx, tx, names[1], 1)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if a, b := sequence(t, cs[0], "a"), sequence(t, cs[0], "b"); a != 2 || b != 2 {
		t.Errorf("counted %d and %d, want 2 and 2", a, b)
	}
	// Who lost may be back before the other goes on, and they meet once more.
	if n := cs[0].metrics.retries.Load() + cs[1].metrics.retries.Load(); n < 1 {
		t.Error("none was tried again: they did not stand in one another's way")
	}
}

func TestSharedLocksOfADeadServerAreLetGo(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	id, _ := l.finished(content("a", 10))
	ctx := context.Background()
	tx, err := cs[0].db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := cs[0].lock(ctx, tx, lockChain(l.enrol.Device.String()), lockCase(id.String()), lockAuthor); err != nil {
		t.Fatal(err)
	}
	var pid int
	if err := tx.QueryRow(`SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1)
	go func() { done <- l.at(urls[1]).post(l.changes) }()
	select {
	case status := <-done:
		t.Fatalf("status %d while another server held the chain", status)
	case <-time.After(300 * time.Millisecond):
	}
	if _, err := cs[1].db.Exec(`SELECT pg_terminate_backend(?)`, pid); err != nil {
		t.Fatal(err)
	}
	if status := <-done; status != http.StatusOK {
		t.Errorf("status %d after that server was gone, want 200", status)
	}
}

func TestSharedIdentity(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	l.finished(content("a", 10))
	r := l.send(l.changes[:2])
	if err := cs[0].Restored(context.Background()); err != nil {
		t.Fatal(err)
	}
	status, _, b := l.at(urls[1]).do("POST", "/v1/receipt", parcel.TypeJSON, []byte(`{"blobs":[]}`))
	if status != http.StatusOK {
		t.Fatal(status)
	}
	if now := l.receipt(b); now.Epoch == r.Epoch || now.Centre == r.Centre {
		t.Error("another server answers under the old epoch")
	}
	id, blobs := l.finished(content("b", 10))
	l.at(urls[1]).send(l.changes)
	for _, b := range blobs {
		l.at(urls[1]).blob(b)
	}
	// The one whose word it is not folds the case as well, and adds no other.
	l.change(id, loan.ChangeEdit, loan.EditBody{})
	l.send(l.changes)
	if n := l.news(0); len(n.Changes) != 1 || n.Changes[0].Device == r.Centre {
		t.Errorf("news %+v", n)
	}
}

func TestSharedDatabaseAway(t *testing.T) {
	d := theShared(t)
	cs, urls, _ := servers(t, 1)
	l := enrol(t, cs[0], urls[0])
	id, blobs := l.finished(content("a", 10))
	l.send(l.changes[:2])
	d.StopDatabase()
	h := loan.Hash(l.county.Name(blobs[0]))
	statuses := map[string]int{
		"a parcel": l.post(l.changes),
		"a blob":   l.chunk(h, blobs[0], 0),
	}
	statuses["news"], _, _ = l.do("GET", "/v1/news", "", nil)
	statuses["lack"], _, _ = l.do("POST", "/v1/lack", parcel.TypeJSON, fmt.Appendf(nil, `{"blobs":[{"hash":"%s","size":10}]}`, h))
	status, typ, b := l.do("GET", "/healthz", "", nil)
	statuses["health"] = status
	if p := problemIn(t, typ, b); p.Kind != fault.Busy.String() {
		t.Errorf("health says %+v, want busy", p)
	}
	for what, status := range statuses {
		if status != http.StatusServiceUnavailable {
			t.Errorf("%s while the database is away: status %d, want 503", what, status)
		}
	}
	if err := d.StartDatabase(); err != nil {
		t.Fatal(err)
	}
	// The connections of before are found broken one by one.
	for range 50 {
		if status = l.post(l.changes); status == http.StatusOK {
			break
		}
		if status != http.StatusServiceUnavailable {
			t.Fatalf("status %d after the database came back", status)
		}
	}
	for _, b := range blobs {
		l.blob(b)
	}
	if k := l.held(cs[0], id); k.Status != "received" {
		t.Errorf("got %+v", k)
	}
	time.Sleep(lookEvery)
	if status, _, _ := l.do("GET", "/healthz", "", nil); status != http.StatusOK {
		t.Errorf("health %d", status)
	}
}

func TestSharedDatabaseRestored(t *testing.T) {
	d := theShared(t)
	cs, urls, p := servers(t, 1)
	l := enrol(t, cs[0], urls[0])
	first, blobs := l.finished(content("a", 10))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	name := strings.TrimPrefix(strings.Split(p.Database, "?")[0], "postgres://depot@/")
	cs[0].Close()
	sqlOK(t, d.SQL, `CREATE DATABASE `+name+`_earlier TEMPLATE `+name)
	c := openAt(t, p)
	l = l.at(serve(t, c))
	second, more := l.finished(content("b", 10))
	r := l.send(l.changes)
	for _, b := range more {
		l.blob(b)
	}
	lost := l.held(c, second).ReceiptNo
	c.Close()
	sqlOK(t, d.SQL, `DROP DATABASE `+name)
	sqlOK(t, d.SQL, `ALTER DATABASE `+name+`_earlier RENAME TO `+name)

	c = openAt(t, p)
	l = l.at(serve(t, c))
	old := c.Epoch()
	// The laptop shows the receipt it has for more than is held now.
	proof := func() []byte {
		body, _ := json.Marshal(parcel.ReceiptRequest{Blobs: []loan.Hash{}, Proof: r.Sign(c.authority.Signer())})
		_, _, b := l.do("POST", "/v1/receipt", parcel.TypeJSON, body)
		return b
	}
	if now := l.receipt(proof()); now.Epoch == old || now.Through >= r.Through {
		t.Errorf("epoch %s, through %d: want a new epoch", now.Epoch, now.Through)
	}
	l.send(l.changes)
	for _, b := range more {
		l.blob(b)
	}
	for _, id := range []uuid.UUID{first, second} {
		if k := l.held(c, id); k.Status != "received" || !k.Whole() {
			t.Errorf("%+v", k)
		}
	}
	if a, b := l.held(c, first).ReceiptNo, l.held(c, second).ReceiptNo; a == b || b <= lost {
		t.Errorf("numbers %s and %s: the second must lie behind %s, which was given before the restore", a, b, lost)
	}
}

func sqlOK(t *testing.T, do func(string, string) (string, error), statement string) {
	t.Helper()
	if _, err := do("postgres", statement); err != nil {
		t.Fatal(err)
	}
}

func TestSharedDatabaseThatForgetsIsRefused(t *testing.T) {
	p, _ := sharedPlace(t)
	forgets := p
	forgets.Database += "&synchronous_commit=off"
	if c, err := Open(t.Context(), Options{Dir: t.TempDir(), Place: forgets, Practice: true}); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v", err)
		if err == nil {
			c.Close()
		}
	}
	openAt(t, p).Close()
}
