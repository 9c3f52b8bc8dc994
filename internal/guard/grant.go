package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Grant is a data administrator's leave for sensitive use: who may see which
// fields in full, of which cases or of how many, why and until when. The
// centre signs it, so it holds without a network.
type Grant struct {
	ID       string      `json:"id"`       // 1 to 64 letters, digits, - or _
	Operator string      `json:"operator"` // who may
	Fields   []string    `json:"fields"`   // of GrantFields and Counted
	Cases    []uuid.UUID `json:"cases,omitempty"`
	Count    int         `json:"count,omitempty"` // of any cases, where Cases names none
	Reason   string      `json:"reason"`
	By       string      `json:"by"` // the data administrator
	From     time.Time   `json:"from"`
	Until    time.Time   `json:"until"`
	Device   uuid.UUID   `json:"device,omitzero"`   // the laptop it is good at; Nil is any
	Release  *Release    `json:"release,omitempty"` // it lets the cases be exported, and shows nothing
}

// Emergency stands for who approves where nobody could be asked: a person looks
// at it afterwards. No account has this name.
const Emergency = "emergency"

// Bounds of a grant.
const (
	MaxGrantCases  = 1000
	MaxGrantReason = 300 // bytes
	MaxGrantTime   = 92 * 24 * time.Hour
)

// GrantFields lists the fields a grant can let be seen: those that are masked.
func GrantFields() []string {
	var out []string
	for _, party := range []string{"student.", "coborrowers.0."} {
		for _, f := range []string{"name", "id_no", "phone", "address", "birth"} {
			out = append(out, party+f)
		}
	}
	return append(out, ImagesField)
}

// Validate says what is wrong with a grant's form: fault.Input with a sentence
// for the screen.
func (g Grant) Validate() error {
	bad := func(say, why string) error { return fault.Say("guard.Grant", fault.Input, say, errors.New(why)) }
	switch {
	case !grantID(g.ID):
		return bad("授权编号格式不对。", "id")
	case !validID(g.Operator) || !validID(g.By):
		return bad("授权须写明使用人和批准人的账号。", "operator or by")
	case g.Operator == g.By:
		return bad("批准人不能批准自己使用。", "by is the operator")
	case len(g.Fields) == 0 || slices.ContainsFunc(g.Fields, func(f string) bool { return !slices.Contains(grantable(), f) }):
		return bad("授权须写明可以查看的栏目。", "fields: none, or one that is not masked")
	case len(g.Cases) > 0 && g.Count != 0 || len(g.Cases) == 0 && (g.Count < 1 || g.Count > MaxGrantCases) || len(g.Cases) > MaxGrantCases:
		return bad("授权须写明哪些案件，或最多多少件。", "cases or count, 1 to 1000")
	case counts(g.Fields) && (g.Count == 0 || g.Release != nil):
		return bad("查找和接手的授权须写明最多几次。", "search and take-over: counted, and for no export")
	case slices.Contains(g.Cases, uuid.Nil):
		return bad("授权中的案件编号不对。", "case")
	case g.Reason == "" || len(g.Reason) > MaxGrantReason || !utf8.ValidString(g.Reason):
		return bad("授权须写明理由，300 字节以内。", "reason")
	case g.From.IsZero() || !g.Until.After(g.From) || g.Until.Sub(g.From) > MaxGrantTime:
		return bad("授权须写明期限，最长三个月。", "until: after from, at most 92 days")
	}
	if g.Release != nil {
		return g.Release.Validate()
	}
	return nil
}

func grantID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// Encode gives the grant's JSON.
func (g Grant) Encode() ([]byte, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(g)
	if err != nil {
		return nil, fault.New("guard.Grant", fault.Other, err)
	}
	return b, nil
}

// ParseGrant is the inverse of Encode: one JSON object, no member that is not
// known, nothing behind it; anything else is fault.Input.
func ParseGrant(b []byte) (Grant, error) {
	const op = "guard.ParseGrant"
	var g Grant
	if err := decode(b, &g); err != nil {
		return g, fault.New(op, fault.Input, errors.New("a grant: "+err.Error()))
	}
	return g, fault.Wrap(op, g.Validate())
}

// Covers says whether the grant lets the operator see a field of a case in full
// now. used are the cases it was used for so far: with a count, one more must
// be left, and a case it was used for already costs nothing.
func (g Grant) Covers(op Operator, field string, c *loan.Case, used []uuid.UUID, now time.Time) bool {
	if c == nil || g.Release != nil || !op.Enabled || op.ID != g.Operator || !slices.Contains(g.Fields, field) ||
		now.Before(g.From) || !now.Before(g.Until) {
		return false
	}
	if len(g.Cases) > 0 {
		return slices.Contains(g.Cases, c.ID)
	}
	return slices.Contains(used, c.ID) || len(used) < g.Count
}

// decode reads one JSON value that has no other fields than v and nothing behind it. Its
// errors tell nothing of what was read.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return errors.New("it is none")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more behind it")
	}
	return nil
}
