package parcel

import (
	"errors"
	"strings"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// Limits of what laptops say to one another through the centre.
const (
	MaxSignal  = 64 << 10 // bytes of one signal
	MaxSignals = 16       // in one answer
	MaxDone    = 64       // in one question
)

// RelayProtocol is what a connection to the relay is upgraded to.
const RelayProtocol = "doorstep-relay/1"

// SignalQuestion asks for the signals that wait for the laptop. Done are those
// that it has: they are dropped. Listen says that it wants to be listed among
// those that can be called.
type SignalQuestion struct {
	Done   []string `json:"done,omitempty"`
	Listen bool     `json:"listen,omitempty"`
}

// Signal is one opaque message of another laptop of the county. The centre
// vouches for From, and knows nothing of Body.
type Signal struct {
	ID   string    `json:"id"`
	From uuid.UUID `json:"from"`
	Body []byte    `json:"body"`
}

// SignalAnswer is what waits, the oldest first; none after the wait.
type SignalAnswer struct {
	Signals []Signal `json:"signals"`
}

// PeerDevice is a laptop that can be called now.
type PeerDevice struct {
	Device uuid.UUID `json:"device"`
	Point  string    `json:"point"`
}

// ICEServer is a STUN or TURN server that the county runs.
type ICEServer struct {
	URL        string `json:"url"`
	Username   string `json:"username,omitempty"`
	Credential string `json:"credential,omitempty"`
}

// PeersResponse is whom a laptop can call, and by what help.
type PeersResponse struct {
	ICE     []ICEServer  `json:"ice,omitempty"`
	Devices []PeerDevice `json:"devices"`
}

// maxICE bounds how many servers a laptop asks before it offers a way.
const maxICE = 4

// ParseICE reads a list of servers in JSON; fault.Input when it is none.
func ParseICE(text string) ([]ICEServer, error) {
	const op = "parcel.ParseICE"
	var out []ICEServer
	if err := DecodeJSON(strings.NewReader(text), MaxJSON, &out); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(out) > maxICE {
		return nil, fault.New(op, fault.Input, errors.New("more than four servers"))
	}
	for _, s := range out {
		scheme, rest, _ := strings.Cut(s.URL, ":")
		switch {
		case scheme != "stun" && scheme != "turn" && scheme != "turns" || rest == "" || len(s.URL) > 256:
			return nil, fault.New(op, fault.Input, errors.New("a url is stun:, turn: or turns:HOST:PORT"))
		case scheme != "stun" && (s.Username == "" || s.Credential == ""):
			return nil, fault.New(op, fault.Input, errors.New("turn wants a username and a credential"))
		}
	}
	return out, nil
}
