package desk

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// What the store tells of its keeping, under this package's name.
type (
	AuditReport  = store.AuditReport
	ChainAudit   = store.ChainAudit
	BodiesErased = store.BodiesErased
	BlobsErased  = store.BlobsErased
	Wrong        = store.Wrong
	Tamper       = store.Tamper
	Erased       = store.Erased
	Refusal      = store.Refusal
	Why          = store.Why
)

// What can be wrong at a place of a chain, and why a case is not erased.
const (
	TamperGone    = store.TamperGone
	TamperAltered = store.TamperAltered
	TamperMoved   = store.TamperMoved
	TamperBody    = store.TamperBody
	TamperOrder   = store.TamperOrder
	TamperErased  = store.TamperErased
	TamperEnd     = store.TamperEnd

	WhyOpen    = store.WhyOpen
	WhyUnsent  = store.WhyUnsent
	WhyDamaged = store.WhyDamaged
	WhyChanged = store.WhyChanged
	WhyPart    = store.WhyPart
	WhySealed  = store.WhySealed
)

// MayAudit says whether the operator signed in may have the chains read.
func (d *Desk) MayAudit() bool { return guard.MayAt(d.acting(), guard.ReadAudit, nil, d.site()) == nil }

// MayApprove says whether the operator signed in may answer requests for grants.
func (d *Desk) MayApprove() bool {
	return guard.MayAt(d.acting(), guard.ApproveGrant, nil, d.site()) == nil
}

// MayReviewGlass says whether the operator signed in may look at emergencies.
func (d *Desk) MayReviewGlass() bool {
	return guard.MayAt(d.acting(), guard.ReviewGlass, nil, d.site()) == nil
}

// MayEraseSeason says whether the operator signed in may erase a season.
func (d *Desk) MayEraseSeason() bool {
	return guard.MayAt(d.acting(), guard.EraseSeason, nil, d.site()) == nil
}

// Audit reads every chain of this laptop and tells what is proven, what was
// erased by which rule, and where a chain was tampered with; and every picture and
// file, and tells whether they are what was written, and of which cases those are that are
// not. The look is noted in the chain. Only an auditor or a data administrator may.
// progress, which may be nil, is told how many bytes were read of how many the data file
// has; to name the cases the pictures are then read once more.
func (d *Desk) Audit(ctx context.Context, progress func(done, total int64)) (AuditReport, error) {
	const op = "audit"
	if err := d.permit(ctx, guard.ReadAudit, nil); err != nil {
		return AuditReport{}, fault.Wrap(op, err)
	}
	body := loan.ViewBody{Detail: "audit"}
	if _, err := d.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeView, Operator: d.operator.ID, Body: body}}, nil); err != nil {
		return AuditReport{}, fault.Wrap(op, err)
	}
	r, err := d.store.Audit(ctx)
	if err == nil {
		r.Spoilt, err = d.spoilt(ctx, progress)
	}
	if err == nil && !r.Sound() {
		err = d.note(ctx, op, loan.ChangeView, loan.ViewBody{Detail: fmt.Sprintf("audit: tampered in %d places", wrongPlaces(r))})
	}
	if err == nil && r.Spoilt {
		r.SpoiltOf, err = d.spoiltOf(ctx)
	}
	return r, fault.Wrap(op, err)
}

// spoilt reads all pictures and files, and keeps it for the housekeeping where one of them
// is not what was written.
func (d *Desk) spoilt(ctx context.Context, progress func(done, total int64)) (bool, error) {
	err := d.store.VerifyBlobs(ctx, progress)
	if fault.KindOf(err) != fault.Damaged {
		return false, err
	}
	k, err := d.Kept(ctx)
	if err != nil && fault.KindOf(err) != fault.Damaged {
		return true, err
	}
	k.Checked, k.Damaged = d.now(), true
	return true, d.store.SetSetting(ctx, keptSetting, k)
}

