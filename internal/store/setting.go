package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

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

// SettingsWith lists the names of the settings that begin with a prefix, in
// order.
func (s *Store) SettingsWith(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	err := s.view(ctx, "store.SettingsWith", func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bSettings)).Cursor()
		for k, _ := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, _ = c.Next() {
			out = append(out, string(k))
		}
		return nil
	})
	return out, err
}

// DropSetting forgets a setting; one that was never set is no error.
func (s *Store) DropSetting(ctx context.Context, key string) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, "store.DropSetting", func(tx *bbolt.Tx) error { return s.del(tx, bSettings, []byte(key)) })
}

// The settings by which couriers and neighbours leave word for each other; each
// goes on with a device's id.
const (
	ErrandBlobs   = "errand.blobs."   // []loan.Hash: what a device has not had acknowledged
	ErrandReceipt = "errand.receipt." // []byte: the centre's receipt for a device, to be brought home
	RevokedDevice = "revoked."        // true: the centre shut the device out
	// CentreProof goes on with a case's id. [][]byte: the centre's proofs of its
	// own changes of the case, for laptops of the room.
	CentreProof = "centre.proof."
)

// EraBegan is the setting, a time.Time, of when the chain was last led on in a
// new era, as after a repair or a backup put back: what was counted in settings
// before may lack what came after the backup.
const EraBegan = "era.began"
