package guard

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"doorstep/internal/fault"
)

// MaxListed bounds a county's roster of operators.
const MaxListed = 5000

// listed is the JSON of a roster of operators. In version 2 the last of a person's roles
// may be a place: a program that knows version 1 alone then calls the list newer, as it
// would not for a field that it does not know, and takes nobody over without his level.
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

// place begins what says where roles are held: "@" level "/" organisation.
const place = "@"

// EncodeListed gives the county's roster of operators as the centre signs it: of each
// id, name, roles, level and organisation, and whether the account may work. Where
// nobody has a level, programs from before there were any in it read it too.
func EncodeListed(people []Operator) ([]byte, error) {
	out := listed{Version: 1, People: make([]listedPerson, len(people))}
	for i, o := range people {
		roles := append([]Role{}, o.Roles...)
		if o.Level != "" {
			out.Version = 2
			roles = append(roles, Role(place+string(o.Level)+"/"+o.Org))
		}
		out.People[i] = listedPerson{o.ID, o.Name, roles, !o.Enabled}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fault.New("guard.EncodeListed", fault.Other, err)
	}
	_, err = ParseListed(b)
	return b, err
}

// ParseListed is the inverse of EncodeListed; ids, roles, levels and organisations are as
// they stand there, also those that a laptop does not know. fault.Newer for a later
// version; fault.Input for anything else that is none.
func ParseListed(b []byte) ([]Operator, error) {
	const op = "guard.ParseListed"
	var v listed
	if err := decode(b, &v); err != nil {
		return nil, fault.New(op, fault.Input, errors.New("a roster of operators: "+err.Error()))
	}
	switch {
	case v.Version > 2:
		return nil, fault.New(op, fault.Newer, errors.New("version"))
	case v.Version < 1 || v.People == nil || len(v.People) > MaxListed:
		return nil, fault.New(op, fault.Input, errors.New("version or length"))
	}
	out, seen := make([]Operator, len(v.People)), map[string]bool{}
	for i, p := range v.People {
		if p.ID == "" || len(p.ID) > 64 || seen[p.ID] || len(p.Name) > 200 {
			return nil, fault.New(op, fault.Input, errors.New("an id or name that is none, or an id twice"))
		}
		seen[p.ID] = true
		out[i] = Operator{ID: p.ID, Name: p.Name, Roles: p.Roles, Enabled: !p.Off}
		if v.Version > 1 && !out[i].placed() {
			return nil, fault.New(op, fault.Input, errors.New("a place that is none, or not the last"))
		}
	}
	return out, nil
}

// placed takes the place out of what stands with the roles; false where it is none, or
// another stands before it.
func (o *Operator) placed() bool {
	isPlace := func(r Role) bool { return strings.HasPrefix(string(r), place) }
	n := len(o.Roles) - 1
	if n >= 0 && isPlace(o.Roles[n]) {
		level, org, ok := strings.Cut(string(o.Roles[n])[len(place):], "/")
		if !ok || level == "" || len(org) > 200 {
			return false
		}
		o.Roles, o.Level, o.Org = o.Roles[:n], Level(level), org
	}
	return !slices.ContainsFunc(o.Roles, isPlace)
}
