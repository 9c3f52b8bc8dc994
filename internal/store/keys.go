package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// Centre is what can be read of the centre while the store is locked. It is
// in the open, so that nothing in it may be trusted more than its finder.
type Centre struct {
	Server string    `json:"server"`
	CA     []byte    `json:"ca"` // certificate of the centre's authority, DER
	Device uuid.UUID `json:"device"`
}

func (p *Profile) centre() []byte {
	b, err := json.Marshal(Centre{Server: p.Server, CA: p.CADER, Device: p.Device})
	if err != nil {
		panic(err) // text and bytes alone
	}
	return b
}

// rekey changes the key file, and in the same transaction what also writes.
// The database decides which key file is in force: it holds a copy and,
// sealed, the copy's hash. The file beside it is written afterwards; where
// that fails, the next unlock does it. The caller holds s.write.
func (s *Store) rekey(ctx context.Context, op string, change func(*seal.Keyfile) error, also func(*bbolt.Tx) error) error {
	s.dbMu.RLock()
	closed := s.db == nil
	s.dbMu.RUnlock()
	if closed {
		return fault.New(op, fault.Busy, nil)
	}
	before := s.keys.Marshal()
	next, err := seal.ParseKeyfile(before)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := change(next); err != nil {
		return err
	}
	after := next.Marshal()
	err = s.update(ctx, op, func(tx *bbolt.Tx) error {
		if err := s.putKeys(tx, after); err != nil {
			return err
		}
		return also(tx)
	})
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	s.keys = next
	_ = writeFile(s.o.Dir, keysFile, after)
	return nil
}

// putKeys writes the copy of the key file, and the word that it is in force.
func (s *Store) putKeys(tx *bbolt.Tx, keys []byte) error {
	if err := tx.Bucket([]byte(bPlain)).Put([]byte("keys"), keys); err != nil {
		return err
	}
	sum := keysSum(keys)
	return s.put(tx, bMeta, []byte("keys"), sum[:])
}

func keysSum(keys []byte) [seal.HashSize]byte { return seal.International.Sum(keys) }

// raiseCost lets a password set on this machine cost as much to guess as the
// machine can bear, and never less than before.
func (s *Store) raiseCost(keys *seal.Keyfile) error {
	cost := s.o.Cost
	if cost == (seal.Cost{}) {
		cost = seal.Calibrate(calibrated)
	}
	return keys.RaiseCost(s.data, cost)
}

// inForce refuses a former key file that was put back: fault.Password when the
// other of the two copies is the one whose hash is sealed in the database.
// Where neither is, both are damaged or of an earlier version, and the one
// that opened is taken.
func (s *Store) inForce(ctx context.Context, other *seal.Keyfile) error {
	const op = "store.inForce"
	ctx = context.WithoutCancel(ctx)
	if other == nil {
		return nil
	}
	var want []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		want, err = s.get(tx, bMeta, []byte("keys"))
		return err
	})
	if fault.KindOf(err) == fault.Missing {
		return nil
	}
	if err != nil {
		return err
	}
	sum := keysSum(other.Marshal())
	if !bytes.Equal(want, sum[:]) {
		return nil
	}
	if own := keysSum(s.keys.Marshal()); bytes.Equal(want, own[:]) {
		return nil
	}
	return fault.Say(op, fault.Password, "这个密码已经换过，请输入现在的密码。", errors.New("a former key file"))
}

// mendKeys makes both copies of the key file the one in force, wraps the data
// key to the county's recovery key where the wrap is lacking, and puts what
// is known of the centre into the open. A disk that cannot take it now does
// not keep anybody out.
func (s *Store) mendKeys(ctx context.Context, other *seal.Keyfile, centre []byte) error {
	const op = "store.mendKeys"
	ctx = context.WithoutCancel(ctx) // whoever stops now has signed in
	s.write.Lock()
	defer s.write.Unlock()
	wrapped := s.profile.Recovery.Zero() || s.keys.Recoverable(s.profile.Recovery)
	own := s.profile.centre()
	sum := keysSum(s.keys.Marshal())
	var have []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		have, err = s.get(tx, bMeta, []byte("keys"))
		return err
	})
	if err != nil && fault.KindOf(err) != fault.Missing {
		return err
	}
	if other == nil && bytes.Equal(have, sum[:]) && wrapped && bytes.Equal(centre, own) {
		return nil
	}
	if other != nil {
		_ = writeFile(s.o.Dir, keysFile, s.keys.Marshal())
	}
	err = s.rekey(ctx, op, func(keys *seal.Keyfile) error {
		if wrapped {
			return nil
		}
		return keys.SetRecovery(s.data, s.profile.Recovery, s.profile.Device)
	}, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bPlain)).Put([]byte("centre"), own) })
	if k := fault.KindOf(err); k == fault.Full || k == fault.Disk {
		return nil
	}
	return err
}

// SetRecovery keeps the county's recovery key, and wraps the data key to it
// and to no other. fresh says whether anything changed; on failure nothing
// did.
func (s *Store) SetRecovery(ctx context.Context, county seal.PublicKey) (fresh bool, err error) {
	const op = "store.SetRecovery"
	if county.Zero() {
		return false, fault.New(op, fault.Input, errors.New("no key"))
	}
	s.write.Lock()
	defer s.write.Unlock()
	p := s.Profile()
	if p.Recovery.Equal(county) && s.keys.Recoverable(county) {
		return false, nil
	}
	p.Recovery = county
	b, err := p.encode()
	if err != nil {
		return false, fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	err = s.rekey(ctx, op, func(keys *seal.Keyfile) error { return keys.SetRecovery(s.data, county, p.Device) },
		func(tx *bbolt.Tx) error { return s.put(tx, bMeta, []byte("profile"), b) })
	if err != nil {
		return false, fault.Wrap(op, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.profile.Recovery = county
	if s.enrolled != nil {
		s.enrolled.Recovery = county
	}
	return true, nil
}

// SetProfile makes this laptop, which stays the same device of the same county,
// known by another certificate, and to another address or authority, with the
// change that says who did it. fault.Conflict for another device, county or
// county's key, and for one of practice that was not, or the reverse; on failure nothing changed.
func (s *Store) SetProfile(ctx context.Context, p Profile, e Entry) error {
	const op = "store.SetProfile"
	have := s.Profile()
	probe := []byte("the same key gives the same name")
	if p.Device != have.Device || p.County != have.County || p.CountyKey == nil || p.CountyKey.Name(probe) != have.CountyKey.Name(probe) ||
		p.Signer == nil || p.ChainKey().Suite() != have.ChainKey().Suite() || p.Practice != have.Practice {
		return fault.New(op, fault.Conflict, errors.New("another laptop's"))
	}
	p.Recovery = have.Recovery // has a way of its own
	b, err := p.encode()
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	err = s.setNoted(ctx, op, e, func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte(bPlain)).Put([]byte("centre"), p.centre()); err != nil {
			return err
		}
		return s.put(tx, bMeta, []byte("profile"), b)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.CountyKey = have.CountyKey // the store's own, which Close wipes
	s.enrolled = &p
	return nil
}
