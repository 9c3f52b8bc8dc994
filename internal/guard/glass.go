package guard

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// GlassWord is what a look of the chain says about an emergency: that there was
// one, or that somebody looked at it afterwards.
type GlassWord struct {
	ID       string
	Reviewed bool
	Operator string // of a review: who used it
	Right    bool   // of a review: it was in order
}

const glassDetail = "glass "

// Detail is how the chain says it.
func (w GlassWord) Detail() string {
	if !w.Reviewed {
		return glassDetail + w.ID
	}
	word := "not right"
	if w.Right {
		word = "right"
	}
	return glassDetail + w.ID + " of " + w.Operator + " reviewed: " + word
}

// GlassOf reads a look's detail; false for any other look.
func GlassOf(detail string) (GlassWord, bool) {
	rest, ok := strings.CutPrefix(detail, glassDetail)
	if !ok {
		return GlassWord{}, false
	}
	id, rest, reviewed := strings.Cut(rest, " of ")
	w := GlassWord{ID: id, Reviewed: reviewed}
	if reviewed {
		w.Operator, rest, _ = strings.Cut(rest, " reviewed: ")
		w.Right = rest == "right"
	}
	return w, grantID(id) && strings.HasPrefix(id, "e-") && w.Detail() == detail
}

// Reviewed is that somebody at the centre looked at an emergency of a laptop's
// afterwards, as the centre sends it down.
type Reviewed struct {
	Device   uuid.UUID `json:"device"`
	ID       string    `json:"id"` // the emergency's
	Operator string    `json:"operator"`
	Case     uuid.UUID `json:"case"`
	By       string    `json:"by"`
	Right    bool      `json:"right"`
	Word     string    `json:"word"`
	At       time.Time `json:"at"`
}

// MaxReviewed bounds the list of a county: the newest.
const MaxReviewed = 500

type reviewedList struct {
	Version int        `json:"version"`
	Reviews []Reviewed `json:"reviews"`
}

// EncodeReviewed gives the list as the centre signs it.
func EncodeReviewed(list []Reviewed) ([]byte, error) {
	b, err := json.Marshal(reviewedList{1, append([]Reviewed{}, list...)})
	if err != nil {
		return nil, fault.New("guard.EncodeReviewed", fault.Other, err)
	}
	_, err = ParseReviewed(b)
	return b, err
}

// ParseReviewed is the inverse of EncodeReviewed. fault.Newer for a later version;
// fault.Input for anything else that is none.
func ParseReviewed(b []byte) ([]Reviewed, error) {
	const op = "guard.ParseReviewed"
	bad := func(why string) error { return fault.New(op, fault.Input, errors.New(why)) }
	var v reviewedList
	if err := decode(b, &v); err != nil {
		return nil, bad("a list of reviews: " + err.Error())
	}
	switch {
	case v.Version > 1:
		return nil, fault.New(op, fault.Newer, errors.New("version"))
	case v.Version != 1 || v.Reviews == nil || len(v.Reviews) > MaxReviewed:
		return nil, bad("version or length")
	}
	for _, r := range v.Reviews {
		if _, ok := GlassOf(glassDetail + r.ID); !ok || !validID(r.Operator) || !validID(r.By) || r.By == r.Operator || r.Device == uuid.Nil || r.At.IsZero() {
			return nil, bad("id, operator, by or time")
		}
		if len(r.Word) > MaxReason || !utf8.ValidString(r.Word) {
			return nil, bad("word")
		}
	}
	return v.Reviews, nil
}