// spoiltOf lists, in order, the cases that hold a picture or file which cannot be read whole,
// and those that such a one came with and that hold it no more.
func (d *Desk) spoiltOf(ctx context.Context) ([]uuid.UUID, error) {
	blobs, err := d.store.SpoiltBlobs(ctx)
	if err != nil || len(blobs) == 0 {
		return nil, err
	}
	out := slices.Collect(maps.Values(blobs))
	all, _ := d.store.SearchWhere("", 0, func(*store.Summary) bool { return true })
	for _, s := range all {
		c, err := d.store.Case(ctx, s.ID)
		if k := fault.KindOf(err); k == fault.Missing || k == fault.Erased || k == fault.Damaged {
			continue
		}
		if err != nil {
			return nil, err
		}
		for h := range blobs {
			if holds(c, h) {
				out = append(out, c.ID)
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(out), nil
}

// wrongPlaces counts where chains and lists were tampered with, or bodies are gone without
// a rule; pictures and files are one place.
func wrongPlaces(r AuditReport) int {
	n := len(r.Lists)
	if r.Spoilt {
		n++
	}
	for _, c := range r.Chains {
		n += len(c.Wrong)
	}
	for _, b := range r.Blobs {
		n += b.Unexplained
	}
	return n
}

// EraseSeason erases every case of an academic year that is wholly at the
// centre, and tells which were refused and why; the chain tells of it. Then the
// file is written anew, for what was erased to leave the disk; progress, which
// may be nil, hears of that. Only a data administrator may, and the cases in which
// he had a part stay for another, as in EraseCase; a year that has not begun is
// fault.Input.
func (d *Desk) EraseSeason(ctx context.Context, year int, progress func(done, total int64)) (Erased, error) {
	const op = "erase season"
	if err := d.permit(ctx, guard.EraseSeason, nil); err != nil {
		return Erased{}, fault.Wrap(op, err)
	}
	if year < 2000 || year > loan.AcademicYearOf(d.Today()) {
		return Erased{}, fault.Say(op, fault.Input, "请填写已经开始的学年，例如 "+strconv.Itoa(loan.AcademicYearOf(d.Today()))+"。", nil)
	}
	who := d.acting()
	out, err := d.store.EraseSeasonBut(ctx, year, who.ID, func(c *loan.Case) bool { return guard.Apart(who, guard.EraseSeason, c) != nil })
	if err != nil {
		return out, fault.Wrap(op, err)
	}
	if out.Cases > 0 {
		if err := d.forgetGone(ctx); err != nil {
			return out, fault.Wrap(op, err)
		}
		err = d.store.Compact(ctx, progress)
	}
	return out, fault.Wrap(op, err)
}

// Kept is what the housekeeping of this laptop did last.
type Kept struct {
	At      time.Time `json:"at"`      // when it last ran to its end; zero before the first time
	Cases   int       `json:"cases"`   // that lost their images
	Images  int       `json:"images"`  // erased, seven days after the centre's receipt
	Bytes   int64     `json:"bytes"`   // of them
	Freed   int64     `json:"freed"`   // bytes given back to the disk
	Doubt   bool      `json:"doubt"`   // the clock is too far from the centre's: not all that is due may have gone
	Erasing time.Time `json:"erasing"` // when images were last erased, with the numbers above
	Checked time.Time `json:"checked"` // when every value was last read and compared
	Damaged bool      `json:"damaged"` // and whether one was not what was written
	Aside   int       `json:"aside"`   // data files that repairs and restores set aside and that are still there
	Lost    int       `json:"lost"`    // attachments whose key is lost; the centre is asked for those that it has
}

const (
	keptSetting  = "housekeeping"
	checkSetting = "housekeeping.check.days"
	checkEvery   = 7 // days
)

// Kept tells what the housekeeping did last.
func (d *Desk) Kept(ctx context.Context) (Kept, error) {
	var k Kept
	_, err := d.setting(ctx, keptSetting, &k)
	return k, err
}

// Keep does the housekeeping that is due, in small steps between which others
// read and write: erases images whose time is over, gives back what is free in
// the file, and, when the last time is a week ago, reads every value and
// compares it with what was written. It is for the background of a desk; ctx
// ends it without harm. What it did is kept, and given. Damage that it finds is
// fault.Damaged with the place, and Kept.Damaged until a check finds none.
func (d *Desk) Keep(ctx context.Context) (Kept, error) {
	const op = "housekeeping"
	k, err := d.Kept(ctx)
	if err != nil && fault.KindOf(err) != fault.Damaged {
		return k, fault.Wrap(op, err)
	}
	first := d.keepImages(ctx, &k)
	if first == nil {
		first = d.forgetGone(ctx) // also what went by the centre's word
	}
	if first == nil {
		k.Lost, first = d.store.WantUnreadable(ctx)
	}
	if first == nil {
		k.Aside, first = d.store.Aside()
	}
	for _, step := range []func(context.Context, *Kept) error{d.keepSmall, d.keepChecked} {
		if err := step(ctx, &k); err != nil && first == nil {
			first = err
		}
	}
	if first == nil || fault.KindOf(first) == fault.Damaged {
		k.At = d.now()
	}
	// Also after the context's end: what was done is done.
	if err := d.store.SetSetting(context.WithoutCancel(ctx), keptSetting, k); err != nil && first == nil {
		first = err
	}
	return k, fault.Wrap(op, first)
}

func (d *Desk) keepImages(ctx context.Context, k *Kept) error {
	out, err := d.store.Retain(ctx, d.now())
	k.Doubt = out.Doubtful
	if out.Blobs > 0 {
		k.Cases, k.Images, k.Bytes, k.Erasing = out.Cases, out.Blobs, out.Bytes, d.now()
	}
	return err
}

func (d *Desk) keepSmall(ctx context.Context, k *Kept) error {
	due, err := d.store.CompactDue(ctx)
	if err != nil || !due {
		return err
	}
	before, _, err := d.store.Wasted(ctx)
	if err != nil {
		return err
	}
	if err := d.store.Compact(ctx, nil); err != nil {
		return err
	}
	after, _, err := d.store.Wasted(ctx)
	k.Freed = max(0, before-after)
	return err
}

func (d *Desk) keepChecked(ctx context.Context, k *Kept) error {
	days := checkEvery
	if _, err := d.setting(ctx, checkSetting, &days); err != nil {
		return err
	}
	// A clock set back must not put the next check off.
	if age := d.now().Sub(k.Checked); age >= 0 && age < time.Duration(days)*24*time.Hour {
		return nil
	}
	err := d.store.VerifyLedger(ctx)
	if damaged := fault.KindOf(err) == fault.Damaged; err == nil || damaged {
		k.Checked, k.Damaged = d.now(), damaged
	}
	return err
}
