package guard

import (
	"encoding/json"
	"errors"

	"doorstep/internal/fault"
)

// MaxListed bounds a county's roster of operators.
const MaxListed = 5000

// listed is the JSON of a roster of operators.
type listed struct {
	Version int            `json:"version"`
	People  []listedPerson `json:"people"`
}

type listedPerson struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Roles []Role `json:"roles"`
	Off   bool   `json:"off,omitempty"`
}

// EncodeListed gives the county's roster of operators as the centre signs it: of each
// id, name, roles and whether the account may work.
func EncodeListed(people []Operator) ([]byte, error) {
	out := listed{Version: 1, People: make([]listedPerson, len(people))}
	for i, o := range people {
		out.People[i] = listedPerson{o.ID, o.Name, append([]Role{}, o.Roles...), !o.Enabled}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fault.New("guard.EncodeListed", fault.Other, err)
	}
	_, err = ParseListed(b)
	return b, err
}

// ParseListed is the inverse of EncodeListed; ids and roles are as they stand there,
// also those that a laptop does not know. fault.Newer for a later version; fault.Input for anything else
// that is none.
func ParseListed(b []byte) ([]Operator, error) {
	const op = "guard.ParseListed"
	var v listed
	if err := decode(b, &v); err != nil {
		return nil, fault.New(op, fault.Input, errors.New("a roster of operators: "+err.Error()))
	}
	switch {
	case v.Version > 1:
		return nil, fault.New(op, fault.Newer, errors.New("version"))
	case v.Version != 1 || v.People == nil || len(v.People) > MaxListed:
		return nil, fault.New(op, fault.Input, errors.New("version or length"))
	}
	out, seen := make([]Operator, len(v.People)), map[string]bool{}
	for i, p := range v.People {
		if p.ID == "" || len(p.ID) > 64 || seen[p.ID] || len(p.Name) > 200 {
			return nil, fault.New(op, fault.Input, errors.New("an id or name that is none, or an id twice"))
		}
		seen[p.ID] = true
		out[i] = Operator{ID: p.ID, Name: p.Name, Roles: p.Roles, Enabled: !p.Off}
	}
	return out, nil
}
