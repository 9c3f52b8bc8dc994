package loan

import (
	"errors"
	"slices"
	"strings"

	"doorstep/internal/fault"
)

// Replaceable says whether a page of the slot can be taken anew after signing:
// a paper or the picture on a card, which the contract does not hold. A portrait
// stands in the contract and under the clerk's attestation, so another one takes
// a correction.
func (s Slot) Replaceable() bool {
	return (strings.HasPrefix(string(s), "doc/") || s == CardStudent || s == CardCoborrower) && validSlot(s)
}

// replace puts a page taken anew in the place of a lost one. The review, the
// signatures and the manifest's other blobs stay as they are.
func (c *Case) replace(ch *Change) error {
	b, err := Body[ReplaceBody](ch)
	if err != nil {
		return err
	}
	if d, _ := b.Slot.Doc(); !b.Slot.Replaceable() || !d.fits(b.Part) || b.Blob.Zero() || b.Size <= 0 || b.Lost.Zero() || b.Lost == b.Blob {
		return fault.New("replace", fault.Input, errors.New("slot, blob or size"))
	}
	at := slices.IndexFunc(c.Attachments, func(a Attachment) bool { return a.Slot == b.Slot && a.Blob == b.Lost })
	if at < 0 {
		return fault.New("replace", fault.Missing, errors.New("no such page"))
	}
	if b.Part == "" {
		b.Part = c.Attachments[at].Part
	}
	switch c.Status {
	case Signed, Queued, Received, Accepted:
	default:
		if err := c.touch("replace"); err != nil {
			return err
		}
	}
	c.Attachments = swap(c.Attachments, b.Lost, b.Attachment)
	if c.Finish != nil {
		f := *c.Finish
		f.Blobs = swap(f.Blobs, b.Lost, b.Attachment)
		c.Finish = &f
	}
	c.Replaced = append(slices.Clip(c.Replaced), Replacement{b.Attachment, b.Lost, ch.Operator, ch.At})
	return nil
}

// swap gives a list with one page in the place of another, once.
func swap(list []Attachment, lost Hash, page Attachment) []Attachment {
	out := slices.Clone(list)
	for i, a := range out {
		if a.Slot == page.Slot && a.Blob == lost {
			out[i] = page
		}
	}
	seen := false
	return slices.DeleteFunc(out, func(a Attachment) bool {
		again := seen && a == page
		seen = seen || a == page
		return again
	})
}
