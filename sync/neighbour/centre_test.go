package neighbour

import (
	"encoding/json"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// says makes a change of the centre's chain, behind what a laptop has seen of
// the case, and its proof by a key.
func (c *county) says(t *testing.T, l *laptop, id uuid.UUID, by *seal.Signer, kind loan.ChangeKind, body any) (*loan.Change, []byte) {
	t.Helper()
	k := l.get(id)
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{0: 0xCE, 15: 1}, Counter: uint64(len(k.Heads)) + 7, Prev: loan.Hash{5},
		Seen: k.Heads, Operator: "centre", Case: id, Kind: kind, At: time.Now().UTC().Truncate(time.Millisecond), Body: b}
	ch.BodyHash = loan.BodyHashOf(l.Sum, ch.Salt, ch.Body)
	proof, err := parcel.Prove([]*loan.Change{ch}, by)
	if err != nil {
		t.Fatal(err)
	}
	return ch, proof
}

// hears is how a laptop with a line gets what the centre says.
func (l *laptop) hears(ch *loan.Change, proof []byte) {
	l.t.Helper()
	if err := l.SetSetting(l.t.Context(), store.CentreProof+ch.Case.String(), [][]byte{proof}); err != nil {
		l.t.Fatal(err)
	}
	if err := l.Receive(l.t.Context(), []*loan.Change{ch}); err != nil {
		l.t.Fatal(err)
	}
	l.room.Wake()
}

func (l *laptop) same(id uuid.UUID) int {
	if c := l.get(id); c != nil {
		return len(c.Same)
	}
	return -1
}

func TestTheCentresWordGoesOnInTheRoom(t *testing.T) {
	c := newCounty(t)
	a, b, e := c.laptop(t), c.laptop(t), c.laptop(t)
	a.on()
	b.on()
	e.on()
	a.meet(b)
	id := a.open()
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds the case", func() bool { return b.holds(id) })
	notice := loan.NoticeBody{Same: []loan.SameStudent{{Case: uuid.New(), Point: "克度镇"}}}

	t.Run("to who holds the case and has no line", func(t *testing.T) {
		a.hears(c.says(t, a, id, c.ca.Signer(), loan.ChangeNotice, notice))
		until(t, "b is told", func() bool { return b.same(id) == 1 })
	})
	t.Run("and on from there, with the case", func(t *testing.T) {
		b.meet(e)
		b.pass(id, e, loan.EntryStation)
		until(t, "e is told", func() bool { return e.holds(id) && e.same(id) == 1 })
	})
	t.Run("not to one that has nothing of the case", func(t *testing.T) {
		f := c.laptop(t).on()
		a.meet(f)
		a.edit(a.open(), "student.name", "韦小花")
		time.Sleep(100 * time.Millisecond)
		if f.get(id) != nil {
			t.Error("it was told of a case of others")
		}
	})
}

func TestNobodyElseSpeaksForTheCentre(t *testing.T) {
	stranger, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	c := newCounty(t)
	v := c.laptop(t).on()
	l := c.liar(t, v)
	l.hello()
	notice := loan.NoticeBody{Same: []loan.SameStudent{{Case: uuid.New(), Point: "克度镇"}}}
	id, _ := l.offered(v, nil)
	for name, piece := range map[string]func() ([]byte, fault.Kind){
		"by another key": func() ([]byte, fault.Kind) {
			ch, proof := c.says(t, l.laptop, id, stranger, loan.ChangeNotice, notice)
			return l.packed(ownOrProven{[]*loan.Change{ch}, proof}), fault.Untrusted
		},
		"in its own chain": func() ([]byte, fault.Kind) {
			at := l.open()
			l.pass(at, v, loan.CheckStation)
			l.write(at, loan.ChangeNotice, notice)
			id = at
			g := l.offer(at)
			return l.packed(g.pieces[0]), fault.Denied
		},
		"of a clerk's work, by the centre's key": func() ([]byte, fault.Kind) {
			ch, proof := c.says(t, l.laptop, id, c.ca.Signer(), loan.ChangeVoid, loan.ReasonBody{Reason: "r"})
			return l.packed(ownOrProven{[]*loan.Change{ch}, proof}), fault.Denied
		},
		"of another case": func() ([]byte, fault.Kind) {
			other := l.open()
			ch, proof := c.says(t, l.laptop, other, c.ca.Signer(), loan.ChangeNotice, notice)
			return l.packed(ownOrProven{[]*loan.Change{ch}, proof}), fault.Denied
		},
	} {
		t.Run(name, func(t *testing.T) {
			l.offer(id)
			b, want := piece()
			if k := l.raw(kindPiece, b); k != want {
				t.Errorf("got %v, want %v", k, want)
			}
		})
	}
}
