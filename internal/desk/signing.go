package desk

import (
	"context"
	"crypto/x509"
	"errors"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// PrepareContract gives the contract of a case that a reviewer has passed, to be
// read: the one in hand, or a new one that both are to sign themselves. Filled
// again on the same day from the same case it is the same file, and no new
// change is written. fault.Conflict when one party has signed and the text would
// now be another: FillContract then begins anew.
func (d *Desk) PrepareContract(ctx context.Context, id uuid.UUID) ([]byte, *loan.Case, error) {
	const op = "prepare contract"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	who := loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson}
	if k := c.Contract; k != nil && (len(k.Signatures) > 0 || k.Signers != loan.Signatures{}) {
		who = k.Signers
	}
	return d.fill(ctx, op, c, who)
}

// FillContract fills the contract that the parties are to sign as who says,
// which stands in its text. Another one in hand is void, and so is what was
// signed on it.
func (d *Desk) FillContract(ctx context.Context, id uuid.UUID, who loan.Signatures) ([]byte, *loan.Case, error) {
	const op = "fill contract"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	if err := signersAllowed(op, c, who); err != nil {
		return nil, nil, err
	}
	if k := c.Contract; k != nil && len(k.Signatures) > 0 {
		anew := *c
		anew.Contract = nil
		c = &anew
	}
	return d.fill(ctx, op, c, who)
}

// signersAllowed is nil when the parties may sign as who says.
func signersAllowed(op string, c *loan.Case, who loan.Signatures) error {
	proxies := 0
	for _, by := range []loan.Signer{who.Student, who.Coborrower} {
		switch by {
		case loan.ByProxy:
			proxies++
		case loan.InPerson:
		default:
			return fault.New(op, fault.Input, errors.New("signer"))
		}
	}
	switch {
	case proxies == 0:
		return nil
	case c.App.Kind == loan.First:
		return fault.Say(op, fault.Denied, "首贷须双方本人签名，不得代签。", nil)
	case proxies == 2:
		return fault.Say(op, fault.Denied, "双方至少须有一人到场，由本人签名。", nil)
	case who.ProxyNote == "":
		return fault.Say(op, fault.Input, "代签须注明代签人。", nil)
	}
	return nil
}

func (d *Desk) fill(ctx context.Context, op string, c *loan.Case, who loan.Signatures) ([]byte, *loan.Case, error) {
	if err := d.permit(ctx, guard.PrepareContract, c); err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	in, ref, err := d.contractInput(ctx, c, d.signingDay(c))
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	in.App.Signatures = who
	pdf, err := d.press.Fill(in)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	hash := d.store.BlobName(pdf)
	if k := c.Contract; k != nil {
		if k.Blob == hash && (k.Signers == who || len(k.Signatures) > 0) {
			return pdf, c, nil
		}
		if len(k.Signatures) > 0 {
			return nil, nil, changedText(op)
		}
	}
	pages, err := contract.Pages(pdf)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	body := loan.ContractBody{Template: ref, Blob: hash, Size: int64(len(pdf)), Pages: pages, AsOf: in.App.AsOf, Signers: who, Clerk: in.Operator}
	c, err = d.commit(ctx, op, c.ID, entry(loan.ChangeContract, body))
	return pdf, c, err
}

func changedText(op string) error {
	return fault.Say(op, fault.Conflict, "合同生成后，合同模板或政策包有更新，与双方已看、已签的文本不同。请重新生成合同，由双方重新阅读和签名。",
		errors.New("the text would be another"))
}

// signingDay keeps the day of a contract that one party has signed already.
func (d *Desk) signingDay(c *loan.Case) loan.Date {
	if c.Contract != nil && len(c.Contract.Signatures) > 0 {
		return c.Contract.AsOf
	}
	return d.Today()
}

// contractText is what the contract of a day is made of but for the portraits,
// and the template's reference.
func (d *Desk) contractText(c *loan.Case, day loan.Date) (contract.Input, string, error) {
	app := c.Application(day)
	app.AsOf = day
	pack, err := d.Rules().PolicyFor(day)
	if err != nil {
		return contract.Input{}, "", err
	}
	tpl, err := d.template(rulebook.LoanContract, app.Kind, day)
	if err != nil {
		return contract.Input{}, "", err
	}
	at, err := day.Time()
	if err != nil {
		return contract.Input{}, "", err
	}
	in := contract.Input{App: app, Pack: pack, Template: tpl.File, CaseID: c.ID,
		Point: d.store.Profile().Point, Operator: d.operator.Name, At: at}
	if k := c.Contract; k != nil && k.Clerk != "" && len(k.Signatures) > 0 {
		in.Operator = k.Clerk // whoever goes on with it, the text is the one that was read
	}
	return in, tpl.Ref, nil
}

