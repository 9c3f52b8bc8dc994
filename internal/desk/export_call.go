package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// ExportTo is to whom an export goes and what for, in words.
type ExportTo = guard.ExportTo

// ExportCall is a request to export as it is read out by telephone.
type ExportCall struct {
	Code string // with the recipient in it
	Scan string // what a QR code of it says
}

// ScannedExport takes what a QR code of a request to export says apart; false for
// anything else.
func ScannedExport(text string) (Request, ExportTo, bool) { return guard.ParseExportRequest(text) }

// CallExport names the recipient of a request to export that waits, and gives the
// code by which a data administrator approves it from afar; TakeGrant takes the
// answer. An answer to what was called before does not serve any more. The chain
// says to whom it is asked for. fault.Input for a recipient to whom nothing can be
// encrypted; fault.Missing for a request that does not wait.
func (d *Desk) CallExport(ctx context.Context, code string, to Release) (ExportCall, error) {
	const op = "ask to export by telephone"
	if err := d.permit(ctx, guard.AskGrant, nil); err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	to.Centre = false
	if err := CheckRelease(to); err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	a, plea, err := d.taken(ctx, code)
	if err == nil && (a.Operator != d.operator.ID || !a.Export) {
		err = fault.Tell(op, fault.Denied, "只能由申请导出的人本人打电话请求批准。", errors.New("another operator's request, or none to export"))
	}
	if err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	ask, err := guard.NewExportAsk(plea.Ask, to, a.Reason)
	if err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	b, err := ask.Encode()
	if err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	body := loan.ViewBody{Fields: a.Fields, Reason: a.Reason, Detail: "export asked by telephone, to " + to.Fingerprint() + " " + to.To}
	if err := d.noteOf(ctx, op, d.operator.ID, a.Case, body); err != nil {
		return ExportCall{}, err
	}
	all, err := d.asks(ctx)
	if err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	if i := slices.IndexFunc(all, func(o Asked) bool { return o.Code == a.Code }); i >= 0 {
		all[i].To = &to
	}
	if err := d.store.SetSetting(ctx, asksSetting, all); err != nil {
		return ExportCall{}, fault.Wrap(op, err)
	}
	spoken := seal.Spoken(b)
	return ExportCall{Code: spoken, Scan: d.request(spoken).ExportScan(guard.ExportTo{To: to.To, Purpose: a.Reason})}, nil
}

// proves gives the message of a request that an answer must be to: of an export it
// has the recipient in it.
func (a Asked) proves(plea guard.Plea) func(by string, day int) ([]byte, error) {
	if !a.Export {
		return plea.Message
	}
	ask, err := guard.NewExportAsk(plea.Ask, *a.To, a.Reason)
	if err != nil {
		return func(string, int) ([]byte, error) { return nil, err }
	}
	return guard.ExportPlea{Plea: plea, Print: ask.Print, Said: guard.ExportTo{To: a.To.To, Purpose: a.Reason}}.Message
}

// ReadExport tells what another laptop asks to export by a code. fault.Input for a
// slip of the pen.
func (d *Desk) ReadExport(device, code string) (guard.ExportAsk, [4]byte, error) {
	const op = "read request to export"
	tag, err := tagIn(device)
	if err != nil {
		return guard.ExportAsk{}, tag, fault.Wrap(op, err)
	}
	b, err := seal.ParseSpoken(code, guard.ExportAskSize)
	if err != nil {
		return guard.ExportAsk{}, tag, fault.Wrap(op, err)
	}
	a, err := guard.ParseExportAsk(b)
	return a, tag, fault.Wrap(op, err)
}

// AnswerExport gives the answer to a request of another laptop of the county to
// export: to whom and what for are given as the other read them out, and must be
// those of the code. Only a data administrator may; the chain notes what was
// approved, for whom and to whom, and from then on he had a word on the case.
func (d *Desk) AnswerExport(ctx context.Context, device, operator, code string, said ExportTo, reason string) (answer string, err error) {
	const op = "answer request to export"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return "", fault.Wrap(op, err)
	}
	ask, tag, err := d.ReadExport(device, code)
	if err != nil {
		return "", err
	}
	if !ask.Says(said) {
		return "", fault.Tell(op, fault.Input, "接收单位或用途与申请码里的不一致，请与对方逐字核对。", errors.New("other words than the code's"))
	}
	if err := guard.CheckReason(reason); err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := d.apartTag(ctx, guard.ApproveGrant, ask.Case); err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := d.answersFor(ctx, d.acting(), guard.ApproveGrant, operator); err != nil {
		return "", fault.Wrap(op, err)
	}
	plea := guard.ExportPlea{Plea: guard.Plea{Device: tag, Operator: operator, Ask: ask.Ask}, Print: ask.Print, Said: said}
	if err := d.notAgain(ctx, plea.Plea); err != nil {
		return "", fault.Wrap(op, err)
	}
	m, err := plea.Message(d.operator.ID, guard.DayOf(d.moment()))
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	people, about := d.unnaming(), d.ofTag(ask.Case)
	reason, err = people.text(ctx, reason, about...) // the line is of no case
	noted := plea                                    // the answer proves the purpose as it was read out
	if err == nil {
		noted.Said.Purpose, err = people.text(ctx, said.Purpose, about...)
	}
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	if err := d.answerNoted(ctx, op, ask.Case, loan.ViewBody{Fields: ask.Fields, Reason: reason, Detail: noted.AnsweredDetail()}); err != nil {
		return "", err
	}
	if err := d.keepApproved(ctx, plea.Plea, approvedHere{Reason: reason, Code: true, Export: true}); err != nil {
		return "", fault.Wrap(op, err)
	}
	k := d.roomKey()
	defer k.Wipe()
	return seal.Spoken(k.Answer(m)), nil
}
