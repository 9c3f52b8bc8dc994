package contract

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Bounds of a file that is read back.
const (
	maxFile      = 32 << 20
	maxRevisions = 8
	maxObjects   = 20000
)

var errForm = errors.New("not the form of file that this program writes")

// formError says which part of a file is not of the form.
type formError struct{ part string }

func (e *formError) Error() string { return errForm.Error() }
func (e *formError) Unwrap() error { return errForm }

// partOf is the part of which err speaks.
func partOf(err error) string {
	if e, ok := errors.AsType[*formError](err); ok {
		return e.part
	}
	return "修订的接续"
}

// revision is one part of a file that ends with an end-of-file mark.
type revision struct {
	from, to int            // bytes of the file
	xref     int            // where its table begins
	trailer  int            // where its trailer begins
	size     int            // Size of its trailer
	ids      [2]string      // ID of its trailer
	objects  map[int][]byte // bodies by number
	numbers  []int          // in the order of their bytes
	at       map[int]int    // where each body begins in the file
}

// document is a parsed file: the base and what was appended.
type document struct {
	revisions []*revision
}

// parseDocument reads a file written by pdf.bytes and appendRevision, and no
// other form of PDF: every byte of the file must be accounted for by an
// object, a table or a trailer, where this program would have put it.
func parseDocument(b []byte) (*document, error) {
	if len(b) > maxFile || !bytes.HasPrefix(b, []byte(fileHead)) {
		return nil, &formError{"文件头"}
	}
	var tables []*revision
	to, want := len(b), -1
	for {
		r, prev, err := parseTail(b, to)
		if err != nil {
			return nil, err
		}
		if want >= 0 && r.xref != want {
			return nil, errForm
		}
		want = prev
		tables = append(tables, r)
		if prev < 0 {
			break
		}
		if len(tables) == maxRevisions || prev >= r.xref {
			return nil, errForm
		}
		end := bytes.Index(b[prev:r.xref], []byte("%%EOF\n"))
		if end < 0 {
			return nil, errForm
		}
		to = prev + end + len("%%EOF\n")
		r.from = to
	}
	d := &document{}
	for i := len(tables) - 1; i >= 0; i-- {
		r := tables[i]
		if i == len(tables)-1 {
			r.from = len(fileHead)
		}
		if err := r.readObjects(b, i == len(tables)-1); err != nil {
			return nil, err
		}
		d.revisions = append(d.revisions, r)
	}
	d.revisions[0].from = 0
	return d, nil
}

// parseTail reads table and trailer of the revision that ends at to; prev is
// -1 for the base.
func parseTail(b []byte, to int) (r *revision, prev int, err error) {
	at := bytes.LastIndex(b[:to], []byte("startxref\n"))
	if at < 0 || to-at > 64 {
		return nil, 0, &formError{"文件尾"}
	}
	text, ok := strings.CutSuffix(string(b[at+len("startxref\n"):to]), "\n%%EOF\n")
	xref, good := decimal(text)
	if !ok || !good || xref >= at {
		return nil, 0, &formError{"文件尾"}
	}
	trailer := bytes.LastIndex(b[:at], []byte("trailer\n"))
	if trailer < xref || at-trailer > 400 {
		return nil, 0, &formError{"文件尾"}
	}
	r = &revision{to: to, xref: xref, trailer: trailer, objects: map[int][]byte{}, at: map[int]int{}}
	if prev, err = r.readTrailer(string(b[trailer:at])); err != nil {
		return nil, 0, err
	}
	return r, prev, r.readTable(string(b[xref:trailer]), prev < 0)
}

// readTrailer takes a trailer apart and accepts it only if it is written just
// as this program writes it.
func (r *revision) readTrailer(s string) (prev int, err error) {
	prev = -1
	fields := strings.Fields(s)
	if len(fields) < 12 {
		return 0, &formError{"文件尾的标识或大小"}
	}
	r.size, _ = decimal(fields[3])
	for i, f := range fields {
		if f == "/ID" && i+2 < len(fields) {
			r.ids = [2]string{strings.Trim(fields[i+1], "[<>"), strings.Trim(fields[i+2], "<>]")}
		}
		if f == "/Prev" && i+1 < len(fields) {
			prev, _ = decimal(fields[i+1])
		}
	}
	if r.size < 2 || r.size > maxObjects || s != trailerText(r.size, r.ids, prev) {
		return 0, &formError{"文件尾的标识或大小"}
	}
	return prev, nil
}

