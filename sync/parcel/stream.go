package parcel

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Words of the stream's beginning.
const (
	StreamPath     = "/v1/stream"
	StreamProtocol = "doorstep-stream/1" // of the headers Upgrade, both ways
	// LaneHeader is session id | "/" | number of the lane in it, from 0.
	LaneHeader = "Doorstep-Lane"
	// ServerHeader names the process that answers, in the answer to a lane.
	ServerHeader = "Doorstep-Server"
)

// Limits of the stream.
const (
	MaxData      = 64 << 10 // bytes of a blob in one frame
	MaxPackedOne = 64 << 10 // bytes of a blob that may go packed
	maxPath      = 256
	maxFrame     = MaxBytes + 1024
)

// FrameType names a frame of the stream.
type FrameType uint8

// The frames; doc.go has their bytes.
const (
	FrameAsk    FrameType = 1
	FrameBlob   FrameType = 2
	FrameData   FrameType = 3
	FramePacked FrameType = 4
	FrameLack   FrameType = 5
	FramePing   FrameType = 6

	FrameAnswer  FrameType = 65
	FrameTaken   FrameType = 66
	FrameRefused FrameType = 67
	FrameLacking FrameType = 68
	FramePong    FrameType = 69
)

// headSize is the bytes in front of every frame.
const headSize = 4

// FrameHead is a frame's beginning.
type FrameHead struct {
	Type FrameType
	Len  int // of what follows
}

// bounds are how long a frame may be; no frame of another type is taken.
func (t FrameType) bounds() (least, most int) {
	switch t {
	case FrameAsk:
		return 8, maxFrame
	case FrameBlob:
		return 36, 36
	case FrameData:
		return 5, 4 + MaxData
	case FramePacked:
		return 1, MaxPackedOne
	case FrameLack:
		return 4 + 36, 4 + 36*MaxAsk
	case FramePing, FramePong, FrameTaken:
		return 8, 8
	case FrameAnswer:
		return 7, maxFrame
	case FrameRefused:
		return 34, 34 + 4096
	case FrameLacking:
		return 5, 2 << 20
	}
	return 1, 0
}

// ReadHead reads a frame's beginning. up says that it comes from a laptop. A
// type that does not belong there, or a length that is none, is fault.Input.
func ReadHead(r io.Reader, up bool) (FrameHead, error) {
	var b [headSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return FrameHead{}, err
	}
	h := FrameHead{FrameType(b[0]), int(b[1])<<16 | int(b[2])<<8 | int(b[3])}
	least, most := h.Type.bounds()
	if h.Len < least || h.Len > most || up != (h.Type < FrameAnswer) {
		return FrameHead{}, fault.New("parcel.ReadHead", fault.Input, errors.New("no frame"))
	}
	return h, nil
}

// AppendHead begins a frame of n bytes.
func AppendHead(b []byte, t FrameType, n int) []byte {
	return append(b, byte(t), byte(n>>16), byte(n>>8), byte(n))
}

// AppendNumber appends a whole frame that is one number: Ping, Pong, Taken.
func AppendNumber(b []byte, t FrameType, n uint64) []byte {
	return binary.BigEndian.AppendUint64(AppendHead(b, t, 8), n)
}

// AppendBlob appends the frame that names the blob whose data follow.
func AppendBlob(b []byte, s BlobSize) []byte {
	b = append(AppendHead(b, FrameBlob, 36), s.Hash[:]...)
	return binary.BigEndian.AppendUint32(b, uint32(s.Size))
}

// AppendData appends a frame with some bytes of the blob named last.
func AppendData(b []byte, offset int64, data []byte) []byte {
	b = binary.BigEndian.AppendUint32(AppendHead(b, FrameData, 4+len(data)), uint32(offset))
	return append(b, data...)
}

// ParseBlob reads the body of a Blob frame; a size that no blob has is
// fault.TooLarge.
func ParseBlob(b []byte) (BlobSize, error) {
	c := cursor{b: b}
	s := BlobSize{Hash: c.hash(), Size: int64(c.u32())}
	if c.bad || c.off != len(b) || s.Size < 1 {
		return s, fault.New("parcel.ParseBlob", fault.Input, errors.New("no blob"))
	}
	if s.Size > MaxBlob {
		return s, fault.New("parcel.ParseBlob", fault.TooLarge, errors.New("size of the blob"))
	}
	return s, nil
}

// Ask is a request of the HTTP interface on its way through a stream.
type Ask struct {
	ID                 uint32
	Method, Path, Type string
	Body               []byte
}

