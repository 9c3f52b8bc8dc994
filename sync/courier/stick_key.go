package courier

import (
	"bytes"
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

const stickKeySetting = "courier.stick.key"

// stickKey is the key of the centre that a stick is sealed to: that which signs
// its receipts, and for a laptop of the National suite the one of that suite,
// once it came home.
func stickKey(ctx context.Context, s *store.Store) (seal.PublicKey, error) {
	const op = "courier.stickKey"
	p := s.Profile()
	if p.ChainKey().Suite() != seal.National {
		return p.Centre, nil
	}
	var k parcel.StickKey
	err := s.Setting(ctx, stickKeySetting, &k)
	if fault.KindOf(err) == fault.Missing {
		return p.Centre, nil
	}
	if err != nil {
		return seal.PublicKey{}, fault.Wrap(op, err)
	}
	return openStickKey(k, p.Centre)
}

func openStickKey(k parcel.StickKey, centre seal.PublicKey) (seal.PublicKey, error) {
	const op = "courier.openStickKey"
	if err := centre.Verify(parcel.StickKeyContext, k.Key, k.Signature); err != nil {
		return seal.PublicKey{}, fault.Wrap(op, err)
	}
	key, err := seal.ParsePublicKey(k.Key)
	if err != nil {
		return seal.PublicKey{}, fault.New(op, fault.Untrusted, err)
	}
	return key, nil
}

// fetchStickKey brings home the key that sticks are sealed to, where the laptop
// is of the suite that has one of its own.
func (c *Courier) fetchStickKey(ctx context.Context) error {
	const op = "courier.fetchStickKey"
	if c.profile.ChainKey().Suite() != seal.National {
		return nil
	}
	_, raw, err := c.road.ask(ctx, request{method: "GET", path: "/v1/stick", want: parcel.TypeJSON, limit: parcel.MaxJSON})
	if fault.KindOf(err) == fault.Missing {
		return nil // an earlier centre
	}
	if err != nil {
		return err
	}
	var k parcel.StickKey
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxJSON, &k); err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	if _, err := openStickKey(k, c.profile.Centre); err != nil {
		return err
	}
	return fault.Wrap(op, c.store.SetSetting(ctx, stickKeySetting, k))
}

// newsAt is how far the centre's news were read.
func newsAt(ctx context.Context, s *store.Store) (newsMark, error) {
	at := newsMark{Epoch: uuid.Nil}
	err := s.Setting(ctx, newsSetting, &at)
	if fault.KindOf(err) == fault.Missing {
		err = nil
	}
	return at, fault.Wrap("courier.newsAt", err)
}
