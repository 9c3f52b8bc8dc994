package store

import (
	"bytes"

	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// standings are the levels of the county's operators, as they were read last.
type standings struct {
	raw    []byte
	centre seal.PublicKey // that signed it
	by     map[string]guard.Standing
}

// standings reads levels and organisations by the list that the county signed;
// none where no list came down yet. One that stands there as it was read last is
// not opened again.
func (s *Store) standings(tx *bbolt.Tx) (map[string]guard.Standing, error) {
	const op = "store.standings"
	raw, err := s.rawBulletin(tx, string(bulletin.Standing)+"/"+bulletin.StandingName)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	centre := s.Profile().Centre
	s.mu.RLock()
	last := s.standList
	s.mu.RUnlock()
	if last != nil && bytes.Equal(last.raw, raw) && last.centre.Equal(centre) {
		return last.by, nil
	}
	content, err := s.openBulletin(raw)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	list, err := guard.ParseStandings(content)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	next := &standings{raw: raw, centre: centre, by: make(map[string]guard.Standing, len(list))}
	for _, p := range list {
		next.by[p.ID] = p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standList = next
	return next.by, nil
}

// placed is an account with its level and organisation; an account that the list
// does not name has none.
func placed(o guard.Operator, by map[string]guard.Standing) guard.Operator {
	o.Level, o.Org = by[o.ID].Level, by[o.ID].Org
	return o
}
