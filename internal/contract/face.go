package contract

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"unicode/utf16"

	"doorstep/assets"
	"doorstep/internal/fault"
)

// Press holds the parsed fonts. It is made once, is safe for concurrent use,
// and unpacks the font of rare characters when the first of them is met.
type Press struct {
	sans *font
	rare func() (*font, error)
}

// NewPress parses the embedded fonts. The error is fault.Damaged: the
// program's own file is broken.
func NewPress() (*Press, error) {
	const op = "contract.NewPress"
	sans, err := parseFont(assets.Sans())
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	rare := sync.OnceValues(func() (*font, error) {
		b, err := assets.Rare()
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		f, err := parseFont(b)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		return f, nil
	})
	return &Press{sans: sans, rare: rare}, nil
}

// face is one font as one document uses it. Each character has a CID of its
// own, so that two characters drawn by one glyph still read back apart.
type face struct {
	font  *font
	runes []rune // CID 1 is runes[0]
	cids  map[rune]uint16
	wide  []int // advances, beside runes
	ids   []uint16
}

func (f *face) use(r rune, glyph uint16) uint16 {
	if cid, ok := f.cids[r]; ok {
		return cid
	}
	f.runes = append(f.runes, r)
	f.ids = append(f.ids, glyph)
	f.wide = append(f.wide, f.font.advance(glyph))
	cid := uint16(len(f.runes))
	f.cids[r] = cid
	return cid
}

// typeface numbers a document's faces: the resource names are F0 and F1. There is
// none that is bold: its outlines would be an eighth of the file, and a line about
// those of the other does as well.
const (
	faceSans = iota
	faceRare
	faceCount
)

// faces is the fonts of one document.
type faces struct {
	press *Press
	all   [faceCount]*face
}

func newFaces(p *Press) *faces { return &faces{press: p} }

func (fs *faces) open(i int) (*face, error) {
	if fs.all[i] != nil {
		return fs.all[i], nil
	}
	f, err := fs.press.sans, error(nil)
	if i == faceRare {
		f, err = fs.press.rare()
	}
	if err != nil {
		return nil, err
	}
	fs.all[i] = &face{font: f, cids: map[rune]uint16{}}
	return fs.all[i], nil
}

// glyph is a character placed by a face; adv is in thousandths of an em.
type glyph struct {
	r    rune
	face int
	cid  uint16
	adv  int
}

// find gives the glyph of r in the first font that has it. The error is
// fault.Input and names the code point and the field.
func (fs *faces) find(r rune, field string) (glyph, error) {
	if r >= 0x20 && r != 0x7F {
		for _, i := range []int{faceSans, faceRare} {
			f, err := fs.open(i)
			if err != nil {
				return glyph{}, err
			}
			if cid, ok := f.cids[r]; ok {
				return glyph{r, i, cid, f.wide[cid-1]}, nil
			}
			if id, ok := f.font.glyph(r); ok {
				cid := f.use(r, id)
				return glyph{r, i, cid, f.wide[cid-1]}, nil
			}
		}
	}
	return glyph{}, fault.Say("contract.font", fault.Input,
		fmt.Sprintf("“%s”中的字符 U+%04X 无法印刷，请核对该字。", field, r), nil)
}

// write adds the fonts used to the file and gives the resource dictionary's
// Font entry.
func (fs *faces) write(p *pdf) (string, error) {
	out := "/Font <<"
	for i, f := range fs.all {
		if f == nil || len(f.runes) == 0 {
			continue
		}
		n, err := f.write(p)
		if err != nil {
			return "", err
		}
		out += fmt.Sprintf(" /F%d %s", i, ref(n))
	}
	return out + " >>", nil
}

func (f *face) write(p *pdf) (int, error) {
	sum := sha256.Sum256([]byte(string(f.runes)))
	name := subsetTag(sum) + "+" + f.font.name
	program, err := f.font.cff.subset(name, f.ids)
	if err != nil {
		return 0, fault.New("contract.subset", fault.Damaged, err)
	}
	file := p.add(deflated("/Subtype /CIDFontType0C", program))
	box := f.font.bbox
	desc := p.addf("<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight 733 /StemV 80 /FontFile3 %s >>",
		name, box[0], box[1], box[2], box[3], f.font.ascent, f.font.descent, ref(file))
	cid := p.addf("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %s /DW 1000 /W [%s] >>",
		name, ref(desc), f.widths())
	uni := p.add(deflated("", f.toUnicode()))
	return p.addf("<< /Type /Font /Subtype /Type0 /BaseFont /%s-Identity-H /Encoding /Identity-H /DescendantFonts [%s] /ToUnicode %s >>",
		name, ref(cid), ref(uni)), nil
}

// widths lists the advances that are not 1000.
func (f *face) widths() string {
	notdef := f.font.advance(0)
	var b []byte
	if notdef != 1000 {
		b = fmt.Appendf(b, "0 [%d]", notdef)
	}
	for i := 0; i < len(f.wide); {
		if f.wide[i] == 1000 {
			i++
			continue
		}
		b = fmt.Appendf(b, " %d [", i+1)
		for j := i; i < len(f.wide) && f.wide[i] != 1000; i++ {
			if i > j {
				b = append(b, ' ')
			}
			b = fmt.Appendf(b, "%d", f.wide[i])
		}
		b = append(b, ']')
	}
	return string(b)
}

// toUnicode maps every CID back to its character, in blocks of a hundred.
func (f *face) toUnicode() []byte {
	b := []byte(`/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
`)
	cid := 1
	for block := range slices.Chunk(f.runes, 100) {
		b = fmt.Appendf(b, "%d beginbfchar\n", len(block))
		for _, r := range block {
			b = fmt.Appendf(b, "<%04X> <", cid)
			for _, u := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, "%04X", u)
			}
			b = append(b, ">\n"...)
			cid++
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}
