package courier

import (
	"bytes"
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// fetchProofs brings home what proves the centre's own changes among news, by
// which a laptop of the room that has no line can be told of them. They are
// kept before the changes are: a change that is here is then told of with its
// proof.
func (c *Courier) fetchProofs(ctx context.Context, n *parcel.News) error {
	const op = "courier.fetchProofs"
	for _, id := range n.OfCentre() {
		if !ofRoom(c.store, id) {
			continue
		}
		_, b, err := c.road.ask(ctx, request{method: "GET", path: "/v1/proofs/" + id.String(), want: parcel.TypeJSON, limit: parcel.MaxJSON})
		if fault.KindOf(err) == fault.Missing {
			continue // an earlier centre
		}
		if err != nil {
			return err
		}
		if err := keepProofs(ctx, c.store, id, b); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return nil
}

// ofRoom says whether a case was passed on: of another nobody is to be told.
func ofRoom(s *store.Store, id uuid.UUID) bool {
	of, here := s.Summary(id)
	return here && len(of.Holders) > 0
}

// keepProofs keeps what came of a case of a room. Who is told with it verifies it.
func keepProofs(ctx context.Context, s *store.Store, id uuid.UUID, b []byte) error {
	const op = "courier.keepProofs"
	var r parcel.ProofsResponse
	if err := parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &r); err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	if !ofRoom(s, id) {
		return nil
	}
	return fault.Wrap(op, s.SetSetting(ctx, store.CentreProof+id.String(), r.Proofs))
}