// Append appends the whole frame; fault.TooLarge past the limits.
func (a *Ask) Append(b []byte) ([]byte, error) {
	n := 4 + 1 + len(a.Method) + 2 + len(a.Path) + 1 + len(a.Type) + len(a.Body)
	if len(a.Method) > 7 || len(a.Path) > maxPath || len(a.Type) > 127 || n > maxFrame {
		return b, fault.New("parcel.Ask", fault.TooLarge, nil)
	}
	b = binary.BigEndian.AppendUint32(AppendHead(b, FrameAsk, n), a.ID)
	b = append(append(b, byte(len(a.Method))), a.Method...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(a.Path))), a.Path...)
	b = append(append(b, byte(len(a.Type))), a.Type...)
	return append(b, a.Body...), nil
}

// ParseAsk reads the body of an Ask frame; it keeps parts of b.
func ParseAsk(b []byte) (*Ask, error) {
	c := cursor{b: b}
	a := &Ask{ID: uint32(c.u32())}
	a.Method = string(c.take(int(c.u8())))
	n := c.u16()
	a.Path = string(c.take(n))
	a.Type = string(c.take(int(c.u8())))
	if c.bad || len(a.Method) > 7 || len(a.Path) > maxPath || len(a.Type) > 127 || len(a.Path) == 0 || a.Path[0] != '/' {
		return nil, fault.New("parcel.ParseAsk", fault.Input, errors.New("no request"))
	}
	a.Body = c.rest()
	return a, nil
}

// Answer is the answer to an Ask.
type Answer struct {
	ID     uint32
	Status int
	Type   string
	Body   []byte
}

// Append appends the whole frame; fault.TooLarge past the limits.
func (a *Answer) Append(b []byte) ([]byte, error) {
	n := 4 + 2 + 1 + len(a.Type) + len(a.Body)
	if len(a.Type) > 127 || a.Status < 100 || a.Status > 999 || n > maxFrame {
		return b, fault.New("parcel.Answer", fault.TooLarge, nil)
	}
	b = binary.BigEndian.AppendUint32(AppendHead(b, FrameAnswer, n), a.ID)
	b = binary.BigEndian.AppendUint16(b, uint16(a.Status))
	b = append(append(b, byte(len(a.Type))), a.Type...)
	return append(b, a.Body...), nil
}

// ParseAnswer reads the body of an Answer frame; it keeps parts of b.
func ParseAnswer(b []byte) (*Answer, error) {
	c := cursor{b: b}
	a := &Answer{ID: uint32(c.u32()), Status: c.u16()}
	a.Type = string(c.take(int(c.u8())))
	if c.bad || a.Status < 100 || a.Status > 999 || len(a.Type) > 127 {
		return nil, fault.New("parcel.ParseAnswer", fault.Input, errors.New("no answer"))
	}
	a.Body = c.rest()
	return a, nil
}

// Refused says that the centre does not take a blob: the status and the body
// of the answer that its chunk would get over HTTP.
type Refused struct {
	Hash   loan.Hash
	Status int
	Body   []byte
}

// Append appends the whole frame.
func (r *Refused) Append(b []byte) []byte {
	body := r.Body[:min(len(r.Body), 4096)]
	b = append(AppendHead(b, FrameRefused, 34+len(body)), r.Hash[:]...)
	return append(binary.BigEndian.AppendUint16(b, uint16(r.Status)), body...)
}

// ParseRefused reads the body of a Refused frame; it keeps parts of b.
func ParseRefused(b []byte) (*Refused, error) {
	c := cursor{b: b}
	r := &Refused{Hash: c.hash(), Status: c.u16()}
	if c.bad || r.Status < 400 || r.Status > 599 {
		return nil, fault.New("parcel.ParseRefused", fault.Input, errors.New("no refusal"))
	}
	r.Body = c.rest()
	return r, nil
}

// AppendLack appends the question which bytes of some blobs are not held, at
// most MaxAsk of them.
func AppendLack(b []byte, id uint32, blobs []BlobSize) []byte {
	b = binary.BigEndian.AppendUint32(AppendHead(b, FrameLack, 4+36*len(blobs)), id)
	for _, s := range blobs {
		b = binary.BigEndian.AppendUint32(append(b, s.Hash[:]...), uint32(s.Size))
	}
	return b
}

// ParseLack reads the body of a Lack frame.
func ParseLack(b []byte) (id uint32, blobs []BlobSize, err error) {
	if len(b) < 4+36 || (len(b)-4)%36 != 0 || (len(b)-4)/36 > MaxAsk {
		return 0, nil, fault.New("parcel.ParseLack", fault.Input, errors.New("no question"))
	}
	id = binary.BigEndian.Uint32(b)
	for b = b[4:]; len(b) > 0; b = b[36:] {
		s, err := ParseBlob(b[:36])
		if err != nil {
			return 0, nil, err
		}
		blobs = append(blobs, s)
	}
	return id, blobs, nil
}

