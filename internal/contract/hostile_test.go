package contract

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"doorstep/internal/seal"
)

// What is made to wear a reader out ends, with a reason, and never passes.
func TestHostileFilesEnd(t *testing.T) {
	id := newIdentity(t, seal.Device)
	base := smallFile()
	sealed := id.seal(t, base)
	last := mustParse(t, base)
	tail := func(b []byte, prev int) []byte {
		xref := len(b)
		b = append(append(b, "xref\n"...), trailerText(last.size, last.ids, prev)...)
		return fmt.Appendf(b, "startxref\n%d\n%%%%EOF\n", xref)
	}
	chain := bytes.Clone(base)
	for prev, i := last.xref, 0; i < 200; i++ {
		at := len(chain)
		chain = tail(chain, prev)
		prev = at
	}
	put := func(der []byte) []byte {
		out := bytes.Clone(sealed)
		from, to := lastContents(t, out)
		copy(out[from:to], bytes.Repeat([]byte{'0'}, to-from))
		hex.Encode(out[from:], der[:min(len(der), (to-from)/2)])
		return out
	}
	deep := append([]byte{0x30, 0x82, 0x0f, 0xfc}, bytes.Repeat([]byte{0x30, 0x80}, 2046)...)
	nested := []byte{5, 0}
	for len(nested) < 5000 {
		nested = wrap(0x30, nested)
	}
	for name, b := range map[string][]byte{
		"a table that follows itself":         tail(bytes.Clone(base), len(base)),
		"a table that follows a later one":    tail(bytes.Clone(base), len(base)+40),
		"two hundred revisions":               chain,
		"many ends":                           append(bytes.Clone(base), strings.Repeat("%%EOF\n", 1<<17)...),
		"many starts":                         append(bytes.Clone(base), strings.Repeat("startxref\n9\n%%EOF\n", 1<<14)...),
		"many trailers":                       append(bytes.Clone(base), strings.Repeat("trailer\n", 1<<17)...),
		"dictionaries in one another":         rebuilt(t, base, func(o [][]byte) { o[6] = []byte(strings.Repeat("<< /A ", 1<<18)) }),
		"an object that names itself":         rebuilt(t, base, func(o [][]byte) { o[2] = []byte("3 0 R") }),
		"a length past the end":               rebuilt(t, base, func(o [][]byte) { o[6] = []byte("<< /Length 99999999 >>\nstream\nx\nendstream") }),
		"a title of a megabyte":               rebuilt(t, base, func(o [][]byte) { o[1] = []byte("<< /Title <FEFF" + strings.Repeat("0041", 1<<18) + "> >>") }),
		"a signature without an end":          put(deep),
		"a signature of five thousand levels": put(nested),
		"a signature of one byte":             put([]byte{0x30}),
		"a signature longer than it is":       put([]byte{0x30, 0x82, 0xff, 0xff, 1}),
		"the tail alone":                      sealed[len(base):],
		"every second byte": func() (out []byte) {
			for i := 0; i < len(sealed); i += 2 {
				out = append(out, sealed[i])
			}
			return out
		}(),
		"twice the same":       append(bytes.Clone(sealed), sealed...),
		"megabytes of nothing": append(bytes.Clone(sealed), make([]byte, 4<<20)...),
		"twenty thousand one":  tail(fmt.Appendf(bytes.Clone(base), "xref\n0 %d\n", maxObjects+1), last.xref),
	} {
		if r := Verify(b, id.trust()); r.OK || len(r.Findings) == 0 {
			t.Errorf("%s: %q", name, r.Lines())
		}
		if _, err := Seal(b, id.closing(b)); err == nil && name != "dictionaries in one another" && name != "an object that names itself" && name != "a title of a megabyte" {
			t.Errorf("%s is sealed", name)
		}
		Closed(b)
		_, _ = Pictures(b)
	}
	for n := 0; n < min(len(sealed), 4000); n += 37 {
		if r := Verify(sealed[:n], id.trust()); r.OK {
			t.Errorf("the first %d bytes pass", n)
		}
	}
}
