package central

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// stream sends blobs over one lane and waits until a receipt names them.
func (l *laptop) stream(number int, blobs ...[]byte) {
	l.t.Helper()
	s := l.open(number)
	var hs []loan.Hash
	n := 0
	for _, b := range blobs {
		s.write(parcel.AppendBlob(nil, l.named(b)), parcel.AppendData(nil, 0, b))
		hs = append(hs, l.named(b).Hash)
		n += len(b)
	}
	s.taken(n)
	if got := l.receiptOf(hs...); len(got) != len(hs) {
		l.t.Errorf("receipt names %d of %d blobs", len(got), len(hs))
	}
}

func TestSharedStreamsAtTwoServersAtOnce(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	ls := []*laptop{enrol(t, cs[0], urls[0]), enrol(t, cs[1], urls[1])}
	const rounds = 12
	all := make([][]uuid.UUID, len(ls))
	both := content("a scan that both have", 30_000)
	var wg sync.WaitGroup
	for i, l := range ls {
		l.news(0) // the client settles its TLS, which lanes copy, at its first request
		wg.Go(func() {
			for round := range rounds {
				id, blobs := l.finished(both, content(fmt.Sprint("paper", i, round), 40_000))
				all[i] = append(all[i], id)
				records := l.changes[len(l.changes)-len(l.of(id)):]
				var one sync.WaitGroup
				one.Go(func() { l.at(urls[round%2]).send(records) })
				// Every blob comes to both servers, in two orders.
				one.Go(func() { l.at(urls[0]).stream(0, blobs...) })
				one.Go(func() {
					other := slices.Clone(blobs)
					slices.Reverse(other)
					l.at(urls[1]).stream(1, other...)
				})
				one.Wait()
			}
		})
	}
	wg.Wait()
	for i, l := range ls {
		for _, id := range all[i] {
			if k := l.held(cs[1-i], id); k.Status != "received" || !k.Whole() {
				t.Errorf("%+v, want received", k)
			}
		}
		if n := l.news(0); len(n.Changes) != rounds {
			t.Errorf("%d receipts, want %d", len(n.Changes), rounds)
		}
	}
	wholeChain(t, cs[0], cs[0].ID(), len(ls)*rounds)
	if n := cs[0].metrics.blobs.Load() + cs[1].metrics.blobs.Load(); n != 1+int64(len(ls)*rounds*3) {
		t.Errorf("%d blobs counted, want %d", n, 1+len(ls)*rounds*3)
	}
	if n, bad, err := cs[0].Verify(context.Background(), false); n == 0 || len(bad) != 0 || err != nil {
		t.Error(n, bad, err)
	}
}

// A laptop tells the servers of a centre apart by the names they give themselves.
func TestSharedStreamsNameTheirServer(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	a, b, c := l.open(0), l.open(1), l.at(urls[1]).open(2)
	if a.at == "" || a.at != b.at || c.at == "" || c.at == a.at {
		t.Errorf("lanes to %q, %q and another server %q", a.at, b.at, c.at)
	}
}

// Two desks that enter one student at once, at two servers, hear of each other,
// whichever was first.
func TestSharedOneStudentAtTwoServersAtOnce(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	a, b := enrol(t, cs[0], urls[0]), enrol(t, cs[1], urls[1])
	const rounds = 15
	for round := range rounds {
		var ids []uuid.UUID
		var records [][]*loan.Change
		for _, l := range []*laptop{a, b} {
			id := uuid.Must(uuid.NewV7())
			from := len(l.changes)
			l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026,
				Student: loan.Person{IDNo: fmt.Sprintf("110105199001%02d%03d1", 1+round, round)}}})
			ids, records = append(ids, id), append(records, l.changes[from:])
		}
		var wg sync.WaitGroup
		wg.Go(func() { a.at(urls[round%2]).send(records[0]) })
		wg.Go(func() { b.at(urls[1-round%2]).send(records[1]) })
		wg.Wait()
		for i, id := range ids {
			k, err := cs[i].loadCase(context.Background(), cs[i].db, id)
			if err != nil || len(k.Same) != 1 || k.Same[0].Case != ids[1-i] {
				t.Fatalf("round %d: case %d names %+v, %v; want the other", round, i, k.Same, err)
			}
		}
	}
	for _, l := range []*laptop{a, b} {
		if n := l.news(0); len(n.Changes) != rounds {
			t.Errorf("%d notices came, want %d", len(n.Changes), rounds)
		}
	}
	wholeChain(t, cs[0], cs[0].ID(), 2*rounds)
}

// A laptop that joins a case gets all that was written to it, also what another
// server's laptop writes at that moment.
func TestSharedALaptopJoinsWhileOthersWrite(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	a, b := enrol(t, cs[0], urls[0]), enrol(t, cs[1], urls[1])
	const rounds = 15
	for round := range rounds {
		id := uuid.Must(uuid.NewV7())
		open := a.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
		a.send([]*loan.Change{open})
		edit := func(l *laptop, phone string) *loan.Change {
			return l.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]json.RawMessage{"student.phone": json.RawMessage(phone)}})
		}
		one, two := edit(a, `"1"`), edit(b, `"2"`)
		var wg sync.WaitGroup
		wg.Go(func() { a.at(urls[round%2]).send([]*loan.Change{one}) })
		wg.Go(func() { b.at(urls[1-round%2]).send([]*loan.Change{two}) })
		wg.Wait()
	}
	if n := b.news(0); len(n.Changes) != 2*rounds {
		t.Errorf("who joined got %d changes, want %d", len(n.Changes), 2*rounds)
	}
	if n := a.news(0); len(n.Changes) != rounds {
		t.Errorf("who was there got %d changes, want %d", len(n.Changes), rounds)
	}
}

