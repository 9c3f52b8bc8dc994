package capture

import (
	"bytes"
	"encoding/binary"
	"errors"

	"doorstep/internal/fault"
)

// Commands of a card reader, and what it answers to them.
const (
	askReader  = 0x11ff
	findCard   = 0x2001
	selectCard = 0x2002
	readCard   = 0x3001

	statusDone  = 0x90
	statusFound = 0x9f
	statusNone  = 0x80 // no card lies there
	statusLost  = 0x81 // it was taken away again
	statusShort = 0x41 // it was taken away while it was read

	maxAnswer = 4096 // of which one is sent; a card with fingerprints takes 2,321
)

var readerHead = []byte{0xaa, 0xaa, 0xaa, 0x96, 0x69}

// commandBytes is a command as it is sent: the head, the length of what follows it,
// command and parameter, and the exclusive or of all behind the head.
func commandBytes(command uint16) []byte {
	b := binary.BigEndian.AppendUint16(append(bytes.Clone(readerHead), 0, 3), command)
	return append(b, parity(b[len(readerHead):]))
}

func parity(b []byte) (x byte) {
	for _, v := range b {
		x ^= v
	}
	return x
}

var errAnswer = errors.New("not an answer of a card reader")

// answer finds the first whole answer in what a reader sent. done is how many
// bytes are used up, also those before it that are none of it; with more
// true, what is there may go on. A fault is an answer that was damaged on its
// way.
func answer(b []byte) (status byte, data []byte, done int, more bool, err error) {
	const op = "capture.answer"
	at := bytes.Index(b, readerHead)
	if at < 0 {
		return 0, nil, max(0, len(b)-len(readerHead)+1), true, nil
	}
	body := b[at+len(readerHead):]
	if len(body) < 2 {
		return 0, nil, at, true, nil
	}
	n := int(binary.BigEndian.Uint16(body))
	if n < 4 || n > maxAnswer {
		return 0, nil, at + len(readerHead), false, fault.New(op, fault.Input, errAnswer)
	}
	if len(body) < 2+n {
		return 0, nil, at, true, nil
	}
	body, done = body[:2+n], at+len(readerHead)+2+n
	if parity(body) != 0 || body[2] != 0 || body[3] != 0 {
		return 0, nil, done, false, fault.New(op, fault.Input, errAnswer)
	}
	return body[4], body[5 : len(body)-1], done, false, nil
}

// cardOf takes text and picture out of what a reader answers to readCard.
func cardOf(data []byte) (Card, error) {
	const op = "capture.cardOf"
	if len(data) < 4 {
		return Card{}, fault.New(op, fault.Input, errAnswer)
	}
	text, photo := int(binary.BigEndian.Uint16(data)), int(binary.BigEndian.Uint16(data[2:]))
	if rest := data[4:]; text+photo <= len(rest) && photo <= cardPhoto {
		c, err := parseCard(rest[:text])
		if err != nil {
			return Card{}, err
		}
		if photo > 0 {
			c.Photo = bytes.Clone(rest[text : text+photo])
		}
		return c, nil
	}
	return Card{}, fault.New(op, fault.Input, errAnswer)
}
