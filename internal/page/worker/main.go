package worker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"

	"doorstep/internal/page"
)

const (
	limitsBytes = 24
	askBytes    = 8
	maxDPI      = 600
)

var errFrame = errors.New("a frame of the wrong form")

// limits are what the parent allows.
type limits struct {
	memoryMB, cpuSeconds uint32
	job                  time.Duration
	pixels, pages, bytes int
}

// Main serves one parent until its input ends: it is the whole life of the
// child process. The result is the exit code: 0 after a clean end of input,
// 1 after a broken frame or pipe. The process's own limits are lowered for
// good, so nothing else should run in it.
func Main(in io.Reader, out io.Writer) int {
	w := bufio.NewWriterSize(out, 64<<10)
	err := serve(bufio.NewReader(in), w)
	if err == nil || errors.Is(err, io.EOF) {
		return 0
	}
	return 1
}

func serve(in *bufio.Reader, out *bufio.Writer) error {
	b, err := readFrame(in, page.FrameLimits, limitsBytes)
	if err != nil {
		return err
	}
	l := parseLimits(b)
	heard, err := hearWarnings()
	if err != nil {
		return err
	}
	if err := confine(l.memoryMB, l.cpuSeconds); err != nil {
		return err
	}
	if b, err = readFrame(in, page.FrameDocument, l.bytes); err != nil {
		return err
	}
	watch := startWatch(l.job)
	doc, err := open(b, l, heard)
	watch.Stop()
	if err != nil {
		return answerFault(out, err)
	}
	if err := answer(out, page.FrameOpened, binary.BigEndian.AppendUint32(nil, uint32(doc.pages))); err != nil {
		return err
	}
	for {
		b, err := readFrame(in, page.FramePage, askBytes)
		if err != nil {
			return err
		}
		n, dpi := binary.BigEndian.Uint32(b), float64(binary.BigEndian.Uint32(b[4:]))/100
		watch := startWatch(l.job)
		err = doc.send(out, n, dpi)
		watch.Stop()
		if err != nil {
			return err
		}
	}
}

// startWatch ends the process some time after the parent should have: a parent
// that is gone cannot.
func startWatch(job time.Duration) *time.Timer {
	return time.AfterFunc(job+job/2+time.Second, func() { os.Exit(3) })
}

func parseLimits(b []byte) limits {
	v := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	return limits{
		memoryMB: v(0), cpuSeconds: v(1), job: time.Duration(v(2)) * time.Millisecond,
		pixels: int(v(3)), pages: int(v(4)), bytes: int(v(5)),
	}
}

// readFrame reads a frame of one kind and no more than most bytes.
func readFrame(in io.Reader, kind byte, most int) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[1:]))
	if head[0] != kind || n > most || kind != page.FrameDocument && n != most {
		return nil, errFrame
	}
	b := make([]byte, n)
	_, err := io.ReadFull(in, b)
	return b, err
}

func answer(out *bufio.Writer, kind byte, payload ...[]byte) error {
	n := 0
	for _, p := range payload {
		n += len(p)
	}
	out.WriteByte(kind)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	for _, p := range payload {
		out.Write(p)
	}
	return out.Flush()
}

// answerFault tells a refusal; any other error ends the child.
func answerFault(out *bufio.Writer, err error) error {
	var r page.Refusal
	if errors.As(err, &r) {
		return answer(out, page.FrameFault, []byte{byte(r)})
	}
	return err
}
