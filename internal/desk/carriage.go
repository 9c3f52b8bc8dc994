package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// The nouns of the outbox that a screen handles.
type (
	SyncSettings = store.SyncSettings
	OnMetered    = store.OnMetered
	Going        = store.Going
)

// What goes over a metered network.
const (
	MeteredRecords   = store.MeteredRecords
	MeteredContracts = store.MeteredContracts
	MeteredAll       = store.MeteredAll
	MeteredNothing   = store.MeteredNothing
)

// SyncSettings are how things are carried from this laptop.
func (d *Desk) SyncSettings(ctx context.Context) (SyncSettings, error) {
	v, err := d.store.SyncSettings(ctx)
	return v, fault.Wrap("read sync settings", err)
}

// SetSyncSettings changes how things are carried from this laptop, for all who
// work at it, until it is changed again. The chain says who did it.
func (d *Desk) SetSyncSettings(ctx context.Context, v SyncSettings) error {
	const op = "set sync settings"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := store.Entry{Kind: loan.ChangeSetting, Operator: d.operator.ID, Body: loan.ViewBody{Detail: "sync " + settingsText(v)}}
	return fault.Wrap(op, d.store.SetSyncSettings(ctx, v, e))
}

// settingsText is what the log says of settings.
func settingsText(v SyncSettings) string {
	var s []string
	if v.Paused {
		s = append(s, "paused")
	}
	if v.Cap > 0 {
		s = append(s, fmt.Sprintf("at most %d bytes a second", v.Cap))
	}
	if v.OnMetered != MeteredRecords {
		s = append(s, "metered: "+string(v.OnMetered))
	}
	if v.Metered {
		s = append(s, "this network is metered")
	}
	if len(s) == 0 {
		return "as fast as it goes"
	}
	return strings.Join(s, ", ")
}

// Urge lets a case go to the centre before others, or no longer.
func (d *Desk) Urge(ctx context.Context, id uuid.UUID, u loan.Urgency) (*loan.Case, error) {
	const op = "urge"
	if !u.Known() {
		return nil, fault.New(op, fault.Input, nil)
	}
	return d.act(ctx, op, id, guard.Urge, entry(loan.ChangeUrgent, loan.UrgentBody{Urgency: u}))
}

// MayUrge says whether Urge would be allowed: nil, or why not.
func (d *Desk) MayUrge(ctx context.Context, id uuid.UUID) error {
	const op = "urge"
	if err := d.may(ctx, guard.Urge, id); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, d.holds(ctx, id, []pending{entry(loan.ChangeUrgent, nil)}))
}

// WaitingRow is a case that is not wholly at the centre, masked.
type WaitingRow struct {
	Row
	Records  bool // records of it wait
	Refused  bool // the centre did not take a record of it
	Contract Going
	Images   Going
}

// Waiting lists what waits for the centre, in the order of sending. Cases outside the
// operator's own queue, and all where he may not look for cases now, are there without
// what tells of the people.
func (d *Desk) Waiting() []WaitingRow {
	found, may, own := d.store.Waiting(), d.maySearch(), d.queue()
	out := make([]WaitingRow, len(found))
	for i, w := range found {
		row := d.row(w.Summary)
		if !may || !own(&w.Summary) {
			row = row.veiled()
		}
		out[i] = WaitingRow{Row: row, Records: w.Records, Refused: w.Refused, Contract: w.Contract, Images: w.Images}
	}
	return out
}

// LetGo gives up a picture that is damaged here and was not at the centre yet,
// once the case does not need it any more: it was taken out or taken anew. The
// chain says that it is lost. fault.Denied while the case needs it, or while it
// can still be read.
func (d *Desk) LetGo(ctx context.Context, id uuid.UUID, blob loan.Hash) error {
	const op = "let go"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if needs(c, blob) {
		return fault.New(op, fault.Denied, errors.New("the case needs it"))
	}
	return fault.Wrap(op, d.noteLost(ctx, blob))
}

// noteLost takes a blob that cannot be read out of what waits, and the chain
// says that it is lost.
func (d *Desk) noteLost(ctx context.Context, blob loan.Hash) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := store.Entry{Kind: loan.ChangeRepair, Operator: d.operator.ID, Body: loan.RepairBody{Blobs: []loan.Hash{blob}, Cases: 1}}
	return d.store.LetGo(ctx, blob, e)
}

// needs says whether a case is not whole without a blob, or the contract in hand
// would not be. A former contract holds nothing back: it is void, and what of it
// is lost is named in the chain.
func needs(c *loan.Case, blob loan.Hash) bool {
	all := c.Manifest()
	if c.Finish != nil {
		all = append(all, c.Finish.Blobs...)
	}
	k := c.Contract
	return slices.ContainsFunc(all, func(a loan.Attachment) bool { return a.Blob == blob }) ||
		k != nil && (k.Blob == blob || k.Sealed != nil && k.Sealed.Blob == blob ||
			k.Signatures[loan.StudentParty].Ink == blob || k.Signatures[loan.CoborrowerParty].Ink == blob)
}

// Enrolled notes that this laptop enrolled again, and works with who it is now.
func (d *Desk) Enrolled(ctx context.Context, p store.Profile) error {
	const op = "enrol again"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := store.Entry{Kind: loan.ChangeSetting, Operator: d.operator.ID, Body: loan.ViewBody{Detail: "enrolled again"}}
	return fault.Wrap(op, d.store.SetProfile(ctx, p, e))
}

// SentBack lists cases that the centre returned and nobody has taken up yet.
func (d *Desk) SentBack() []Row {
	rows := d.Find("", 0, loan.Returned)
	slices.Reverse(rows) // the one that waits longest first
	return rows
}

// veiled is the row without what tells of the people.
func (r Row) veiled() Row {
	return Row{ID: r.ID, Status: r.Status, Urgency: r.Urgency, Opened: r.Opened, Updated: r.Updated, Veiled: true}
}

// RowOf is a case's row, without what tells of the people where the case is not in the
// operator's own queue; false when there is no such case, or he may not look for any now.
func (d *Desk) RowOf(id uuid.UUID) (Row, bool) {
	s, ok := d.store.Summary(id)
	if !ok || !d.maySearch() {
		return Row{}, false
	}
	if !d.queue()(&s) {
		return d.row(s).veiled(), true
	}
	return d.row(s), true
}
