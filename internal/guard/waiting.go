package guard

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// Waiting is a request for a grant as the centre tells of it to who may answer
// it, at whatever laptop of the county.
type Waiting struct {
	Device   uuid.UUID `json:"device"`
	Operator string    `json:"operator"`
	Ask      string    `json:"ask"` // the bytes of the Ask in hexadecimal
	Case     uuid.UUID `json:"case"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Declined bool      `json:"declined,omitempty"`
	By       string    `json:"by,omitempty"`   // who declined it
	Word     string    `json:"word,omitempty"` // and why
}

// WaitFor is how long a request waits for its answer.
const WaitFor = 72 * time.Hour

const (
	// MaxWaiting bounds the list of a county.
	MaxWaiting = 200
	// MaxOwn is how many requests of one operator wait at a laptop, and how many stand
	// on the list of a county.
	MaxOwn = 10
)

// Plea is the request with who makes it and where; fault.Input for one that asks
// for nothing, or names another case than its own.
func (w Waiting) Plea() (Plea, error) {
	const op = "guard.Waiting"
	raw, err := hex.DecodeString(w.Ask)
	if err != nil {
		return Plea{}, fault.New(op, fault.Input, errors.New("ask"))
	}
	a, err := ParseAsk(raw)
	if err != nil {
		return Plea{}, fault.Wrap(op, err)
	}
	if a.Count == 0 && TagOf(w.Case) != a.Case || a.Count > 0 && w.Case != uuid.Nil {
		return Plea{}, fault.New(op, fault.Input, errors.New("another case"))
	}
	return Plea{Device: TagOf(w.Device), Operator: w.Operator, Ask: a}, nil
}

// EncodeWaiting gives the list as the centre signs it.
func EncodeWaiting(list []Waiting) ([]byte, error) {
	b, err := json.Marshal(waitingList{1, append([]Waiting{}, list...)})
	if err != nil {
		return nil, fault.New("guard.EncodeWaiting", fault.Other, err)
	}
	_, err = ParseWaiting(b)
	return b, err
}

type waitingList struct {
	Version int       `json:"version"`
	Asks    []Waiting `json:"asks"`
}

// ParseWaiting is the inverse of EncodeWaiting. fault.Newer for a later version;
// fault.Input for anything else that is none.
func ParseWaiting(b []byte) ([]Waiting, error) {
	const op = "guard.ParseWaiting"
	bad := func(why string) error { return fault.New(op, fault.Input, errors.New(why)) }
	var v waitingList
	if err := decode(b, &v); err != nil {
		return nil, bad("a list of requests: " + err.Error())
	}
	switch {
	case v.Version > 1:
		return nil, fault.New(op, fault.Newer, errors.New("version"))
	case v.Version != 1 || v.Asks == nil || len(v.Asks) > MaxWaiting:
		return nil, bad("version or length")
	}
	for _, w := range v.Asks {
		if !validID(w.Operator) || w.Declined != (w.By != "") || w.By != "" && !validID(w.By) || w.At.IsZero() {
			return nil, bad("operator, by or time")
		}
		for _, s := range []string{w.Reason, w.Word} {
			if len(s) > MaxReason || !utf8.ValidString(s) {
				return nil, bad("reason")
			}
		}
		if _, err := w.Plea(); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	return v.Asks, nil
}

// How the chain tells the centre of requests and answers: in the detail of a
// look, so that an earlier centre keeps it as it keeps any.
const (
	askedDetail    = "grant asked "
	approvedDetail = "grant approved "
	declinedDetail = "grant declined "
	settledDetail  = "grant p-"

	withdrawnDetail = "grant withdrawn "
)

// ExportAsked is what the chain says of a request to export: whoever answers names a
// recipient, at the laptop, and it does not go up.
const ExportAsked = "export asked"

// ExportWithdrawn is what the chain says of a request to export that its operator took
// back.
const ExportWithdrawn = "export withdrawn"

// asks says whether a look's detail tells of a request.
func asks(detail string) bool {
	return detail == ExportAsked || strings.HasPrefix(detail, askedDetail)
}

// AskedDetail tells of a request of this laptop.
func AskedDetail(ask []byte) string { return askedDetail + hex.EncodeToString(ask) }

// WithdrawnDetail tells of a request of this laptop that its operator took back. An
// earlier centre keeps it as any look, and the request on its list.
func WithdrawnDetail(ask []byte) string { return withdrawnDetail + hex.EncodeToString(ask) }

// AnswerDetail tells of an answer to a request of another laptop.
func AnswerDetail(approve bool, device uuid.UUID, ask string) string {
	if approve {
		return approvedDetail + device.String() + " " + ask
	}
	return declinedDetail + device.String() + " " + ask
}

// Word is what a look of the chain says about a request.
type Word struct {
	Kind   WordKind
	Device uuid.UUID // of an answer: the laptop that asked
	Ask    string    // in hexadecimal
	Grant  string    // of Settled and TakenBack: the grant's id
	By     string    // of Settled: who approved

	Operator string  // of TakenBack: whose grant it is
	About    [4]byte // of TakenBack: the end of the id of the laptop where it is good
}

// WordKind is what is said.
type WordKind int

// What can be said; nothing is the zero value.
const (
	Asked WordKind = iota + 1
	Approved
	Declined
	Settled   // at the laptop that asked, without the network
	Withdrawn // by who asked
	TakenBack // a grant, by a data administrator
)

// WordOf reads a look's detail; of any other look Kind is zero.
func WordOf(detail string) Word {
	if ask, ok := strings.CutPrefix(detail, askedDetail); ok {
		return Word{Kind: Asked, Ask: ask}
	}
	if ask, ok := strings.CutPrefix(detail, withdrawnDetail); ok {
		return Word{Kind: Withdrawn, Ask: ask}
	}
	if rest, ok := strings.CutPrefix(detail, settledDetail); ok {
		id, rest, _ := strings.Cut(rest, " ")
		_, by, _ := strings.Cut(rest, " by ")
		by, _, _ = strings.Cut(by, " ")
		if !validID(by) {
			by = ""
		}
		return Word{Kind: Settled, Grant: "p-" + id, By: by}
	}
	if rest, ok := strings.CutPrefix(detail, takenBackDetail); ok {
		return takenBackOf(rest)
	}
	for prefix, kind := range map[string]WordKind{approvedDetail: Approved, declinedDetail: Declined} {
		if rest, ok := strings.CutPrefix(detail, prefix); ok {
			device, ask, _ := strings.Cut(rest, " ")
			if id, err := uuid.Parse(device); err == nil {
				return Word{Kind: kind, Device: id, Ask: ask}
			}
		}
	}
	return Word{}
}
