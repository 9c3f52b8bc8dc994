package contract

import "encoding/binary"

// subset writes a CID-keyed CFF font set that holds .notdef and then the
// glyphs given, in their order: CID 1 is glyphs[0]. A glyph may stand twice.
func (f *cffFont) subset(name string, glyphs []uint16) ([]byte, error) {
	strings := make([][]byte, 0, len(glyphs)+1)
	used := map[int]byte{}
	var fds []cffPrivate
	var sel []byte // format 3 ranges
	last, ranges := -1, 0
	for i, g := range append([]uint16{0}, glyphs...) {
		cs := f.charStrings.get(int(g))
		fd := f.fdOf(int(g))
		if cs == nil || fd < 0 {
			return nil, errFont
		}
		strings = append(strings, cs)
		at, ok := used[fd]
		if !ok {
			at = byte(len(fds))
			used[fd] = at
			fds = append(fds, f.fds[fd])
		}
		if int(at) != last {
			sel = append(binary.BigEndian.AppendUint16(sel, uint16(i)), at)
			last = int(at)
			ranges++
		}
	}
	n := len(strings)
	fdSelect := binary.BigEndian.AppendUint16([]byte{3}, uint16(ranges))
	fdSelect = binary.BigEndian.AppendUint16(append(fdSelect, sel...), uint16(n))
	charset := []byte{0}
	if n > 1 {
		charset = binary.BigEndian.AppendUint16([]byte{2, 0, 1}, uint16(n-2))
	}
	return f.assemble(name, n, charset, fdSelect, appendIndex(nil, strings...), fds), nil
}

// assemble lays the parts out behind the top dict, whose size does not depend
// on the offsets in it.
func (f *cffFont) assemble(name string, n int, charset, fdSelect, charStrings []byte, fds []cffPrivate) []byte {
	head := appendIndex([]byte{1, 0, 4, 4}, []byte(name))
	tail := appendIndex(nil, []byte("Adobe"), []byte("Identity"))
	tail = append(tail, 0, 0) // no global subroutines
	topDict := func(at int) []byte {
		d := appendOp(appendInts(nil, 391, 392, 0), opROS)
		if f.bbox != nil {
			d = appendOp(append(d, f.bbox...), opFontBBox)
		}
		if f.matrix != nil {
			d = appendOp(append(d, f.matrix...), opFontMatrix)
		}
		d = appendOp(appendInts(d, n), opCIDCount)
		d = appendOp(appendInts(d, at), opCharset)
		at += len(charset)
		d = appendOp(appendInts(d, at), opFDSelect)
		at += len(fdSelect)
		d = appendOp(appendInts(d, at), opCharStrings)
		at += len(charStrings)
		return appendOp(appendInts(d, at), opFDArray)
	}
	start := len(head) + len(appendIndex(nil, topDict(0))) + len(tail)
	out := append(appendIndex(head, topDict(start)), tail...)
	out = append(append(append(out, charset...), fdSelect...), charStrings...)

	fdDicts := func(at int) []byte {
		dicts := make([][]byte, len(fds))
		for i, p := range fds {
			var d []byte
			if p.matrix != nil {
				d = appendOp(append(d, p.matrix...), opFontMatrix)
			}
			dicts[i] = appendOp(appendInts(d, len(p.private), at), opPrivate)
			at += len(p.private)
		}
		return appendIndex(nil, dicts...)
	}
	out = append(out, fdDicts(len(out)+len(fdDicts(0)))...)
	for _, p := range fds {
		out = append(out, p.private...)
	}
	return out
}

func appendIndex(b []byte, entries ...[]byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(entries)))
	if len(entries) == 0 {
		return b
	}
	total := 1
	for _, e := range entries {
		total += len(e)
	}
	size := 1
	for total>>(8*size) > 0 {
		size++
	}
	at := uint32(1)
	offset := func() { b = append(b, binary.BigEndian.AppendUint32(nil, at)[4-size:]...) }
	b = append(b, byte(size))
	offset()
	for _, e := range entries {
		at += uint32(len(e))
		offset()
	}
	for _, e := range entries {
		b = append(b, e...)
	}
	return b
}

// appendInts writes every number in five bytes, so that sizes are fixed.
func appendInts(b []byte, nums ...int) []byte {
	for _, v := range nums {
		b = binary.BigEndian.AppendUint32(append(b, 29), uint32(int32(v)))
	}
	return b
}

func appendOp(b []byte, op int) []byte {
	if op >= 0x0C00 {
		return append(b, 12, byte(op))
	}
	return append(b, byte(op))
}

// subsetTag is six capital letters made of a hash, as PDF wants before the
// name of a subset font.
func subsetTag(sum [32]byte) string {
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}
