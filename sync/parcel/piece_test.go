package parcel

import (
	"bytes"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

func packPiece(t testing.TB, s *seal.Signer, cs []*loan.Change) []byte {
	t.Helper()
	proof, err := Prove(cs, s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Packed(proof, cs)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPiece(t *testing.T) {
	s, cs := newSigner(t), chain(9)
	b := packPiece(t, s, cs[3:6])
	p, err := OpenPiece(b, keyOf(s))
	if err != nil || p.First != 4 || p.Last != 6 || len(p.Changes) != 3 || p.Device != cs[0].Device {
		t.Fatalf("got %+v, %v", p, err)
	}
	t.Run("its proof proves the same changes later, and no others", func(t *testing.T) {
		again, err := Packed(p.Proof, cs[3:6])
		if err != nil {
			t.Fatal(err)
		}
		if q, err := OpenPiece(again, keyOf(s)); err != nil || q.Last != 6 {
			t.Errorf("got %v", err)
		}
		if q, err := OpenProof(p.Proof, keyOf(s)); err != nil || q.First != 4 || q.Last != 6 {
			t.Errorf("got %v", err)
		}
		for name, others := range map[string][]*loan.Change{"fewer": cs[3:5], "others": cs[4:7], "more": cs[3:7]} {
			bad, err := Packed(p.Proof, others)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := OpenPiece(bad, keyOf(s)); fault.KindOf(err) != fault.Damaged {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := *cs[4]
		other.Body = []byte(`{"fields":["student.name"],"reason":"r"}`)
		bad, err := Packed(p.Proof, []*loan.Change{cs[3], &other, cs[5]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenPiece(bad, keyOf(s)); fault.KindOf(err) != fault.Damaged {
			t.Errorf("another body: %v", err)
		}
	})
	t.Run("every byte counts", func(t *testing.T) {
		for i := range b {
			bad := bytes.Clone(b)
			bad[i] ^= 0x10
			// Bits of the packing that mean nothing may be any.
			if q, err := OpenPiece(bad, keyOf(s)); err == nil && (i < len(p.Proof) || !bytes.Equal(q.Changes[1].Encode(), cs[4].Encode())) {
				t.Fatalf("byte %d of %d flipped and not noticed", i, len(b))
			}
			if _, err := OpenPiece(b[:i], keyOf(s)); err == nil {
				t.Fatalf("cut at %d of %d and not noticed", i, len(b))
			}
		}
	})
	t.Run("nobody proves a gap, or what another wrote", func(t *testing.T) {
		foreign := *cs[1]
		foreign.Device = uuid.New()
		for name, bad := range map[string][]*loan.Change{"none": nil, "a gap": {cs[0], cs[2]}, "two devices": {cs[0], &foreign}} {
			if _, err := Prove(bad, s); err == nil {
				t.Errorf("%s was signed", name)
			}
		}
	})
	if _, err := OpenPiece(b, keyOf(newSigner(t))); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("another key: %v", err)
	}
}

func TestHanded(t *testing.T) {
	s, centre, cs := newSigner(t), newSigner(t), chain(4)
	p, err := New(cs, s.Suite())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Hand(p, s, centre.Public())
	if err != nil {
		t.Fatal(err)
	}
	h, err := OpenHanded(b, keyOf(s))
	if err != nil || h.Device != p.Device || h.First != 1 || h.Last != 4 || h.Chain != p.Chain {
		t.Fatalf("got %+v, %v", h, err)
	}
	raw, err := h.Parcel(centre)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := Open(raw, keyOf(s)); err != nil || q.Last != 4 {
		t.Errorf("got %v", err)
	}
	if bytes.Contains(b, []byte("student.phone")) {
		t.Error("can be read on the way")
	}
	if _, err := h.Parcel(newSigner(t)); fault.KindOf(err) != fault.Damaged {
		t.Errorf("another centre opens it: %v", err)
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 0x10
		if _, err := OpenHanded(bad, keyOf(s)); err == nil {
			t.Fatalf("byte %d of %d flipped and not noticed", i, len(b))
		}
		if _, err := OpenHanded(b[:i], keyOf(s)); err == nil {
			t.Fatalf("cut at %d of %d and not noticed", i, len(b))
		}
	}
}

func TestPassport(t *testing.T) {
	s, own := newSigner(t), newSigner(t)
	id := uuid.New()
	verify := func(cert []byte) (string, seal.PublicKey, error) { return string(cert), s.Public(), nil }
	one := NewPassport([]byte(id.String()), s, s)
	if d, k, err := one.Key(verify); err != nil || d != id || !k.Equal(s.Public()) || one.Chain != nil {
		t.Errorf("got %v, %v", d, err)
	}
	two := NewPassport([]byte(id.String()), s, own)
	if d, k, err := two.Key(verify); err != nil || d != id || !k.Equal(own.Public()) {
		t.Errorf("got %v, %v", d, err)
	}
	two.Chain = newSigner(t).Public().Marshal()
	if _, _, err := two.Key(verify); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("another chain key: %v", err)
	}
	if _, _, err := NewPassport([]byte("centre"), s, s).Key(verify); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("no device: %v", err)
	}
}

func FuzzOpenPiece(f *testing.F) {
	s, cs := newSigner(f), chain(5)
	f.Add(packPiece(f, s, cs[1:4]))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := OpenPiece(b, keyOf(s)); err == nil && (p.First < 2 || p.Last > 4) {
			t.Error("opened what was never signed")
		}
		if p, err := OpenProof(b, keyOf(s)); err == nil && (p.First < 2 || p.Last > 4) {
			t.Error("proves what was never signed")
		}
	})
}

func FuzzOpenHanded(f *testing.F) {
	s, cs := newSigner(f), chain(3)
	p, err := New(cs, s.Suite())
	if err != nil {
		f.Fatal(err)
	}
	b, err := Hand(p, s, newSigner(f).Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := OpenHanded(b, keyOf(s)); err == nil && (h.First != 1 || h.Last != 3) {
			t.Error("opened what was never signed")
		}
	})
}
