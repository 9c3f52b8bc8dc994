package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Seal draws both signatures into the contract that was read, adds the evidence
// page, seals the file with this laptop's keys, and keeps it. fault.Conflict
// when the text that was signed cannot be made again byte for byte, as after a
// change of the program or of the rules, and when a consent does not stand any
// more: the contract has to be prepared, read and signed anew.
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
	if err := consentsStand(c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if r := d.Check(c); r.Verdict == loan.RejectVerdict {
		return nil, fault.Say(op, fault.Input, "案件还有不符合规定的内容，不能封存合同。", nil)
	}
	p, err := d.pressing(ctx, c)
	if err == nil {
		err = d.readAndSeen(c)
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	body, sealed, err := d.close(p)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.act(ctx, op, id, guard.Seal, entry(loan.ChangeSeal, body), store.Blob{Hash: body.Blob, Content: sealed})
}

// pressing is a signed contract on its way to be sealed.
type pressing struct {
	in       contract.Input
	text     [sha256.Size]byte // of the PDF that was read and signed
	events   []contract.Event
	unnamed  []contract.EvidenceLine // its evidence with accounts alone
	national *seal.Signer
}

// pressing makes the text that was signed again, and gathers what the seals
// and the evidence page state.
func (d *Desk) pressing(ctx context.Context, c *loan.Case) (*pressing, error) {
	in, _, err := d.contractInput(ctx, c, c.Contract.AsOf)
	if err != nil {
		return nil, err
	}
	in.App.Signatures = c.Contract.Signers // as the text says
	text, err := d.press.Fill(in)
	if err != nil {
		return nil, err
	}
	if d.store.BlobName(text) != c.Contract.Blob {
		return nil, changedText("signed text")
	}
	p := &pressing{in: in, text: sha256.Sum256(text)}
	p.in.App.Signatures = c.App.Signatures
	p.in.Strokes, p.in.Ticked = map[loan.Party][]contract.Stroke{}, map[loan.Party][]string{}
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		s, ok := c.Contract.Signatures[party]
		if !ok {
			continue
		}
		b, err := d.store.Blob(ctx, s.Ink)
		if err != nil {
			return nil, err
		}
		if p.in.Strokes[party], err = contract.DecodeInk(b); err != nil {
			return nil, err
		}
		p.in.Ticked[party] = s.Clauses
		p.events = append(p.events, contract.Event{Party: party, Proxy: s.By == loan.ByProxy, Ink: sha256.Sum256(b), At: s.At})
	}
	if p.national, err = d.store.NationalSigner(); err != nil {
		return nil, err
	}
	p.in.At = d.now()
	named, err := d.named(ctx)
	if err != nil {
		return nil, err
	}
	p.in.Evidence, p.unnamed = d.evidence(ctx, c, p, named), d.evidence(ctx, c, p, guard.AccountLabel)
	return p, nil
}

// close seals the file and signs it by the second suite besides.
func (d *Desk) close(p *pressing) (loan.SealBody, []byte, error) {
	filled, err := d.press.Fill(p.in)
	if fault.KindOf(err) == fault.Input { // a name of the roster that no font has: both have signed, and it is sealed all the same
		p.in.Evidence = p.unnamed
		filled, err = d.press.Fill(p.in)
	}
	if err != nil {
		return loan.SealBody{}, nil, err
	}
	prof := d.store.Profile()
	sealed, err := contract.Seal(filled, contract.Closing{Signer: prof.Signer, Cert: prof.CertDER, CA: prof.CADER,
		Events: p.events, National: p.national.Public()})
	if err != nil {
		return loan.SealBody{}, nil, err
	}
	sig, err := p.national.SignDocument(sealed)
	if err != nil {
		return loan.SealBody{}, nil, err
	}
	return loan.SealBody{Blob: d.store.BlobName(sealed), Size: int64(len(sealed)),
		National: &loan.NationalSeal{Key: p.national.Public().Marshal(), Signature: sig}}, sealed, nil
}

func evidenceTime(t time.Time) string {
	return t.In(time.FixedZone("", 8*3600)).Format("2006-01-02 15:04:05") + " 北京时间"
}

// evidenceMinute is evidenceTime where many stand in one line.
func evidenceMinute(t time.Time) string {
	return t.In(time.FixedZone("", 8*3600)).Format("2006-01-02 15:04")
}

