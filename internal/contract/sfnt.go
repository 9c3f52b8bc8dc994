package contract

import (
	"encoding/binary"
	"errors"
)

var errFont = errors.New("font is not of the form this writer reads")

// font is an OpenType font with CFF outlines, read in place: nothing is
// copied, every access is bounds-checked, and it is safe for concurrent use.
type font struct {
	name    string // PostScript name, as the font file's CFF has it
	upem    int
	ascent  int // of 1000 units
	descent int // of 1000 units, negative
	bbox    [4]int
	glyphs  int
	hmtx    []byte
	metrics int // entries of hmtx that hold an advance
	cmap    []byte
	cmap12  bool
	cff     *cffFont
}

// parseFont reads an OTF file. Its CFF must be CID-keyed or name-keyed and
// without subroutines.
func parseFont(b []byte) (*font, error) {
	tables, err := sfntTables(b)
	if err != nil {
		return nil, err
	}
	head, hhea, maxp := tables["head"], tables["hhea"], tables["maxp"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 6 {
		return nil, errFont
	}
	f := &font{
		upem:    int(binary.BigEndian.Uint16(head[18:])),
		glyphs:  int(binary.BigEndian.Uint16(maxp[4:])),
		metrics: int(binary.BigEndian.Uint16(hhea[34:])),
		hmtx:    tables["hmtx"],
	}
	if f.upem < 16 || f.upem > 16384 || f.metrics < 1 || len(f.hmtx) < 4*f.metrics {
		return nil, errFont
	}
	f.ascent = f.scale(int16At(hhea, 4))
	f.descent = f.scale(int16At(hhea, 6))
	for i := range f.bbox {
		f.bbox[i] = f.scale(int16At(head, 36+2*i))
	}
	if f.cff, err = parseCFF(tables["CFF "]); err != nil {
		return nil, err
	}
	if f.cff.charStrings.count != f.glyphs {
		return nil, errFont
	}
	f.name = f.cff.name
	return f, f.readCmap(tables["cmap"])
}

func int16At(b []byte, at int) int { return int(int16(binary.BigEndian.Uint16(b[at:]))) }

// scale turns font units into thousandths of an em, rounding to nearest.
func (f *font) scale(v int) int {
	if v < 0 {
		return -f.scale(-v)
	}
	return (v*1000 + f.upem/2) / f.upem
}

func sfntTables(b []byte) (map[string][]byte, error) {
	if len(b) < 12 || string(b[:4]) != "OTTO" {
		return nil, errFont
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if len(b) < 12+16*n {
		return nil, errFont
	}
	tables := make(map[string][]byte, n)
	for i := range n {
		entry := b[12+16*i:]
		from := uint64(binary.BigEndian.Uint32(entry[8:]))
		size := uint64(binary.BigEndian.Uint32(entry[12:]))
		if from+size > uint64(len(b)) {
			return nil, errFont
		}
		tables[string(entry[:4])] = b[from : from+size]
	}
	return tables, nil
}

// readCmap picks the widest Unicode table: format 12, else format 4.
func (f *font) readCmap(b []byte) error {
	if len(b) < 4 {
		return errFont
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if len(b) < 4+8*n {
		return errFont
	}
	for i := range n {
		entry := b[4+8*i:]
		platform := binary.BigEndian.Uint16(entry)
		at := uint64(binary.BigEndian.Uint32(entry[4:]))
		if platform != 0 && platform != 3 || at+16 > uint64(len(b)) {
			continue
		}
		sub := b[at:]
		switch binary.BigEndian.Uint16(sub) {
		case 12:
			groups := uint64(binary.BigEndian.Uint32(sub[12:]))
			if 16+12*groups > uint64(len(sub)) {
				return errFont
			}
			f.cmap, f.cmap12 = sub[16:16+12*groups], true
		case 4:
			size := int(binary.BigEndian.Uint16(sub[2:]))
			if f.cmap == nil && size >= 16 && size <= len(sub) {
				f.cmap = sub[:size]
			}
		}
	}
	if f.cmap == nil {
		return errFont
	}
	return nil
}

// glyph is the glyph that draws r; false where the font has none.
func (f *font) glyph(r rune) (uint16, bool) {
	g := 0
	if f.cmap12 {
		g = f.glyph12(uint32(r))
	} else if r <= 0xFFFF {
		g = f.glyph4(int(r))
	}
	return uint16(g), g > 0 && g < f.glyphs
}

func (f *font) glyph12(r uint32) int {
	lo, hi := 0, len(f.cmap)/12
	for lo < hi {
		mid := (lo + hi) / 2
		group := f.cmap[12*mid:]
		first, last := binary.BigEndian.Uint32(group), binary.BigEndian.Uint32(group[4:])
		switch {
		case r < first:
			hi = mid
		case r > last:
			lo = mid + 1
		default:
			return int(binary.BigEndian.Uint32(group[8:]) + r - first)
		}
	}
	return 0
}

func (f *font) glyph4(r int) int {
	u16 := func(at int) int {
		if at < 0 || at+2 > len(f.cmap) {
			return 0
		}
		return int(binary.BigEndian.Uint16(f.cmap[at:]))
	}
	segs := u16(6) / 2
	for i := range segs {
		if r > u16(14+2*i) {
			continue
		}
		startAt := 16 + 2*segs + 2*i
		first := u16(startAt)
		if r < first {
			return 0
		}
		delta, rangeAt := u16(startAt+2*segs), startAt+4*segs
		if u16(rangeAt) == 0 {
			return (r + delta) & 0xFFFF
		}
		g := u16(rangeAt + u16(rangeAt) + 2*(r-first))
		if g == 0 {
			return 0
		}
		return (g + delta) & 0xFFFF
	}
	return 0
}

// advance is the glyph's width in thousandths of an em.
func (f *font) advance(g uint16) int {
	i := min(int(g), f.metrics-1)
	return f.scale(int(binary.BigEndian.Uint16(f.hmtx[4*i:])))
}
