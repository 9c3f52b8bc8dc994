package bulletin

import (
	"bytes"
	"encoding/base64"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

var writeSample = flag.Bool("sample", false, "write the sample of today's form anew")

const county = "522727"

func signer(t testing.TB, s seal.Suite) *seal.Signer {
	t.Helper()
	k, err := seal.NewSignerOf(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func one() *Bulletin {
	at := time.UnixMilli(1_785_000_000_000).UTC()
	return &Bulletin{County: county, Kind: Schools, Name: RegisterName, Version: uint64(at.UnixMilli()), Issued: at,
		Content: bytes.Repeat([]byte("4152010657\t贵州大学\n"), 100)}
}

func sign(t testing.TB, b *Bulletin, k *seal.Signer) []byte {
	t.Helper()
	raw, err := b.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWhatWasSignedIsReadBack(t *testing.T) {
	for _, s := range seal.Suites() {
		k := signer(t, s)
		for _, want := range []*Bulletin{one(), {County: county, Kind: Grant, Name: "g-1", Version: 9, Issued: time.UnixMilli(8).UTC(), Withdrawn: true}} {
			got, err := Open(sign(t, want, k), k.Public(), county)
			if err != nil {
				t.Fatal(err)
			}
			if got.County != want.County || got.Kind != want.Kind || got.Name != want.Name || got.Version != want.Version ||
				!got.Issued.Equal(want.Issued) || got.Withdrawn != want.Withdrawn || !bytes.Equal(got.Content, want.Content) {
				t.Errorf("%v: got %+v want %+v", s, got, want)
			}
		}
	}
}

func TestWhatIsNotTheCountysWordIsRefusedInWords(t *testing.T) {
	k, other := signer(t, seal.International), signer(t, seal.International)
	raw := sign(t, one(), k)
	foreign := one()
	foreign.County = "522728"
	later := append([]byte("DSB2"), raw[4:]...)
	unknown := one()
	for name, c := range map[string]struct {
		raw  []byte
		want fault.Kind
	}{
		"signed by another":         {sign(t, one(), other), fault.Untrusted},
		"of another county":         {sign(t, foreign, k), fault.Untrusted},
		"signed under SM2":          {sign(t, one(), signer(t, seal.National)), fault.Untrusted},
		"of a later form":           {later, fault.Newer},
		"no bulletin at all":        {[]byte("code\tname\tkind"), fault.Damaged},
		"nothing":                   {nil, fault.Damaged},
		"cut short":                 {raw[:len(raw)-1], fault.Damaged},
		"longer":                    {append(bytes.Clone(raw), 0), fault.Damaged},
		"longer than any":           {make([]byte, MaxBytes+1), fault.TooLarge},
		"its last byte altered":     {flipped(raw, len(raw)-1), fault.Damaged},
		"its county altered":        {flipped(raw, 6), fault.Untrusted},
		"its version altered":       {flipped(raw, 40), fault.Untrusted},
		"the head alone, unsigned":  {raw[:80], fault.Damaged},
		"a signature of no content": {sign(t, unknown, k)[:90], fault.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(c.raw, k.Public(), county)
			if fault.KindOf(err) != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if s := fault.Sentence(err); s == "" || strings.ContainsAny(s, "abcdefghij") {
				t.Errorf("sentence %q", s)
			}
		})
	}
}

func flipped(raw []byte, at int) []byte {
	b := bytes.Clone(raw)
	b[at] ^= 1
	return b
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	k := signer(t, seal.International)
	raw := sign(t, &Bulletin{County: county, Kind: Policy, Name: "P2026", Version: 5, Issued: time.UnixMilli(5).UTC(), Content: []byte(`{"id":"P2026"}`)}, k)
	for i := range raw {
		for bit := range 8 {
			b := bytes.Clone(raw)
			b[i] ^= 1 << bit
			if _, err := Open(b, k.Public(), county); err == nil {
				t.Fatalf("byte %d, bit %d: taken", i, bit)
			}
		}
	}
}

func TestABulletinThatNobodyCouldOpenIsNotSigned(t *testing.T) {
	k := signer(t, seal.International)
	for name, change := range map[string]func(*Bulletin){
		"no county":               func(b *Bulletin) { b.County = "" },
		"a county of letters":     func(b *Bulletin) { b.County = "abcdef" },
		"no name":                 func(b *Bulletin) { b.Name = "" },
		"a name that is a path":   func(b *Bulletin) { b.Name = "../x" },
		"a name that is a person": func(b *Bulletin) { b.Name = "韦测甲" },
		"no content":              func(b *Bulletin) { b.Content = nil },
		"withdrawn with content":  func(b *Bulletin) { b.Withdrawn = true },
		"a version of before":     func(b *Bulletin) { b.Version = 1 },
		"a kind of no letters":    func(b *Bulletin) { b.Kind = "a b" },
	} {
		t.Run(name, func(t *testing.T) {
			b := one()
			change(b)
			if _, err := b.Sign(k); fault.KindOf(err) != fault.Input {
				t.Errorf("got %v, want input", err)
			}
		})
	}
	big := one()
	big.Content = make([]byte, MaxPlain+1)
	if _, err := big.Sign(k); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
}

// A signed bulletin whose content unpacks to more than it says does not.
func TestABombDoesNotUnpack(t *testing.T) {
	packed, err := pack(make([]byte, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unpack(packed, 100); err == nil {
		t.Error("unpacked")
	}
}

func TestDevices(t *testing.T) {
	at := time.UnixMilli(1_785_000_000_000).UTC()
	for _, want := range [][]ShutOut{nil, {{Device: uuid.MustParse("0190a000-0000-7000-8000-000000000001"), At: at},
		{Device: uuid.MustParse("0190a000-0000-7000-8000-000000000002"), At: at, Lost: true}}} {
		got, err := ParseDevices(EncodeDevices(want))
		if err != nil || len(got) != len(want) {
			t.Fatalf("got %v, %v", got, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("got %v want %v", got[i], want[i])
			}
		}
	}
	for _, s := range []string{"", "x", "\n\n", "0190a000-0000-7000-8000-000000000001\t1\tgone\n", "0190a000-0000-7000-8000-000000000001\t+1\tlost\n"} {
		if _, err := ParseDevices([]byte(s)); fault.KindOf(err) != fault.Damaged {
			t.Errorf("%q: got %v, want damaged", s, err)
		}
	}
}

// Bulletins of every form ever written stay readable.
func TestASampleOfTheFirstForm(t *testing.T) {
	const file, key = "testdata/bulletin-1.bin", "testdata/bulletin-1.key"
	if *writeSample {
		k := signer(t, seal.International)
		b := one()
		b.Content = b.Content[:54]
		os.WriteFile(file, sign(t, b, k), 0o644)
		os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(k.Public().Marshal())), 0o644)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	pub, err := seal.ParsePublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open(raw, pub, county)
	if err != nil || got.Kind != Schools || got.Name != RegisterName || got.Version != 1_785_000_000_000 || !bytes.Equal(got.Content, one().Content[:54]) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzOpen(f *testing.F) {
	k := signer(f, seal.International)
	f.Add(sign(f, one(), k))
	f.Add(sign(f, &Bulletin{County: county, Kind: Grant, Name: "g", Version: 1, Issued: time.UnixMilli(1).UTC(), Withdrawn: true}, k))
	f.Add([]byte("DSB2"))
	own := sign(f, one(), k)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := Open(raw, k.Public(), county); err == nil && !bytes.Equal(raw, own) && string(raw[:4]) != magic {
			t.Fatal("taken without a head")
		}
		// Behind the signature's check: what is signed may still be any bytes.
		h, err := readHead(raw)
		if err != nil {
			return
		}
		if len(h.packed) > MaxPacked || h.plain > MaxPlain {
			t.Fatal("past the limits")
		}
		if b, err := unpack(h.packed, h.plain); err == nil && len(b) != h.plain {
			t.Fatalf("%d bytes, said %d", len(b), h.plain)
		}
		ParseDevices(raw)
	})
}