// evidence lists what the last page of the contract tells of its making.
func (d *Desk) evidence(ctx context.Context, c *loan.Case, p *pressing, named func(account string) string) []contract.EvidenceLine {
	n, head := d.store.Head()
	e := &evidence{named: named}
	e.line("案件与终端", "")
	e.line("案件编号", c.ID.String())
	e.line("受理终端", d.store.Profile().Device.String())
	e.line("终端时钟", clockWords(d.store.ClockError()))
	e.line("终端记录链末项", fmt.Sprintf("第 %d 条 %s", n, head))
	e.line("国密公钥（SM2）", p.national.Public().ID())
	e.line("所签文本", "")
	e.line("合同模板", templateWords(p.in.Template, c.Contract.Template))
	e.line("文本 SHA-256", hex.EncodeToString(p.text[:]))
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		e.reading(party, c.Contract)
	}
	e.line("核验与签名", "")
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if a, ok := c.Attests[party]; ok {
			e.line(partyName(party)+"人证核验", "经办人员 "+named(a.By)+" 现场核对本人、证件与影像一致，"+evidenceTime(a.At))
		}
	}
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if given := c.Consents[party]; len(given) > 0 {
			e.line(partyName(party)+"单独同意", consentWords(given, c.ConsentedAt[party]))
		}
	}
	if c.Review != nil {
		e.line("复核", "复核员 "+named(c.Review.By)+"，"+evidenceTime(c.Review.At))
	}
	for _, v := range p.events {
		e.line(partyName(v.Party)+"签名", signerWords(v.Proxy, c.Contract.Signatures[v.Party].Means)+"，"+evidenceTime(v.At))
		e.line(partyName(v.Party)+"笔迹 SHA-256", hex.EncodeToString(v.Ink[:]))
		if given := p.in.Ticked[v.Party]; len(given) > 0 {
			e.line(partyName(v.Party)+"逐条确认", strings.Join(given, "；"))
		}
	}
	if w := c.Contract.Witness; w != nil {
		e.line("第二经办人见证", "经办人员 "+named(w.By)+"，"+evidenceTime(w.At))
	}
	d.former(ctx, c, e)
	return e.lines
}

// evidence gathers lines of the page.
type evidence struct {
	lines []contract.EvidenceLine
	named func(account string) string
}

func (e *evidence) line(label, text string) {
	e.lines = append(e.lines, contract.EvidenceLine{Label: label, Value: text})
}

// reading says what a party heard and read before it signed.
func (e *evidence) reading(p loan.Party, k *loan.ContractState) {
	r, ok := k.Readings[p]
	if !ok {
		return
	}
	by := ""
	if r.By == loan.ByProxy {
		by = "（代签人代为听读）"
	}
	if r.Both {
		by = "（与另一方一并记录）"
	}
	if len(r.Texts) > 0 {
		e.line(partyName(p)+"听读文本", strings.Join(textsWords(r.Texts), "、")+by)
	}
	pages := make([]string, len(r.Millis))
	for i, ms := range r.Millis {
		pages[i] = fmt.Sprintf("第 %d 页 %.1f 秒", i+1, float64(ms)/1000)
	}
	if len(pages) > 0 {
		e.line(partyName(p)+"逐页阅读", strings.Join(pages, "，")+by)
	}
}

func partyName(p loan.Party) string {
	if p == loan.CoborrowerParty {
		return "共同借款人"
	}
	return "借款学生"
}

func signerWords(proxy bool, means loan.Means) string {
	words := "现场手写签名"
	if means == loan.OnPhone {
		words += "（手机手写）"
	}
	if proxy {
		return words + "，代签"
	}
	return words + "，本人"
}

// clockWords says how far this laptop's clock is known to be right.
func clockWords(off time.Duration) string {
	if off < 0 {
		return "本次开机后尚未与资助中心对时，误差未知"
	}
	return fmt.Sprintf("上次与资助中心对时相差 %.1f 秒", off.Seconds())
}

// former says which contract this one takes the place of, why, and what in the
// contract is another than it was.
func (d *Desk) former(ctx context.Context, c *loan.Case, e *evidence) {
	i := len(c.Former) - 1
	for i >= 0 && (c.Former[i].Sealed == nil || c.Former[i].Voided == nil) {
		i--
	}
	if i < 0 {
		return
	}
	k := &c.Former[i]
	e.line("取代的合同", "")
	if b, err := d.store.Blob(ctx, k.Sealed.Blob); err == nil {
		e.line("原合同 SHA-256", fmt.Sprintf("%x", sha256.Sum256(b)))
	}
	e.line("原合同封存", evidenceTime(k.SealedAt))
	e.line("补正", "操作员 "+e.named(k.Voided.By)+"，"+evidenceTime(k.Voided.At))
	e.line("补正原因", k.Voided.Reason)
	names := []string{}
	for _, path := range changedFields(&k.Voided.Was, &c.App) {
		names = append(names, contract.FieldName(path))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		names = []string{"合同内容未变，重新签署"}
	}
	e.line("改动的内容", strings.Join(names, "、"))
}

// changedFields lists the paths of the contract whose values differ.
func changedFields(was, is *loan.Application) []string {
	a, b := leaves(was), leaves(is)
	var out []string
	for path, v := range b {
		if a[path] != v && loan.InContract(path) {
			out = append(out, path)
		}
	}
	for path := range a {
		if _, ok := b[path]; !ok && loan.InContract(path) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// leaves are the values of an application by path, as JSON writes them; what the
// rest of the case decides is left out.
func leaves(a *loan.Application) map[string]string {
	out := map[string]string{}
	b, err := json.Marshal(a)
	var v any
	if err != nil || json.Unmarshal(b, &v) != nil {
		return out // an application always is JSON
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(strings.TrimPrefix(path+"."+k, "."), e)
			}
		case []any:
			if len(v) > 0 {
				if _, plain := v[0].(string); plain {
					out[path] = fmt.Sprint(v)
					return
				}
			}
			for i, e := range v {
				walk(fmt.Sprintf("%s.%d", path, i), e)
			}
		default:
			if !strings.HasSuffix(path, ".photo_ok") && !strings.HasSuffix(path, ".consent") {
				out[path] = fmt.Sprint(v)
			}
		}
	}
	walk("", v)
	return out
}
