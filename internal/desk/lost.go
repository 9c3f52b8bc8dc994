package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Remedy is what can be done about a picture or file that is lost.
type Remedy uint8

// The remedies.
const (
	Retake    Remedy = iota // a paper: it is taken anew in its place, and nothing is voided
	SignAgain               // what the contract holds or refers to: a correction, and new signatures
	Amend                   // nothing is signed yet: it is taken anew
)

// Loss is a picture or file of a case of which no whole copy is known.
type Loss struct {
	loan.Attachment
	Remedy Remedy
	Asked  bool // the centre is asked for it, and may have it
}

// Losses lists what of a case is lost, in the order of the case. A portrait that
// the sealed contract holds byte for byte is put back from there first, and so
// is not lost.
func (d *Desk) Losses(ctx context.Context, id uuid.UUID) ([]Loss, error) {
	const op = "find what is lost"
	c, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	manifest := c.Manifest()
	var names []loan.Hash
	for _, a := range manifest {
		names = append(names, a.Blob)
	}
	lost, err := d.store.Lost(ctx, names)
	if err == nil && slices.ContainsFunc(manifest, func(a loan.Attachment) bool { return portrait(a.Slot) && slices.Contains(lost, a.Blob) }) {
		d.portraitsBack(ctx, c, lost)
		lost, err = d.store.Lost(ctx, lost)
	}
	if err != nil || len(lost) == 0 {
		return nil, fault.Wrap(op, err)
	}
	want, err := d.store.Wanted(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []Loss
	for _, a := range manifest {
		if slices.Contains(lost, a.Blob) {
			out = append(out, Loss{a, remedy(c, a.Slot), slices.Contains(want.Blobs, a.Blob)})
		}
	}
	return out, nil
}

// remedy is what can be done about a loss. The contract holds both portraits,
// and its last page names the ink of both signatures by hash; it names no paper.
func remedy(c *loan.Case, slot loan.Slot) Remedy {
	switch {
	case c.Status.Editable() && (c.Contract == nil || len(c.Contract.Signatures) == 0):
		return Amend
	case slot.Replaceable():
		return Retake
	}
	return SignAgain
}

func portrait(s loan.Slot) bool { return s == loan.PortraitStudent || s == loan.PortraitCoborrower }

// portraitsBack puts lost portraits back that the sealed contract holds. What it
// does not hold, or not the same, stays lost.
func (d *Desk) portraitsBack(ctx context.Context, c *loan.Case, lost []loan.Hash) {
	if c.Contract == nil || c.Contract.Sealed == nil {
		return
	}
	pdf, err := d.store.Blob(ctx, c.Contract.Sealed.Blob)
	if err != nil {
		return
	}
	pictures, err := contract.Pictures(pdf)
	if err != nil {
		return
	}
	for _, b := range pictures {
		h := d.store.BlobName(b)
		if slices.Contains(lost, h) {
			_ = d.store.MendBlob(ctx, store.PendingBlob{Hash: h, Size: int64(len(b)), Case: c.ID}, b) // else it stays lost
		}
	}
}

// ReplacePage takes a lost page of a case anew, in its place. After signing,
// review, signatures and contract stay; before, the case goes back to its author
// as after any change. The chain keeps which page was lost and which was taken
// for it. The same page again, as from a file, mends the lost one.
// fault.Denied for a page that is not lost.
func (d *Desk) ReplacePage(ctx context.Context, id uuid.UUID, page loan.Attachment, content []byte, media, source string) (*loan.Case, error) {
	const op = "replace page"
	if len(content) == 0 {
		return nil, fault.New(op, fault.Input, errEmpty)
	}
	if err := d.may(ctx, guard.Replace, id); err != nil {
		return nil, fault.Wrap(op, err)
	}
	before, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	lost, err := d.store.Lost(ctx, []loan.Hash{page.Blob})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(lost) == 0 {
		return nil, fault.Say(op, fault.Denied, "这一页没有丢失，不必补拍；签署后的材料不能更换。", errors.New("the page is not lost"))
	}
	h := d.store.BlobName(content)
	if h == page.Blob {
		if err := d.store.MendBlob(ctx, store.PendingBlob{Hash: h, Size: int64(len(content)), Case: id}, content); err != nil {
			return nil, fault.Wrap(op, err)
		}
		return d.Case(ctx, id)
	}
	if err := mayCollect(before, before.SensitiveIn(page.Slot)...); err != nil {
		return nil, fault.Wrap(op, err)
	}
	body := loan.ReplaceBody{Attachment: loan.Attachment{Slot: page.Slot, Blob: h, Media: media, Size: int64(len(content))}, Lost: page.Blob, Source: source}
	c, err := d.act(ctx, op, id, guard.Replace, entry(loan.ChangeReplace, body), store.Blob{Hash: h, Content: content})
	if err != nil {
		return nil, err
	}
	return c, fault.Wrap(op, d.dropLost(ctx, c, lost))
}

// Names says whether a content is the blob of a name.
func (d *Desk) Names(content []byte, blob loan.Hash) bool { return d.store.BlobName(content) == blob }

// VoidForLoss voids the signatures of a case whose portrait, signature or
// contract is lost, with a reason: it is reviewed and signed again. No field
// changes.
func (d *Desk) VoidForLoss(ctx context.Context, id uuid.UUID, reason string) (*loan.Case, error) {
	const op = "sign again"
	all, err := d.Losses(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var lost []loan.Hash
	for _, l := range all {
		if l.Remedy == SignAgain {
			lost = append(lost, l.Blob)
		}
	}
	c, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(lost) == 0 {
		return nil, fault.Say(op, fault.Denied, "本案没有丢失须重新签署的内容。", errors.New("nothing of the contract is lost"))
	}
	if c, err = d.voidAsIs(ctx, c, reason); err != nil {
		return nil, err
	}
	return c, fault.Wrap(op, d.dropLost(ctx, c, lost))
}

// dropLost gives up what is lost and the case needs no longer.
func (d *Desk) dropLost(ctx context.Context, c *loan.Case, lost []loan.Hash) error {
	for _, h := range lost {
		if needs(c, h) {
			continue
		}
		if err := d.noteLost(ctx, h); err != nil && fault.KindOf(err) != fault.Missing {
			return err
		}
	}
	return nil
}
