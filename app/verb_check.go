package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"doorstep/internal/fault"
	"doorstep/internal/rulebook"
)

func checkVerb() verb {
	return verb{
		name:    "check",
		args:    "FILE.jsonl | -",
		summary: "Judges applications, one JSON object a line, by the rules of the screen.",
		help: `FILE.jsonl holds one application a line, - is standard input. For each it prints
one JSON object, in the order read:
  {"id","verdict","codes":[{"code","severity","message"}…],"derived":{…}}
verdict is accept, review or reject. A line that cannot be judged gets no object;
standard error says "line N: what is wrong", the rest is judged, and the exit
code is 1. Blank lines are passed over; a line may have 8 MiB. The schools are
those taken in with schools import, or else the starter list; the policy packs
are the program's, and those the county sent down, as of the last signing in, sync
or pack take.`,
		run: check,
	}
}

func check(c *call) int {
	flags, data := c.flags()
	args, code, ok := c.parse(flags, 1, 1)
	if !ok {
		return code
	}
	in := c.in
	if args[0] != "-" {
		f, err := openInput(args[0])
		if err != nil {
			return c.fail(err)
		}
		defer f.Close()
		in = f
	}
	j, err := newJudge(*data)
	if err != nil {
		return c.fail(err)
	}
	bad, err := judgeLines(j, in, c.out, c.err)
	switch {
	case err != nil:
		return c.fail(err)
	case bad:
		return exitBad
	}
	return exitDone
}

func newJudge(dir string) (*judge, error) {
	ref, err := rulebook.OpenInForce(dir)
	if err != nil {
		return nil, err
	}
	words, err := rulebook.LoadWords()
	if err != nil {
		return nil, err
	}
	return &judge{ref, words}, nil
}

const (
	maxLine  = 8 << 20
	batchFor = 128 << 10 // bytes of lines judged in one go
)

// line is a line of the input and its number, from 1.
type line struct {
	number  int
	text    []byte
	tooLong bool
}

// batch is some lines that follow each other, and what became of them.
type batch struct {
	lines    []line
	size     int
	out, err bytes.Buffer
	done     chan struct{} // closed when out and err are whole
}

// judgeLines judges every line of in and writes what becomes of each, in the
// order read: workers share the batches, one writer puts them in order, and a
// bounded number of them is in hand, so memory does not grow with the input.
// Lines that have come are answered before it waits for more of them.
// It says whether a line could not be judged; the error is that of reading or
// writing.
func judgeLines(j *judge, in io.Reader, out, errs io.Writer) (bad bool, err error) {
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *batch), make(chan *batch, 2*workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for b := range work {
				j.judge(b)
				close(b.done)
			}
		})
	}
	var writing atomic.Pointer[error]
	group.Go(func() {
		for b := range order {
			<-b.done
			bad = bad || b.err.Len() > 0
			if writing.Load() != nil {
				continue
			}
			if _, err := out.Write(b.out.Bytes()); err != nil {
				writing.Store(&err)
			}
			_, _ = errs.Write(b.err.Bytes())
		}
	})
	err = readBatches(in, func(b *batch) bool {
		order <- b
		work <- b
		return writing.Load() == nil
	})
	close(work)
	close(order)
	group.Wait()
	if w := writing.Load(); w != nil {
		return bad, fault.New("write verdicts", fault.Disk, *w)
	}
	return bad, err
}

// readBatches gives the lines of in to take, until take says no more.
func readBatches(in io.Reader, take func(*batch) bool) error {
	r := bufio.NewReaderSize(in, 256<<10)
	if b, _ := r.Peek(3); string(b) == "\xef\xbb\xbf" {
		_, _ = r.Discard(3)
	}
	b := &batch{done: make(chan struct{})}
	for number := 1; ; number++ {
		text, tooLong, err := readLine(r)
		if len(bytes.TrimSpace(text)) > 0 || tooLong {
			b.lines = append(b.lines, line{number, text, tooLong})
			b.size += len(text)
		}
		waits := bytes.IndexByte(peekBuffered(r), '\n') < 0
		if len(b.lines) > 0 && (err != nil || waits || b.size >= batchFor) {
			if !take(b) {
				return nil
			}
			b = &batch{done: make(chan struct{})}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fault.New("read lines", fault.Disk, fmt.Errorf("after line %d: %w", number, err))
		}
	}
}

func peekBuffered(r *bufio.Reader) []byte {
	b, _ := r.Peek(r.Buffered())
	return b
}

// readLine reads to the next line feed. Of a line that is too long nothing is
// kept. The error is io.EOF behind the last line.
func readLine(r *bufio.Reader) (text []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(text)+len(part) > maxLine+1; tooLong {
			text = nil
		} else {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(text, "\r\n"), tooLong, err
		}
	}
}
