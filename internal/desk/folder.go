package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// folderSetting keeps what the files in the open of the data folder held when
// somebody was last signed in: whoever edits them while the store is locked is
// told of at the next signing in.
const folderSetting = "desk.folder"

// What the chain says of files of the rules, while nobody was signed in; or else when.
const (
	folderRegister = "folder altered: the school register is another"
	folderPacks    = "folder altered: the policy packs are others"
	whileIn        = ", while somebody was signed in"
	atStart        = " than the program was started with"
)

type folderKept struct {
	Misses   map[string]int `json:"misses"`             // wrong passwords ever, by account
	Register string         `json:"register"`           // hash of the school register; empty without one
	County   string         `json:"county,omitempty"`   // hash of the county's register last written there
	Imported string         `json:"imported,omitempty"` // hash of the register that was imported by hand since
	Packs    *string        `json:"packs,omitempty"`    // hash of the policy packs; empty without any, nil where it was not noted
	Mark     string         `json:"mark,omitempty"`
	Before   string         `json:"before,omitempty"` // the mark before it, which the file has where the new one did not come into it
}

// foundOdd compares the files in the open with what they held last, and gives
// what the chain is to say of the difference; keep notes what they hold now.
func (d *Desk) foundOdd(ctx context.Context) (odd []store.Entry, keep func() error, err error) {
	now := folderKept{Misses: d.store.MissTotals(), Mark: rand.Text(), Before: d.store.MissMark()}
	register, packs := d.registerSum(), d.packsSum()
	var was folderKept
	known, err := d.setting(ctx, folderSetting, &was)
	if err != nil {
		return nil, nil, err
	}
	say := func(detail string) {
		odd = append(odd, store.Entry{Kind: loan.ChangeSetting, Operator: d.operator.ID, Body: loan.ViewBody{Detail: detail}})
	}
	restored, err := d.justRestored(ctx)
	if err != nil {
		return nil, nil, err
	}
	if restored {
		was.Misses, was.Mark, was.Packs = nil, "", nil // a backup has none of the counts, and earlier packs
	}
	for _, id := range slices.Sorted(maps.Keys(was.Misses)) {
		if now.Misses[id] < was.Misses[id] {
			say(fmt.Sprintf("folder altered: wrong passwords of %s fell from %d to %d", id, was.Misses[id], now.Misses[id]))
		}
	}
	if was.Mark != "" && now.Before != was.Mark && (now.Before == "" || now.Before != was.Before) && len(odd) == 0 {
		say("folder altered: the counts of wrong passwords are not those of the last signing in")
	}
	now.Register, now.Packs, now.County, now.Imported = register, &packs, was.County, was.Imported
	if known && register != was.Register {
		say(folderRegister)
	} else if known && d.started != "" && d.started != register {
		say(folderRegister + atStart)
	}
	if was.Packs != nil && packs != *was.Packs {
		say(folderPacks)
		d.refusedFile("政策包")
	}
	return odd, func() error {
		if err := d.store.SetSetting(ctx, folderSetting, now); err != nil {
			return err
		}
		d.store.MarkMisses(now.Mark)
		return nil
	}, nil
}

// justRestored says whether the chain ends with the word that the store was made
// anew out of a backup.
func (d *Desk) justRestored(ctx context.Context) (bool, error) {
	n, _ := d.store.Head()
	if n == 0 {
		return false, nil
	}
	last, err := d.store.Pending(ctx, n-1, 1)
	return err == nil && len(last) == 1 && last[0].Kind == loan.ChangeRestore, err
}

// keptFolder is what was noted of the files in the open.
func (d *Desk) keptFolder(ctx context.Context) (kept folderKept, err error) {
	_, err = d.setting(ctx, folderSetting, &kept)
	return kept, err
}

// keepFolder notes what the files in the open hold, where that is another thing.
func (d *Desk) keepFolder(ctx context.Context, now folderKept) error {
	was, err := d.keptFolder(ctx)
	if err != nil || reflect.DeepEqual(was, now) {
		return err
	}
	return d.store.SetSetting(ctx, folderSetting, now)
}

// noteFolder has the chain say something of the files in the open, each thing once an
// hour.
func (d *Desk) noteFolder(ctx context.Context, detail string) {
	d.noteRefusal(ctx, loan.ChangeSetting, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: detail})
}

// registerSum and packsSum name the bytes of the files of the rules; empty without one.
func (d *Desk) registerSum() string { return sumOf(rulebook.ReadRegister(d.store.Dir())) }

func (d *Desk) packsSum() string { return sumOf(rulebook.ReadPacks(d.store.Dir())) }

// sumOf is another name than any file's where it could not be read.
func sumOf(b []byte, err error) string {
	if err != nil {
		return "unread"
	}
	return rulebook.FileSum(b)
}
