package desk

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// wordsSetting keeps who had a word here on what others do with a case, by the end of
// its id in hexadecimal, and when: an answer to another laptop's request stands under
// no case.
const wordsSetting = "desk.words"

// wordsFor is how long a word is kept: longer than a season's cases are.
const wordsFor = 2 * 366 * 24 * time.Hour

type wordsKept map[string]map[string]time.Time

func (w wordsKept) of(who string, id uuid.UUID) bool {
	tag := guard.TagOf(id)
	_, ok := w[hex.EncodeToString(tag[:])][who]
	return ok
}

// keepWord keeps that somebody has a word on what others do with the case of a tag;
// nothing where there is no tag. uses is held.
func (d *Desk) keepWord(ctx context.Context, who string, tag [4]byte) error {
	if tag == ([4]byte{}) {
		return nil
	}
	kept := wordsKept{}
	if _, err := d.setting(ctx, wordsSetting, &kept); err != nil {
		return err
	}
	now, name := d.moment().UTC(), hex.EncodeToString(tag[:])
	for of, by := range kept {
		for one, at := range by {
			if now.Sub(at) > wordsFor {
				delete(by, one)
			}
		}
		if len(by) == 0 {
			delete(kept, of)
		}
	}
	if kept[name] == nil {
		kept[name] = map[string]time.Time{}
	}
	kept[name][who] = now
	return d.store.SetSetting(ctx, wordsSetting, kept)
}

// answerNoted keeps an operator's word on the case of a tag, and then notes the answer in
// the chain: one whose noting fails was not given, and is given again. uses is held.
func (d *Desk) answerNoted(ctx context.Context, op string, tag [4]byte, body loan.ViewBody) error {
	if err := d.keepWord(ctx, d.operator.ID, tag); err != nil {
		return fault.Wrap(op, err)
	}
	return d.noteOf(ctx, op, d.operator.ID, uuid.Nil, body)
}

// noWord is guard's word on a part in a case for who had a word on what others do with
// it: in the case's looks, in answers given here, in the grants that are known here, or
// at the centre. At a laptop for practice one person may be everybody.
func (d *Desk) noWord(ctx context.Context, who guard.Operator, v guard.Verb, c *loan.Case) error {
	if !guard.WordMatters(who, v, c) || d.store.Profile().Practice {
		return nil
	}
	had, err := d.hadWord(ctx, who.ID, c.ID)
	if err == nil && !had && who.Has(guard.DataAdmin) { // who else answers nothing, and the whole chain is long
		had, err = d.hadWordOfChain(ctx, who.ID, c.ID)
	}
	if err == nil && had {
		return guard.HadWord(v)
	}
	return err
}

// hadWord says so of what is known without reading the whole chain.
func (d *Desk) hadWord(ctx context.Context, who string, id uuid.UUID) (bool, error) {
	all, err := d.store.Changes(ctx, id)
	if k := fault.KindOf(err); err != nil && k != fault.Missing && k != fault.Erased {
		return false, err
	}
	if slices.ContainsFunc(all, func(ch *loan.Change) bool { return guard.WordOn(ch) == who }) {
		return true, nil
	}
	on, err := d.worded(ctx, who)
	return err == nil && on(id), err
}

// hadWordOfChain says so of the answers of the chain, where the file was set back and
// forgot what came after its backup.
func (d *Desk) hadWordOfChain(ctx context.Context, who string, id uuid.UUID) (had bool, err error) {
	began, err := d.eraBegan(ctx)
	if err != nil || began.IsZero() {
		return false, err
	}
	_, err = d.store.EachChange(ctx, func(ch *loan.Change) {
		if had || ch.Operator != who {
			return
		}
		for _, on := range []func(*loan.Change) ([4]byte, bool){guard.AnsweredOn, guard.ApprovedOn} {
			tag, ok := on(ch)
			had = had || ok && tag == guard.TagOf(id)
		}
	})
	return had, err
}

// worded says of cases whether somebody had a word on them: in an answer given here, in
// a grant that is known here, or in a review of the centre.
func (d *Desk) worded(ctx context.Context, who string) (func(uuid.UUID) bool, error) {
	var kept wordsKept
	if _, err := d.setting(ctx, wordsSetting, &kept); err != nil {
		return nil, err
	}
	on := map[uuid.UUID]bool{}
	above, err := d.countyReviews(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range above {
		if r.By == who {
			on[r.Case] = true
		}
	}
	if err := d.keepGrants(ctx); err != nil {
		return nil, err
	}
	names, err := d.store.SettingsWith(ctx, grantSetting)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var g guard.Grant
		if _, err := d.setting(ctx, name, &g); err != nil {
			return nil, err
		}
		if g.By == who {
			for _, id := range g.Cases {
				on[id] = true
			}
		}
	}
	return func(id uuid.UUID) bool { return on[id] || kept.of(who, id) }, nil
}

// wordsSeen is what was found of the words of the operator signed in, for what is drawn
// again and again: while neither the chain nor the county's word goes on.
type wordsSeen struct {
	mu  sync.Mutex
	at  string
	on  func(uuid.UUID) bool
	had map[uuid.UUID]bool
}

// wordSeen is hadWord for what is shown to the operator signed in. Where it is not known,
// it is yes.
func (d *Desk) wordSeen(ctx context.Context, id uuid.UUID) bool {
	d.words.mu.Lock()
	defer d.words.mu.Unlock()
	d.freshWords()
	had, ok := d.words.had[id]
	if ok {
		return had
	}
	had, err := d.hadWord(ctx, d.operator.ID, id)
	if err != nil {
		return true
	}
	d.words.had[id] = had
	return had
}

// wordedOn is worded for an operator's list of what waits for his review: no for who
// reviews nothing, and at a laptop for practice. Where it is not known, it is yes.
func (d *Desk) wordedOn(op guard.Operator) func(*store.Summary) bool {
	if !op.Has(guard.Reviewer) || d.store.Profile().Practice {
		return func(*store.Summary) bool { return false }
	}
	d.words.mu.Lock()
	defer d.words.mu.Unlock()
	d.freshWords()
	if d.words.on == nil {
		on, err := d.worded(context.Background(), d.operator.ID)
		if err != nil {
			return func(*store.Summary) bool { return true }
		}
		d.words.on = on
	}
	on := d.words.on
	return func(s *store.Summary) bool { return on(s.ID) }
}

// freshWords forgets what was found before the chain or the county's word went on.
func (d *Desk) freshWords() {
	n, head := d.store.Head()
	var at strings.Builder
	fmt.Fprintf(&at, "%d %x", n, head)
	for _, h := range d.store.Bulletins(bulletin.Grant, bulletin.Reviews) {
		fmt.Fprintf(&at, " %s %d", h.Name, h.Version)
	}
	if d.words.at != at.String() {
		d.words.at, d.words.on, d.words.had = at.String(), nil, map[uuid.UUID]bool{}
	}
}
