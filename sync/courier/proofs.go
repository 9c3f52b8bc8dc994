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
	done := map[uuid.UUID]bool{}
	for _, ch := range n.Changes {
		if ch.Device != n.Centre || done[ch.Case] {
			continue
		}
		done[ch.Case] = true
		if of, here := c.store.Summary(ch.Case); !here || len(of.Holders) == 0 {
			continue // no case of a room: nobody is to be told
		}
		_, b, err := c.road.ask(ctx, request{method: "GET", path: "/v1/proofs/" + ch.Case.String(), want: parcel.TypeJSON, limit: parcel.MaxJSON})
		if fault.KindOf(err) == fault.Missing {
			continue // an earlier centre
		}
		if err != nil {
			return err
		}
		var r parcel.ProofsResponse
		if err := parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &r); err != nil {
			return fault.New(op, fault.Untrusted, err)
		}
		if err := c.store.SetSetting(ctx, store.CentreProof+ch.Case.String(), r.Proofs); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return nil
}
