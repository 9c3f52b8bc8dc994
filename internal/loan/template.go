package loan

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"doorstep/internal/fault"
)

// Template is what the rules know of a document's template: which it is, and for
// what it serves. Its words are package contract's.
type Template struct {
	ID         string `json:"id"`
	Version    int    `json:"version"`
	SignedFrom Date   `json:"signed_from"`
	Kinds      []Kind `json:"kinds"`
	Title      string `json:"title"`
}

// ParseTemplate reads the head of a template's file, JSON as assets/README.md
// has it; fault.Input when it does not say which it is.
func ParseTemplate(b []byte) (Template, error) {
	const op = "read template"
	var t Template
	if err := json.Unmarshal(b, &t); err != nil {
		return t, fault.New(op, fault.Input, errors.New("not a template"))
	}
	if t.ID == "" || t.Version <= 0 || !t.SignedFrom.Valid() || t.Title == "" {
		return t, fault.New(op, fault.Input, errors.New("id, version, signed_from or title"))
	}
	return t, nil
}

// Ref names the template and its version, such as loan-contract-1.
func (t Template) Ref() string { return t.ID + "-" + strconv.Itoa(t.Version) }

// Serves says whether the template is for an application of a kind; one that
// names no kinds is for all.
func (t Template) Serves(k Kind) bool { return len(t.Kinds) == 0 || slices.Contains(t.Kinds, k) }
