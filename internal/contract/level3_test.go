package contract

import (
	"fmt"
	"strings"
	"testing"
)

// Every Han character of GB 18030-2022 level 3 is printed and comes back.
func TestEveryLevel3CharacterReadsBack(t *testing.T) {
	if testing.Short() {
		t.Skip("prints 88,000 characters")
	}
	t.Parallel()
	tool(t, "pdftotext")
	var all []rune
	for _, r := range [][2]rune{{0x3007, 0x3007}, {0x2F00, 0x2FD5}, {0x4E00, 0x9FEF}, {0x3400, 0x4DB5}, {0x20000, 0x2A6D6},
		{0x2A700, 0x2B734}, {0x2B740, 0x2B81D}, {0x2B820, 0x2CEA1}, {0x2CEB0, 0x2EBE0},
		{0xFA0E, 0xFA0F}, {0xFA11, 0xFA11}, {0xFA13, 0xFA14}, {0xFA1F, 0xFA1F}, {0xFA21, 0xFA21}, {0xFA23, 0xFA24}, {0xFA27, 0xFA29}} {
		for c := r[0]; c <= r[1]; c++ {
			all = append(all, c)
		}
	}
	const row, doc = 100, 30000
	for start := 0; start < len(all); start += doc {
		in := testInput(t)
		in.Evidence = nil
		part := all[start:min(start+doc, len(all))]
		for i := 0; i < len(part); i += row {
			in.Evidence = append(in.Evidence, EvidenceLine{fmt.Sprint("R", start+i), string(part[i:min(i+row, len(part))])})
		}
		text := readBack(t, mustFill(t, in))
		for _, e := range in.Evidence {
			if !strings.Contains(text, e.Label+e.Value) {
				t.Errorf("row %s does not come back", e.Label)
			}
		}
	}
}
