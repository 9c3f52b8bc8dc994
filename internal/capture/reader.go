package capture

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"go.bug.st/serial"

	"doorstep/internal/fault"
)

// ReaderInfo is a serial port on which a card reader may be.
type ReaderInfo struct {
	ID   string // for OpenReader: the port's name
	Name string // for the screen
}

// Reader is an ID-card reader held open. Its methods may be called from any
// goroutine.
type Reader struct {
	name string
	port io.ReadWriteCloser // Read gives 0 bytes and no error where nothing came for a while
	held sync.Mutex         // by whoever talks with the reader
	rest []byte             // came, and is not used yet
	slow time.Duration      // how long an answer may take
	poll time.Duration      // from one look for a card to the next
}

// Times of a real reader. Looking for a card more often keeps it from
// answering.
const (
	answerTime = 3 * time.Second
	pollTime   = 300 * time.Millisecond
	readTime   = 100 * time.Millisecond
	cardTries  = 3
)

// FindReader opens the first reader that answers. It fails with
// fault.Unavailable where there is none, and says what else will do.
func FindReader(ctx context.Context) (*Reader, error) {
	const op = "capture.FindReader"
	ports, err := Readers(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var first error
	for _, p := range ports {
		r, err := OpenReader(ctx, p)
		if err == nil {
			return r, nil
		}
		if first == nil || fault.KindOf(err) != fault.Unavailable {
			first = err
		}
	}
	if first != nil {
		return nil, fault.Wrap(op, first)
	}
	return nil, fault.Tell(op, fault.Unavailable, "没有找到身份证读卡器。插好后可以再读；也可以手工录入身份证号，出生日期和性别会自动填好。", nil)
}

// OpenReader opens the reader on a port and asks whether it is well. It fails
// with fault.Busy when another program holds the port, fault.Denied when this
// one may not open it, and fault.Unavailable when nothing answers there.
func OpenReader(ctx context.Context, info ReaderInfo) (*Reader, error) {
	return openReader(ctx, info, answerTime)
}

func openReader(ctx context.Context, info ReaderInfo, slow time.Duration) (*Reader, error) {
	const op = "capture.OpenReader"
	p, err := serial.Open(info.ID, &serial.Mode{BaudRate: 115200})
	if err != nil {
		return nil, portFault(op, err)
	}
	if err := p.SetReadTimeout(readTime); err != nil {
		p.Close()
		return nil, portFault(op, err)
	}
	r := newReader(info.Name, p)
	r.slow = slow
	if err := r.well(ctx); err != nil {
		r.Close()
		return nil, fault.Wrap(op, err)
	}
	return r, nil
}

func newReader(name string, p io.ReadWriteCloser) *Reader {
	return &Reader{name: name, port: p, slow: answerTime, poll: pollTime}
}

// Name is what to call the reader on screen.
func (r *Reader) Name() string { return r.name }

// Close frees the port; a Card that waits ends with fault.Unavailable.
func (r *Reader) Close() error {
	if err := r.port.Close(); err != nil {
		return portFault("capture.Reader.Close", err)
	}
	return nil
}

func (r *Reader) well(ctx context.Context) error {
	const op = "capture.Reader.well"
	r.held.Lock()
	defer r.held.Unlock()
	status, _, err := r.ask(ctx, askReader)
	if err != nil {
		return err
	}
	return statusFault(op, status)
}

// Card waits for a card and reads it; tell is given, in words for the clerk,
// what to do meanwhile. A card taken away too soon is waited for again a few
// times. It fails with fault.Cancelled when ctx ends, fault.Unavailable when
// the reader is gone or silent, fault.Unsupported for a card that is none of
// a person, fault.Untrusted for one that the reader does not believe.
func (r *Reader) Card(ctx context.Context, tell func(words string)) (Card, error) {
	const op = "capture.Reader.Card"
	r.held.Lock()
	defer r.held.Unlock()
	tell("请把身份证放在读卡器上。")
	for tries := 1; ; {
		c, status, err := r.try(ctx, tell)
		if err != nil {
			return Card{}, fault.Wrap(op, err)
		}
		if status == statusDone {
			return c, nil
		}
		waiting := status == statusNone
		if !waiting {
			if again := status == statusLost || status == statusShort; !again || tries == cardTries {
				return Card{}, statusFault(op, status)
			}
			tries++
			tell("没有读完：请拿起证件，重新放好，不要移动。")
		}
		select {
		case <-ctx.Done():
			return Card{}, fault.New(op, fault.Cancelled, ctx.Err())
		case <-time.After(r.poll):
		}
	}
}

// try looks for a card once and reads it. The status is that of the first
// command which was not done.
func (r *Reader) try(ctx context.Context, tell func(string)) (Card, byte, error) {
	status, _, err := r.ask(ctx, findCard)
	if err != nil {
		return Card{}, 0, err
	}
	if status != statusFound {
		return Card{}, status, nil
	}
	tell("正在读取，请不要移动证件。")
	var data []byte
	for _, command := range []uint16{selectCard, readCard} {
		if status, data, err = r.ask(ctx, command); err != nil || status != statusDone {
			return Card{}, status, err
		}
	}
	c, err := cardOf(data)
	if fault.KindOf(err) == fault.Input {
		return Card{}, statusShort, nil // damaged on its way: the card still lies there
	}
	return c, status, err
}

// ask sends a command and waits for the answer. An answer that was damaged on
// its way counts as a card that was not read to its end.
func (r *Reader) ask(ctx context.Context, command uint16) (byte, []byte, error) {
	const op = "capture.Reader.ask"
	r.rest = r.rest[:0]
	if p, ok := r.port.(serial.Port); ok {
		if err := p.ResetInputBuffer(); err != nil {
			return 0, nil, portFault(op, err)
		}
	}
	if _, err := r.port.Write(commandBytes(command)); err != nil {
		return 0, nil, portFault(op, err)
	}
	piece := make([]byte, 512)
	for begun := time.Now(); ; {
		status, data, done, more, err := answer(r.rest)
		switch {
		case err != nil:
			return statusShort, nil, nil
		case !more:
			return status, data, nil
		}
		r.rest = r.rest[done:]
		if err := ctx.Err(); err != nil {
			return 0, nil, fault.New(op, fault.Cancelled, err)
		}
		if time.Since(begun) > r.slow {
			return 0, nil, fault.Tell(op, fault.Unavailable, "读卡器没有回答：请拔下重新插好再读，或手工录入。", errors.New("silent"))
		}
		n, err := r.port.Read(piece)
		if err != nil {
			return 0, nil, portFault(op, err)
		}
		r.rest = append(r.rest, piece[:n]...)
	}
}

// portFault drops the port's own words.
func portFault(op string, err error) error {
	var p *serial.PortError
	if errors.As(err, &p) {
		switch p.Code() {
		case serial.PortBusy:
			return fault.Tell(op, fault.Busy, "读卡器正被另一个程序使用：请关闭那个程序再读，或手工录入。", errors.New("port busy"))
		case serial.PermissionDenied:
			return fault.Tell(op, fault.Denied, "本机不让程序使用读卡器的接口：请联系管理员（Linux 上需要 dialout 组），或手工录入。", errors.New("port denied"))
		}
	}
	return fault.Tell(op, fault.Unavailable, "读卡器已断开：请重新插好再读，或手工录入。", errors.New("port gone"))
}
