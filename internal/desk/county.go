package desk

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// TakeUp makes the rules of what the county sent down and the store has: policy
// packs, templates, and the school register; packs and register are also written to the
// data folder, whole and durable, for what judges without a password. A file there that
// is neither the county's nor was imported by hand is not used: Untaken and the chain
// say so. It is done at signing in, and is to be called when the store has taken a
// bulletin; it may be repeated. Afterwards Lapsed knows of a word that ends the work here.
func (d *Desk) TakeUp(ctx context.Context) error {
	const op = "take up bulletins"
	_ = d.stands(ctx) // Lapsed says what it found
	d.recall(ctx)     // and Out this
	d.folder.Lock()
	defer d.folder.Unlock()
	register, failed := d.takeUpRegister(ctx)
	if d.base == nil {
		return fault.Wrap(op, failed) // a desk without rules judges nothing
	}
	next, err := d.withRegister(register)
	failed = cmp.Or(failed, err)
	var packs []loan.Policy
	var texts [][]byte
	for _, h := range d.store.Bulletins(bulletin.Policy) {
		b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
		if err != nil {
			return fault.Wrap(op, err)
		}
		p, err := loan.ParsePolicy(b)
		if err != nil {
			return fault.Wrap(op, err)
		}
		packs, texts = append(packs, p), append(texts, b)
	}
	templates, err := d.countyTemplates(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	failed = cmp.Or(failed, d.takeUpPacks(ctx, texts))
	next = next.WithPolicies(packs...)
	d.rulesMu.Lock()
	d.rules, d.templates = next, templates
	d.rulesMu.Unlock()
	return fault.Wrap(op, failed)
}

// countyTemplates are the templates that the county sent down.
func (d *Desk) countyTemplates(ctx context.Context) ([]rulebook.Template, error) {
	var out []rulebook.Template
	for _, h := range d.store.Bulletins(bulletin.Template) {
		b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
		if err != nil {
			return nil, err
		}
		t, err := rulebook.ReadTemplate(b)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// template is the template of a paper in force for a kind of application signed
// on a day.
func (d *Desk) template(id string, k loan.Kind, day loan.Date) (rulebook.Template, error) {
	d.rulesMu.Lock()
	county := d.templates
	d.rulesMu.Unlock()
	return rulebook.TemplateFor(id, k, day, county...)
}

// ReadBulletin reads a file that was written at the centre, no further than a
// bulletin can be long. fault.Missing when it is not there.
func ReadBulletin(path string) ([]byte, error) {
	const op = "read bulletin"
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(op, fault.Missing, errors.New("file"))
	}
	if err != nil {
		return nil, fault.New(op, fault.Disk, errors.New("file"))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, bulletin.MaxBytes+1))
	if err != nil {
		return nil, fault.New(op, fault.Disk, errors.New("file"))
	}
	return b, nil
}

// TakeFile puts a bulletin in force that came as a file, and takes it up. What
// is wrong with it is told in words; the same again is no fault.
func (d *Desk) TakeFile(ctx context.Context, raw []byte) (InForce, error) {
	const op = "take bulletin"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return InForce{}, fault.Wrap(op, err)
	}
	h, fresh, err := d.store.TakeBulletin(ctx, raw)
	if k := fault.KindOf(err); k == fault.Untrusted || k == fault.Damaged {
		d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "file refused: " + k.String()})
	}
	if err != nil {
		return InForce{}, fault.Wrap(op, err)
	}
	if fresh {
		if err := d.TakeUp(ctx); err != nil {
			return InForce{}, fault.Wrap(op, err)
		}
	}
	return d.describe(ctx, h)
}

// InForce is something the county sent down, as a screen tells of it. It names
// nobody but operators.
type InForce struct {
	Kind      bulletin.Kind
	Title     string // the pack's id, the high school, whom a grant is for
	Detail    string
	Version   string
	Issued    time.Time
	Withdrawn bool
}

// InForce lists what the county sent down and is in force here.
func (d *Desk) InForce(ctx context.Context) ([]InForce, error) {
	var out []InForce
	for _, h := range d.store.Bulletins() {
		f, err := d.describe(ctx, h)
		if fault.KindOf(err) == fault.Missing {
			continue // it was withdrawn meanwhile
		}
		if err != nil {
			return nil, fault.Wrap("list bulletins", err)
		}
		out = append(out, f)
	}
	return out, nil
}

func (d *Desk) describe(ctx context.Context, h store.BulletinHead) (InForce, error) {
	out := InForce{Kind: h.Kind, Title: h.Kind.Label(), Version: h.Label(), Issued: h.Issued, Withdrawn: h.Withdrawn}
	if h.Withdrawn {
		out.Detail = "已撤销"
		return out, nil
	}
	b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
	if err != nil {
		return out, err
	}
	out.tell(b, d.now().Location())
	return out, nil
}

// ShutOut says whether the county shut a device out: nothing is to be taken
// from it, by whatever road.
func (d *Desk) ShutOut(ctx context.Context, device uuid.UUID) (bool, error) {
	out, err := d.store.ShutOut(ctx, device)
	return out, fault.Wrap("read devices", err)
}
