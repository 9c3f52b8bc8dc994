package capture

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"

	"doorstep/internal/fault"
)

// PhoneSigning says what is signed on the phone. The phone shows all of it, so
// nothing more of a person is in it than a masked name.
type PhoneSigning struct {
	Document string // its title
	Signer   string // who signs, the name masked
	Manner   string // how the signer is to write
	Mark     string // the beginning of the document's SHA-256, as the laptop shows it
}

// Ink is a signature that came from the phone.
type Ink []InkStroke

// InkStroke is what the finger drew between touching and leaving the glass.
type InkStroke []InkPoint

// InkPoint is one sample: X and Y from 0 to 1 across and down the pad, T in
// milliseconds since the signature began, never less than before, P the pressure
// from 0 to 1, 0 where the glass tells none.
type InkPoint struct {
	X, Y float32
	T    uint32
	P    float32
}

// Bounds of a signature.
const (
	maxInkStrokes = 512
	maxInkPoints  = 20000
	maxInkTime    = 10 * 60 * 1000
	inkPointSize  = 16
	maxInk        = 1 + 255 + 2 + 2*maxInkStrokes + inkPointSize*maxInkPoints
)

// phoneAsk is a PhoneSigning on its way to the phone.
type phoneAsk struct {
	Document string `json:"document"`
	Signer   string `json:"signer"`
	Manner   string `json:"manner"`
	Mark     string `json:"mark"`
}

// errInk marks a signature that is none, for a reason in words.
var errInk = errors.New("no signature")

func badInk(words string) error {
	return fault.Tell("capture.readInk", fault.Input, "手机发来的签名没有采用（"+words+"）：请在手机上重写，或在电脑上签。", errInk)
}

// readInk takes a signature on the document of mark out of a record's body. What
// is none is fault.Input and says in words why.
func readInk(b []byte, mark string) (Ink, error) {
	if len(b) < 1 || len(b) < 1+int(b[0])+2 {
		return nil, badInk("内容不完整")
	}
	if string(b[1:1+int(b[0])]) != mark {
		return nil, badInk("签的不是电脑上的这份合同")
	}
	b = b[1+int(b[0]):]
	strokes := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	if strokes == 0 || strokes > maxInkStrokes {
		return nil, badInk("笔画数不对")
	}
	ink := make(Ink, 0, strokes)
	left, last := maxInkPoints, uint32(0)
	for range strokes {
		if len(b) < 2 {
			return nil, badInk("内容不完整")
		}
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		switch left -= n; {
		case left < 0:
			return nil, badInk("笔画过多")
		case n == 0 || len(b) < n*inkPointSize:
			return nil, badInk("内容不完整")
		}
		s := make(InkStroke, n)
		for i := range s {
			p, err := inkPoint(b[i*inkPointSize:], last)
			if err != nil {
				return nil, err
			}
			s[i], last = p, p.T
		}
		b = b[n*inkPointSize:]
		ink = append(ink, s)
	}
	if len(b) != 0 {
		return nil, badInk("末尾有多余的内容")
	}
	return ink, nil
}

// inkPoint is the point at the beginning of b; last is the time of the one before.
func inkPoint(b []byte, last uint32) (InkPoint, error) {
	number := func(at int) float32 { return math.Float32frombits(binary.BigEndian.Uint32(b[at:])) }
	p := InkPoint{X: number(0), Y: number(4), T: binary.BigEndian.Uint32(b[8:]), P: number(12)}
	within := func(v float32) bool { return v >= 0 && v <= 1 } // false for what is no number
	switch {
	case !within(p.X) || !within(p.Y):
		return p, badInk("写到了框外")
	case !within(p.P):
		return p, badInk("压力不对")
	case p.T < last || p.T > maxInkTime:
		return p, badInk("时间不对")
	}
	return p, nil
}

// ask asks the phone for a signature.
func (p *Phone) ask(w io.Writer) {
	if b, err := json.Marshal(phoneAsk(*p.o.Sign)); err == nil && len(b) <= maxWords {
		_ = writeRecord(w, recordAsk, b) // a phone that left sees nothing
	}
}

// AskAgain asks for another signature in the place of the one that came, and
// says why.
func (p *Phone) AskAgain(words string) {
	p.mu.Lock()
	p.wanted = true
	p.words = phoneWords{"bad", words}
	conn := p.conn
	p.mu.Unlock()
	if conn != nil && p.start() {
		go func() {
			defer p.running.Done()
			p.ask(conn)
			p.send(conn, phoneWords{"bad", words})
		}()
	}
}

// takeInk takes the one signature that was asked for.
func (p *Phone) takeInk(w io.Writer, b []byte) {
	ink, err := readInk(b, p.o.Sign.Mark)
	p.mu.Lock()
	if err == nil && !p.wanted {
		err = badInk("已经签过，不能再签一次")
	}
	if err == nil {
		p.wanted = false
		p.words = phoneWords{"good", "签名已传到电脑，请等经办人员确认。"}
	}
	words := p.words
	p.mu.Unlock()
	if err != nil {
		p.tell(PhoneEvent{Refused: err})
		p.send(w, phoneWords{"bad", fault.Sentence(err)})
		return
	}
	p.send(w, words)
	p.tell(PhoneEvent{Ink: ink})
}