func trailerText(size int, ids [2]string, prev int) string {
	s := fmt.Sprintf("trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /ID [<%s> <%s>]", size, pdfInfoObj, ids[0], ids[1])
	if prev >= 0 {
		s += fmt.Sprintf(" /Prev %d", prev)
	}
	return s + " >>\n"
}

// readTable reads the cross-reference table: r.numbers and r.at, where at is
// still the start of the object.
func (r *revision) readTable(s string, base bool) error {
	rest, ok := strings.CutPrefix(s, "xref\n")
	if !ok {
		return &formError{"交叉引用表"}
	}
	for first := true; rest != ""; first = false {
		head, after, ok := strings.Cut(rest, "\n")
		a, b, ok2 := strings.Cut(head, " ")
		from, ok3 := decimal(a)
		n, ok4 := decimal(b)
		if !ok || !ok2 || !ok3 || !ok4 || n < 1 || n > maxObjects || from+n > r.size || len(after) < 20*n {
			return &formError{"交叉引用表"}
		}
		if base && (!first || from != 0 || n != r.size) {
			return &formError{"交叉引用表"}
		}
		for i := range n {
			entry := after[20*i : 20*i+20]
			number := from + i
			if number == 0 && base {
				if entry != "0000000000 65535 f \n" {
					return &formError{"交叉引用表"}
				}
				continue
			}
			at, err := strconv.Atoi(entry[:10])
			if err != nil || entry != fmt.Sprintf("%010d 00000 n \n", at) {
				return &formError{"交叉引用表"}
			}
			if last := len(r.numbers); last > 0 && number <= r.numbers[last-1] {
				return &formError{"交叉引用表"}
			}
			r.numbers = append(r.numbers, number)
			r.at[number] = at
		}
		rest = after[20*n:]
	}
	return nil
}

// readObjects checks that the objects lie one behind the other from r.from to
// the table with nothing between.
func (r *revision) readObjects(b []byte, base bool) error {
	pos := r.from
	for i, n := range r.numbers {
		end := r.xref
		if i+1 < len(r.numbers) {
			end = r.at[r.numbers[i+1]]
		}
		if r.at[n] != pos || end <= pos || end > r.xref {
			return &formError{"对象的排列"}
		}
		head, tail := fmt.Sprintf("%d 0 obj\n", n), "\nendobj\n"
		obj := b[pos:end]
		if len(obj) < len(head)+len(tail) || !bytes.HasPrefix(obj, []byte(head)) || !bytes.HasSuffix(obj, []byte(tail)) {
			return &formError{"对象的排列"}
		}
		body := obj[len(head) : len(obj)-len(tail)]
		if !oneObject(body) {
			return &formError{"对象的排列"}
		}
		r.objects[n] = body
		r.at[n] = pos + len(head)
		pos = end
	}
	if pos != r.xref {
		return &formError{"对象的排列"}
	}
	return nil
}

// oneObject says whether a body hides no second object: it has no end of an
// object in it, or is a stream of the length it says.
func oneObject(body []byte) bool {
	dict, data, isStream := bytes.Cut(body, []byte("\nstream\n"))
	if bytes.Contains(dict, []byte("endobj")) {
		return false
	}
	if !isStream {
		return true
	}
	at := bytes.LastIndex(dict, []byte(" /Length "))
	text, ok := strings.CutSuffix(string(dict[max(at, 0):]), " >>")
	n, good := decimal(strings.TrimPrefix(text, " /Length "))
	return at >= 0 && ok && good && len(data) == n+len("\nendstream") && string(data[n:]) == "\nendstream"
}

// decimal reads a number written without sign or leading zeros.
func decimal(s string) (int, bool) {
	if s == "" || len(s) > 9 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