// contractInput is all that the contract of a day is made of, and the template's
// reference.
func (d *Desk) contractInput(ctx context.Context, c *loan.Case, day loan.Date) (contract.Input, string, error) {
	in, ref, err := d.contractText(c, day)
	if err != nil {
		return in, "", err
	}
	for i, slot := range []loan.Slot{loan.PortraitStudent, loan.PortraitCoborrower} {
		if list := c.Slot(slot); len(list) > 0 {
			in.Portraits[i], err = d.store.Blob(ctx, list[len(list)-1].Blob)
			if fault.KindOf(err) == fault.Erased { // a case that was returned after its images' time
				return in, "", fault.Say("portrait", fault.Erased, "人像已按保存期限从本机清除，请重新拍摄双方人像后再生成合同。", err)
			}
			if err != nil {
				return in, "", err
			}
		}
	}
	return in, ref, nil
}

// Read notes how long, in milliseconds, each page of the contract was shown to a
// party, and the ids of the texts that were read to it before. Where the contract
// says that a proxy signs for the party, it was the proxy who heard and read.
func (d *Desk) Read(ctx context.Context, id uuid.UUID, shown loan.Hash, p loan.Party, millis []int, texts ...string) (*loan.Case, error) {
	const op = "read contract"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Read, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	body := loan.ReadBody{Contract: shown, Millis: millis, Texts: texts, Party: p}
	if c.Contract != nil {
		body.By = c.Contract.Signers.Of(p)
	}
	return d.commit(ctx, op, id, entry(loan.ChangeRead, body))
}

// Sign keeps a party's strokes, encrypted, as its signature on the contract in
// hand. note names who signed for whom when by is a proxy; both are as the
// contract says. clauses are the headings of those that the signer ticked; every
// one of Clauses must be. fault.Input when the party, or who signs for it, has
// not heard both texts or not read every page, as Read notes it; as consentsStand
// when a consent of either does not stand.
func (d *Desk) Sign(ctx context.Context, id uuid.UUID, p loan.Party, by loan.Signer, note string, strokes []contract.Stroke, clauses ...string) (*loan.Case, error) {
	return d.sign(ctx, id, loan.SignBody{Party: p, By: by, ProxyNote: note}, strokes, clauses)
}

// SignOnPhone is Sign with strokes that a finger drew on a paired phone; the
// evidence page says so.
func (d *Desk) SignOnPhone(ctx context.Context, id uuid.UUID, p loan.Party, by loan.Signer, note string, strokes []contract.Stroke, clauses ...string) (*loan.Case, error) {
	return d.sign(ctx, id, loan.SignBody{Party: p, By: by, ProxyNote: note, Means: loan.OnPhone}, strokes, clauses)
}

func (d *Desk) sign(ctx context.Context, id uuid.UUID, body loan.SignBody, strokes []contract.Stroke, clauses []string) (*loan.Case, error) {
	const op = "sign"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Sign, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	switch {
	case c.Contract == nil:
		return nil, fault.New(op, fault.Missing, errors.New("no contract filled"))
	case len(strokes) == 0:
		return nil, fault.Say(op, fault.Input, "还没有签名，请在签名框内手写。", errEmpty)
	case body.By == loan.ByProxy && c.App.Kind == loan.First:
		return nil, fault.Say(op, fault.Denied, "首贷须双方本人签名，不得代签。", nil)
	case body.By == loan.ByProxy && body.ProxyNote == "":
		return nil, fault.Say(op, fault.Input, "代签须注明代签人。", nil)
	}
	if err := consentsStand(c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if who := c.Contract.Signers; who != (loan.Signatures{}) && (body.By != who.Of(body.Party) || body.By == loan.ByProxy && body.ProxyNote != who.ProxyNote) {
		return nil, fault.Say(op, fault.Conflict, "签名方式与合同所写的不同。请重新生成合同，由双方重新阅读和签名。", errors.New("signer"))
	}
	if err := d.Heard(c, body.Party); err != nil {
		return nil, fault.Wrap(op, err)
	}
	ticked, err := d.ticked(ctx, c, clauses)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	ink := contract.EncodeInk(strokes)
	h := d.store.BlobName(ink)
	body.Contract, body.Ink, body.Size, body.Clauses = c.Contract.Blob, h, int64(len(ink)), ticked
	return d.act(ctx, op, id, guard.Sign, entry(loan.ChangeSign, body), store.Blob{Hash: h, Content: ink})
}

// Finish closes the entry of a case: everything it consists of is listed, and
// it waits to be carried to the centre.
func (d *Desk) Finish(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	const op = "finish"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Finish, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if c.Unlike() {
		return nil, fault.Wrap(op, unlike(op))
	}
	if r := d.Check(c); r.Verdict == loan.RejectVerdict {
		return nil, fault.Say(op, fault.Input, "案件还有不符合规定的内容，不能完成。", nil)
	}
	return d.act(ctx, op, id, guard.Finish, entry(loan.ChangeFinish, loan.FinishBody{Blobs: c.Manifest()}))
}

// Authority is the centre's own certificate, which this laptop trusts alone.
func (d *Desk) Authority() *x509.Certificate {
	c, err := x509.ParseCertificate(d.store.Profile().CADER)
	if err != nil {
		return nil
	}
	return c
}
