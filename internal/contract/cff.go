package contract

import "encoding/binary"

// Operators of CFF dictionaries; those of two bytes are 0x0C00 and the second.
const (
	opFontBBox    = 5
	opCharset     = 15
	opCharStrings = 17
	opPrivate     = 18
	opSubrs       = 19
	opFontMatrix  = 0x0C07
	opROS         = 0x0C1E
	opCIDCount    = 0x0C22
	opFDArray     = 0x0C24
	opFDSelect    = 0x0C25
)

// cffIndex is an INDEX read in place.
type cffIndex struct {
	count   int
	offSize int
	offsets []byte
	data    []byte // offset 1 is data[0]
}

// readIndex reads the INDEX at b[at:] and gives where it ends.
func readIndex(b []byte, at int) (cffIndex, int, error) {
	if at < 0 || at+2 > len(b) {
		return cffIndex{}, 0, errFont
	}
	n := int(binary.BigEndian.Uint16(b[at:]))
	if n == 0 {
		return cffIndex{}, at + 2, nil
	}
	if at+3 > len(b) {
		return cffIndex{}, 0, errFont
	}
	ix := cffIndex{count: n, offSize: int(b[at+2])}
	from := at + 3
	to := from + (n+1)*ix.offSize
	if ix.offSize < 1 || ix.offSize > 4 || to > len(b) {
		return cffIndex{}, 0, errFont
	}
	ix.offsets, ix.data = b[from:to], b[to:]
	last := ix.offset(n)
	if last < 1 || last-1 > len(ix.data) {
		return cffIndex{}, 0, errFont
	}
	ix.data = ix.data[:last-1]
	return ix, to + last - 1, nil
}

func (ix cffIndex) offset(i int) int {
	v := 0
	for _, c := range ix.offsets[i*ix.offSize : (i+1)*ix.offSize] {
		v = v<<8 | int(c)
	}
	return v
}

// get is entry i, or nil where there is none or its bounds are wrong.
func (ix cffIndex) get(i int) []byte {
	if i < 0 || i >= ix.count {
		return nil
	}
	from, to := ix.offset(i)-1, ix.offset(i+1)-1
	if from < 0 || to < from || to > len(ix.data) {
		return nil
	}
	return ix.data[from:to]
}

// dictEntry is an operator with its operands, as bytes and as whole numbers.
type dictEntry struct {
	op   int
	raw  []byte // operands alone
	nums []int  // real numbers count as 0
}

func readDict(b []byte) ([]dictEntry, error) {
	var out []dictEntry
	start, nums := 0, []int(nil)
	for i := 0; i < len(b); {
		c := b[i]
		if c <= 21 {
			op, size := int(c), 1
			if c == 12 {
				if i+1 >= len(b) {
					return nil, errFont
				}
				op, size = 0x0C00|int(b[i+1]), 2
			}
			out = append(out, dictEntry{op, b[start:i], nums})
			i += size
			start, nums = i, nil
			continue
		}
		v, size := dictNumber(b[i:])
		if size == 0 || len(nums) >= 48 {
			return nil, errFont
		}
		nums = append(nums, v)
		i += size
	}
	return out, nil
}

// dictNumber reads one operand; size 0 says it is malformed.
func dictNumber(b []byte) (v, size int) {
	c := int(b[0])
	switch {
	case c == 28 && len(b) >= 3:
		return int16At(b, 1), 3
	case c == 29 && len(b) >= 5:
		return int(int32(binary.BigEndian.Uint32(b[1:]))), 5
	case c == 30:
		for i := 1; i < len(b); i++ {
			if b[i]&0x0F == 0x0F || b[i]>>4 == 0x0F {
				return 0, i + 1
			}
		}
	case c >= 32 && c <= 246:
		return c - 139, 1
	case c >= 247 && c <= 250 && len(b) >= 2:
		return (c-247)*256 + int(b[1]) + 108, 2
	case c >= 251 && c <= 254 && len(b) >= 2:
		return -(c-251)*256 - int(b[1]) - 108, 2
	}
	return 0, 0
}

func findOp(d []dictEntry, op int) *dictEntry {
	for i := range d {
		if d[i].op == op {
			return &d[i]
		}
	}
	return nil
}

// cffPrivate is what one font dict gives its glyphs.
type cffPrivate struct {
	matrix  []byte // operands of FontMatrix, or nil
	private []byte // the Private dict without Subrs
}

