package loan_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

func aChange() *Change {
	return &Change{
		ID: uuid.UUID{1}, Device: uuid.UUID{2}, Counter: 3, Prev: Hash{4}, Seen: []uuid.UUID{{5}, {6}},
		Operator: "op-1", Case: uuid.UUID{7}, Kind: ChangeEdit, At: time.UnixMilli(1754438400123).UTC(),
		ClockErr: -time.Millisecond, Salt: [16]byte{8}, BodyHash: Hash{9}, Body: []byte(`{"fields":{}}`),
	}
}

// The bytes are a promise to every store and centre: this change gives these.
func TestEncodeIsFixed(t *testing.T) {
	b := aChange().Encode()
	if got, want := len(b), 4+16+16+8+32+2+32+5+16+5+8+8+16+32+1+13; got != want {
		t.Errorf("length: got %d, want %d", got, want)
	}
	if !bytes.HasPrefix(b, []byte("DSC1")) || !bytes.HasSuffix(b, []byte("\x01"+`{"fields":{}}`)) {
		t.Errorf("got %x", b)
	}
	if got, want := Hash(sha256.Sum256(b)).String(), "a2abbdfbcf321b9160fa7ac46407b9b7729de86814155eeda4371386a4e2e7a4"; got != want {
		t.Errorf("hash of the bytes: got %s, want %s", got, want)
	}
	if got, want := aChange().HeaderHash(sum), sum(b[:len(b)-14]); got != want {
		t.Errorf("header hash: got %s, want %s", got, want)
	}
	erased := aChange()
	erased.Body = nil
	if erased.HeaderHash(sum) != aChange().HeaderHash(sum) {
		t.Error("erasing the body alters the header's hash")
	}
}

func TestDecodeChange(t *testing.T) {
	good := aChange().Encode()
	edit := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	twoSeen := func(a, b byte) []byte {
		c := aChange()
		c.Seen = []uuid.UUID{{a}, {b}}
		return c.Encode()
	}
	bad := map[string][]byte{
		"nothing":                     nil,
		"another magic":               edit(3, '2'),
		"more seen heads than bytes":  edit(76, 0xFF),
		"seen heads out of order":     twoSeen(6, 5),
		"a body where none should be": edit(len(good)-14, 0),
		"another mark of a body":      edit(len(good)-14, 2),
		"a body past the limit":       append(bytes.Clone(good), make([]byte, MaxBody)...),
	}
	for n := range good[:len(good)-13] {
		bad["a cut at "+string(rune('0'+n%10))+strings.Repeat("i", n/10)] = good[:n]
	}
	for name, b := range bad {
		t.Run("refuses "+name, func(t *testing.T) {
			if c, err := DecodeChange(b); fault.KindOf(err) != fault.Damaged {
				t.Errorf("got %v, %v, want damaged", c, err)
			}
		})
	}
	t.Run("shares no memory with what it read", func(t *testing.T) {
		b := bytes.Clone(good)
		c, err := DecodeChange(b)
		if err != nil {
			t.Fatal(err)
		}
		clear(b)
		if !bytes.Equal(c.Encode(), good) {
			t.Error("the change altered with the bytes")
		}
	})
}

func TestBodyIsReadStrictly(t *testing.T) {
	tests := []struct {
		name, body string
		want       fault.Kind
	}{
		{"a field nobody knows", `{"party":"student","x":1}`, fault.Input},
		{"more behind it", `{"party":"student"} {}`, fault.Input},
		{"another type", `{"party":1}`, fault.Input},
		{"half of it", `{"party":`, fault.Input},
		{"space behind it", "{\"party\":\"student\"}\n", fault.Other},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Body[PartyBody](&Change{Body: []byte(tt.body)})
			if got := fault.KindOf(err); got != tt.want || (err == nil) != (tt.want == fault.Other) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func FuzzDecodeChange(f *testing.F) {
	f.Add(aChange().Encode())
	for _, ch := range signing(Accepted).all() {
		f.Add(ch.Encode())
	}
	f.Add([]byte("DSC1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeChange(b)
		if err != nil {
			if fault.KindOf(err) != fault.Damaged {
				t.Fatalf("got %v", err)
			}
			return
		}
		if got := c.Encode(); !bytes.Equal(got, b) {
			t.Fatalf("encodes as\n%x\nwas\n%x", got, b)
		}
		Fold([]*Change{c, opened(newLaptop(1))})
	})
}
