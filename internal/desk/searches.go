package desk

import (
	"context"
	"sync"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// SearchField stands for searches beyond the own queue in grants.
const SearchField = guard.SearchField

// SearchRefused begins what the record says of a search after the day's were used
// up.
const SearchRefused = guard.SearchRefused

// searchesSetting keeps how often each operator searched beyond the own queue by a
// reason alone on a day.
const searchesSetting = "desk.searches"

// searchedSetting goes on with a grant's id: how many searches it was used for.
const searchedSetting = "desk.grant.searched."

// found are the cases of which a search beyond the queue showed a row to who is signed in.
type found struct {
	mu    sync.Mutex
	cases map[uuid.UUID]bool
}

func (f *found) add(id uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cases == nil {
		f.cases = map[uuid.UUID]bool{}
	}
	f.cases[id] = true
}

func (f *found) has(id uuid.UUID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cases[id]
}

// countSearch counts a search beyond the own queue before anything is looked for,
// and gives the grant that it rests on, "" for the reason alone. fault.Denied,
// which the chain notes, where the day's searches are used up and no grant covers
// one more.
func (d *Desk) countSearch(ctx context.Context, reason string) (string, error) {
	d.uses.Lock()
	defer d.uses.Unlock()
	kept, stale, err := today[int](ctx, d, searchesSetting)
	if err != nil {
		return "", err
	}
	s := guard.Searches{Today: kept.By[d.operator.ID], Stale: stale}
	if s.Grants, err = d.given(ctx); err != nil {
		return "", err
	}
	grant, err := guard.MaySearch(d.acting(), s, d.moment())
	if err != nil {
		if fault.KindOf(err) == fault.Denied {
			d.noteRefusal(ctx, loan.ChangeSearch, d.operator.ID, uuid.Nil, loan.ViewBody{Reason: reason, Detail: guard.SearchRefused})
		}
		return "", err
	}
	if grant == "" {
		kept.By[d.operator.ID]++
		return "", d.store.SetSetting(ctx, searchesSetting, kept)
	}
	for _, g := range s.Grants {
		if g.ID == grant {
			return grant, d.store.SetSetting(ctx, searchedSetting+grant, g.Searched+1)
		}
	}
	return grant, nil
}

// noteBeyond notes a search beyond the own queue: how many it found, the grant that it
// rested on, and of which cases it shows a row. In the reason their people are masked:
// the line is of no case, and stays when they are gone.
func (d *Desk) noteBeyond(ctx context.Context, op, reason, grant string, out Beyond) error {
	var shown []uuid.UUID
	for _, r := range out.Rows {
		shown = append(shown, r.ID)
	}
	reason, err := d.unnaming().text(ctx, reason, shown...)
	if err != nil {
		return fault.Wrap(op, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err = d.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeSearch, Operator: d.operator.ID, Body: loan.ViewBody{Reason: reason, Detail: guard.BeyondWords(out.Matches, grant, shown)}}}, nil)
	return fault.Wrap(op, err)
}
