package store

import (
	"context"
	"encoding/json"
	"errors"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
)

// Setting reads a setting into v; fault.Missing when it was never set.
func (s *Store) Setting(ctx context.Context, key string, v any) error {
	const op = "store.Setting"
	return s.view(ctx, op, func(tx *bbolt.Tx) error {
		b, err := s.get(tx, bSettings, []byte(key))
		if err != nil {
			return err
		}
		if json.Unmarshal(b, v) != nil {
			return fault.New(op, fault.Damaged, errors.New("setting of another form"))
		}
		return nil
	})
}

// SetSetting keeps a setting as JSON, sealed and durable. The key is a name in
// the program, never personal data.
func (s *Store) SetSetting(ctx context.Context, key string, v any) error {
	const op = "store.SetSetting"
	b, err := json.Marshal(v)
	if err != nil || key == "" || len(key) > 200 {
		return fault.New(op, fault.Input, errors.New("key or value"))
	}
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, op, func(tx *bbolt.Tx) error {
		return s.put(tx, bSettings, []byte(key), b)
	})
}
