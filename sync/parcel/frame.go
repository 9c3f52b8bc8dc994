package parcel

import (
	"encoding/binary"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// cursor reads fixed fields; past the end it gives zeroes and remembers.
type cursor struct {
	b   []byte
	off int
	bad bool
}

func (c *cursor) take(n int) []byte {
	if c.bad || n < 0 || n > len(c.b)-c.off {
		c.bad = true
		return make([]byte, min(max(n, 0), 64))
	}
	out := c.b[c.off : c.off+n]
	c.off += n
	return out
}

func (c *cursor) u8() byte           { return c.take(1)[0] }
func (c *cursor) u16() int           { return int(binary.BigEndian.Uint16(c.take(2))) }
func (c *cursor) u32() int           { return int(binary.BigEndian.Uint32(c.take(4))) }
func (c *cursor) u64() uint64        { return binary.BigEndian.Uint64(c.take(8)) }
func (c *cursor) id() (id uuid.UUID) { copy(id[:], c.take(16)); return id }
func (c *cursor) hash() (h loan.Hash) {
	copy(h[:], c.take(32))
	return h
}

// magic reads four letters and a suite known here.
func (c *cursor) magic(want string) (seal.Suite, bool) {
	ok := string(c.take(4)) == want
	s := seal.Suite(c.u8())
	return s, ok && s.Known() && !c.bad
}

// signed gives the bytes in front of the signature, and the signature.
func (c *cursor) signed() (msg, sig []byte) {
	msg = c.b[:c.off]
	return msg, c.take(c.u16())
}

func (c *cursor) rest() []byte { return c.take(len(c.b) - c.off) }

func appendSignature(b []byte, s *seal.Signer, context string) []byte {
	sig := s.Sign(context, b)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(sig))), sig...)
}
