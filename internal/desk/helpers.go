package desk

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/helper"
	"doorstep/internal/loan"
	"doorstep/internal/photo"
	"github.com/google/uuid"
)

// HelperJob is what a program of others does for this laptop.
type HelperJob string

// The jobs. Without a program the cases go on as ever.
const (
	DecodeCard   HelperJob = "wlt"     // makes a picture of what is on a card's chip
	ComparePhoto HelperJob = "compare" // says how alike the portrait and that picture are
)

const helpersSetting = "desk.helpers"

// Helpers are the programs that were agreed to; a job without one is off, as all
// are at first.
type Helpers map[HelperJob]helper.Program

// Helpers tells which programs of others are in use.
func (d *Desk) Helpers(ctx context.Context) (Helpers, error) {
	var h Helpers
	_, err := d.setting(ctx, helpersSetting, &h)
	return h, err
}

// MayManageSettings says whether the operator signed in may change how this
// laptop works.
func (d *Desk) MayManageSettings() bool {
	return guard.MayAt(d.acting(), guard.ManageSettings, nil, d.site()) == nil
}

// SetHelper names the program that does a job, or none with an empty path. Only a
// data administrator may; the chain says who did it and which bytes the program
// had, and it runs no longer once it has others. It fails as helper.Choose does.
func (d *Desk) SetHelper(ctx context.Context, job HelperJob, path string) error {
	const op = "set helper"
	if err := d.permit(ctx, guard.ManageSettings, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if job != DecodeCard && job != ComparePhoto {
		return fault.New(op, fault.Input, errors.New("no such job"))
	}
	all, err := d.Helpers(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	next := Helpers{}
	for j, p := range all {
		next[j] = p
	}
	detail := "helper " + string(job) + " off"
	delete(next, job)
	if path != "" {
		p, err := helper.Choose(path)
		if err != nil {
			return fault.Wrap(op, err)
		}
		next[job], detail = p, "helper "+string(job)+" "+p.Sum[:16]
	}
	if err := d.note(ctx, op, loan.ChangeSetting, loan.ViewBody{Detail: detail}); err != nil {
		return err
	}
	return fault.Wrap(op, d.store.SetSetting(ctx, helpersSetting, next))
}

// CardPicture makes a picture of what the chip of a party's card holds, by the
// program agreed to. The chip's own bytes stay as they are. fault.Missing where
// there is no program, or nothing of a chip in the case; else its faults are
// helper's and photo's.
func (d *Desk) CardPicture(ctx context.Context, id uuid.UUID, p loan.Party) (image.Image, error) {
	const op = "picture of the card"
	c, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	program, held, err := d.helperFor(ctx, DecodeCard, c.Slot(loan.Slot("card/"+string(p))))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	wlt, err := d.Blob(ctx, id, held.Blob)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := program.Picture(ctx, wlt)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	img, err := photo.DecodeWithin(b, helper.MaxSide, "bmp", "png", "jpeg")
	if err != nil {
		return nil, fault.Tell(op, fault.Unavailable, "辅助程序给出的不是可用的照片，不影响办理。", err)
	}
	return img, nil
}

// Likeness asks the program agreed to how alike a party's portrait and the picture
// on the card are, 0 to 100; known is false where it cannot say. It is a hint for
// who sees both, decides nothing, and is kept nowhere. It fails as CardPicture does.
func (d *Desk) Likeness(ctx context.Context, id uuid.UUID, p loan.Party, card image.Image) (alike int, known bool, err error) {
	const op = "compare portraits"
	c, err := d.read(ctx, id)
	if err != nil {
		return 0, false, fault.Wrap(op, err)
	}
	program, held, err := d.helperFor(ctx, ComparePhoto, c.Slot(loan.Slot("portrait/"+string(p))))
	if err != nil {
		return 0, false, fault.Wrap(op, err)
	}
	portrait, err := d.Blob(ctx, id, held.Blob)
	if err != nil {
		return 0, false, fault.Wrap(op, err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, card); err != nil {
		return 0, false, fault.New(op, fault.Input, err)
	}
	alike, known, err = program.Compare(ctx, portrait, b.Bytes())
	return alike, known, fault.Wrap(op, err)
}

// helperFor is the program of a job and what it is to look at.
func (d *Desk) helperFor(ctx context.Context, job HelperJob, held []loan.Attachment) (helper.Program, loan.Attachment, error) {
	all, err := d.Helpers(ctx)
	if err != nil {
		return helper.Program{}, loan.Attachment{}, err
	}
	program, on := all[job]
	if !on || len(held) == 0 {
		return helper.Program{}, loan.Attachment{}, fault.New("find helper", fault.Missing, errors.New("no program, or no picture"))
	}
	return program, held[len(held)-1], nil
}
