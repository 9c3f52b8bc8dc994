package desk

import (
	"context"
	"errors"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/photo"
	"github.com/google/uuid"
)

// shotSetting begins the names under which is kept what a portrait is known again
// by: the case's id and the party follow. It is sealed as all is, stays on this
// laptop, and goes with the case.
const shotSetting = "desk.shot."

// PortraitUsed says in words where this very portrait is in use already: for the
// other party of the case, or in another case that this laptop keeps; empty
// where it is not. A portrait is taken anew in each visit. The same shot is found
// also where it was cut otherwise or pressed anew, which is a guess: it is for the
// clerk to look at. Of one person in two cases only what is nearly the same counts,
// for people come again.
func (d *Desk) PortraitUsed(ctx context.Context, id uuid.UUID, slot loan.Slot, content []byte) (string, error) {
	const op = "look for the portrait"
	c, err := d.read(ctx, id)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	h := d.store.BlobName(content)
	for _, a := range c.Attachments {
		if a.Blob == h {
			if a.Slot == slot {
				return "", nil
			}
			return "这张照片已经用作另一人的照片。", nil
		}
	}
	held, err := d.store.HoldsBlob(ctx, h)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	if held {
		return "这张照片已经用在另一件案件里，不是今天现场拍的。", nil
	}
	words, err := d.shotUsed(ctx, c, slot, content)
	return words, fault.Wrap(op, err)
}

// shotUsed is PortraitUsed for a shot that comes in other bytes.
func (d *Desk) shotUsed(ctx context.Context, c *loan.Case, slot loan.Slot, content []byte) (string, error) {
	names, err := d.store.SettingsWith(ctx, shotSetting)
	if err != nil || len(names) == 0 {
		return "", err
	}
	all, err := shotsOf(content)
	if err != nil || len(all) == 0 {
		return "", err
	}
	own := shotName(c.ID, slot)
	for _, name := range names {
		var kept photo.Shot
		if name == own || d.store.Setting(ctx, name, &kept) != nil {
			continue
		}
		far := kept.Apart(all)
		if far > photo.SameShot {
			continue
		}
		other, party, ok := shotOwner(name)
		switch {
		case !ok:
		case other == c.ID:
			return "这张照片看上去就是另一人的那一张，只是裁剪或压缩过。", nil
		case far > photo.SurelySameShot && d.samePerson(ctx, c, slot, other, party):
		default:
			return "这张照片很像另一件案件里用过的同一张，只是裁剪或压缩过。", nil
		}
	}
	return "", nil
}

// samePerson says whether a party of the case has the number of one of another.
func (d *Desk) samePerson(ctx context.Context, c *loan.Case, slot loan.Slot, other uuid.UUID, party loan.Party) bool {
	o, err := d.store.Case(ctx, other)
	if err != nil {
		return false
	}
	p := loan.Party(strings.TrimPrefix(string(slot), "portrait/"))
	no := numberOf(c, p)
	return no != "" && no == numberOf(o, party)
}

func numberOf(c *loan.Case, p loan.Party) loan.IDNumber {
	no := c.App.Student.IDNo
	if p == loan.CoborrowerParty {
		if len(c.App.Coborrowers) == 0 {
			return ""
		}
		no = c.App.Coborrowers[0].IDNo
	}
	out, _ := loan.IDNumber(no).Canonical()
	return out
}

// KnowPortrait keeps what the portrait in a slot of the case is known again by. One
// in which no face is found is known by its bytes alone.
func (d *Desk) KnowPortrait(ctx context.Context, id uuid.UUID, slot loan.Slot, content []byte) error {
	const op = "know the portrait"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Attach, c); err != nil {
		return fault.Wrap(op, err)
	}
	if slot != loan.PortraitStudent && slot != loan.PortraitCoborrower {
		return fault.New(op, fault.Input, errors.New("no portrait's slot"))
	}
	all, err := shotsOf(content)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(all) == 0 {
		return fault.Wrap(op, d.store.DropSetting(ctx, shotName(id, slot)))
	}
	return fault.Wrap(op, d.store.SetSetting(ctx, shotName(id, slot), all[0]))
}

// shotsOf is what a portrait as it is kept is known again by.
func shotsOf(content []byte) ([]photo.Shot, error) {
	img, err := DecodeImage(content)
	if err != nil {
		return nil, err
	}
	return photo.ShotOf(img)
}

func shotName(id uuid.UUID, slot loan.Slot) string {
	return shotSetting + id.String() + "." + strings.TrimPrefix(string(slot), "portrait/")
}

// shotOwner is whose portrait a name is about.
func shotOwner(name string) (uuid.UUID, loan.Party, bool) {
	id, party, ok := strings.Cut(strings.TrimPrefix(name, shotSetting), ".")
	u, err := uuid.Parse(id)
	return u, loan.Party(party), ok && err == nil
}

// forgetShots forgets the portraits of cases that are erased.
func (d *Desk) forgetShots(ctx context.Context) error {
	names, err := d.store.SettingsWith(ctx, shotSetting)
	if err != nil {
		return err
	}
	for _, name := range names {
		id, _, ok := shotOwner(name)
		if ok {
			_, err := d.store.Case(ctx, id)
			if k := fault.KindOf(err); err == nil || k != fault.Missing && k != fault.Erased {
				continue
			}
		}
		if err := d.store.DropSetting(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
