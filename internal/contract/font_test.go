package contract

import (
	"bytes"
	"testing"
)

func TestSubsetHoldsTheSameOutlines(t *testing.T) {
	p := testPress(t)
	rare, err := p.rare()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		font *font
		text string
	}{
		"sans": {p.sans, "国家A1，（一𬎆"},
		"rare": {rare, "𠀀𫝀"},
	} {
		var glyphs []uint16
		for _, r := range c.text {
			g, ok := c.font.glyph(r)
			if !ok {
				t.Logf("%s has no %c", name, r)
				continue
			}
			glyphs = append(glyphs, g)
		}
		if len(glyphs) == 0 {
			t.Fatalf("%s: nothing to subset", name)
		}
		glyphs = append(glyphs, glyphs[0])
		b, err := c.font.cff.subset("ABCDEF+x", glyphs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseCFF(b)
		if err != nil {
			t.Fatalf("%s: the subset cannot be read: %v", name, err)
		}
		if got.charStrings.count != len(glyphs)+1 {
			t.Errorf("%s: %d glyphs, want %d", name, got.charStrings.count, len(glyphs)+1)
		}
		for i, g := range glyphs {
			if !bytes.Equal(got.charStrings.get(i+1), c.font.cff.charStrings.get(int(g))) {
				t.Errorf("%s: outline %d differs", name, i)
			}
			have, want := got.fds[got.fdOf(i+1)], c.font.cff.fds[c.font.cff.fdOf(int(g))]
			if !bytes.Equal(have.private, want.private) || !bytes.Equal(have.matrix, want.matrix) {
				t.Errorf("%s: private dict of glyph %d differs", name, i)
			}
		}
	}
}

func TestRareFontIsOpenedOnlyForARareCharacter(t *testing.T) {
	p := *testPress(t)
	opened := 0
	inner := p.rare
	p.rare = func() (*font, error) { opened++; return inner() }
	in := testInput(t)
	if _, err := p.Fill(in); err != nil {
		t.Fatal(err)
	}
	if opened != 0 {
		t.Error("the rare font is opened for characters that the sans font has")
	}
	in.App.Student.Name = "𠀀"
	if _, err := p.Fill(in); err != nil {
		t.Fatal(err)
	}
	if opened == 0 {
		t.Error("the rare font is not opened for a rare character")
	}
}

func TestGlyphsOfBothKindsOfTable(t *testing.T) {
	// Format 4: 0x41–0x43 by delta to 1–3, 0x50 through the glyph array to 7.
	f4 := &font{glyphs: 10, cmap: []byte{
		0, 4, 0, 42, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0,
		0, 0x43, 0, 0x50, 0xFF, 0xFF, 0, 0,
		0, 0x41, 0, 0x50, 0xFF, 0xFF,
		0xFF, 0xC0, 0, 0, 0, 1,
		0, 0, 0, 4, 0, 0,
		0, 7,
	}}
	for r, want := range map[rune]uint16{0x41: 1, 0x43: 3, 0x50: 7, 0x44: 0, 0x40: 0, 0x20000: 0} {
		if got, ok := f4.glyph(r); got != want && ok || ok != (want != 0) {
			t.Errorf("format 4: %U is %d, %v, want %d", r, got, ok, want)
		}
	}
	f12 := &font{glyphs: 100, cmap12: true, cmap: []byte{
		0, 2, 0, 0, 0, 2, 0, 9, 0, 0, 0, 20,
		0, 2, 1, 0, 0, 2, 1, 0, 0, 0, 0, 50,
	}}
	for r, want := range map[rune]uint16{0x20000: 20, 0x20009: 29, 0x20100: 50, 0x2000A: 0, 0x41: 0} {
		if got, ok := f12.glyph(r); got != want && ok || ok != (want != 0) {
			t.Errorf("format 12: %U is %d, %v, want %d", r, got, ok, want)
		}
	}
}

func FuzzParseFont(f *testing.F) {
	f.Add([]byte("OTTO\x00\x01\x00\x00\x00\x00\x00\x00"))
	p, err := NewPress()
	if err != nil {
		f.Fatal(err)
	}
	small, err := p.sans.cff.subset("ABCDEF+x", []uint16{5, 6, 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, b []byte) {
		if font, err := parseFont(b); err == nil {
			for r := range rune(300) {
				font.glyph(r)
			}
		}
		if c, err := parseCFF(b); err == nil && c.charStrings.count > 0 {
			_, _ = c.subset("ABCDEF+x", []uint16{0, uint16(c.charStrings.count - 1)})
		}
	})
}
