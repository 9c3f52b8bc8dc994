package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// NoteSearch writes that the operator searched, and how many rows were shown.
func (d *Desk) NoteSearch(ctx context.Context, rows int) error {
	if err := d.permit(ctx, guard.Search, nil); err != nil {
		return fault.Wrap("search", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeSearch, Operator: d.operator.ID, Body: loan.ViewBody{Detail: strconv.Itoa(rows)}}}, nil)
	return fault.Wrap("search", err)
}

// Blob reads an attachment of a case that the operator sees in full; of any
// other case it is fault.Denied. It must be one of the case's own.
func (d *Desk) Blob(ctx context.Context, id uuid.UUID, h loan.Hash) ([]byte, error) {
	const op = "read attachment"
	c, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !d.SeesFull(c) && !d.reveals(c.ID, guard.ImagesField) {
		return nil, fault.Tell(op, fault.Denied, "影像和合同由本案经办人查看；确需查看的，请先申请授权。", errors.New("pictures of a case that is not his"))
	}
	if !holds(c, h) {
		return nil, fault.New(op, fault.Missing, errors.New("not of this case"))
	}
	b, err := d.store.Blob(ctx, h)
	return b, fault.Wrap(op, err)
}

// holds says whether a blob is part of the case, now or in a former contract.
func holds(c *loan.Case, h loan.Hash) bool {
	return needs(c, h) || slices.ContainsFunc(c.Former, func(k loan.ContractState) bool { return k.Blob == h || k.Sealed != nil && k.Sealed.Blob == h })
}

// SealedContract reads the sealed contract of a case.
func (d *Desk) SealedContract(ctx context.Context, c *loan.Case) ([]byte, error) {
	if c.Contract == nil || c.Contract.Sealed == nil {
		return nil, fault.New("read contract", fault.Missing, nil)
	}
	return d.Blob(ctx, c.ID, c.Contract.Sealed.Blob)
}

// Receipt makes the temporary receipt 临时受理回执 of a finished case, or 受理回执
// with the centre's numbers once they are home, and notes the print.
func (d *Desk) Receipt(ctx context.Context, id uuid.UUID) ([]byte, error) {
	const op = "receipt"
	seen, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Print, seen); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !d.SeesFull(seen) {
		return nil, fault.Tell(op, fault.Denied, "回执由本案经办人打印。", errors.New("a slip of a case that is not his"))
	}
	c, err := d.act(ctx, op, id, guard.Print, entry(loan.ChangePrint, loan.ViewBody{Detail: "receipt"}))
	if err != nil {
		return nil, err
	}
	var code string
	if c.Receipt != nil {
		code = c.Receipt.CheckCode
	}
	pdf, err := d.slip(c, code)
	return pdf, fault.Wrap(op, err)
}

// slip is the receipt of a case, with what is to stand as its check code.
func (d *Desk) slip(c *loan.Case, code string) ([]byte, error) {
	pack, err := d.Rules().PolicyFor(d.signingDay(c))
	if err != nil {
		return nil, err
	}
	form := rulebook.TemporaryReceipt
	if c.Receipt != nil {
		form = rulebook.CentreReceipt
	}
	tpl, err := d.template(form, c.App.Kind, d.Today())
	if err != nil {
		return nil, err
	}
	in := contract.ReceiptInput{App: c.Application(d.signingDay(c)), Pack: pack, Template: tpl.File, CaseID: c.ID,
		Point: d.store.Profile().Point, Operator: d.operator.Name, Masked: masked(&c.App), Status: c.Status, At: d.now()}
	if c.Receipt != nil {
		in.ContractNo, in.ReceiptNo, in.CheckCode = c.Receipt.ContractNo, c.Receipt.ReceiptNo, code
	}
	return d.press.Receipt(in)
}

// masked are the values a slip shows in part.
func masked(a *loan.Application) map[string]string {
	m := map[string]string{
		"student.name_masked":  guard.MaskName(a.Student.Name),
		"student.id_no_masked": guard.MaskIDNo(a.Student.IDNo),
		"student.phone_masked": guard.MaskPhone(a.Student.Phone),
	}
	if len(a.Coborrowers) > 0 {
		m["coborrowers.0.name_masked"] = guard.MaskName(a.Coborrowers[0].Name)
	}
	return m
}

// Operators lists the people who can sign in at this laptop.
func (d *Desk) Operators(ctx context.Context) ([]guard.Operator, error) {
	ops, err := d.store.Operators(ctx)
	return ops, fault.Wrap("list operators", err)
}

// Laptop is what the screen tells about this computer.
type Laptop struct {
	Device, Server                       string
	County, CountyCode, Point, PointType string
	Practice                             bool
}

// Laptop tells about this computer.
func (d *Desk) Laptop() Laptop {
	p := d.store.Profile()
	return Laptop{Device: p.Device.String(), Server: p.Server, County: p.CountyName, CountyCode: p.County,
		Point: p.Point, PointType: p.PointType, Practice: p.Practice}
}

// setting reads a setting of this laptop into v; false when it was never set.
func (d *Desk) setting(ctx context.Context, key string, v any) (bool, error) {
	err := d.store.Setting(ctx, key, v)
	if fault.KindOf(err) == fault.Missing {
		return false, nil
	}
	return err == nil, fault.Wrap("read setting", err)
}

// Setting reads a setting of the screens of this laptop into v; false when it was never
// set. Any other, as what people asked for and why, is fault.Denied.
func (d *Desk) Setting(ctx context.Context, key string, v any) (bool, error) {
	if !ofScreens(key) {
		return false, fault.New("read setting", fault.Denied, errors.New("not a setting of the screens"))
	}
	return d.setting(ctx, key, v)
}

// SetSetting keeps a setting of the screens for this laptop. Any other, by which
// something is decided or that has a method of its own, is fault.Denied.
func (d *Desk) SetSetting(ctx context.Context, key string, v any) error {
	if !ofScreens(key) {
		return fault.New("keep setting", fault.Denied, errors.New("not a setting of the screens"))
	}
	return fault.Wrap("keep setting", d.store.SetSetting(ctx, key, v))
}

// ofScreens says whether a setting is the screens' own.
func ofScreens(key string) bool {
	return slices.ContainsFunc(screenSettings(), func(own string) bool { return key == own || strings.HasSuffix(own, ".") && strings.HasPrefix(key, own) })
}

// screenSettings are how things are shown, and what was open: each a name, or with
// a point behind it how names begin.
func screenSettings() []string {
	return []string{"look", inHandSetting, inHandSetting + " at", "print.", "stick unfinished", "not added"}
}

// CanSignIn says whether an account has a password at this laptop.
func (d *Desk) CanSignIn(operator string) bool { return d.store.CanSignIn(operator) }
