package peer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"strings"

	"doorstep/internal/fault"
	"github.com/pion/webrtc/v4"
)

const (
	// MaxMessage is how long an offer or an answer may be.
	MaxMessage    = 32 << 10
	maxCandidates = 16
)

type message struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

func encode(d *webrtc.SessionDescription) ([]byte, error) {
	const op = "peer.encode"
	b, err := json.Marshal(message{d.Type.String(), d.SDP})
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	if len(b) > MaxMessage {
		return nil, fault.New(op, fault.TooLarge, errors.New("too many addresses"))
	}
	return b, nil
}

// decode reads the other side's message of one type, and leaves of its
// candidates those that are used. fault.TooLarge, or fault.Input.
func decode(b []byte, want webrtc.SDPType) (webrtc.SessionDescription, error) {
	const op = "peer.decode"
	none := webrtc.SessionDescription{}
	if len(b) > MaxMessage {
		return none, fault.New(op, fault.TooLarge, nil)
	}
	var m message
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return none, fault.New(op, fault.Input, errors.New("not a message"))
	}
	if _, err := d.Token(); err != io.EOF {
		return none, fault.New(op, fault.Input, errors.New("more behind the message"))
	}
	if m.Type != want.String() {
		return none, fault.New(op, fault.Input, errors.New("type of the message"))
	}
	out := webrtc.SessionDescription{Type: want, SDP: sift(m.SDP)}
	parsed, err := out.Unmarshal()
	if err != nil {
		return none, fault.New(op, fault.Input, errors.New("session description"))
	}
	if len(parsed.MediaDescriptions) != 1 || parsed.MediaDescriptions[0].MediaName.Media != "application" {
		return none, fault.New(op, fault.Input, errors.New("not one data section"))
	}
	return out, nil
}

// sift leaves out candidates past the limit, and those that are no address of
// UDP: a name would make this side look it up.
func sift(sdp string) string {
	var out strings.Builder
	used := 0
	for line := range strings.Lines(sdp) {
		if c, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			if used == maxCandidates || !usable(c) {
				continue
			}
			used++
		}
		out.WriteString(line)
	}
	return out.String()
}

func usable(candidate string) bool {
	f := strings.Fields(candidate) // foundation component protocol priority address port …
	if len(f) < 8 || !strings.EqualFold(f[2], "udp") {
		return false
	}
	a, err := netip.ParseAddr(f[4])
	return err == nil && !a.IsMulticast() && !a.IsUnspecified()
}
