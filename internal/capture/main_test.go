package capture_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"
)

const fakeChild = "fake-child"

// children are what this test binary can be beside the tests. The child that
// draws is tested for real in its own package: it would need a C compiler here.
var children = map[string]func(){fakeChild: draw}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && children[os.Args[1]] != nil {
		children[os.Args[1]]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// draw speaks the protocol of package page: three pages, or more for a "long"
// document, the last of them broken in a "broken" one.
func draw() {
	read := func() []byte {
		var head [5]byte
		if _, err := io.ReadFull(os.Stdin, head[:]); err != nil {
			os.Exit(0)
		}
		b := make([]byte, binary.BigEndian.Uint32(head[1:]))
		io.ReadFull(os.Stdin, b)
		return b
	}
	answer := func(kind byte, b []byte) {
		os.Stdout.Write(append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(b))), b...))
	}
	read()
	doc := read()
	pages := uint32(3)
	if bytes.HasSuffix(doc, []byte("long")) {
		pages = 41
	}
	answer('O', binary.BigEndian.AppendUint32(nil, pages))
	for {
		n := binary.BigEndian.Uint32(read())
		if n == 2 && bytes.HasSuffix(doc, []byte("broken")) {
			answer('F', []byte{7})
			continue
		}
		b := binary.BigEndian.AppendUint32([]byte{1}, n+1)
		b = binary.BigEndian.AppendUint32(b, 8)
		answer('I', append(b, make([]byte, 8*(n+1))...))
	}
}
