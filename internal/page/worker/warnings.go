package worker

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"io"
)

// noFont is what MuPDF writes to the process's standard error, and the only
// trace it leaves, when a page sets Chinese in a font the file does not carry
// and it goes on with Latin letters of some sort.
const noFont = "cannot find builtin CJK font"

// warnings listens to what MuPDF writes to standard error. Nothing of it
// leaves the process.
type warnings struct {
	in    io.Writer // the far end of what listen reads
	mark  []byte    // a line no document can guess
	heard chan bool
}

// listen reads warnings until r ends; in must write to the same pipe.
func listen(r io.Reader, in io.Writer) *warnings {
	w := &warnings{in: in, mark: []byte(rand.Text()), heard: make(chan bool)}
	go func() {
		defer close(w.heard)
		lines := bufio.NewReader(r)
		found := false
		for {
			line, err := lines.ReadSlice('\n')
			if bytes.Contains(line, []byte(noFont)) {
				found = true
			}
			if bytes.Equal(bytes.TrimSpace(line), w.mark) {
				w.heard <- found
				found = false
			}
			if err != nil && err != bufio.ErrBufferFull {
				return
			}
		}
	}()
	return w
}

// fontMissing says whether the warning came since it was last asked; false
// where nobody listens.
func (w *warnings) fontMissing() bool {
	if w == nil {
		return false
	}
	if _, err := w.in.Write(append([]byte("\n"), append(w.mark, '\n')...)); err != nil {
		return false
	}
	return <-w.heard
}
