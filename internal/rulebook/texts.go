package rulebook

import (
	"encoding/json"
	"errors"
	"slices"

	"doorstep/assets"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Text is a text that is read out before signing. Its id names text and version.
type Text struct {
	ID      string `json:"id"`
	Purpose string `json:"purpose"`
	Version string `json:"version"`
	Title   string `json:"title"`
}

// ConsentText is the text that is shown for a consent to a purpose: of several the
// latest version. fault.Input for a purpose that has none.
func ConsentText(purpose string) (Text, error) {
	const op = "read consent text"
	var out Text
	for _, b := range assets.Texts() {
		var t Text
		if err := json.Unmarshal(b, &t); err != nil {
			return Text{}, fault.New(op, fault.Damaged, err)
		}
		if t.Purpose == purpose && t.Version > out.Version {
			out = t
		}
	}
	if out.ID == "" || !slices.Contains(loan.Purposes(), purpose) {
		return Text{}, fault.New(op, fault.Input, errors.New("no such purpose"))
	}
	return out, nil
}

// TextWords names a text that was agreed to by its id: its title and version, or the id
// where this program has it no more.
func TextWords(id string) string {
	for _, b := range assets.Texts() {
		var t Text
		if json.Unmarshal(b, &t) == nil && t.ID == id {
			return "《" + t.Title + "》，" + t.Version + " 版"
		}
	}
	return "文本 " + id
}

// SpokenTexts are those on integrity and on fraud, in this order, which each
// party hears before it signs. fault.Damaged when the program does not carry
// both.
func SpokenTexts() ([]Text, error) {
	const op = "read texts"
	of := map[string]Text{}
	for _, b := range assets.Texts() {
		var t Text
		if err := json.Unmarshal(b, &t); err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		of[t.Purpose] = t
	}
	out := []Text{of["integrity"], of["antifraud"]}
	for _, t := range out {
		if t.ID == "" || t.Title == "" {
			return nil, fault.New(op, fault.Damaged, nil)
		}
	}
	return out, nil
}
