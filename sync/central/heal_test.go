package central

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// sendLoss sends changes in front of which counters from lost on are lost.
func (l *laptop) sendLoss(lost uint64, changes []*loan.Change) (int, parcel.Problem) {
	l.t.Helper()
	p, err := parcel.NewAfterLoss(changes, lost, seal.International)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := parcel.Pack(p, l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	status, typ, b := l.do("POST", "/v1/parcel", parcel.TypeParcel, b)
	if status != http.StatusOK {
		return status, problemIn(l.t, typ, b)
	}
	return status, parcel.Problem{}
}

func (l *laptop) own(from, to uint64) *parcel.News {
	l.t.Helper()
	status, _, b := l.do("GET", fmt.Sprintf("/v1/own?from=%d&to=%d", from, to), "", nil)
	if status != http.StatusOK {
		l.t.Fatalf("own: status %d %s", status, b)
	}
	n, err := parcel.OpenOwn(b, l.centre, seal.International)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

// era moves the changes from i on into a new era, as a restore does that knew
// the first known changes.
func (l *laptop) era(i, known int) {
	l.t.Helper()
	prev := l.changes[known-1].HeaderHash(sum)
	for n, ch := range l.changes[i:] {
		ch.Counter, ch.Prev = 7<<32+uint64(n), prev
		prev = ch.HeaderHash(sum)
	}
}

func TestADeclaredLossIsTakenAndListed(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, _ := l.finished(content("a", 10))
	l.send(l.changes[:5])
	lost := l.changes[5:]
	found := lost[0]
	back := l.change(uuid.Nil, loan.ChangeRestore, loan.RestoreBody{Last: 4})
	l.change(id, loan.ChangeView, loan.ViewBody{})
	n := len(l.changes)
	l.era(n-2, 4) // the backup knew four, the centre five
	lost = l.changes[5 : n-2]

	device := func() HeldDevice {
		t.Helper()
		all, err := c.List(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return all.Devices[0]
	}
	t.Run("not where it begins elsewhere than behind what is held", func(t *testing.T) {
		for _, from := range []uint64{4, 5, 7} {
			if status, p := l.sendLoss(from, l.changes[n-2:]); status != 409 || p.Code != parcel.CodeGap || p.Through != 5 {
				t.Errorf("from %d: %d %+v", from, status, p)
			}
		}
		if d := device(); d.Changes != 5 || len(d.Lost) != 0 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("not when it leads on from a change that nobody sent", func(t *testing.T) {
		prev := back.Prev
		back.Prev[0] ^= 1
		if status, p := l.sendLoss(6, l.changes[n-2:n-1]); status != 409 || p.Code != parcel.CodeClone {
			t.Errorf("%d %+v", status, p)
		}
		back.Prev = prev
	})
	t.Run("and then it is, twice as once", func(t *testing.T) {
		for range 2 {
			if status, p := l.sendLoss(6, l.changes[n-2:]); status != 200 {
				t.Fatalf("%d %+v", status, p)
			}
		}
		d := device()
		if d.Changes != 7 || d.Through != 7<<32+1 || len(d.Lost) != 1 || d.Lost[0] != (loan.Range{From: 6, To: 7<<32 - 1}) {
			t.Errorf("%+v", d)
		}
	})
	t.Run("what is found is taken where it fits, and refused where it does not", func(t *testing.T) {
		prev := found.Prev
		found.Prev[0] ^= 1
		if status, _, _ := l.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack([]*loan.Change{found})); status != 409 {
			t.Errorf("a change that does not fit: %d", status)
		}
		found.Prev = prev
		l.send(lost[:1])
		l.send(lost)
		d := device()
		if d.Changes != uint64(n) || len(d.Lost) != 1 || d.Lost[0].From != uint64(n-1) || d.Through != 7<<32+1 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("own changes come back in their order, across the gap", func(t *testing.T) {
		got := l.own(3, 9<<32)
		if len(got.Changes) != n-2 || got.More || got.Through != 9<<32 {
			t.Fatalf("%d changes, more %v", len(got.Changes), got.More)
		}
		for i, ch := range got.Changes {
			if !bytes.Equal(ch.Encode(), l.changes[i+2].Encode()) {
				t.Errorf("change %d differs", i)
			}
		}
		if got := l.own(1<<20, 1<<21); len(got.Changes) != 0 || got.Through != 1<<21 {
			t.Errorf("in the gap: %+v", got)
		}
	})
}

func TestOwnChangesComeInPieces(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	for range newsCount + 10 {
		l.change(uuid.Nil, loan.ChangeSearch, loan.ViewBody{})
	}
	l.send(l.changes)
	a := l.own(1, uint64(len(l.changes)))
	b := l.own(a.Through+1, uint64(len(l.changes)))
	if !a.More || b.More || len(a.Changes)+len(b.Changes) != len(l.changes) || a.Through != newsCount {
		t.Errorf("%d to %d, then %d", len(a.Changes), a.Through, len(b.Changes))
	}
	for _, bad := range []string{"", "?from=0&to=1", "?from=2&to=1", "?from=1&to=x", "?from=1&to=18446744073709551615"} {
		if status, _, _ := l.do("GET", "/v1/own"+bad, "", nil); status != 400 {
			t.Errorf("%q: status %d", bad, status)
		}
	}
}

func TestABlobGoesHomeToItsCasesAlone(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	l, other := enrol(t, c, url), enrol(t, c, url)
	paper := content("paper", parcel.PieceSize+1000)
	id, blobs := l.finished(paper)
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	theirs, _ := other.finished(content("theirs", 10))
	other.send(other.changes)
	h := loan.Hash(l.county.Name(paper))
	get := func(who *laptop, offset int, in uuid.UUID) (int, []byte) {
		t.Helper()
		status, _, b := who.do("GET", fmt.Sprintf("/v1/blob/%s/%d?case=%s", h, offset, in), "", nil)
		return status, b
	}
	_, first := get(l, 0, id)
	_, rest := get(l, parcel.PieceSize, id)
	if !bytes.Equal(append(first, rest...), paper) {
		t.Errorf("got %d and %d bytes", len(first), len(rest))
	}
	for name, want := range map[string][2]int{
		"another laptop, of this case":   {404, first2(get(other, 0, id))},
		"another laptop, of its own":     {404, first2(get(other, 0, theirs))},
		"this laptop, of another's case": {404, first2(get(l, 0, theirs))},
		"off the grid":                   {400, first2(get(l, 5, id))},
		"behind its end":                 {400, first2(get(l, 2*parcel.PieceSize, id))},
	} {
		if want[0] != want[1] {
			t.Errorf("%s: got %d, want %d", name, want[1], want[0])
		}
	}
}

func first2(status int, _ []byte) int { return status }

// TestAProofOfMore shows a centre its own receipts.
func TestAProofOfMore(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	l.finished(content("a", 10))
	l.send(l.changes[:4])
	ask := func(proof []byte) (int, *parcel.Receipt) {
		t.Helper()
		b := fmt.Appendf(nil, `{"blobs":[],"proof":%q}`, base64.StdEncoding.EncodeToString(proof))
		status, _, b := l.do("POST", "/v1/receipt", parcel.TypeJSON, b)
		if status != 200 {
			return status, nil
		}
		return status, l.receipt(b)
	}
	sign := func(change func(*parcel.Receipt)) []byte {
		r := &parcel.Receipt{Centre: c.ID(), Epoch: c.Epoch(), Device: l.enrol.Device, Through: 9, Chain: loan.Hash{1}, At: c.now()}
		change(r)
		return r.Sign(c.authority.Signer())
	}
	before := c.Epoch()
	for name, proof := range map[string][]byte{
		"what is held":    sign(func(r *parcel.Receipt) { r.Through = 4 }),
		"another epoch":   sign(func(r *parcel.Receipt) { r.Epoch = uuid.New() }),
		"another centre":  sign(func(r *parcel.Receipt) { r.Centre = uuid.New() }),
		"another device":  sign(func(r *parcel.Receipt) { r.Device = uuid.New() }),
		"another's key":   (&parcel.Receipt{Centre: c.ID(), Epoch: c.Epoch(), Device: l.enrol.Device, Through: 9, Chain: loan.Hash{1}, At: c.now()}).Sign(l.signer),
		"no receipt":      []byte("x"),
		"less than it is": sign(func(r *parcel.Receipt) { r.Through = 1 }),
	} {
		if ask(proof); c.Epoch() != before {
			t.Errorf("%s began a new epoch", name)
		}
	}
	id := c.ID()
	status, r := ask(sign(func(*parcel.Receipt) {}))
	if status != 200 || r.Epoch == before || r.Centre == id || r.Epoch != c.Epoch() || r.Through != 4 {
		t.Errorf("%d %+v", status, r)
	}
	if !c.is().centres[id] {
		t.Error("it forgot who it was")
	}
	l.send(l.changes)
	epoch := c.Epoch()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c = open(t, dir); c.Epoch() != epoch {
		t.Error("the new epoch did not last")
	}
}
