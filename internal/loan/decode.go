package loan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// MaxBody is the longest body of a change, in bytes.
const MaxBody = 1 << 20

// maxSeen bounds the heads a change may name: more than 64 desks at once on
// one case is not a case but an attack.
const maxSeen = 64

var errChange = errors.New("not a change")

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return make([]byte, min(n, 64))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) id() (id uuid.UUID) { copy(id[:], r.take(16)); return id }
func (r *reader) hash() (h Hash)     { copy(h[:], r.take(32)); return h }
func (r *reader) u64() uint64        { return binary.BigEndian.Uint64(r.take(8)) }
func (r *reader) text() string       { return string(r.take(int(r.take(1)[0]))) }

// DecodeChange is the inverse of Encode. It accepts exactly the bytes Encode
// can write and answers everything else with fault.Damaged; the change does
// not share memory with b.
func DecodeChange(b []byte) (*Change, error) {
	r := reader{b: b}
	c := &Change{}
	if string(r.take(4)) != "DSC1" {
		return nil, fault.New("decode change", fault.Damaged, errChange)
	}
	c.ID, c.Device, c.Counter, c.Prev = r.id(), r.id(), r.u64(), r.hash()
	n := int(binary.BigEndian.Uint16(r.take(2)))
	if n > maxSeen {
		return nil, fault.New("decode change", fault.Damaged, errChange)
	}
	for range n {
		c.Seen = append(c.Seen, r.id())
	}
	c.Operator, c.Case, c.Kind = r.text(), r.id(), ChangeKind(r.text())
	c.At = time.UnixMilli(int64(r.u64())).UTC()
	c.ClockErr = time.Duration(int64(r.u64())) * time.Millisecond
	copy(c.Salt[:], r.take(16))
	c.BodyHash = r.hash()
	has := r.take(1)[0]
	if r.bad || has > 1 || has == 0 && len(r.b) > 0 || len(r.b) > MaxBody {
		return nil, fault.New("decode change", fault.Damaged, errChange)
	}
	if has == 1 {
		c.Body = append([]byte{}, r.b...)
	}
	if !bytes.Equal(c.Encode(), b) || !sorted(c.Seen) {
		return nil, fault.New("decode change", fault.Damaged, errChange)
	}
	return c, nil
}

func sorted(ids []uuid.UUID) bool {
	return slices.IsSortedFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// HeaderHash is the hash of the header, which the chain's next change holds.
func (c *Change) HeaderHash(sum func([]byte) Hash) Hash {
	return sum(c.AppendHeader(make([]byte, 0, 256)))
}

// BodyHashOf is the salted hash of a body that a header holds.
func BodyHashOf(sum func([]byte) Hash, salt [16]byte, body []byte) Hash {
	return sum(append(append(make([]byte, 0, len(salt)+len(body)), salt[:]...), body...))
}

// Body decodes a change's body as its kind's type. An erased body is
// fault.Missing; a field the type does not know, or bytes behind the value,
// are fault.Input.
func Body[T any](c *Change) (T, error) {
	var v T
	if c.Body == nil {
		return v, fault.New("read change body", fault.Missing, nil)
	}
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fault.New("read change body", fault.Input, errors.New("body does not fit its kind"))
	}
	if _, err := d.Token(); err != io.EOF {
		return v, fault.New("read change body", fault.Input, errors.New("more behind the body"))
	}
	return v, nil
}

// bodyOf is Body, or what the body was made of where reading it would give that.
func bodyOf[T OpenBody | AttachBody](n *node) (T, error) {
	if v, ok := n.said.(T); ok && n.ch.Body != nil && valid(reflect.ValueOf(v)) {
		return v, nil
	}
	return Body[T](n.ch)
}

// valid says whether all texts of a body are UTF-8: JSON writes others as
// something else.
func valid(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return utf8.ValidString(v.String())
	case reflect.Slice:
		for i := range v.Len() {
			if !valid(v.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !valid(v.Field(i)) {
				return false
			}
		}
	case reflect.Pointer:
		return v.IsNil() || valid(v.Elem())
	case reflect.Interface, reflect.Map:
		return false // what is read may be of another type
	}
	return true
}

// MarshalText writes the hash as 64 hexadecimal digits.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (h *Hash) UnmarshalText(b []byte) error {
	v, err := ParseHash(string(b))
	*h = v
	return err
}
