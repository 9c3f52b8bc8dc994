package seal

import (
	"bytes"
	"encoding/hex"
	"testing"

	"doorstep/internal/fault"
)

func suites() []Suite { return []Suite{International, National} }

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		t.Fatalf("got error %v of kind %v, want %v", err, got, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestBox(t *testing.T) {
	for _, s := range suites() {
		t.Run("opens what it sealed and nothing else, "+s.String(), func(t *testing.T) {
			k := NewKeyOf(s)
			plain, ad := []byte("身份证正面"), []byte("store|blobs|7")
			box := k.Seal([]byte("head"), plain, ad)[4:]
			if got, want := len(box), len(plain)+Overhead; got != want {
				t.Fatalf("box of %d bytes, want %d", got, want)
			}
			if got := must(k.Open([]byte("x"), box, ad)); string(got) != "x身份证正面" {
				t.Fatalf("opened %q", got)
			}
			for i := range box {
				bad := bytes.Clone(box)
				bad[i] ^= 1
				if _, err := k.Open(nil, bad, ad); err == nil {
					t.Fatalf("opens with byte %d changed", i)
				}
			}
			for n := range box {
				_, err := k.Open(nil, box[:n], ad)
				wantKind(t, err, fault.Damaged)
			}
			_, err := k.Open(nil, box, []byte("store|blobs|8"))
			wantKind(t, err, fault.Damaged)
			_, err = NewKeyOf(s).Open(nil, box, ad)
			wantKind(t, err, fault.Damaged)
		})
	}
	t.Run("says newer for a suite it does not know", func(t *testing.T) {
		box := NewKey().Seal(nil, nil, nil)
		box[0] = 9
		_, err := NewKey().Open(nil, box, nil)
		wantKind(t, err, fault.Newer)
	})
	t.Run("never seals the same twice", func(t *testing.T) {
		k := NewKey()
		if bytes.Equal(k.Seal(nil, []byte("a"), nil), k.Seal(nil, []byte("a"), nil)) {
			t.Fatal("two equal boxes")
		}
	})
}

func TestKey(t *testing.T) {
	for _, s := range suites() {
		t.Run("survives bytes, derives and names the same, "+s.String(), func(t *testing.T) {
			k := NewKeyOf(s)
			k2 := must(KeyFromBytes(k.Bytes()))
			if k.Derive("a").secret != k2.Derive("a").secret || k.Derive("a").secret == k.Derive("b").secret ||
				k.Derive("a").secret == k.secret {
				t.Fatal("derived keys wrong")
			}
			c := []byte("scan")
			if k.Name(c) != k2.Name(c) || k.Name(c) == NewKeyOf(s).Name(c) || k.Name(c) == s.Sum(c) || k.Name(c) == k.Name(nil) {
				t.Fatal("names wrong")
			}
		})
	}
	t.Run("refuses bytes that are no key", func(t *testing.T) {
		_, err := KeyFromBytes(make([]byte, 32))
		wantKind(t, err, fault.Input)
		_, err = KeyFromBytes(append([]byte{7}, make([]byte, 32)...))
		wantKind(t, err, fault.Newer)
	})
	t.Run("holds no secret once wiped, and is not used again", func(t *testing.T) {
		k := NewKey()
		k.Wipe()
		if k.secret != [keySize]byte{} {
			t.Fatal("secret left")
		}
		defer func() {
			if recover() == nil {
				t.Fatal("a wiped key sealed")
			}
		}()
		k.Seal(nil, nil, nil)
	})
}

func TestSumIsThePublishedHash(t *testing.T) {
	for s, want := range map[Suite]string{
		International: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		National:      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", // GB/T 32905 A.1
	} {
		sum := s.Sum([]byte("abc"))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%v: got %s want %s", s, got, want)
		}
		h := s.Hash()
		h.Write([]byte("abc"))
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%v streaming: got %s want %s", s, got, want)
		}
	}
}

func TestDeriveIsPlainHKDF(t *testing.T) {
	// RFC 5869 gives no case of this shape; the value is from an independent
	// implementation: HMAC by hand, RFC 5869 section 2.
	k := &Key{suite: International, secret: [32]byte{1, 2, 3}}
	prk := (&Key{suite: International}).mac(k.secret[:]) // a salt of zeroes
	okm := (&Key{suite: International, secret: prk}).mac([]byte("label\x01"))
	if got := k.Derive("label").secret; got != okm {
		t.Fatalf("got %x want %x", got, okm)
	}
}

func FuzzOpen(f *testing.F) {
	k := &Key{suite: International, secret: [32]byte{9}}
	f.Add(k.Seal(nil, []byte("hello"), []byte("ad")), []byte("ad"))
	f.Add([]byte{1}, []byte{})
	f.Add([]byte{2, 0, 0, 0}, []byte{})
	s := must(ParseSigner(must(must(NewSigner()).Marshal())))
	f.Fuzz(func(t *testing.T, box, ad []byte) {
		got, err := k.Open(nil, box, ad)
		if err == nil && !bytes.Equal(must(k.Open(nil, box, ad)), got) {
			t.Fatal("opens to different things")
		}
		if err != nil && got != nil {
			t.Fatal("content with an error")
		}
		_, _ = s.Decrypt(box, ad)
	})
}

func BenchmarkSeal4K(b *testing.B) {
	for _, s := range suites() {
		b.Run(s.String(), func(b *testing.B) {
			k, plain := NewKeyOf(s), make([]byte, 4096)
			b.SetBytes(4096)
			for b.Loop() {
				k.Seal(nil, plain, nil)
			}
		})
	}
}
