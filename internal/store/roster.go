package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// RosterEntry is a person of the centre's roster.
type RosterEntry struct {
	ID, Name string
	Roles    []string
	Off      bool // may no longer sign in
}

// KeepRoster takes over the centre's roster and gives the number of accounts
// that changed. Who was switched off cannot sign in any more, and nobody keeps a role
// that the roster does not give, in whatever form it names the account: of its roles
// those known here count, and who has none of them cannot sign in. An account that the
// roster does not name stays as it is.
func (s *Store) KeepRoster(ctx context.Context, people []RosterEntry) (changed int, err error) {
	const op = "store.KeepRoster"
	have, err := s.Operators(ctx)
	if err != nil {
		return 0, fault.Wrap(op, err)
	}
	for _, p := range people {
		o := p.account()
		i := slices.IndexFunc(have, func(h guard.Operator) bool { return h.ID == p.ID })
		if i >= 0 {
			o.Name = cmp.Or(o.Name, have[i].Name)
			if len(o.Roles) == 0 {
				o.Roles, o.Enabled = have[i].Roles, false
			}
		}
		same := i >= 0 && have[i].Name == o.Name && have[i].Enabled == o.Enabled && slices.Equal(have[i].Roles, o.Roles)
		if same || i < 0 && p.Off || o.Validate() != nil {
			continue
		}
		if err := s.AddOperator(ctx, o); err != nil {
			return changed, fault.Wrap(op, err)
		}
		changed++
	}
	return changed, nil
}

// maxOperatorName is what guard.Operator.Validate allows.
const maxOperatorName = 100

// account is the entry in the form of an account: each role once that is known here, and
// no more of the name than an account has.
func (p RosterEntry) account() guard.Operator {
	o := guard.Operator{ID: p.ID, Name: p.Name, Enabled: !p.Off}
	if len(o.Name) > maxOperatorName {
		o.Name = strings.ToValidUTF8(o.Name[:maxOperatorName], "")
	}
	for _, r := range p.Roles {
		if role := guard.Role(r); slices.Contains(guard.Roles(), role) && !o.Has(role) {
			o.Roles = append(o.Roles, role)
		}
	}
	return o
}

// keepListed takes over the people of a roster of operators in force, also of one that
// was in force before, so that what was cut short is done anew; any other bulletin is
// passed over.
func (s *Store) keepListed(ctx context.Context, b *bulletin.Bulletin) error {
	if b.Kind != bulletin.Operators || b.Withdrawn {
		return nil
	}
	list, err := guard.ParseListed(b.Content)
	if err != nil {
		return err
	}
	people := make([]RosterEntry, len(list))
	for i, o := range list {
		people[i] = RosterEntry{ID: o.ID, Name: o.Name, Off: !o.Enabled}
		for _, r := range o.Roles {
			people[i].Roles = append(people[i].Roles, string(r))
		}
	}
	_, err = s.KeepRoster(ctx, people)
	return err
}

// shut takes an operator's way in away. The last one's slot stays, for a key
// file without any would lose the data; the account's record keeps them out.
func (s *Store) shut(keys *seal.Keyfile, operator string) error {
	s.attempts.shut(operator, true)
	err := keys.Remove(s.data, operator)
	if fault.KindOf(err) == fault.Denied {
		return nil
	}
	return err
}