// maxRanges is how many holes of one blob are told apart; what is behind the
// last one then counts as lacking.
const maxRanges = 64

// AppendLacking appends the answer to a Lack, in its order.
func AppendLacking(b []byte, id uint32, lacks []Lack) []byte {
	body := binary.BigEndian.AppendUint32(nil, id)
	for _, l := range lacks {
		rs := l.Ranges
		if len(rs) > maxRanges {
			rs = append(append([][2]int64{}, rs[:maxRanges-1]...), [2]int64{rs[maxRanges-1][0], rs[len(rs)-1][1]})
		}
		if l.Held {
			rs = nil
		}
		body = append(body, byte(len(rs)))
		for _, r := range rs {
			body = binary.BigEndian.AppendUint32(body, uint32(r[0]))
			body = binary.BigEndian.AppendUint32(body, uint32(r[1]))
		}
	}
	return append(AppendHead(b, FrameLacking, len(body)), body...)
}

// LackingID is the question that the body of a Lacking frame answers.
func LackingID(b []byte) uint32 {
	c := cursor{b: b}
	return uint32(c.u32())
}

// ParseLacking reads the body of a Lacking frame, the answer about these
// blobs. Ranges that are none of a blob are fault.Input.
func ParseLacking(b []byte, blobs []BlobSize) ([]Lack, error) {
	bad := fault.New("parcel.ParseLacking", fault.Input, errors.New("no answer to this question"))
	c := cursor{b: b}
	c.u32()
	out := make([]Lack, 0, len(blobs))
	for _, s := range blobs {
		l := Lack{Hash: s.Hash}
		n := int(c.u8())
		last := int64(0)
		for range n {
			r := [2]int64{int64(c.u32()), int64(c.u32())}
			if c.bad || r[0] < last || r[1] <= r[0] || r[1] > s.Size {
				return nil, bad
			}
			last = r[1]
			l.Ranges = append(l.Ranges, r)
		}
		if c.bad {
			return nil, bad
		}
		l.Held = n == 0
		out = append(out, l)
	}
	if c.off != len(b) {
		return nil, bad
	}
	return out, nil
}

// Packer packs blobs that are worth it. It is for one goroutine at a time.
type Packer struct {
	out bytes.Buffer
	w   *flate.Writer
}

// Pack packs a blob whose bytes look as if it were worth it: text and ink are,
// pictures are not. It gives nil for one that is not, and for one that is too
// long.
func (p *Packer) Pack(content []byte) []byte {
	if len(content) > MaxPackedOne || len(content) < 256 || !uneven(content[len(content)/2:]) {
		return nil
	}
	p.out.Reset()
	if p.w == nil {
		p.w, _ = flate.NewWriter(&p.out, flate.DefaultCompression) // a level that there is
	} else {
		p.w.Reset(&p.out)
	}
	p.w.Write(content) // a bytes.Buffer does not fail
	if p.w.Close() != nil || p.out.Len() > len(content)*7/8 {
		return nil
	}
	return bytes.Clone(p.out.Bytes())
}

// uneven says whether some bytes are much more frequent than others among the
// first of b, which those of packed content are not.
func uneven(b []byte) bool {
	b = b[:min(len(b), 512)]
	var n [256]int
	for _, x := range b {
		n[x]++
	}
	squares := 0
	for _, x := range n {
		squares += x * x
	}
	// Of even bytes it is len + len²/256.
	return squares > len(b)+len(b)*len(b)/64
}

// Unpacker unpacks what a Packer packed. It is for one goroutine at a time.
type Unpacker struct {
	src bytes.Reader
	in  *bufio.Reader
	r   io.ReadCloser
}

// Unpack gives the blob of a size that was packed. Anything else is fault.Input.
func (u *Unpacker) Unpack(packed []byte, size int64) ([]byte, error) {
	bad := func() ([]byte, error) {
		return nil, fault.New("parcel.Unpack", fault.Input, errors.New("blob does not unpack"))
	}
	if size > MaxPackedOne {
		return bad()
	}
	u.src.Reset(packed)
	defer u.src.Reset(nil)
	if u.r == nil {
		u.in = bufio.NewReaderSize(&u.src, 512)
		u.r = flate.NewReader(u.in)
	} else {
		u.in.Reset(&u.src)
		if err := u.r.(flate.Resetter).Reset(u.in, nil); err != nil {
			return bad()
		}
	}
	out := make([]byte, size)
	if _, err := io.ReadFull(u.r, out); err != nil {
		return bad()
	}
	var one [1]byte
	if n, err := u.r.Read(one[:]); n != 0 || err != io.EOF {
		return bad()
	}
	return out, nil
}
