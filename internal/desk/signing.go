package desk

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// PrepareContract fills the contract of a case that a reviewer has passed and
// gives the PDF to be read. Filled again on the same day from the same case it
// is the same file, and no new change is written.
func (d *Desk) PrepareContract(ctx context.Context, id uuid.UUID) ([]byte, *loan.Case, error) {
	const op = "prepare contract"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.PrepareContract, c); err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	in, ref, err := d.contractInput(ctx, c, d.signingDay(c))
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	pdf, err := d.press.Fill(in)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	hash := d.store.BlobName(pdf)
	if c.Contract != nil && c.Contract.Blob == hash {
		return pdf, c, nil
	}
	pages, err := contract.Pages(pdf)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	body := loan.ContractBody{Template: ref, Blob: hash, Size: int64(len(pdf)), Pages: pages, AsOf: in.App.AsOf}
	c, err = d.commit(ctx, op, id, entry(loan.ChangeContract, body))
	return pdf, c, err
}

// signingDay keeps the day of a contract that one party has signed already.
func (d *Desk) signingDay(c *loan.Case) loan.Date {
	if c.Contract != nil && len(c.Contract.Signatures) > 0 {
		return c.Contract.AsOf
	}
	return d.Today()
}

// contractInput is what the contract of a day is made of, and the template's
// reference.
func (d *Desk) contractInput(ctx context.Context, c *loan.Case, day loan.Date) (contract.Input, string, error) {
	app := c.Application(day)
	app.AsOf = day
	pack, err := d.Rules().PolicyFor(day)
	if err != nil {
		return contract.Input{}, "", err
	}
	tpl, err := rulebook.TemplateFor(rulebook.LoanContract, day)
	if err != nil {
		return contract.Input{}, "", err
	}
	at, err := day.Time()
	if err != nil {
		return contract.Input{}, "", err
	}
	in := contract.Input{App: app, Pack: pack, Template: tpl.File, CaseID: c.ID,
		Point: d.store.Profile().Point, Operator: d.operator.Name, At: at}
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
	return in, tpl.Ref, nil
}

// Read notes how long, in milliseconds, each page of the contract was shown,
// and the ids of the texts that were read to both before it.
func (d *Desk) Read(ctx context.Context, id uuid.UUID, shown loan.Hash, millis []int, texts ...string) (*loan.Case, error) {
	return d.act(ctx, "read contract", id, guard.Read, entry(loan.ChangeRead, loan.ReadBody{Contract: shown, Millis: millis, Texts: texts}))
}

// Sign keeps a party's strokes, encrypted, as its signature on the contract in
// hand. note names who signed for whom when by is a proxy.
func (d *Desk) Sign(ctx context.Context, id uuid.UUID, p loan.Party, by loan.Signer, note string, strokes []contract.Stroke) (*loan.Case, error) {
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
	case by == loan.ByProxy && c.App.Kind == loan.First:
		return nil, fault.Say(op, fault.Denied, "首贷须双方本人签名，不得代签。", nil)
	case by == loan.ByProxy && note == "":
		return nil, fault.Say(op, fault.Input, "代签须注明代签人。", nil)
	}
	ink := contract.EncodeInk(strokes)
	h := d.store.BlobName(ink)
	body := loan.SignBody{Party: p, By: by, ProxyNote: note, Contract: c.Contract.Blob, Ink: h, Size: int64(len(ink))}
	return d.act(ctx, op, id, guard.Sign, entry(loan.ChangeSign, body), store.Blob{Hash: h, Content: ink})
}

// Seal draws both signatures into the contract, adds the evidence page, seals
// the file with this laptop's key, and keeps it.
func (d *Desk) Seal(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	const op = "seal contract"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Seal, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !c.SignedInFull() {
		return nil, fault.Say(op, fault.Input, "双方还没有都签名。", nil)
	}
	if r := d.Check(c); r.Verdict == loan.RejectVerdict {
		return nil, fault.Say(op, fault.Input, "案件还有不符合规定的内容，不能封存合同。", nil)
	}
	in, _, err := d.contractInput(ctx, c, c.Contract.AsOf)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	in.Strokes = map[loan.Party][]contract.Stroke{}
	for p, s := range c.Contract.Signatures {
		b, err := d.store.Blob(ctx, s.Ink)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if in.Strokes[p], err = contract.DecodeInk(b); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	in.Evidence = d.evidence(c)
	in.At = d.now()
	filled, err := d.press.Fill(in)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	prof := d.store.Profile()
	sealed, err := contract.Seal(filled, prof.Signer, prof.CertDER, prof.CADER)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	h := d.store.BlobName(sealed)
	return d.act(ctx, op, id, guard.Seal, entry(loan.ChangeSeal, loan.SealBody{Blob: h, Size: int64(len(sealed))}), store.Blob{Hash: h, Content: sealed})
}

// evidence lists what the last page of the contract tells of its making.
func (d *Desk) evidence(c *loan.Case) []contract.EvidenceLine {
	line := func(label, text string) contract.EvidenceLine {
		return contract.EvidenceLine{Label: label, Value: text}
	}
	stamp := func(t time.Time) string {
		return t.In(time.FixedZone("", 8*3600)).Format("2006-01-02 15:04:05") + " 北京时间（终端时钟）"
	}
	out := []contract.EvidenceLine{
		line("案件编号", c.ID.String()),
		line("受理终端", d.store.Profile().Device.String()),
		line("所签文本摘要", c.Contract.Blob.String()),
		line("合同模板", c.Contract.Template),
	}
	names := map[loan.Party]string{loan.StudentParty: "借款学生", loan.CoborrowerParty: "共同借款人"}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if a, ok := c.Attests[p]; ok {
			out = append(out, line(names[p]+"人证核验", "经办人员 "+a.By+" 现场核对本人、证件与影像一致，"+stamp(a.At)))
		}
	}
	n, head := d.store.Head()
	out = append(out, line("终端记录链末项", fmt.Sprintf("第 %d 条 %s", n, head)))
	if c.Review != nil {
		out = append(out, line("复核", "复核员 "+c.Review.By+"，"+stamp(c.Review.At)))
	}
	if len(c.Contract.Texts) > 0 {
		out = append(out, line("签署前宣读", strings.Join(c.Contract.Texts, "、")))
	}
	for i, ms := range c.Contract.Read {
		out = append(out, line(fmt.Sprintf("第 %d 页阅读", i+1), fmt.Sprintf("%.1f 秒", float64(ms)/1000)))
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if s, ok := c.Contract.Signatures[p]; ok {
			out = append(out, line(names[p]+"签名", string(s.By)+"，"+stamp(s.At)),
				line(names[p]+"笔迹摘要", s.Ink.String()))
		}
	}
	return out
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
