package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
)

// folderSetting keeps what the files in the open of the data folder held when
// somebody was last signed in: whoever edits them while the store is locked is
// told of at the next signing in.
const folderSetting = "desk.folder"

type folderKept struct {
	Misses   map[string]int `json:"misses"`   // wrong passwords ever, by account
	Register string         `json:"register"` // hash of the school register; empty without one
	Mark     string         `json:"mark,omitempty"`
	Before   string         `json:"before,omitempty"` // the mark before it, which the file has where the new one did not come into it
}

// foundOdd compares the files in the open with what they held last, and gives
// what the chain is to say of the difference; keep notes what they hold now.
func (d *Desk) foundOdd(ctx context.Context) (odd []store.Entry, keep func() error, err error) {
	now := folderKept{Misses: d.store.MissTotals(), Mark: rand.Text(), Before: d.store.MissMark()}
	if now.Register, err = d.registerHash(); err != nil {
		return nil, nil, err
	}
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
		was.Misses, was.Mark = nil, "" // a backup has none of the counts
	}
	for _, id := range slices.Sorted(maps.Keys(was.Misses)) {
		if now.Misses[id] < was.Misses[id] {
			say(fmt.Sprintf("folder altered: wrong passwords of %s fell from %d to %d", id, was.Misses[id], now.Misses[id]))
		}
	}
	if was.Mark != "" && now.Before != was.Mark && (now.Before == "" || now.Before != was.Before) && len(odd) == 0 {
		say("folder altered: the counts of wrong passwords are not those of the last signing in")
	}
	if known && now.Register != was.Register {
		say("folder altered: the school register is another")
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

// noteRegister keeps the register that the county's word just put there.
func (d *Desk) noteRegister(ctx context.Context) error {
	var kept folderKept
	if _, err := d.setting(ctx, folderSetting, &kept); err != nil {
		return err
	}
	var err error
	if kept.Register, err = d.registerHash(); err != nil {
		return err
	}
	return d.store.SetSetting(ctx, folderSetting, kept)
}

// registerHash names the bytes of the register in the folder.
func (d *Desk) registerHash() (string, error) {
	const op = "read register"
	f, err := os.Open(rulebook.RegisterPath(d.store.Dir()))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fault.New(op, fault.Disk, errors.New("the school register cannot be read"))
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return "", fault.New(op, fault.Disk, errors.New("the school register is no file"))
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, loan.MaxRegister+1)); err != nil {
		return "", fault.New(op, fault.Disk, errors.New("the school register cannot be read"))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
