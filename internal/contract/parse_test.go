package contract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

// handMade is a file of two objects with everything about it free to be wrong.
type handMade struct {
	head, gap     string // gap stands between the objects
	table         string // with %[1]d and %[2]d for the offsets of the objects
	trailer, tail string // tail with %d for the offset of the table
}

func goodHandMade() handMade {
	return handMade{
		head:    fileHead,
		table:   "xref\n0 3\n0000000000 65535 f \n%010[1]d 00000 n \n%010[2]d 00000 n \n",
		trailer: "trailer\n<< /Size 3 /Root 1 0 R /Info 2 0 R /ID [<aa> <aa>] >>\n",
		tail:    "startxref\n%d\n%%%%EOF\n",
	}
}

func (h handMade) bytes() []byte {
	b := []byte(h.head)
	first := len(b)
	b = append(b, "1 0 obj\nnull\nendobj\n"+h.gap...)
	second := len(b)
	b = append(b, "2 0 obj\nnull\nendobj\n"...)
	xref := len(b)
	b = fmt.Appendf(b, h.table, first, second)
	b = append(b, h.trailer...)
	return fmt.Appendf(b, h.tail, xref)
}

func TestParseTakesTheFormAndNothingElse(t *testing.T) {
	if _, err := parseDocument(goodHandMade().bytes()); err != nil {
		t.Fatalf("the good form: %v", err)
	}
	for _, c := range []struct {
		sub  string
		edit func(*handMade)
	}{
		{"another head", func(h *handMade) { h.head = strings.Replace(h.head, "1.7", "1.6", 1) }},
		{"a comment between objects", func(h *handMade) { h.gap = "% hidden\n" }},
		{"a third object that no table names", func(h *handMade) { h.gap = "3 0 obj\nnull\nendobj\n" }},
		{"the offsets swapped", func(h *handMade) { h.table = strings.NewReplacer("[1]", "[2]", "[2]", "[1]").Replace(h.table) }},
		{"both objects at one place", func(h *handMade) { h.table = strings.Replace(h.table, "[2]d 0", "[1]d 0", 1) }},
		{"the first object said to be elsewhere", func(h *handMade) { h.table = strings.Replace(h.table, "%010[1]d", "0000000016", 1) }},
		{"an object in use marked free", func(h *handMade) { h.table = strings.Replace(h.table, "n \n%", "f \n%", 1) }},
		{"a generation", func(h *handMade) { h.table = strings.Replace(h.table, "00000 n", "00001 n", 1) }},
		{"a short table", func(h *handMade) { h.table = strings.Replace(h.table, "0 3", "0 2", 1) }},
		{"a long table", func(h *handMade) { h.table = strings.Replace(h.table, "0 3", "0 4", 1) }},
		{"a table in two parts", func(h *handMade) { h.table = strings.Replace(h.table, "%010[2]d", "2 1\n%010[2]d", 1) }},
		{"a table of a billion", func(h *handMade) { h.table = strings.Replace(h.table, "0 3", "0 999999999", 1) }},
		{"another size", func(h *handMade) { h.trailer = strings.Replace(h.trailer, "Size 3", "Size 4", 1) }},
		{"another root", func(h *handMade) { h.trailer = strings.Replace(h.trailer, "Root 1", "Root 2", 1) }},
		{"encryption", func(h *handMade) { h.trailer = strings.Replace(h.trailer, " >>\n", " /Encrypt 2 0 R >>\n", 1) }},
		{"a base that follows itself", func(h *handMade) { h.trailer = strings.Replace(h.trailer, " >>\n", " /Prev 20 >>\n", 1) }},
		{"a wrong start", func(h *handMade) { h.tail = strings.Replace(h.tail, "%d", "%d0", 1) }},
		{"a start with a leading zero", func(h *handMade) { h.tail = strings.Replace(h.tail, "%d", "0%d", 1) }},
		{"no end mark", func(h *handMade) { h.tail = "startxref\n%d\n" }},
		{"line ends of another system", func(h *handMade) { h.tail = strings.ReplaceAll(h.tail, "\n", "\r\n") }},
	} {
		t.Run(c.sub, func(t *testing.T) {
			h := goodHandMade()
			c.edit(&h)
			b := h.bytes()
			if bytes.Equal(b, goodHandMade().bytes()) {
				t.Fatal("the edit changed nothing")
			}
			if _, err := parseDocument(b); err == nil {
				t.Errorf("taken:\n%s", b)
			}
		})
	}
}

func TestRevisionsFollowOneAnother(t *testing.T) {
	base := goodHandMade().bytes()
	d, err := parseDocument(base)
	if err != nil {
		t.Fatal(err)
	}
	first := d.revisions[0].xref
	for _, c := range []struct {
		sub, hidden string
		prev        int
		ok          bool
	}{
		{"an empty one", "", first, true},
		{"bytes that no table names", "hidden\n", first, false},
		{"one that follows another place", "", first - 1, false},
		{"one that follows an earlier place", "", 20, false},
	} {
		t.Run(c.sub, func(t *testing.T) {
			b := append(bytes.Clone(base), c.hidden...)
			xref := len(b)
			b = append(append(b, "xref\n"...), trailerText(3, [2]string{"aa", "bb"}, c.prev)...)
			b = fmt.Appendf(b, "startxref\n%d\n%%%%EOF\n", xref)
			if _, err := parseDocument(b); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBodiesHideNoSecondObject(t *testing.T) {
	for body, want := range map[string]bool{
		"null":                            true,
		"null\nendobj\n3 0 obj\nnull":     false,
		string(stream("/A", []byte("x"))): true,
		string(stream("/A", nil)):         true,
		"<< /Length 1 >>\nstream\nx\nendstream\nendobj\n3 0 obj\nnull": false,
		"<< /A 1 /Length 2 >>\nstream\nx\nendstream":                   false,
		"<< /A 1 /Length 1 >>\nstream\nx\nendstrean":                   false,
		"<< /A 1 >>\nstream\nx\nendstream":                             false,
	} {
		if got := oneObject([]byte(body)); got != want {
			t.Errorf("oneObject(%q) = %v", body, got)
		}
	}
}

func TestPagesOfWhatIsNoFileOfOurs(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("%PDF-1.7\n"), goodHandMade().bytes()} {
		if n, err := Pages(b); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("got %d, %v, want unsupported", n, err)
		}
	}
}

func TestDecimal(t *testing.T) {
	for s, want := range map[string]int{"0": 0, "7": 7, "120": 120, "999999999": 999999999, "": -1, "-1": -1, "+1": -1, "01": -1, "1a": -1, "1000000000": -1, " 1": -1} {
		got, ok := decimal(s)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("decimal(%q) = %d, %v", s, got, ok)
		}
	}
}