// cffFont is a CFF font set with one font and no subroutines, read in place.
type cffFont struct {
	name        string
	matrix      []byte // operands of the top FontMatrix, or nil
	bbox        []byte // operands of FontBBox, or nil
	charStrings cffIndex
	fds         []cffPrivate
	fdSelect    []byte // nil: every glyph is of fds[0]
}

func parseCFF(b []byte) (*cffFont, error) {
	if len(b) < 4 || b[0] != 1 {
		return nil, errFont
	}
	names, at, err := readIndex(b, int(b[2]))
	if err != nil {
		return nil, err
	}
	tops, at, err := readIndex(b, at)
	if err != nil {
		return nil, err
	}
	_, at, err = readIndex(b, at) // strings
	if err != nil {
		return nil, err
	}
	subrs, _, err := readIndex(b, at)
	if err != nil || subrs.count != 0 || names.count != 1 || tops.count != 1 {
		return nil, errFont
	}
	top, err := readDict(tops.get(0))
	if err != nil {
		return nil, err
	}
	f := &cffFont{name: string(names.get(0))}
	if e := findOp(top, opFontMatrix); e != nil {
		f.matrix = e.raw
	}
	if e := findOp(top, opFontBBox); e != nil {
		f.bbox = e.raw
	}
	e := findOp(top, opCharStrings)
	if e == nil || len(e.nums) != 1 {
		return nil, errFont
	}
	if f.charStrings, _, err = readIndex(b, e.nums[0]); err != nil {
		return nil, err
	}
	return f, f.readPrivates(b, top)
}

func (f *cffFont) readPrivates(b []byte, top []dictEntry) error {
	if findOp(top, opROS) == nil {
		p, err := readPrivate(b, top)
		f.fds = []cffPrivate{p}
		return err
	}
	arr, sel := findOp(top, opFDArray), findOp(top, opFDSelect)
	if arr == nil || sel == nil || len(arr.nums) != 1 || len(sel.nums) != 1 {
		return errFont
	}
	fds, _, err := readIndex(b, arr.nums[0])
	if err != nil || fds.count < 1 || fds.count > 256 {
		return errFont
	}
	for i := range fds.count {
		d, err := readDict(fds.get(i))
		if err != nil {
			return err
		}
		p, err := readPrivate(b, d)
		if err != nil {
			return err
		}
		if e := findOp(d, opFontMatrix); e != nil {
			p.matrix = e.raw
		}
		f.fds = append(f.fds, p)
	}
	at := sel.nums[0]
	if at < 0 || at >= len(b) {
		return errFont
	}
	f.fdSelect = b[at:]
	for g := range f.charStrings.count {
		if f.fdOf(g) < 0 {
			return errFont
		}
	}
	return nil
}

func readPrivate(b []byte, d []dictEntry) (cffPrivate, error) {
	e := findOp(d, opPrivate)
	if e == nil || len(e.nums) != 2 {
		return cffPrivate{}, errFont
	}
	size, at := e.nums[0], e.nums[1]
	if size < 0 || at < 0 || at+size > len(b) {
		return cffPrivate{}, errFont
	}
	entries, err := readDict(b[at : at+size])
	if err != nil || findOp(entries, opSubrs) != nil {
		return cffPrivate{}, errFont
	}
	return cffPrivate{private: b[at : at+size]}, nil
}

// fdOf is the font dict of a glyph, or -1 where the table does not say.
func (f *cffFont) fdOf(g int) int {
	s := f.fdSelect
	if s == nil {
		return 0
	}
	fd := -1
	switch {
	case s[0] == 0 && 1+g < len(s):
		fd = int(s[1+g])
	case s[0] == 3 && len(s) >= 5:
		n := int(binary.BigEndian.Uint16(s[1:]))
		if len(s) < 5+3*n {
			return -1
		}
		lo, hi := 0, n
		for lo < hi {
			mid := (lo + hi) / 2
			if int(binary.BigEndian.Uint16(s[3+3*mid:])) <= g {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo > 0 && g < int(binary.BigEndian.Uint16(s[3+3*n:])) {
			fd = int(s[3+3*(lo-1)+2])
		}
	}
	if fd >= len(f.fds) {
		return -1
	}
	return fd
}
