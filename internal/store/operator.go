package store

import (
	"context"
	"encoding/json"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// operator reads an account, with level and organisation; one without a record is fault.Denied.
func (s *Store) operator(ctx context.Context, id string) (guard.Operator, error) {
	const op = "store.operator"
	var o guard.Operator
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		if o, err = s.readOperator(tx, id); err != nil {
			return err
		}
		by, err := s.standings(tx)
		o = placed(o, by)
		return err
	})
	if fault.KindOf(err) == fault.Missing {
		return o, fault.New(op, fault.Denied, nil)
	}
	return s.attempts.fill(o), err
}

// Account is an operator's account as it stands now; fault.Denied for one that
// is not known here.
func (s *Store) Account(ctx context.Context, id string) (guard.Operator, error) {
	o, err := s.operator(ctx, id)
	return o, fault.Wrap("store.Account", err)
}

func (s *Store) readOperator(tx *bbolt.Tx, id string) (guard.Operator, error) {
	var o guard.Operator
	b, err := s.get(tx, bOperators, []byte(id))
	if err != nil {
		return o, err
	}
	if strictJSON(b, &o) != nil || o.ID != id {
		return o, structural("operator")
	}
	return o, nil
}

// Operators lists every account known here, whether it can sign in or not, by id.
func (s *Store) Operators(ctx context.Context) ([]guard.Operator, error) {
	const op = "store.Operators"
	var out []guard.Operator
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		by, err := s.standings(tx)
		if err != nil {
			return err
		}
		c := tx.Bucket([]byte(bOperators)).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			o, err := s.readOperator(tx, string(k))
			if err != nil {
				return err
			}
			out = append(out, placed(o, by))
		}
		return nil
	})
	for i := range out {
		out[i] = s.attempts.fill(out[i])
	}
	return out, err
}

// CanSignIn says whether an account has a password here.
func (s *Store) CanSignIn(operator string) bool {
	s.write.Lock()
	defer s.write.Unlock()
	return s.keys.Has(operator)
}

// Verify tries a second person's name and password at a desk where another is
// signed in. Failures are those of Unlock.
func (s *Store) Verify(ctx context.Context, operator string, password []byte) (guard.Operator, error) {
	const op = "store.Verify"
	if err := ended(op, ctx); err != nil {
		return guard.Operator{}, err
	}
	s.write.Lock()
	keys := s.keys
	s.write.Unlock()
	data, _, err := s.attempts.open(keys, nil, operator, password, s.o.now()())
	if err != nil {
		return guard.Operator{}, fault.Wrap(op, err)
	}
	data.Wipe()
	o, err := s.operator(ctx, operator)
	if err == nil {
		err = o.MaySignIn(s.o.now()())
	}
	s.attempts.refused(operator, err, s.o.now()())
	return o, fault.Wrap(op, err)
}

// without lists the accounts that have no password in a key file.
func without(tx *bbolt.Tx, keys *seal.Keyfile) []string {
	var out []string
	c := tx.Bucket([]byte(bOperators)).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if !keys.Has(string(k)) {
			out = append(out, string(k))
		}
	}
	return out
}

// AddOperator keeps an account of the centre's roster, new or changed. It
// gives no password: the person cannot sign in here until EnableOperator.
// One that is switched off can no longer sign in.
func (s *Store) AddOperator(ctx context.Context, o guard.Operator) error {
	const op = "store.AddOperator"
	if err := o.Validate(); err != nil {
		return fault.Wrap(op, err)
	}
	s.write.Lock()
	defer s.write.Unlock()
	return fault.Wrap(op, s.putOperator(ctx, o, func(keys *seal.Keyfile) error {
		if !keys.Has(o.ID) {
			s.attempts.shut(o.ID, true)
			return nil
		}
		if !o.Enabled {
			return s.shut(keys, o.ID)
		}
		return keys.SetName(s.data, o.ID, o.Name)
	}))
}

// EnableOperator lets an account sign in here by a password, which replaces
// one it had, and clears its failures.
func (s *Store) EnableOperator(ctx context.Context, o guard.Operator, password []byte) error {
	const op = "store.EnableOperator"
	if err := o.Validate(); err != nil {
		return fault.Wrap(op, err)
	}
	o.Enabled = true
	s.write.Lock()
	defer s.write.Unlock()
	err := s.putOperator(ctx, o, func(keys *seal.Keyfile) error {
		if err := s.raiseCost(keys); err != nil {
			return err
		}
		set := keys.Add
		if keys.Has(o.ID) {
			set = keys.Reset
		}
		if err := set(s.data, o.ID, password); err != nil {
			return err
		}
		return keys.SetName(s.data, o.ID, o.Name)
	})
	if err == nil {
		s.attempts.set(o.Cleared())
		s.attempts.shut(o.ID, false)
	}
	return fault.Wrap(op, err)
}

// ChangePassword gives an operator a new password, when the old one is right.
// Failures are those of Unlock.
func (s *Store) ChangePassword(ctx context.Context, operator string, old, new []byte) error {
	const op = "store.ChangePassword"
	o, err := s.Verify(ctx, operator, old)
	if err != nil {
		return fault.Wrap(op, err)
	}
	s.write.Lock()
	defer s.write.Unlock()
	return fault.Wrap(op, s.putOperator(ctx, o, func(keys *seal.Keyfile) error {
		if err := s.raiseCost(keys); err != nil {
			return err
		}
		return keys.Reset(s.data, operator, new)
	}))
}

// putOperator writes an account and the key file as change leaves it. The
// caller holds s.write.
func (s *Store) putOperator(ctx context.Context, o guard.Operator, change func(*seal.Keyfile) error) error {
	const op = "store.putOperator"
	o.Failures, o.LockedUntil = 0, o.Cleared().LockedUntil // counted in their own file
	record, err := json.Marshal(o)
	if err != nil {
		return fault.New(op, fault.Input, err)
	}
	return s.rekey(ctx, op, change, func(tx *bbolt.Tx) error { return s.put(tx, bOperators, []byte(o.ID), record) })
}
