package neighbour

import (
	"context"
	"errors"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// The settings of this package, each with an id behind it.
const (
	passportSetting = "neighbour.passport."
	proofSetting    = "neighbour.proof."
)

func (r *Room) readPassport(p parcel.Passport) (uuid.UUID, seal.PublicKey, error) {
	return p.Key(func(der []byte) (string, seal.PublicKey, error) { return seal.VerifyDevice(der, r.ca) })
}

// meetAuthor reads the passport of a laptop of the county and keeps it. One
// that differs from the passport kept is fault.Conflict: a device has one
// chain, and one key that signs it.
func (r *Room) meetAuthor(ctx context.Context, p parcel.Passport) (uuid.UUID, error) {
	const op = "neighbour.meetAuthor"
	device, key, err := r.readPassport(p)
	if err != nil {
		return uuid.Nil, fault.Wrap(op, err)
	}
	if device == r.self {
		return device, nil
	}
	var have parcel.Passport
	switch err := r.store.Setting(ctx, passportSetting+device.String(), &have); {
	case fault.KindOf(err) == fault.Missing:
		return device, fault.Wrap(op, r.store.SetSetting(ctx, passportSetting+device.String(), p))
	case err != nil:
		return uuid.Nil, fault.Wrap(op, err)
	}
	if _, known, err := r.readPassport(have); err != nil || !known.Equal(key) {
		return uuid.Nil, fault.New(op, fault.Conflict, errors.New("another key of the device"))
	}
	return device, nil
}

func (r *Room) passport(ctx context.Context, device uuid.UUID) (parcel.Passport, error) {
	if device == r.self {
		return r.pass, nil
	}
	var p parcel.Passport
	err := r.store.Setting(ctx, passportSetting+device.String(), &p)
	return p, fault.Wrap("neighbour.passport", err)
}

// keyOf gives the key that signs a device's chain, by the passports met. A
// device without one may be the centre, which has no passport: its key then
// says whether it is, for nobody else signs by it.
func (r *Room) keyOf(ctx context.Context) func(uuid.UUID) (seal.PublicKey, error) {
	return func(device uuid.UUID) (seal.PublicKey, error) {
		const op = "neighbour.keyOf"
		p, err := r.passport(ctx, device)
		if fault.KindOf(err) == fault.Missing {
			return r.profile.Centre, nil
		}
		if err != nil {
			return seal.PublicKey{}, err
		}
		_, key, err := r.readPassport(p)
		return key, fault.Wrap(op, err)
	}
}

// centres says whether a piece that was opened is the centre's.
func (r *Room) centres(ctx context.Context, device uuid.UUID) (bool, error) {
	if device == r.self {
		return false, nil
	}
	_, err := r.passport(ctx, device)
	if fault.KindOf(err) == fault.Missing {
		return true, nil // its signature holds by the centre's key
	}
	return false, err
}

// centreKind says whether a change is one that the centre alone makes.
func centreKind(k loan.ChangeKind) bool {
	switch k {
	case loan.ChangeReceive, loan.ChangeAccept, loan.ChangeReturn, loan.ChangeNotice:
		return true
	}
	return false
}

// allProofs are those that came with the pieces of a case, and those that the
// centre gave of its own changes.
func (r *Room) allProofs(ctx context.Context, id uuid.UUID) ([][]byte, error) {
	came, err := r.proofs(ctx, id)
	if err != nil {
		return nil, err
	}
	var own [][]byte
	err = r.store.Setting(ctx, store.CentreProof+id.String(), &own)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return nil, fault.Wrap("neighbour.allProofs", err)
	}
	return append(came, own...), nil
}

// proofs are those that came with the pieces of a case.
func (r *Room) proofs(ctx context.Context, id uuid.UUID) ([][]byte, error) {
	var out [][]byte
	err := r.store.Setting(ctx, proofSetting+id.String(), &out)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	return out, fault.Wrap("neighbour.proofs", err)
}

// keepProofs adds the proofs of pieces to a case's, and drops those of pieces
// that lie within others.
func (r *Room) keepProofs(ctx context.Context, id uuid.UUID, pieces []*parcel.Piece) error {
	const op = "neighbour.keepProofs"
	old, err := r.proofs(ctx, id)
	if err != nil {
		return err
	}
	all := pieces
	for _, raw := range old {
		p, err := parcel.OpenProof(raw, r.keyOf(ctx))
		if err != nil {
			return fault.Wrap(op, err)
		}
		all = append(all, p)
	}
	var out [][]byte
	for i, p := range all {
		if !covered(all, i) {
			out = append(out, p.Proof)
		}
	}
	return fault.Wrap(op, r.store.SetSetting(ctx, proofSetting+id.String(), out))
}

// tidy forgets the proofs of cases that are not here any more. Those of a case
// that came to its end stay: the centre may send it back.
func (r *Room) tidy(ctx context.Context) error {
	r.take.Lock() // a case on its way in has its proofs first
	defer r.take.Unlock()
	names, err := r.store.SettingsWith(ctx, proofSetting)
	if err != nil {
		return err
	}
	for _, name := range names {
		id, err := uuid.Parse(strings.TrimPrefix(name, proofSetting))
		if err != nil {
			continue
		}
		if _, here := r.store.Summary(id); here {
			continue
		}
		if err := r.store.DropSetting(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// covered says whether a piece lies within another; of two alike the first
// stays.
func covered(all []*parcel.Piece, i int) bool {
	p := all[i]
	for k, o := range all {
		if k == i || o.Device != p.Device || o.First > p.First || o.Last < p.Last {
			continue
		}
		if o.First != p.First || o.Last != p.Last || k < i {
			return true
		}
	}
	return false
}

func key(ch *loan.Change) Span {
	return Span{ch.Device, loan.Range{From: ch.Counter, To: ch.Counter}}
}
