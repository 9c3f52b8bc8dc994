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
	recordWords = 'W' // to the phone: phoneWords as JSON

	maxWords = 4096
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

func writeRecord(w io.Writer, kind byte, body []byte) error {
	b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	_, err := w.Write(append(b, body...))
	return err
}

// readShot reads the phone's next image. progress is told of bytes that came.
// io.EOF at the end, fault.TooLarge past the limit, fault.Input for another
// record, and fault.Unsupported or fault.TooLarge for what is no image that may
// be decoded.
func readShot(r io.Reader, progress func(n, of int)) (Shot, error) {
	const op = "capture.readShot"
	var head [5]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return Shot{}, err
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return Shot{}, fault.New(op, fault.Input, errors.New("cut off"))
	}
	n := int(binary.BigEndian.Uint32(head[1:]))
	switch {
	case head[0] != recordShot:
		return Shot{}, fault.New(op, fault.Input, errors.New("another record"))
	case n == 0 || n > MaxFileBytes:
		return Shot{}, fault.New(op, fault.TooLarge, nil)
	}
	// Only what came is held: a length is a promise.
	var b []byte
	for len(b) < n {
		k := min(n-len(b), 64<<10)
		at := len(b)
		b = append(b, make([]byte, k)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return Shot{}, fault.New(op, fault.Input, errors.New("cut off"))
		}
		progress(len(b), n)
	}
	shot, err := shotOf(b)
	return shot, fault.Wrap(op, err)
}

// errPicture marks what came whole and is no picture that can be used.
var errPicture = errors.New("not a picture that can be used")

// shotOf is an image that came from a page.
func shotOf(b []byte) (Shot, error) {
	if err := photo.Check(b); err != nil {
		return Shot{}, errors.Join(err, errPicture)
	}
	return Shot{Data: b, Media: "image/" + photo.Sniff(b), Source: "phone"}, nil
}
