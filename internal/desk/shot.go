package desk

import (
	"context"
	"errors"
	"strings"
	"sync"

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

// again is where a portrait is in use already.
type again struct {
	how   string    // guard.SameFile or guard.SameShot; empty where it is in no use
	other uuid.UUID // the case, which may be the portrait's own; Nil where it is not known
	words string
}

// looked is what was found of the portrait that was looked for last, so that what
// the clerk was told and what is noted are one, and reckoned once.
type looked struct {
	mu    sync.Mutex
	id    uuid.UUID
	slot  loan.Slot
	blob  loan.Hash
	again again
	shots []photo.Shot
}

// PortraitUsed says in words where this very portrait is in use already: for the
// other party of the case, or in another case that this laptop keeps; empty
// where it is not. A portrait is taken anew in each visit. The same shot is found
// also where it was cut otherwise or pressed anew, which is a guess: it is for the
// clerk to look at. Of one person in two cases only what is nearly the same counts,
// for people come again. Where it is attached all the same, the record has that.
func (d *Desk) PortraitUsed(ctx context.Context, id uuid.UUID, slot loan.Slot, content []byte) (string, error) {
	const op = "look for the portrait"
	c, err := d.read(ctx, id)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	found, err := d.lookFor(ctx, c, slot, content)
	return found.words, fault.Wrap(op, err)
}

// lookFor is where a portrait is in use, and remembers it for attaching it.
func (d *Desk) lookFor(ctx context.Context, c *loan.Case, slot loan.Slot, content []byte) (again, error) {
	h := d.store.BlobName(content)
	found, shots, err := d.usedElsewhere(ctx, c, slot, content, h)
	if err != nil {
		return again{}, err
	}
	d.looked.mu.Lock()
	defer d.looked.mu.Unlock()
	d.looked.id, d.looked.slot, d.looked.blob, d.looked.again, d.looked.shots = c.ID, slot, h, found, shots
	return found, nil
}

func (d *Desk) usedElsewhere(ctx context.Context, c *loan.Case, slot loan.Slot, content []byte, h loan.Hash) (again, []photo.Shot, error) {
	for _, a := range c.Attachments {
		if a.Blob != h {
			continue
		}
		if a.Slot == slot {
			return again{}, nil, nil
		}
		return again{guard.SameFile, c.ID, "这张照片已经用作另一人的照片。"}, nil, nil
	}
	held, err := d.store.HoldsBlob(ctx, h)
	if err != nil {
		return again{}, nil, err
	}
	found, shots, err := d.shotUsed(ctx, c, slot, content)
	if held {
		// That it is in use is sure, also where it is no picture.
		if found.other == uuid.Nil || found.other == c.ID {
			if found.other, err = d.caseWith(ctx, c.ID, h); err != nil {
				return again{}, nil, err
			}
		}
		return again{guard.SameFile, found.other, "这张照片已经用在另一件案件里，不是今天现场拍的。"}, shots, nil
	}
	return found, shots, err
}

// shotUsed is where a shot is in use that comes in other bytes, and what it is
// known by, which is reckoned only where there is something to compare it with.
func (d *Desk) shotUsed(ctx context.Context, c *loan.Case, slot loan.Slot, content []byte) (again, []photo.Shot, error) {
	names, err := d.store.SettingsWith(ctx, shotSetting)
	if err != nil || len(names) == 0 {
		return again{}, nil, err
	}
	all, err := shotsOf(content)
	if err != nil || len(all) == 0 {
		return again{}, nil, err
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
			return again{guard.SameShot, other, "这张照片看上去就是另一人的那一张，只是裁剪或压缩过。"}, all, nil
		case far > photo.SurelySameShot && d.samePerson(ctx, c, slot, other, party):
		default:
			return again{guard.SameShot, other, "这张照片很像另一件案件里用过的同一张，只是裁剪或压缩过。"}, all, nil
		}
	}
	return again{}, all, nil
}

// caseWith is another case in which a portrait was attached, Nil where none is known.
// It reads the whole record, which is for the rare portrait that is here already.
func (d *Desk) caseWith(ctx context.Context, but uuid.UUID, h loan.Hash) (uuid.UUID, error) {
	found := uuid.Nil
	_, err := d.store.EachChange(ctx, func(ch *loan.Change) {
		if ch.Kind != loan.ChangeAttach || ch.Case == but {
			return
		}
		if b, err := loan.Body[loan.AttachBody](ch); err == nil && b.Blob == h {
			found = ch.Case
		}
	})
	return found, err
}

// noteAgain is the line of the record for a portrait that is attached although it
// is in use already; none where it is in no use. It names cases and no value.
func (d *Desk) noteAgain(ctx context.Context, c *loan.Case, slot loan.Slot, content []byte, h loan.Hash) []pending {
	if slot != loan.PortraitStudent && slot != loan.PortraitCoborrower {
		return nil
	}
	d.looked.mu.Lock()
	found, known := d.looked.again, d.looked.id == c.ID && d.looked.slot == slot && d.looked.blob == h
	d.looked.mu.Unlock()
	if !known {
		var err error
		if found, err = d.lookFor(ctx, c, slot, content); err != nil {
			return nil // no picture that can be read is known again
		}
	}
	if found.how == "" {
		return nil
	}
	return []pending{entry(loan.ChangeView, loan.ViewBody{Detail: guard.AgainWords(found.how, strings.TrimPrefix(string(slot), "portrait/"), found.other)})}
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
	return fault.Wrap(op, d.keepShot(ctx, id, slot, content))
}

func (d *Desk) keepShot(ctx context.Context, id uuid.UUID, slot loan.Slot, content []byte) (err error) {
	d.looked.mu.Lock()
	var all []photo.Shot
	if d.looked.id == id && d.looked.slot == slot && d.looked.blob == d.store.BlobName(content) {
		all = d.looked.shots
	}
	d.looked.mu.Unlock()
	if all == nil {
		if all, err = shotsOf(content); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return d.store.DropSetting(ctx, shotName(id, slot))
	}
	return d.store.SetSetting(ctx, shotName(id, slot), all[0])
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
