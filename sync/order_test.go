package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"github.com/google/uuid"
	_ "modernc.org/sqlite"
)

// slowly makes a proxy carry so many bytes a second to the server, over all
// connections together.
func (p *proxy) slowly(rate int) {
	p.set(func() {
		p.up = func(n int) bool {
			p.pace.Lock()
			defer p.pace.Unlock()
			time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
			return true
		}
	})
}

// heldAt is when the centre had each blob whole.
func heldAt(t testing.TB, s *server) map[loan.Hash]int64 {
	t.Helper()
	db := database(t, s.dir)
	rows, err := db.Query(`SELECT hash, held FROM blobs`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[loan.Hash]int64{}
	for rows.Next() {
		var h []byte
		var at int64
		if err := rows.Scan(&h, &at); err != nil {
			t.Fatal(err)
		}
		out[loan.Hash(h)] = at
	}
	return out
}

// underWay says whether anything of a blob is at the centre.
func underWay(t testing.TB, s *server) bool {
	t.Helper()
	h := s.holdings(t)
	if h.Blobs > 0 {
		return true
	}
	files, err := os.ReadDir(filepath.Join(s.dir, "partial"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return len(files) > 0
}

func TestFirstThingsFirst(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	p.slowly(1_000_000)
	const cases = 100
	var ids []uuid.UUID
	for i := range cases {
		paper := noise(fmt.Sprint("paper", i), 40_000)
		if i%10 == 9 {
			ids = append(ids, l.finished(t, paper))
		} else {
			ids = append(ids, l.draft(t, paper))
		}
	}
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.carry(t, p.url) }()
	looked := false
	for ended := false; !ended; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended = true
		default:
			if !looked && underWay(t, s) {
				looked = true
				if h := s.holdings(t); h.Devices[0].Changes < box.Last || len(h.Cases) != cases {
					t.Errorf("the first image is there, and of %d records %d", box.Last, h.Devices[0].Changes)
				}
				p.slowly(4_000_000)
			}
		}
	}
	if !looked {
		t.Fatal("never looked in between")
	}
	held := heldAt(t, s)
	var contracts, images []int64
	for _, b := range box.Blobs {
		if b.Contract {
			contracts = append(contracts, held[b.Hash])
		} else {
			images = append(images, held[b.Hash])
		}
	}
	if len(contracts) != 3*cases/10 || len(images) != cases {
		t.Fatalf("%d contracts, %d images", len(contracts), len(images))
	}
	for i, at := range images {
		for _, c := range contracts {
			// Several go at once, and the last of one sort beside the first of the next.
			if at < c && i >= 64 {
				t.Fatalf("image %d came before a contract", i)
			}
		}
	}
	if images[0] > images[cases/2] || images[cases/4] > images[cases-1] || contracts[0] > contracts[len(contracts)-1] {
		t.Error("the oldest case did not come first")
	}
	if l.status(t, ids[9]) != loan.Received {
		t.Errorf("got %s", l.status(t, ids[9]))
	}
}

func TestAnUrgentCaseOvertakes(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	p.slowly(100_000)
	var ids []uuid.UUID
	for i := range 24 {
		ids = append(ids, l.draft(t, noise(fmt.Sprint("a", i), 100_000), noise(fmt.Sprint("b", i), 100_000)))
	}
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.RunUntilEmpty(ctx) }()
	for s.holdings(t).Blobs < 2 {
		time.Sleep(20 * time.Millisecond)
	}
	const clerk = "practice-clerk"
	last := ids[len(ids)-1]
	l.commit(t, last, clerk, loan.ChangeUrgent, loan.UrgentBody{Urgency: loan.Disaster})
	fresh := l.draft(t, noise("new", 100_000))
	l.commit(t, fresh, clerk, loan.ChangeUrgent, loan.UrgentBody{Urgency: loan.Urgent})
	c.Wake()
	head, _ := l.Head()
	for s.holdings(t).Devices[0].Changes < head {
		time.Sleep(20 * time.Millisecond)
	}
	p.slowly(4_000_000)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	held := heldAt(t, s)
	var urgent int64
	for _, b := range box.Blobs {
		if b.Case == last {
			urgent = max(urgent, held[b.Hash])
		}
	}
	urgent = max(urgent, held[l.BlobName(noise("new", 100_000))])
	before := 0
	for _, b := range box.Blobs {
		if b.Case != last && held[b.Hash] <= urgent {
			before++
		}
	}
	if all := len(box.Blobs); urgent == 0 || before > all/2 {
		t.Errorf("%d of %d images of other cases came before the urgent ones", before, all)
	}
}

