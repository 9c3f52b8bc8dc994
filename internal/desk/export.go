package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/release"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Release says to whom a grant lets cases be exported.
type Release = guard.Release

// Given is a grant as it stands at this laptop.
type Given = guard.Given

// Exported says what an export wrote.
type Exported struct {
	Path  string // the file
	Cases int
	Files int
	Left  int // papers that are not here any more or could not be marked: the list in the package names them
}

// CheckRelease is fault.Input, with a sentence, for a recipient to whom nothing
// can be encrypted.
func CheckRelease(r Release) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return release.CheckKey(r.Key)
}

// Releases lists the grants by which the operator signed in may export here now. In the
// reasons the cases' people are masked.
func (d *Desk) Releases(ctx context.Context) ([]Given, error) {
	const op = "list releases"
	all, err := d.given(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	now := d.moment()
	all, err = d.unnamedGrants(ctx, slices.DeleteFunc(all, func(g guard.Given) bool {
		return g.Release == nil || g.Release.Centre || g.Revoked || g.Elsewhere || g.Stale || now.Before(g.From) || !now.Before(g.Until)
	}))
	return all, fault.Wrap(op, err)
}

// Export writes copies of cases into a new file in a folder, by a grant that
// names the recipient: encrypted to him alone, what the grant names and no more,
// with a watermark over every paper. Each case is counted and noted in the
// chain before anything is written, and stays so where the writing fails.
// fault.Denied says what is wrong with the grant, or that a person's
// consent to it is not there, and is noted too; fault.Disk
// for a folder that takes no file.
func (d *Desk) Export(ctx context.Context, grant string, cases []uuid.UUID, dir string) (Exported, error) {
	const op = "export"
	if err := d.permit(ctx, guard.Export, nil); err != nil {
		return Exported{}, fault.Wrap(op, err)
	}
	var all []*loan.Case
	for _, id := range cases {
		c, err := d.read(ctx, id)
		if err != nil {
			return Exported{}, fault.Wrap(op, err)
		}
		all = append(all, c)
	}
	press, err := d.marker()
	if err != nil {
		return Exported{}, fault.Wrap(op, err)
	}
	d.uses.Lock()
	g, p, err := d.counted(ctx, grant, cases, all, dir)
	d.uses.Unlock()
	if err != nil {
		return Exported{}, fault.Wrap(op, err)
	}
	for i, c := range all {
		if err := d.pack(ctx, p, press, g, len(g.Used)+i+1, c); err != nil {
			p.Drop()
			return Exported{}, fault.Wrap(op, err)
		}
	}
	out := Exported{}
	for _, c := range p.Cases() {
		out.Cases, out.Files, out.Left = out.Cases+1, out.Files+len(c.Files), out.Left+len(c.Left)
	}
	out.Path, err = p.Close()
	return out, fault.Wrap(op, err)
}

// counted finds the grant, asks whether the cases, which are all, may be handed on
// by it, begins the file and counts them: in this order, so that a folder that takes
// nothing costs nothing.
func (d *Desk) counted(ctx context.Context, grant string, cases []uuid.UUID, all []*loan.Case, dir string) (guard.Given, *release.Package, error) {
	const op = "export"
	grants, err := d.given(ctx)
	if err != nil {
		return guard.Given{}, nil, err
	}
	var g guard.Given
	err = fault.Tell(op, fault.Denied, "没有这份导出授权。请先申请导出，由系统数据管理员批准并写明接收人。", errors.New("no such grant"))
	if i := slices.IndexFunc(grants, func(k guard.Given) bool { return k.ID == grant }); i >= 0 {
		g = grants[i]
		err = guard.MayExport(d.acting(), g, cases, d.moment())
	}
	if err == nil && slices.ContainsFunc(all, func(c *loan.Case) bool { return !c.MayShare() }) {
		err = fault.Tell(op, fault.Denied, "所选案件中，有人没有给出或已撤回处理敏感信息、查询信用报告或向经办银行、学校提供信息的同意，不能导出。请去掉该案件，或请本人同意。", errors.New("a consent is not there"))
	}
	if err == nil && slices.ContainsFunc(all, func(c *loan.Case) bool { return c.Status == loan.Void }) {
		err = fault.Tell(op, fault.Denied, "所选案件中有已作废的，不能导出。请去掉该案件。", errors.New("a case is void"))
	}
	if err != nil {
		if fault.KindOf(err) == fault.Denied {
			d.noteExportRefused(ctx, cases, g)
		}
		return g, nil, err
	}
	p, err := release.Create(dir, release.Manifest{Recipient: g.Release.To, Key: g.Release.Key, Purpose: g.Reason, Grant: g.ID,
		Operator: d.operator.ID, By: g.By, At: d.now()})
	if err != nil {
		return g, nil, err
	}
	err = d.store.SetSetting(ctx, usedSetting+g.ID, slices.Concat(g.Used, cases))
	if err == nil {
		err = d.noteExport(ctx, op, cases, func(i int) loan.ViewBody {
			return loan.ViewBody{Fields: g.Fields, Reason: g.Reason,
				Detail: fmt.Sprintf("export %d of %d, grant %s to %s %s", len(g.Used)+i+1, g.Total(), g.ID, g.Release.Fingerprint(), guard.MaskNumbers(g.Release.To))}
		})
	}
	if err != nil {
		p.Drop()
	}
	return g, p, err
}

// marker is what lays watermarks; a desk of the command line has none yet.
func (d *Desk) marker() (*contract.Press, error) {
	if d.press != nil {
		return d.press, nil
	}
	return contract.NewPress()
}

// noteExportRefused notes of each case that its export was refused, and under which
// grant, g's zero for none.
func (d *Desk) noteExportRefused(ctx context.Context, cases []uuid.UUID, g guard.Given) {
	body := loan.ViewBody{Reason: g.Reason, Detail: guard.ExportRefused}
	if g.ID != "" {
		body.Detail += ", grant " + g.ID
	}
	for _, id := range named(cases) {
		d.noteRefusal(ctx, loan.ChangeExport, d.operator.ID, id, body)
	}
}

// named are the cases that lines are written of: one of no case where there are none.
func named(cases []uuid.UUID) []uuid.UUID {
	if len(cases) == 0 {
		return []uuid.UUID{uuid.Nil}
	}
	return cases
}

// noteExport writes a line for each case into the chain, in one step.
func (d *Desk) noteExport(ctx context.Context, op string, cases []uuid.UUID, body func(i int) loan.ViewBody) error {
	var entries []store.Entry
	for i, id := range named(cases) {
		entries = append(entries, store.Entry{Case: id, Kind: loan.ChangeExport, Operator: d.operator.ID, Body: body(i)})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.store.Commit(ctx, entries, nil)
	return fault.Wrap(op, err)
}

// pack puts what a grant names of a case into the package.
func (d *Desk) pack(ctx context.Context, p *release.Package, press *contract.Press, g guard.Given, n int, c *loan.Case) error {
	var papers []release.Attachment
	if slices.Contains(g.Fields, guard.ImagesField) {
		for _, a := range c.Manifest() {
			papers = append(papers, release.Attachment{Slot: string(a.Slot), Media: a.Media, Read: func() ([]byte, error) { return d.store.Blob(ctx, a.Blob) }})
		}
	}
	words := g.Mark(d.operator.ID, d.now(), n)
	return p.Fill(n, c.ID.String(), guard.Released(&c.App, g.Fields), papers, func(media string, content []byte) ([]byte, error) {
		return press.Mark(media, content, words)
	})
}

// ByTails finds cases of this laptop by the ends of their ids, eight characters
// each, as they stand on screens and slips. fault.Missing for an end that is
// none's.
func (d *Desk) ByTails(ctx context.Context, tails []string) ([]uuid.UUID, error) {
	const op = "find cases"
	if err := d.permit(ctx, guard.Export, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []uuid.UUID
	for _, t := range tails {
		t = strings.ToLower(t)
		found, n := d.store.SearchWhere("", 1, func(s *store.Summary) bool { return strings.HasSuffix(s.ID.String(), t) })
		if len(t) < 8 || n != 1 {
			return nil, fault.Tell(op, fault.Missing, "本机没有编号末 8 位为所填内容的案件，请核对。", errors.New("no case, or several, of this end"))
		}
		out = append(out, found[0].ID)
	}
	return out, nil
}
