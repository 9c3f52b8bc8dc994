package neighbour

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

const year = 365 * 24 * time.Hour

// county is an authority and the key that its laptops share.
type county struct {
	ca  *seal.Authority
	key *seal.Key
}

func newCounty(t testing.TB) *county {
	t.Helper()
	ca, err := seal.NewAuthority("县资助中心", 10*year, time.Now().Add(-year))
	if err != nil {
		t.Fatal(err)
	}
	return &county{ca, seal.NewKey()}
}

// laptop is a real store, and its room when it is on.
type laptop struct {
	*store.Store
	t    testing.TB
	room *Room
	stop func()
}

func (c *county) laptop(t testing.TB) *laptop {
	t.Helper()
	return c.laptopOf(t, seal.International, time.Now())
}

func (c *county) laptopOf(t testing.TB, chain seal.Suite, issued time.Time) *laptop {
	t.Helper()
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7())
	der, err := c.ca.Issue(signer.Public(), seal.Device, id.String(), nil, year/2, issued)
	if err != nil {
		t.Fatal(err)
	}
	p := store.Profile{Device: id, Signer: signer, CertDER: der, CADER: c.ca.Cert().Raw, Server: "https://127.0.0.1:1",
		County: "522727", CountyName: "平塘县", Point: "测试乡受理点", PointType: "乡镇受理点",
		CountyKey: keyLike(t, c.key), Centre: c.ca.Signer().Public(), Practice: true}
	if chain != seal.International {
		if p.Chain, err = seal.NewSignerOf(chain); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Create(t.Context(), store.Options{Dir: t.TempDir(), Cost: seal.CheapCost()}, p,
		guard.Operator{ID: "c1", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte("a password of a test"))
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{Store: s, t: t, stop: func() {}}
	t.Cleanup(func() {
		l.stop()
		l.Close()
	})
	return l
}

func keyLike(t testing.TB, k *seal.Key) *seal.Key {
	t.Helper()
	b := k.Bytes()
	out, err := seal.KeyFromBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (l *laptop) id() uuid.UUID { return l.Profile().Device }

// on begins the room of a laptop on a port of its own.
func (l *laptop) on(change ...func(*Config)) *laptop {
	l.t.Helper()
	cfg := Config{Store: l.Store, Listen: "127.0.0.1:0", Alone: true, Log: slog.New(slog.NewTextHandler(testWriter{l.t}, nil))}
	for _, f := range change {
		f(&cfg)
	}
	r, err := New(cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	l.room = r
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	l.stop = func() {
		cancel()
		if err := <-done; fault.KindOf(err) != fault.Cancelled {
			l.t.Errorf("the room ended with %v", err)
		}
		l.stop = func() {}
	}
	until(l.t, "the door is open", func() bool { return r.State().On })
	return l
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	if testing.Verbose() {
		w.t.Log(string(bytes.TrimSpace(b)))
	}
	return len(b), nil
}

func (l *laptop) door() string { return l.room.State().Addrs[0] }

func (l *laptop) meet(o *laptop) {
	l.t.Helper()
	if err := l.room.Dial(o.door()); err != nil {
		l.t.Fatal(err)
	}
	until(l.t, "the two meet", func() bool { return l.sees(o) && o.sees(l) })
}

func (l *laptop) sees(o *laptop) bool {
	for _, p := range l.room.State().Peers {
		if p.Device == o.id() {
			return p.Online
		}
	}
	return false
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// write commits a change, and lets the room know.
func (l *laptop) write(id uuid.UUID, kind loan.ChangeKind, body any, blobs ...[]byte) {
	l.t.Helper()
	var bs []store.Blob
	for _, b := range blobs {
		bs = append(bs, store.Blob{Hash: l.BlobName(b), Content: b})
	}
	if _, err := l.Commit(context.Background(), []store.Entry{{Case: id, Kind: kind, Operator: "c1", Body: body}}, bs); err != nil {
		l.t.Fatal(err)
	}
	if l.room != nil {
		l.room.Wake()
	}
}

func (l *laptop) open() uuid.UUID {
	l.t.Helper()
	id := uuid.Must(uuid.NewV7())
	l.write(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	return id
}

func (l *laptop) edit(id uuid.UUID, field, value string) {
	l.t.Helper()
	l.write(id, loan.ChangeEdit, map[string]any{"fields": map[string]any{field: value}})
}

func (l *laptop) scan(id uuid.UUID, content []byte) {
	l.t.Helper()
	l.write(id, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook),
		Blob: l.BlobName(content), Size: int64(len(content)), Media: "image/jpeg"}}, content)
}

func (l *laptop) pass(id uuid.UUID, to *laptop, s loan.Station) {
	l.t.Helper()
	l.write(id, loan.ChangePass, loan.PassBody{To: to.id(), Station: s, Name: "B"})
}

func (l *laptop) get(id uuid.UUID) *loan.Case {
	c, err := l.Case(context.Background(), id)
	if err != nil {
		return nil
	}
	return c
}

func (l *laptop) holds(id uuid.UUID) bool {
	c := l.get(id)
	return c != nil && len(c.Holders) == 1 && c.Holders[0].Device == l.id()
}

func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func parseIP(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	return a.Unmap(), err == nil
}

// carriesOf are the laptops whose parcels a laptop carries.
func (l *laptop) carriesOf() map[uuid.UUID]bool {
	l.t.Helper()
	all, err := l.Carried(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	out := map[uuid.UUID]bool{}
	for _, c := range all {
		out[c.Device] = true
	}
	return out
}
