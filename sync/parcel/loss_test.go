package parcel

import (
	"bytes"
	"os"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// afterLoss gives a chain of n changes of which the last follow a gap.
func afterLoss(n, gap int) []*loan.Change {
	cs := chain(n)
	for i := gap; i < n; i++ {
		cs[i].Counter += 1 << 40
		cs[i].Prev = cs[i-1].HeaderHash(Sum(seal.International))
	}
	return cs
}

func packLoss(t testing.TB, s *seal.Signer, lost uint64, cs []*loan.Change) []byte {
	t.Helper()
	p, err := NewAfterLoss(cs, lost, s.Suite())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Pack(p, s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestADeclaredLoss(t *testing.T) {
	s, cs := newSigner(t), afterLoss(9, 4)
	b := packLoss(t, s, 5, cs[4:])
	p, err := Open(b, keyOf(s))
	if err != nil {
		t.Fatal(err)
	}
	if p.Lost != 5 || p.First != 1<<40+5 || p.Last != 1<<40+9 || p.Prev != cs[3].HeaderHash(Sum(s.Suite())) {
		t.Errorf("got %d, %d…%d", p.Lost, p.First, p.Last)
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 0x10
		if _, err := Open(bad, keyOf(s)); err == nil {
			t.Fatalf("byte %d of %d flipped and not noticed", i, len(b))
		}
		if _, err := Open(b[:i], keyOf(s)); err == nil {
			t.Fatalf("cut at %d of %d and not noticed", i, len(b))
		}
	}
	t.Run("a gap within a parcel stays refused", func(t *testing.T) {
		if _, err := NewAfterLoss(cs, 5, s.Suite()); fault.KindOf(err) != fault.Damaged {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what is lost lies in front of the parcel", func(t *testing.T) {
		if _, err := NewAfterLoss(cs[4:], 1<<40+5, s.Suite()); fault.KindOf(err) != fault.Damaged {
			t.Errorf("got %v", err)
		}
	})
	t.Run("who knew nothing before leads on from nothing, and says so", func(t *testing.T) {
		alone := chain(1)
		alone[0].Counter = 77
		if _, err := Open(packLoss(t, s, 1, alone), keyOf(s)); err != nil {
			t.Error(err)
		}
		if _, err := New(alone, s.Suite()); fault.KindOf(err) != fault.Damaged {
			t.Errorf("without saying so: %v", err)
		}
	})
}

// TestAnOldParcel opens one that the first version packed.
func TestAnOldParcel(t *testing.T) {
	b, err := os.ReadFile("testdata/parcel-1.bin")
	if err != nil {
		t.Fatal(err)
	}
	der, err := os.ReadFile("testdata/parcel-1.key")
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.ParsePublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(b, func(uuid.UUID) (seal.PublicKey, error) { return key, nil })
	if err != nil || p.First != 1 || p.Last != 5 || p.Lost != 0 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestOwn(t *testing.T) {
	s, cs := newSigner(t), afterLoss(9, 4)
	own := func(after, through uint64, changes []*loan.Change) []byte {
		n := &News{Centre: uuid.New(), Epoch: uuid.New(), Device: cs[0].Device, After: after, Through: through, Changes: changes}
		b, err := n.SignOwn(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	n, err := OpenOwn(own(2, 1<<40+9, cs[2:]), s.Public(), s.Suite())
	if err != nil || len(n.Changes) != 7 || n.After != 2 {
		t.Fatalf("got %+v, %v", n, err)
	}
	other := chain(3)
	other[1].Device = uuid.New()
	broken := chain(3)
	broken[2].Prev[0] ^= 1
	for name, b := range map[string][]byte{
		"of another device":      own(0, 9, other),
		"out of order":           own(0, 9, []*loan.Change{cs[1], cs[0]}),
		"in front of the answer": own(1, 9, cs[:2]),
		"behind the answer":      own(0, 3, cs[:4]),
		"a broken chain":         own(0, 9, broken),
		"news of others":         func() []byte { b, _ := (&News{Device: cs[0].Device, Through: 9, Changes: cs[:2]}).Sign(s); return b }(),
	} {
		if _, err := OpenOwn(b, s.Public(), s.Suite()); fault.KindOf(err) != fault.Damaged {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := OpenNews(own(0, 9, cs[:2]), s.Public()); fault.KindOf(err) != fault.Damaged {
		t.Errorf("own changes pass as news: %v", err)
	}
	if _, err := OpenOwn(own(0, 9, cs[:2]), newSigner(t).Public(), s.Suite()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("another key: %v", err)
	}
}

func FuzzOpenLoss(f *testing.F) {
	s, cs := newSigner(f), afterLoss(5, 2)
	f.Add(packLoss(f, s, 3, cs[2:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Open(b, keyOf(s))
		if err != nil {
			return
		}
		if _, err := NewAfterLoss(p.Changes, p.Lost, s.Suite()); err != nil {
			t.Errorf("opened what is no chain: %v", err)
		}
	})
}

func FuzzOpenOwn(f *testing.F) {
	s, cs := newSigner(f), chain(3)
	b, err := (&News{Device: cs[0].Device, Through: 3, Changes: cs}).SignOwn(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := OpenOwn(b, s.Public(), s.Suite())
		if err == nil && len(n.Changes) > MaxChanges {
			t.Error("too many")
		}
	})
}
