package seal

import (
	"bytes"
	"crypto/x509"
	"testing"

	"doorstep/internal/fault"
)

func TestSigner(t *testing.T) {
	for _, s := range suites() {
		t.Run("verifies its own words for its purpose alone, "+s.String(), func(t *testing.T) {
			k := must(NewSignerOf(s))
			k = must(ParseSigner(must(k.Marshal())))
			p := must(ParsePublicKey(k.Public().Marshal()))
			msg := []byte("checkpoint 7")
			sig := k.Sign("parcel", msg)
			if err := p.Verify("parcel", msg, sig); err != nil {
				t.Fatal(err)
			}
			wantKind(t, p.Verify("receipt", msg, sig), fault.Untrusted)
			wantKind(t, p.Verify("parce", append([]byte("l"), msg...), sig), fault.Untrusted)
			wantKind(t, p.Verify("parcel", []byte("checkpoint 8"), sig), fault.Untrusted)
			wantKind(t, p.Verify("parcel", msg, nil), fault.Untrusted)
			wantKind(t, must(NewSignerOf(s)).Public().Verify("parcel", msg, sig), fault.Untrusted)
			wantKind(t, PublicKey{}.Verify("parcel", msg, sig), fault.Untrusted)
			if p.Suite() != s || len(p.ID()) != 16 || p.ID() != k.Public().ID() || !p.Equal(k.Public()) {
				t.Fatal("another key after the round trip")
			}
		})
		t.Run("decrypts what was encrypted to it and nothing else, "+s.String(), func(t *testing.T) {
			k := must(NewSignerOf(s))
			box := must(k.Public().Encrypt([]byte("data key"), []byte("ad")))
			if got := must(k.Decrypt(box, []byte("ad"))); string(got) != "data key" {
				t.Fatalf("got %q", got)
			}
			_, err := k.Decrypt(box, []byte("other"))
			wantKind(t, err, fault.Damaged)
			_, err = must(NewSignerOf(s)).Decrypt(box, []byte("ad"))
			wantKind(t, err, fault.Damaged)
			for i := range box {
				bad := bytes.Clone(box)
				bad[i] ^= 1
				_, err := k.Decrypt(bad, []byte("ad"))
				wantKind(t, err, fault.Damaged)
			}
		})
	}
	t.Run("refuses keys of other sorts", func(t *testing.T) {
		_, err := ParsePublicKey([]byte("no key"))
		wantKind(t, err, fault.Input)
		_, err = ParseSigner([]byte("no key"))
		wantKind(t, err, fault.Input)
		_, err = NewSignerOf(9)
		wantKind(t, err, fault.Unsupported)
	})
	t.Run("an international key is a plain PKIX and PKCS 8 key", func(t *testing.T) {
		k := must(NewSigner())
		if _, err := x509.ParsePKIXPublicKey(k.Public().Marshal()); err != nil {
			t.Fatal(err)
		}
		if _, err := x509.ParsePKCS8PrivateKey(must(k.Marshal())); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzParsePublicKey(f *testing.F) {
	for _, s := range suites() {
		k := must(NewSignerOf(s))
		f.Add(k.Public().Marshal())
		f.Add(must(k.Marshal()))
	}
	f.Add([]byte{0x30, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParsePublicKey(b); err == nil {
			if q := must(ParsePublicKey(p.Marshal())); !q.Equal(p) {
				t.Fatal("another key after the round trip")
			}
			_ = p.Verify("c", b, b)
		}
		if s, err := ParseSigner(b); err == nil {
			if err := s.Public().Verify("c", b, s.Sign("c", b)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
