package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Brought is a page of a case that is brought in from elsewhere.
type Brought struct {
	Slot    loan.Slot
	Media   string
	Content []byte
}

// Import makes a case of pages that come from elsewhere, in one transaction; of a
// portrait that is in use already the record says so, as where one is attached.
func (d *Desk) Import(ctx context.Context, pages []Brought) (err error) {
	const op = "bring a case in"
	if err := d.permit(ctx, guard.OpenCase, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if len(pages) == 0 {
		return fault.New(op, fault.Input, errEmpty)
	}
	c := &loan.Case{ID: uuid.Must(uuid.NewV7()), App: loan.Application{Kind: loan.First}}
	ps := []pending{entry(loan.ChangeOpen, loan.OpenBody{Application: c.App})}
	var blobs []store.Blob
	for _, p := range pages {
		if len(p.Content) == 0 {
			return fault.New(op, fault.Input, errEmpty)
		}
		h := d.store.BlobName(p.Content)
		a := loan.Attachment{Slot: p.Slot, Blob: h, Size: int64(len(p.Content)), Media: p.Media}
		blobs = append(blobs, store.Blob{Hash: h, Content: p.Content})
		ps = append(ps, entry(loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: a}))
		ps = append(ps, d.noteAgain(ctx, c, p.Slot, p.Content, h)...)
		c.Attachments = append(c.Attachments, a)
		if p.Slot != loan.PortraitStudent && p.Slot != loan.PortraitCoborrower {
			continue
		}
		// Before the case is there, so that the other party's is compared with it; what is
		// no picture is known by its bytes alone.
		if d.keepShot(ctx, c.ID, p.Slot, p.Content) == nil {
			defer func() {
				if err != nil {
					_ = d.store.DropSetting(context.WithoutCancel(ctx), shotName(c.ID, p.Slot))
				}
			}()
		}
	}
	_, err = d.commitAs(ctx, op, d.operator, c.ID, ps, blobs...)
	return err
}
