package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"doorstep/internal/loan"
)

// NewFakeReader is a reader on which the given cards are laid one after the
// other. It speaks the serial protocol with itself; like Fake, it is for
// training and tests, and never stands in for a device on its own.
func NewFakeReader(name string, cards ...Card) *Reader {
	r := newReader(name, &fakePort{chip: &chip{cards: cards}})
	r.poll, r.slow = time.Millisecond, time.Hour // it answers at once
	return r
}

// chip answers commands as a reader does, with the cards laid on it in turn.
type chip struct {
	cards    []Card
	found    bool
	selected bool
}

func (c *chip) answer(command uint16) []byte {
	switch {
	case command == askReader:
		return answered(statusDone, nil)
	case command == findCard && len(c.cards) > 0:
		c.found = true
		return answered(statusFound, make([]byte, 4))
	case command == findCard:
		return answered(statusNone, nil)
	case command == selectCard && c.found:
		c.selected = true
		return answered(statusDone, make([]byte, 8))
	case command == selectCard:
		return answered(statusLost, nil)
	case command == readCard && c.selected:
		now := c.cards[0]
		c.cards, c.found, c.selected = c.cards[1:], false, false
		text := textOf(now)
		data := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(len(text))), uint16(len(now.Photo)))
		return answered(statusDone, append(append(data, text...), now.Photo...))
	case command == readCard:
		return answered(statusShort, nil)
	}
	return answered(0x21, nil)
}

// answered is an answer as it is sent.
func answered(status byte, data []byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(4+len(data)))
	body = append(append(body, 0, 0, status), data...)
	return append(append(bytes.Clone(readerHead), body...), parity(body))
}

// textOf is the text of a chip that parseCard reads as c.
func textOf(c Card) []byte {
	b := bytes.Repeat([]byte{' ', 0}, cardText/2)
	put := func(at, n int, s string) {
		for i, u := range utf16.Encode([]rune(s)) {
			if 2*i < n {
				binary.LittleEndian.PutUint16(b[at+2*i:], u)
			}
		}
	}
	sex := map[loan.Sex]string{loan.Male: "1", loan.Female: "2"}[c.Sex]
	packed := func(d string) string { return strings.ReplaceAll(d, "-", "") }
	put(188, 16, packed(string(c.From)))
	put(204, 16, packed(c.To))
	if c.Kind == ForeignCard {
		put(158, 30, c.Name)
		put(120, 2, sex)
		put(122, 30, c.Number)
		put(0, 120, c.Latin)
		put(152, 6, c.Country)
		put(220, 16, packed(string(c.Birth)))
		put(cardMark, 2, "I")
		return b
	}
	put(0, 30, c.Name)
	put(30, 2, sex)
	put(36, 16, packed(string(c.Birth)))
	put(122, 36, c.Number)
	switch c.Kind {
	case ForeignCard2:
		put(32, 4, c.Issues)
		put(52, 70, c.Latin)
		put(cardMark, 2, "Y")
		return b
	case ResidenceCard:
		put(220, 18, c.Pass)
		put(238, 4, c.Issues)
		put(cardMark, 2, "J")
	case ResidentCard:
		put(32, 4, string([]byte{'0' + byte(c.Nation/10), '0' + byte(c.Nation%10)}))
	}
	put(52, 70, c.Address)
	put(158, 30, c.Issuer)
	return b
}

// fakePort is a port with a chip behind it.
type fakePort struct {
	mu     sync.Mutex
	chip   *chip
	out    bytes.Buffer
	closed bool
}

func (p *fakePort) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, errors.New("closed")
	}
	if len(b) == len(readerHead)+5 {
		p.out.Write(p.chip.answer(binary.BigEndian.Uint16(b[len(readerHead)+2:])))
	}
	return len(b), nil
}

func (p *fakePort) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, errors.New("closed")
	}
	if p.out.Len() == 0 {
		return 0, nil
	}
	return p.out.Read(b)
}

func (p *fakePort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

// NewFakeChip is what a reader answers to each command, with the cards laid on
// it in turn, for whoever plays the serial line. nil is no answer.
func NewFakeChip(cards ...Card) func(command uint16) []byte {
	return (&chip{cards: cards}).answer
}
