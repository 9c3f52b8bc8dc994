package rig

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// erasing is what an operation takes away: the images of cases whose time is
// over, or cases of a season whole.
type erasing struct {
	rule  string
	year  int // season: of the cases
	cases []*kase
	blobs []*blob
	heirs map[*blob]*kase // of content that another case names too
}

// Bounds of the store's rules that the model repeats.
const (
	imagesStay = 7 * 24 * time.Hour
	believed   = 60 * 24 * time.Hour
	atOnce     = 20 // more cases would take the store several transactions
)

// delivered says whether the centre has a case whole and has said so.
func (m *model) delivered(k *kase) bool {
	return (k.rung == loan.Received || k.rung == loan.Accepted) && m.sent(k)
}

// sent says whether the centre has acknowledged all of a case.
func (m *model) sent(k *kase) bool {
	return k.last <= m.acked && !slices.ContainsFunc(m.blobs, func(b *blob) bool { return b.waits && b.of == k.id })
}

// newest lists the cases as the store's list does.
func (m *model) newest() []*kase {
	var out []*kase
	for _, k := range m.cases {
		if !k.gone {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b *kase) int {
		return cmp.Or(cmp.Compare(b.updated, a.updated), bytes.Compare(b.id[:], a.id[:]))
	})
	return out
}

// images chooses what an erasing of images in operation n takes.
func (m *model) images(n int64) *erasing {
	e := &erasing{rule: store.RuleImages}
	if m.receipt == nil {
		return e
	}
	now := at(n)
	if last := at(m.receipt.n); now.Sub(last) > believed {
		now = last
	}
	due := func(n int64) bool { return n > 0 && !at(n).After(now.Add(-imagesStay)) }
	old := func(k *kase) bool { return m.delivered(k) && due(k.home) }
	needed := map[ref]bool{}
	for _, k := range m.newest() {
		for _, r := range k.brought {
			needed[r] = needed[r] || !old(k)
		}
	}
	for _, k := range m.newest() {
		some := false
		for _, b := range m.blobs {
			if b.of == k.id && old(k) && b.rule == "" && !b.contract && !b.waits && due(b.acked) && !needed[b.ref] {
				e.blobs, some = append(e.blobs, b), true
			}
		}
		if some {
			e.cases = append(e.cases, k)
		}
	}
	slices.SortFunc(e.cases, func(a, b *kase) int { return bytes.Compare(a.id[:], b.id[:]) })
	return e
}

// season chooses what an erasing of a year's cases takes.
func (m *model) season(year int) *erasing {
	e := &erasing{rule: store.RuleSeason, year: year, heirs: map[*blob]*kase{}}
	others := map[ref]*kase{}
	for _, k := range m.newest() {
		waits := slices.ContainsFunc(k.brought, func(r ref) bool { return m.byRef[r].waits })
		if k.app.AcademicYear == year && (k.rung == loan.Void || k.rung == loan.Received || k.rung == loan.Accepted) && m.sent(k) && !waits {
			e.cases = append(e.cases, k)
			continue
		}
		for _, r := range k.brought {
			others[r] = k
		}
	}
	for _, k := range e.cases {
		for _, r := range k.brought {
			b := m.byRef[r]
			switch {
			case b.rule != "" || slices.Contains(e.blobs, b):
			case others[r] == nil:
				e.blobs = append(e.blobs, b)
			case b.of == k.id:
				e.heirs[b] = others[r]
			}
		}
	}
	return e
}

// body is what the change that tells of an erasing says.
func (e *erasing) body() loan.EraseBody {
	out := loan.EraseBody{Rule: e.rule, Count: len(e.cases), Blobs: len(e.blobs)}
	for _, k := range e.cases {
		out.Cases = append(out.Cases, k.id)
		if e.rule == store.RuleSeason {
			out.More += k.bodies
		}
	}
	for _, b := range e.blobs {
		out.Bytes += int64(b.size)
	}
	return out
}

// erase folds an erasing into the model.
func (m *model) erase(o *op) {
	for _, b := range o.erase.blobs {
		b.rule = o.erase.rule
	}
	for b, k := range o.erase.heirs {
		b.of = k.id
	}
	if o.verb == season {
		for _, k := range o.erase.cases {
			k.gone = true
		}
	}
	if len(o.erase.cases) > 0 {
		m.counter++
		e := entry{kind: loan.ChangeErase, erased: o.erase}
		if o.verb == season {
			e.who = clerk
		}
		m.log = append(m.log, logged{o.n, e})
	}
}

func (p *planner) erase() {
	p.o.verb, p.o.erase = retain, p.m.images(p.n)
	if year := yearOf(p.n) - 2 - p.r.IntN(2); p.r.IntN(2) == 0 && year >= yearOf(0) {
		if e := p.m.season(year); len(e.cases) <= atOnce {
			p.o.verb, p.o.erase = season, e
		}
	}
}

// yearOf is the academic year of a case that operation n opens.
func yearOf(n int64) int { return 2000 + int(n/200) }

// retain has the store erase what is due, and compares what it says of it.
func (w *writer) retain(ctx context.Context, o *op) error {
	var got store.Erased
	var err error
	if o.verb == retain {
		got, err = w.s.Retain(ctx, at(o.n))
	} else {
		got, err = w.s.EraseSeason(ctx, o.erase.year, clerk)
	}
	if err != nil {
		return err
	}
	want := o.erase.body()
	if len(o.erase.cases) == 0 && got.Cases == 0 {
		return nil
	}
	return same("erased", []any{got.Rule, got.Cases, got.Blobs, got.Bytes, got.Changes}, []any{want.Rule, want.Count, want.Blobs, want.Bytes, want.More})
}

// outlives says whether what a change of a case says stays when the case is erased: a
// look of the rig's names nobody.
func outlives(k loan.ChangeKind) bool {
	return k == loan.ChangeView || k == loan.ChangeReveal || k == loan.ChangePrint || k == loan.ChangeExport
}

// erasedCase demands that a case which was erased whole is known, and gone.
func (v *verifier) erasedCase(ctx context.Context, id uuid.UUID, opened int64) error {
	if _, err := v.s.Case(ctx, id); fault.KindOf(err) != fault.Erased {
		return fmt.Errorf("case of op %d was erased, got %w", opened, err)
	}
	if _, there := v.s.Summary(id); there {
		return fmt.Errorf("case of op %d was erased and is listed", opened)
	}
	return nil
}