// A long scan on a slow line is under way; what is urgent does not wait for its
// end, and of the scan nothing is sent twice.
func TestAnUrgentCaseOvertakesWithinABlob(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	p.slowly(400_000)
	scan, paper := noise("long", 3_000_000), noise("urgent", 60_000)
	long := l.draft(t, scan)
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.RunUntilEmpty(ctx) }()
	for c.Underway()[long] < 1_000_000 { // every connection has it in hand
		select {
		case err := <-done:
			t.Fatalf("it ended before it was under way: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	fresh := l.draft(t, paper)
	l.commit(t, fresh, "practice-clerk", loan.ChangeUrgent, loan.UrgentBody{Urgency: loan.Disaster})
	c.Wake()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	held := heldAt(t, s)
	first, last := held[l.BlobName(paper)], held[l.BlobName(scan)]
	if first == 0 || last == 0 || first > last {
		t.Errorf("the urgent paper came as number %d, the scan that was in hand as %d", first, last)
	}
	if got, want := c.State().Sent, int64(len(scan)+len(paper)); got != want {
		t.Errorf("the centre got %d bytes as news, want %d", got, want)
	}
}

func TestSettingsHoldAfterAFailureAndARestart(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.draft(t, noise("a", 100_000))
	set := func(v store.SyncSettings) {
		t.Helper()
		if err := l.SetSyncSettings(t.Context(), v, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{}}); err != nil {
			t.Fatal(err)
		}
	}
	const nobody = "https://127.0.0.1:1"
	carry := func(url string, metered bool) (courier.State, error) {
		t.Helper()
		c, err := courier.New(courier.Config{Store: l.Store, Server: url, Metered: func() bool { return metered }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), hangs)
		defer cancel()
		c.Watch(func(st courier.State) {
			if st.Err != nil && url == nobody {
				cancel()
			}
		})
		err = c.RunUntilEmpty(ctx)
		return c.State(), err
	}
	wantHeld := func(what string, st courier.State, err error, records uint64) {
		t.Helper()
		h := s.holdings(t)
		if err == nil || h.Blobs != 0 || h.Devices[0].Changes != records || st.AllSent {
			t.Errorf("%s: got %v, %d blobs and %d records there, all sent %v", what, err, h.Blobs, h.Devices[0].Changes, st.AllSent)
		}
	}
	set(store.SyncSettings{Paused: true})
	st, err := carry("", false)
	wantHeld("paused", st, err, 0)
	l.reopen(t)
	st, err = carry("", false)
	wantHeld("paused, after a restart", st, err, 0)

	set(store.SyncSettings{})
	_, _ = carry(nobody, true)
	l.reopen(t)
	st, err = carry("", true)
	last, _ := l.Head()
	wantHeld("metered: the records alone", st, err, last)
	if st.Hold != courier.HeldMetered || st.HeldBlobs != 1 || st.HeldBytes != 100_000 || st.Changes != 0 {
		t.Errorf("got hold %d, %d blobs of %d bytes held, %d records", st.Hold, st.HeldBlobs, st.HeldBytes, st.Changes)
	}
	set(store.SyncSettings{Metered: true, OnMetered: store.MeteredNothing})
	st, err = carry("", false)
	wantHeld("metered by hand, and nothing may go", st, err, last)
	set(store.SyncSettings{OnMetered: store.MeteredAll})
	if st, err = carry("", true); err != nil || !st.AllSent || s.holdings(t).Blobs != 1 {
		t.Errorf("everything may go: %v, all sent %v", err, st.AllSent)
	}
	if l.status(t, id) != loan.Draft {
		t.Error("the case changed")
	}
}

func TestTheCapHolds(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 600_000))
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	set := store.SyncSettings{Cap: 200_000}
	if err := l.SetSyncSettings(t.Context(), set, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{}}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	c.Watch(func(st courier.State) {
		if most := int64(set.Cap*(int64(time.Since(start)+time.Second))/int64(time.Second)) + 70_000; st.Sent > most {
			t.Errorf("%d bytes in %v", st.Sent, time.Since(start))
		}
	})
	if err := c.RunUntilEmpty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d < 2*time.Second {
		t.Errorf("600 kB at 200 kB a second took %v", d)
	}
}

// The first sync of a new laptop goes on where it was cut off.
func TestNewsOfManyCasesAreResumed(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	const cases = 1500
	foreign(t, s, l.Profile().Device, cases)
	fetched := 0
	for round := 0; l.Count().Cases < cases; round++ {
		if round > 50 {
			t.Fatalf("after %d rounds %d cases", round, l.Count().Cases)
		}
		c, err := courier.New(courier.Config{Store: l.Store})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		before := l.Count().Cases
		done := make(chan error, 1)
		go func() { done <- c.RunUntilEmpty(ctx) }()
		for l.Count().Cases < min(before+300, cases) {
			time.Sleep(2 * time.Millisecond)
		}
		cancel()
		<-done
		fetched += c.State().Fetched
		l.reopen(t)
	}
	if all := 12 * cases; fetched > all+50*256 || fetched < all {
		t.Errorf("%d changes were fetched of %d", fetched, all)
	}
	mustCarry(t, l, "")
}

// While cases of others come home by the hundred, the clerk works on: what is
// saved goes up between them, not behind the last of them.
func TestTheClerksOwnWorkGoesUpWhileManyCasesComeHome(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	const cases = 100
	foreign(t, s, l.Profile().Device, cases)
	var asked, askedThen atomic.Int64
	second, saved, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	came := sync.OnceFunc(func() { askedThen.Store(asked.Load()); close(gone) })
	url := fronted(t, s, func(_ http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/v1/parcel":
			came()
		case "/v1/news":
			switch n := asked.Add(1); {
			case n == 2:
				close(second)
				<-saved
				time.Sleep(3100 * time.Millisecond) // news have three seconds at a time
			case n > 3: // nothing more comes home before it went
				select {
				case <-gone:
				case <-r.Context().Done():
				}
			}
		}
		return false
	})
	done := carryOn(t, newCourier(t, l, url))
	<-second
	l.draft(t)
	if n := l.Count().Cases; n >= cases {
		t.Errorf("%d cases are there already", n)
	}
	close(saved)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := askedThen.Load(); n > 3 || asked.Load() <= 3 {
		t.Errorf("it went after %d of %d questions for what comes home", n, asked.Load())
	}
	if n := l.Count().Cases; n != cases+1 {
		t.Errorf("%d cases, want %d", n, cases+1)
	}
}
