package parcel

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

func newSigner(t testing.TB) *seal.Signer {
	t.Helper()
	s, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// chain makes n changes of one device, from the first of its chain.
func chain(n int) []*loan.Change {
	dev, id := uuid.MustParse("0190a000-0000-7000-8000-000000000001"), uuid.MustParse("0190a000-0000-7000-8000-000000000002")
	var out []*loan.Change
	var prev loan.Hash
	for i := range n {
		c := &loan.Change{ID: uuid.New(), Device: dev, Counter: uint64(i + 1), Prev: prev, Operator: "op1",
			Case: id, Kind: loan.ChangeView, At: time.UnixMilli(1_700_000_000_000 + int64(i)).UTC(), ClockErr: -time.Millisecond,
			Body: []byte(`{"fields":["student.phone"],"reason":"r"}`)}
		c.Salt[0] = byte(i)
		c.BodyHash = loan.BodyHashOf(Sum(seal.International), c.Salt, c.Body)
		prev = c.HeaderHash(Sum(seal.International))
		out = append(out, c)
	}
	return out
}

func pack(t testing.TB, s *seal.Signer, changes []*loan.Change) []byte {
	t.Helper()
	p, err := New(changes, s.Suite())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Pack(p, s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keyOf(s *seal.Signer) func(uuid.UUID) (seal.PublicKey, error) {
	return func(uuid.UUID) (seal.PublicKey, error) { return s.Public(), nil }
}

func TestParcel(t *testing.T) {
	s, changes := newSigner(t), chain(20)

	t.Run("what was packed is what is opened", func(t *testing.T) {
		for _, cut := range [][2]int{{0, 1}, {0, 20}, {7, 20}, {19, 20}} {
			p, err := Open(pack(t, s, changes[cut[0]:cut[1]]), keyOf(s))
			if err != nil {
				t.Fatal(err)
			}
			if p.First != uint64(cut[0]+1) || p.Last != uint64(cut[1]) || len(p.Changes) != cut[1]-cut[0] {
				t.Fatalf("got %d…%d with %d changes, want %v", p.First, p.Last, len(p.Changes), cut)
			}
			for i, c := range p.Changes {
				if want := changes[cut[0]+i]; !bytes.Equal(c.Encode(), want.Encode()) {
					t.Errorf("change %d differs", i)
				}
			}
			if len(p.Checkpoint) == 0 {
				t.Error("no checkpoint")
			}
		}
	})
	t.Run("an erased body passes, for the header vouches for it", func(t *testing.T) {
		cs := chain(3)
		cs[1].Body = nil
		if _, err := Open(pack(t, s, cs), keyOf(s)); err != nil {
			t.Error(err)
		}
	})
	t.Run("every flipped byte is found", func(t *testing.T) {
		b := pack(t, s, changes)
		for i := range b {
			bad := bytes.Clone(b)
			bad[i] ^= 0x10
			if _, err := Open(bad, keyOf(s)); err == nil {
				t.Fatalf("byte %d of %d flipped and not noticed", i, len(b))
			}
		}
	})
	t.Run("every shorter and a longer run of bytes is refused", func(t *testing.T) {
		b := pack(t, s, changes)
		for i := range b {
			if _, err := Open(b[:i], keyOf(s)); err == nil {
				t.Fatalf("cut at %d of %d and not noticed", i, len(b))
			}
		}
		if _, err := Open(append(bytes.Clone(b), 0), keyOf(s)); err == nil {
			t.Error("a byte more was not noticed")
		}
	})
	t.Run("another key is untrusted", func(t *testing.T) {
		if _, err := Open(pack(t, s, changes), keyOf(newSigner(t))); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("got %v, want untrusted", err)
		}
	})
	t.Run("the error of the look-up comes back", func(t *testing.T) {
		mine := errors.New("mine")
		_, err := Open(pack(t, s, changes), func(uuid.UUID) (seal.PublicKey, error) { return seal.PublicKey{}, mine })
		if !errors.Is(err, mine) {
			t.Errorf("got %v", err)
		}
	})
}

// A signer that lies: the table is signed, and yet it is not a chain.
func TestSignedLies(t *testing.T) {
	s := newSigner(t)
	lie := func(change func(p *Parcel)) error {
		p, err := New(chain(5), s.Suite())
		if err != nil {
			t.Fatal(err)
		}
		change(p)
		b, err := Pack(p, s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(b, keyOf(s))
		return err
	}
	for name, change := range map[string]func(*Parcel){
		"a change left out":            func(p *Parcel) { p.Changes = append(p.Changes[:2:2], p.Changes[3:]...) },
		"two changes swapped":          func(p *Parcel) { p.Changes[1], p.Changes[2] = p.Changes[2], p.Changes[1] },
		"a body exchanged":             func(p *Parcel) { p.Changes[2].Body = []byte(`{}`) },
		"a header altered":             func(p *Parcel) { p.Changes[2].Operator = "op2" },
		"the last header altered":      func(p *Parcel) { p.Changes[4].Operator = "op2" },
		"a change of another device":   func(p *Parcel) { p.Changes[4].Device = uuid.New() },
		"another place in the chain":   func(p *Parcel) { p.First, p.Last = p.First+1, p.Last+1 },
		"another chain in front":       func(p *Parcel) { p.Prev[0]++ },
		"more numbers than changes":    func(p *Parcel) { p.Last++ },
		"fewer numbers than changes":   func(p *Parcel) { p.Last-- },
		"numbers that end before them": func(p *Parcel) { p.Last = 0 },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if err := lie(change); fault.KindOf(err) != fault.Damaged {
				t.Errorf("got %v, want damaged", err)
			}
		})
	}
}

func TestNewRefusesWhatIsNoChain(t *testing.T) {
	cs := chain(5)
	for name, in := range map[string][]*loan.Change{
		"nothing":            nil,
		"a gap":              {cs[0], cs[2]},
		"the wrong order":    {cs[1], cs[0]},
		"the same one twice": {cs[0], cs[0]},
	} {
		if _, err := New(in, seal.International); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestTooManyChanges(t *testing.T) {
	s := newSigner(t)
	p, err := New(chain(MaxChanges+1), s.Suite())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Pack(p, s); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
}

func TestTheLongestChangeFits(t *testing.T) {
	s, cs := newSigner(t), chain(1)
	cs[0].Body = bytes.Repeat([]byte("x"), loan.MaxBody)
	cs[0].BodyHash = loan.BodyHashOf(Sum(seal.International), cs[0].Salt, cs[0].Body)
	if _, err := Open(pack(t, s, cs), keyOf(s)); err != nil {
		t.Error(err)
	}
}

func aReceipt() *Receipt {
	return &Receipt{Centre: uuid.New(), Epoch: uuid.New(), Device: uuid.New(), Through: 9, Chain: loan.Hash{1},
		At: time.UnixMilli(1_700_000_000_000).UTC(), Blobs: []loan.Hash{{2}, {3}}}
}

func TestReceipt(t *testing.T) {
	s := newSigner(t)
	want := aReceipt()
	b := want.Sign(s)
	got, err := OpenReceipt(b, s.Public())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if !bytes.Equal(a, w) {
		t.Errorf("got %s, want %s", a, w)
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 1
		if _, err := OpenReceipt(bad, s.Public()); err == nil {
			t.Fatalf("byte %d flipped and not noticed", i)
		}
		if _, err := OpenReceipt(b[:i], s.Public()); err == nil {
			t.Fatalf("cut at %d and not noticed", i)
		}
	}
	if _, err := OpenReceipt(b, newSigner(t).Public()); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("another key: got %v, want untrusted", err)
	}
	if _, err := OpenReceipt([]byte("<html>log in here</html>"), s.Public()); fault.KindOf(err) != fault.Damaged {
		t.Errorf("a page: got %v, want damaged", err)
	}
}

func TestNews(t *testing.T) {
	s := newSigner(t)
	cs := chain(5)
	for name, changes := range map[string][]*loan.Change{"none": nil, "some": {cs[1], cs[4]}} {
		want := &News{Centre: uuid.New(), Epoch: uuid.New(), Device: uuid.New(), After: 3, Through: 7, More: true, Changes: changes}
		b, err := want.Sign(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := OpenNews(b, s.Public())
		if err != nil {
			t.Fatal(err)
		}
		if got.Device != want.Device || got.Centre != want.Centre || got.Epoch != want.Epoch || got.After != 3 || got.Through != 7 || !got.More || len(got.Changes) != len(changes) {
			t.Errorf("%s: got %+v", name, got)
		}
		for i := range b {
			bad := bytes.Clone(b)
			bad[i] ^= 4
			if _, err := OpenNews(bad, s.Public()); err == nil {
				t.Fatalf("%s: byte %d flipped and not noticed", name, i)
			}
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	for in, want := range map[string]fault.Kind{
		`{"blobs":[]}`:                  fault.Other,
		`{"blobs":[]} {}`:               fault.Input,
		`{"blobs":[],"more":1}`:         fault.Input,
		`{"blobs":"x"}`:                 fault.Input,
		`{"blobs":["00"]}`:              fault.Input,
		``:                              fault.Input,
		`<html>`:                        fault.Input,
		strings.Repeat(" ", 200) + `{}`: fault.TooLarge,
	} {
		var v ReceiptRequest
		err := DecodeJSON(strings.NewReader(in), 100, &v)
		if (err == nil) != (want == fault.Other) || fault.KindOf(err) != want {
			t.Errorf("%q: got %v, want %v", in, err, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	s := newSigner(f)
	f.Add(pack(f, s, chain(3)))
	f.Add([]byte("DSP1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Open(b, keyOf(s))
		if err != nil {
			if fault.KindOf(err) == fault.Other {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		if _, err := New(p.Changes, s.Suite()); err != nil {
			t.Errorf("opened what is no chain: %v", err)
		}
	})
}

// The table behind the signature, as if any device had signed any bytes.
func FuzzTable(f *testing.F) {
	plain, packed, err := packTable("t", chain(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain, packed, 3)
	f.Fuzz(func(t *testing.T, plain int, packed []byte, count int) {
		if plain < 1 || plain > 1<<16 || count < 1 || count > MaxChanges {
			return
		}
		if cs, err := openTable("t", seal.International, plain, packed, count); err == nil && len(cs) != count {
			t.Errorf("got %d changes, want %d", len(cs), count)
		}
	})
}

func FuzzOpenReceipt(f *testing.F) {
	s := newSigner(f)
	f.Add(aReceipt().Sign(s))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := OpenReceipt(b, s.Public())
		if err == nil && !bytes.Contains(b, r.Device[:]) {
			t.Error("a device out of nowhere")
		}
	})
}

func FuzzOpenNews(f *testing.F) {
	s := newSigner(f)
	n := &News{Centre: uuid.New(), Changes: chain(2)}
	b, err := n.Sign(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) { OpenNews(b, s.Public()) })
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(`{"blobs":[{"hash":"00","size":1}]}`))
	f.Add([]byte(`{"code":"DS1-1","public_key":"AA==","proof":"AA=="}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range []any{&LackRequest{}, &LackResponse{}, &EnrolRequest{}, &EnrolResponse{}, &ReceiptRequest{}, &Problem{}} {
			DecodeJSON(bytes.NewReader(b), MaxJSON, v)
		}
	})
}

func BenchmarkPackOpen(b *testing.B) {
	s, cs := newSigner(b), chain(200)
	for b.Loop() {
		if _, err := Open(pack(b, s, cs), keyOf(s)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNewsBringChangesOfEverySuite(t *testing.T) {
	s, changes := newSigner(t), chain(2)
	changes[1].BodyHash = loan.BodyHashOf(Sum(seal.National), changes[1].Salt, changes[1].Body)
	b, err := (&News{Centre: uuid.New(), Epoch: uuid.New(), Device: uuid.New(), Through: 2, Changes: changes}).Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	n, err := OpenNews(b, s.Public())
	if err != nil || len(n.Changes) != 2 {
		t.Fatal(err)
	}
	changes[1].BodyHash[0] ^= 1
	n.Changes = changes
	if b, err = n.Sign(s); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenNews(b, s.Public()); fault.KindOf(err) != fault.Damaged {
		t.Fatalf("a body that is not its header's: got %v", err)
	}
}
