package contract

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf16"
)

const (
	fileHead   = "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"
	a4Width    = 595.28
	a4Height   = 841.89
	pdfInfoObj = 2 // object 1 is the catalog
)

// pdf gathers numbered objects; they are written in the order of their
// numbers, so the same objects always give the same bytes.
type pdf struct {
	objs [][]byte // objs[0] is object 1
}

// reserve takes the next number; set must follow.
func (p *pdf) reserve() int {
	p.objs = append(p.objs, nil)
	return len(p.objs)
}

func (p *pdf) set(n int, body []byte) { p.objs[n-1] = body }

func (p *pdf) add(body []byte) int {
	n := p.reserve()
	p.set(n, body)
	return n
}

func (p *pdf) addf(format string, args ...any) int { return p.add(fmt.Appendf(nil, format, args...)) }

// stream is a stream object's body; dict holds the entries but Length.
func stream(dict string, data []byte) []byte {
	b := make([]byte, 0, len(dict)+len(data)+64)
	b = fmt.Appendf(b, "<< %s /Length %d >>\nstream\n", dict, len(data))
	return append(append(b, data...), "\nendstream"...)
}

// deflated is stream with its data compressed.
func deflated(dict string, data []byte) []byte {
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.DefaultCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return stream(dict, data) // a buffer never fails; plain bytes are as good
	}
	return stream(dict+" /Filter /FlateDecode", out.Bytes())
}

// bytes writes the file. The identifier is a hash of everything before the
// trailer, so a change of any byte of the objects shows even before a seal.
func (p *pdf) bytes() []byte {
	b := []byte(fileHead)
	offsets := make([]int, len(p.objs))
	for i, body := range p.objs {
		offsets[i] = len(b)
		b = fmt.Appendf(b, "%d 0 obj\n", i+1)
		b = append(append(b, body...), "\nendobj\n"...)
	}
	xref := len(b)
	b = fmt.Appendf(b, "xref\n0 %d\n0000000000 65535 f \n", len(p.objs)+1)
	for _, at := range offsets {
		b = fmt.Appendf(b, "%010d 00000 n \n", at)
	}
	id := documentID(b)
	return fmt.Appendf(b, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n",
		len(p.objs)+1, pdfInfoObj, id, id, xref)
}

// documentID is the hex of the first half of the SHA-256 of b.
func documentID(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// textString is a PDF text string: UTF-16BE with its mark, in hex.
func textString(s string) string {
	b := []byte("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		b = fmt.Appendf(b, "%04X", u)
	}
	return string(append(b, '>'))
}

func ref(n int) string { return strconv.Itoa(n) + " 0 R" }

func refs(ns []int) string {
	var b []byte
	for i, n := range ns {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, ref(n)...)
	}
	return string(b)
}

// num writes a number with at most three decimals.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if s == "-0" {
		return "0"
	}
	return s
}