func TestSharedBulletinsAndKeysAtTwoServersAtOnce(t *testing.T) {
	cs, urls, p := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	var wg sync.WaitGroup
	var mu sync.Mutex
	versions := map[uint64]bool{}
	const rounds = 8
	for i, c := range cs {
		wg.Go(func() {
			for n := range rounds {
				b, err := c.publish(t.Context(), issuance{kind: bulletin.Schools, name: bulletin.RegisterName, content: fmt.Appendf(nil, "%d %d", i, n), entries: 1})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				versions[b.Version] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	all, err := cs[0].Bulletins(t.Context())
	if err != nil || len(all) != 1 || len(versions) != 2*rounds {
		t.Fatalf("%d in force, %d versions, %v; want 1, %d", len(all), len(versions), err, 2*rounds)
	}
	for v := range versions {
		if v > all[0].Version {
			t.Error("an older version is in force over a newer")
		}
	}
	status, _, b := l.at(urls[1]).do("GET", fmt.Sprintf("/v1/bulletin/%s/%s/0?version=%d", all[0].Kind, all[0].Name, all[0].Version), "", nil)
	if status != http.StatusOK || bulletin.HashOf(b) != all[0].Hash {
		t.Errorf("status %d, %d bytes", status, len(b))
	}
	if status, _, _ := l.do("GET", fmt.Sprintf("/v1/bulletin/%s/%s/9000000000?version=%d", all[0].Kind, all[0].Name, all[0].Version), "", nil); status != http.StatusBadRequest {
		t.Errorf("status %d far behind the end", status)
	}
	later := openAt(t, p)
	for n := range rounds {
		county := fmt.Sprint(900_000 + n)
		var keys [2]*seal.Signer
		for i, c := range cs {
			wg.Go(func() {
				var err error
				if keys[i], err = c.stickKey(t.Context(), county, true); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		k, err := later.stickKey(t.Context(), county, false)
		if err != nil || keys[0] == nil || keys[1] == nil || !keys[0].Public().Equal(k.Public()) || !keys[1].Public().Equal(k.Public()) {
			t.Fatalf("round %d: servers have different keys for sticks, %v", n, err)
		}
	}
}

// Two laptops that came to different servers meet at the relay of the first.
func TestSharedRelayBetweenServers(t *testing.T) {
	p, _ := sharedPlace(t)
	var cs []*Central
	var urls []string
	for i := range 2 {
		c, err := Open(t.Context(), Options{Dir: t.TempDir(), Practice: true, Place: p, Address: fmt.Sprintf("https://server-%d", i)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		cs, urls = append(cs, c), append(urls, serve(t, c))
	}
	a, b := enrol(t, cs[0], urls[0]), enrol(t, cs[1], urls[1])
	for round := range 4 { // a device may have four at once
		session := uuid.NewString()
		// Both ask at once; one server has the session, and the other says which.
		type asked struct {
			status int
			conn   io.ReadWriter
			in     io.Reader
			body   string
		}
		var got [2]asked
		ask := func(i, at int) {
			l, with := a, b
			if i == 1 {
				l, with = b, a
			}
			status, conn, in, body := l.at(urls[at]).relay(session, with.enrol.Device.String())
			got[i] = asked{status, conn, in, body}
		}
		var wg sync.WaitGroup
		wg.Go(func() { ask(0, 0) })
		wg.Go(func() { ask(1, 1) })
		wg.Wait()
		for i := range got {
			if got[i].status != http.StatusMisdirectedRequest {
				continue
			}
			if !strings.Contains(got[i].body, fmt.Sprintf("https://server-%d", 1-i)) {
				t.Fatalf("round %d: sent to %s", round, got[i].body)
			}
			ask(i, 1-i)
		}
		if got[0].status != 101 || got[1].status != 101 {
			t.Fatalf("round %d: status %d and %d", round, got[0].status, got[1].status)
		}
		if _, err := got[0].conn.Write([]byte("over there")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 10)
		if _, err := io.ReadFull(got[1].in, buf); err != nil || string(buf) != "over there" {
			t.Fatalf("round %d: %q, %v", round, buf, err)
		}
	}
}

// A laptop that enrolled again at one server is known by its new certificate
// alone at the other, at once.
func TestSharedEnrolledAgainAtAnotherServer(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	id := l.enrol.Device
	if err := cs[1].Revoke(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := l.do("GET", "/v1/news?after=0", "", nil); status != http.StatusForbidden {
		t.Errorf("status %d after it was revoked at the other server", status)
	}
	text, err := cs[0].NewCode(t.Context(), NewCodeOptions{Again: id})
	if err != nil {
		t.Fatal(err)
	}
	code, err := seal.ParseEnrolCode(text)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := cs[1].enrol(t.Context(), parcel.EnrolRequest{Code: text, PublicKey: signer.Public().Marshal(),
		Proof: signer.Sign(parcel.EnrolContext, []byte(code.String())), Again: id})
	if err != nil || resp.Device != id {
		t.Fatal(resp, err)
	}
	if status, _, _ := l.do("GET", "/v1/news?after=0", "", nil); status != http.StatusForbidden {
		t.Errorf("status %d with the certificate before", status)
	}
	m := *l
	m.signer = signer
	m.accept(resp)
	if status, _, _ := m.do("GET", "/v1/news?after=0", "", nil); status != http.StatusOK {
		t.Errorf("status %d with the new certificate", status)
	}
	list, err := cs[0].BulletinFile(t.Context(), bulletin.Devices, bulletin.ShutOutName)
	if err != nil || bytes.Contains(list, []byte(id.String())) {
		t.Error("it still stands among those shut out", err)
	}
}
