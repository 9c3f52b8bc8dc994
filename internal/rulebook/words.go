package rulebook

import (
	"encoding/json"
	"maps"
	"slices"

	"doorstep/assets"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Words are what the codes of a verdict say in Chinese.
type Words struct{ of map[loan.Code]entry }

type entry struct {
	Message  string        `json:"msg"`
	Severity loan.Severity `json:"severity"`
	Step     string        `json:"step"`
}

// LoadWords reads the words the program carries; fault.Damaged when they are
// broken.
func LoadWords() (*Words, error) {
	w := &Words{}
	if err := json.Unmarshal(assets.Codes(), &w.of); err != nil {
		return nil, fault.New("load words", fault.Damaged, err)
	}
	return w, nil
}

// Message says what is wrong; for a code without words it is the code.
func (w *Words) Message(code loan.Code) string {
	if e, ok := w.of[code]; ok {
		return e.Message
	}
	return string(code)
}

// Step says what the clerk does about it; empty for a code without words.
func (w *Words) Step(code loan.Code) string { return w.of[code].Step }

// Codes lists every code that has words, sorted.
func (w *Words) Codes() []loan.Code { return slices.Sorted(maps.Keys(w.of)) }
