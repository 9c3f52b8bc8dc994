package capture

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/photo"
)

// What runs between the phone's page and the laptop, in the connection of
// package peer: records of a letter, a length of four bytes, big-endian, and as
// many bytes.
const (
	recordShot  = 'S' // from the phone: an encoded image
	recordLook  = 'P' // from the phone: a small frame of its preview
	recordName  = 'N' // from the phone: a name of the picture that follows
	recordHave  = 'R' // to the phone: the name of a picture that came whole
	recordInk   = 'I' // from the phone: a signature
	recordGot   = 'G' // from the phone: the SHA-256 of the file that it has
	recordWords = 'W' // to the phone: phoneWords as JSON
	recordHint  = 'H' // to the phone: phoneWords about the frame
	recordAsk   = 'A' // to the phone: phoneAsk as JSON
	recordKey   = 'K' // to the phone: the token from now on
	recordFile  = 'F' // to the phone: a file

	maxWords = 4096
	maxLook  = 256 << 10
	maxName  = 16
)

// pairing is what the page sends to be paired, and what it is answered. Each is
// the other's message of package peer and, in hex, HMAC-SHA-256 under the
// token of the line "offer" or "answer" with what the message answers.
type pairing struct {
	Message string `json:"message"`
	MAC     string `json:"mac"`
}

// offerMAC proves that who made the offer has read the token.
func offerMAC(token, offer string) string { return phoneMAC(token, "offer\n"+offer) }

// answerMAC proves that the answer to this very offer is the laptop's.
func answerMAC(token, offer, answer string) string {
	return phoneMAC(token, "answer\n"+offerMAC(token, offer)+"\n"+answer)
}

func phoneMAC(token, words string) string {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte(words))
	return hex.EncodeToString(m.Sum(nil))
}

// readPairing takes an offer out of a request. fault.Input, or fault.Untrusted
// where the token is another one.
func readPairing(token string, b []byte) (offer, mac string, err error) {
	const op = "capture.readPairing"
	var p pairing
	if err := json.Unmarshal(b, &p); err != nil {
		return "", "", fault.New(op, fault.Input, errors.New("not a pairing"))
	}
	if !hmac.Equal([]byte(offerMAC(token, p.Message)), []byte(p.MAC)) {
		return "", "", fault.New(op, fault.Untrusted, errors.New("another token"))
	}
	return p.Message, p.MAC, nil
}

// phoneWords are shown on the phone.
type phoneWords struct {
	Kind string `json:"kind"` // "good", "bad", "info"
	Text string `json:"text"`
}

// errBroken is the connection's end within a record.
var errBroken = errors.New("the record is not whole")

func writeRecord(w io.Writer, kind byte, body []byte) error {
	b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	_, err := w.Write(append(b, body...))
	return err
}

// readRecord reads the phone's next record, whose kind limits must name with the
// most bytes it may have. progress is told of bytes that came. io.EOF at the
// end, fault.TooLarge past the limit, fault.Input for another record.
func readRecord(r io.Reader, limits map[byte]int, progress func(kind byte, n, of int)) (kind byte, body []byte, err error) {
	const op = "capture.readRecord"
	var head [5]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return 0, nil, err
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return 0, nil, fault.New(op, fault.Input, errors.New("cut off"))
	}
	n := int(binary.BigEndian.Uint32(head[1:]))
	limit, known := limits[head[0]]
	switch {
	case !known:
		return 0, nil, fault.New(op, fault.Input, errors.New("another record"))
	case n == 0 || n > limit:
		return 0, nil, fault.New(op, fault.TooLarge, nil)
	}
	// Only what came is held: a length is a promise.
	var b []byte
	for len(b) < n {
		k := min(n-len(b), 64<<10)
		at := len(b)
		b = append(b, make([]byte, k)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return 0, nil, fault.New(op, fault.Input, errBroken)
		}
		progress(head[0], len(b), n)
	}
	return head[0], b, nil
}

// shotOf is an image that came from a page.
func shotOf(b []byte) (Shot, error) {
	if err := photo.Check(b); err != nil {
		return Shot{}, err
	}
	return Shot{Data: b, Media: "image/" + photo.Sniff(b), Source: "phone"}, nil
}
