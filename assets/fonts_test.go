package assets_test

import (
	"testing"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"doorstep/assets"
)

type block struct {
	name        string
	first, last rune
}

// later is what Unicode added to these blocks after GB 18030-2022.
var later = []block{
	{"unified ideographs", 0x9FF0, 0x9FFF},
	{"Extension A", 0x4DB6, 0x4DBF},
	{"Extension B", 0x2A6D7, 0x2A6DF},
	{"Extension C", 0x2B735, 0x2B739},
}

// level3 is every Han character that GB 18030-2022 level 3 asks for: 87,887
// characters, and 〇 and the Kangxi radicals beside them.
var level3 = []block{
	{"ideographic zero", 0x3007, 0x3007},
	{"Kangxi radicals", 0x2F00, 0x2FD5},
	{"unified ideographs", 0x4E00, 0x9FEF},
	{"Extension A", 0x3400, 0x4DB5},
	{"Extension B", 0x20000, 0x2A6D6},
	{"Extension C", 0x2A700, 0x2B734},
	{"Extension D", 0x2B740, 0x2B81D},
	{"Extension E", 0x2B820, 0x2CEA1},
	{"Extension F", 0x2CEB0, 0x2EBE0},
	{"compatibility FA0E", 0xFA0E, 0xFA0F},
	{"compatibility FA11", 0xFA11, 0xFA11},
	{"compatibility FA13", 0xFA13, 0xFA14},
	{"compatibility FA1F", 0xFA1F, 0xFA1F},
	{"compatibility FA21", 0xFA21, 0xFA21},
	{"compatibility FA23", 0xFA23, 0xFA24},
	{"compatibility FA27", 0xFA27, 0xFA29},
}

func parse(t testing.TB, b []byte) *sfnt.Font {
	t.Helper()
	f, err := sfnt.Parse(b)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return f
}

func rareBytes(t testing.TB) []byte {
	t.Helper()
	b, err := assets.Rare()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func holds(t testing.TB, f *sfnt.Font, buf *sfnt.Buffer, r rune) bool {
	t.Helper()
	i, err := f.GlyphIndex(buf, r)
	if err != nil {
		t.Fatalf("U+%04X: %v", r, err)
	}
	return i != 0
}

func TestFontsTogetherHoldTheseBlocks(t *testing.T) {
	var buf sfnt.Buffer
	sans, bold, rare := parse(t, assets.Sans()), parse(t, assets.SansBold()), parse(t, rareBytes(t))
	for _, of := range []struct {
		name   string
		blocks []block
		want   int
	}{
		{"level 3 of GB 18030-2022", level3, 87887 + 1 + 214},
		{"what Unicode added since", later, 40},
	} {
		t.Run(of.name, func(t *testing.T) {
			total := 0
			for _, b := range of.blocks {
				missing := 0
				for r := b.first; r <= b.last; r++ {
					total++
					inSans := holds(t, sans, &buf, r)
					if inSans != holds(t, bold, &buf, r) {
						t.Errorf("U+%04X is in one weight only", r)
					}
					if !inSans && !holds(t, rare, &buf, r) {
						missing++
					}
				}
				if missing > 0 {
					t.Errorf("%s: %d characters missing", b.name, missing)
				}
			}
			if total != of.want {
				t.Errorf("%d characters, want %d", total, of.want)
			}
		})
	}
}

func TestFontsDrawTheRareNames(t *testing.T) {
	var buf sfnt.Buffer
	sans, bold, rare := parse(t, assets.Sans()), parse(t, assets.SansBold()), parse(t, rareBytes(t))
	draws := func(f *sfnt.Font, r rune) bool {
		i, err := f.GlyphIndex(&buf, r)
		if err != nil || i == 0 {
			return false
		}
		lines, err := f.LoadGlyph(&buf, i, fixed.I(64), nil)
		if err != nil {
			t.Errorf("U+%04X: %v", r, err)
		}
		return len(lines) > 3
	}
	for _, r := range "家门口办贷𬭎䶮㛃𫖮𠅤𬎆〇·ＡA1，。（）￥¥√×※→①Ⅷ" {
		if !draws(sans, r) || !draws(bold, r) {
			t.Errorf("sans does not draw %c U+%04X", r, r)
		}
	}
	for _, r := range "𠀀𪜀𬺰𮯠鿿䶿𪛟𫜹" {
		if !draws(rare, r) {
			t.Errorf("rare does not draw %c U+%04X", r, r)
		}
	}
}

func TestRareAdvancesAreOneEm(t *testing.T) {
	var buf sfnt.Buffer
	f := parse(t, rareBytes(t))
	i, err := f.GlyphIndex(&buf, 0x20000)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.GlyphAdvance(&buf, i, fixed.I(64), 0)
	if err != nil || got != fixed.I(64) {
		t.Errorf("advance %v, %v; want 64", got, err)
	}
}

func BenchmarkRare(b *testing.B) {
	for b.Loop() {
		if _, err := assets.Rare(); err != nil {
			b.Fatal(err)
		}
	}
}
