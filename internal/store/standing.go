package store

import (
	"bytes"
	"slices"

	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// standings are the levels of the county's operators, as they were read last.
type standings struct {
	levels, people []byte         // the two lists they were read from
	centre         seal.PublicKey // that signed them
	by             map[string]guard.Standing
}

// standings reads levels and organisations by the two lists that the county signed, the
// levels of operators and the roster of them: who stands in the later one is as it says.
// None where no list came down yet. Lists that stand there as they were read last are not
// opened again.
func (s *Store) standings(tx *bbolt.Tx) (map[string]guard.Standing, error) {
	const op = "store.standings"
	levels, err := s.rawBulletin(tx, string(bulletin.Standing)+"/"+bulletin.StandingName)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return nil, fault.Wrap(op, err)
	}
	people, err := s.rawBulletin(tx, string(bulletin.Operators)+"/"+bulletin.OperatorsName)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return nil, fault.Wrap(op, err)
	}
	centre := s.Profile().Centre
	s.mu.RLock()
	last := s.standList
	s.mu.RUnlock()
	if last != nil && bytes.Equal(last.levels, levels) && bytes.Equal(last.people, people) && last.centre.Equal(centre) {
		return last.by, nil
	}
	next := &standings{levels: levels, people: people, centre: centre}
	if next.by, err = s.readStandings(levels, people); err != nil {
		return nil, fault.Wrap(op, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standList = next
	return next.by, nil
}

// readStandings opens the two lists, of which there may be none.
func (s *Store) readStandings(levels, people []byte) (map[string]guard.Standing, error) {
	by, version := map[string]guard.Standing{}, uint64(0)
	if levels != nil {
		b, err := s.openBulletin(levels)
		if err != nil {
			return nil, err
		}
		list, err := guard.ParseStandings(b.Content)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			by[p.ID] = p
		}
		version = b.Version
	}
	if people == nil {
		return by, nil
	}
	b, err := s.openBulletin(people)
	if err != nil || b.Version <= version {
		return by, err
	}
	list, err := guard.ParseListed(b.Content)
	// A roster in which nobody has a level may be one from before they stood in it.
	if err != nil || !slices.ContainsFunc(list, func(o guard.Operator) bool { return o.Level != "" }) {
		return by, err
	}
	for _, o := range list {
		by[o.ID] = guard.Standing{ID: o.ID, Level: o.Level, Org: o.Org}
	}
	return by, nil
}

// placed is an account with its level and organisation; an account that the list
// does not name has none.
func placed(o guard.Operator, by map[string]guard.Standing) guard.Operator {
	o.Level, o.Org = by[o.ID].Level, by[o.ID].Org
	return o
}
