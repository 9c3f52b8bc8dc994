package rulebook

import (
	"encoding/json"

	"doorstep/assets"
	"doorstep/internal/fault"
)

// Text is a text that is read out before signing. Its id names text and version.
type Text struct {
	ID      string `json:"id"`
	Purpose string `json:"purpose"`
	Title   string `json:"title"`
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
