package courier

import (
	"context"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// told is a case that the centre erased at a person's wish.
type told struct {
	Case   uuid.UUID `json:"case"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	// Knew are the last changes of each chain that the centre had of the case.
	Knew []uuid.UUID `json:"knew,omitempty"`
}

// erasedBy lists the cases of which the centre says that it erased them.
func erasedBy(n *parcel.News) []told {
	var out []told
	for _, ch := range n.Changes {
		if ch.Device != n.Centre || ch.Kind != loan.ChangeErase || ch.Case == uuid.Nil {
			continue
		}
		t := told{Case: ch.Case, By: ch.Operator, Knew: ch.Seen}
		if b, err := loan.Body[loan.EraseBody](ch); err == nil {
			t.Reason = b.Reason
		}
		out = append(out, t)
	}
	return out
}

// eraseTold erases what the centre erased at a person's wish, as far as it is
// here; what cannot go now, somebody writes to it perhaps, goes in a later round. What
// has a sealed contract, or work that the centre did not know of, the store keeps.
func (c *Courier) eraseTold(ctx context.Context, at newsMark) error {
	if len(at.Erase) == 0 {
		return nil
	}
	var left []told
	for _, t := range at.Erase {
		out, err := c.store.EraseTold(ctx, []uuid.UUID{t.Case}, t.Knew, t.By, t.Reason)
		if err != nil {
			return err
		}
		if out.Cases > 0 {
			c.log.Info("erased, as the centre says", "case", t.Case, "blobs", out.Blobs)
		}
		for _, r := range out.Refused {
			if r.Why == store.WhySealed || r.Why == store.WhyUnsent {
				c.log.Warn("kept, though the centre says that it is erased: a person decides", "case", t.Case, "why", string(r.Why))
				continue
			}
			left = append(left, t)
		}
	}
	at.Erase = left
	return c.store.SetSetting(ctx, newsSetting, at)
}
