package rig

import (
	"doorstep/internal/loan"
)

// body is what the change of an entry says; finished is the id of the finish
// that a centre's receipt answers.
func (s *names) body(e entry, finished string) any {
	switch e.kind {
	case loan.ChangeOpen:
		var a loan.Application
		for _, x := range e.sets {
			assign(&a, x)
		}
		a.Kind = loan.First
		return loan.OpenBody{Application: a}
	case loan.ChangeEdit:
		return loan.EditBody{Fields: fieldsOf(e.sets)}
	case loan.ChangeAttach:
		return loan.AttachBody{Attachment: s.attachment(e.piece), Source: "file"}
	case loan.ChangeDetach:
		return loan.DetachBody{Slot: e.piece.slot, Blob: s.of(e.piece.ref)}
	case loan.ChangeAttest:
		return loan.PartyBody{Party: e.party}
	case loan.ChangeConsent:
		return loan.ConsentBody{Party: e.party, Purpose: e.purpose, Text: e.text, Given: e.pass}
	case loan.ChangeVoid:
		return loan.ReasonBody{Reason: e.text}
	case loan.ChangeCorrect:
		return loan.CorrectBody{Fields: fieldsOf(e.sets), Reason: e.text}
	case loan.ChangeSubmit:
		return nil
	case loan.ChangeReview:
		return loan.ReviewBody{Pass: e.pass, Note: e.text}
	}
	return s.later(e, finished)
}

// later is the body of a change behind the review, or of a look.
func (s *names) later(e entry, finished string) any {
	switch e.kind {
	case loan.ChangeContract:
		return loan.ContractBody{Template: template, Blob: s.of(e.piece.ref), Size: int64(e.piece.size), Pages: len(pages()), AsOf: signingDay}
	case loan.ChangeRead:
		return loan.ReadBody{Contract: s.of(e.under), Millis: pages()}
	case loan.ChangeSign:
		return loan.SignBody{Party: e.party, By: loan.InPerson, Contract: s.of(e.under), Ink: s.of(e.piece.ref), Size: int64(e.piece.size)}
	case loan.ChangeSeal:
		return loan.SealBody{Blob: s.of(e.piece.ref), Size: int64(e.piece.size)}
	case loan.ChangeFinish:
		return loan.FinishBody{Blobs: s.attachments(e.list)}
	case loan.ChangeReceive:
		return loan.ReceiveBody{ReceiptNo: e.text, ContractNo: "C" + e.text, CheckCode: "K" + e.text, Finish: finished}
	case loan.ChangeAccept:
		return loan.AcceptBody{Note: e.text}
	case loan.ChangeErase:
		return e.erased.body()
	case loan.ChangeReturn:
		return loan.ReturnBody{Codes: []loan.Code{returnCode}, Note: e.text}
	}
	return loan.ViewBody{Detail: e.text}
}

const (
	template   = "rig/v1"
	signingDay = loan.Date("2026-08-06")
	returnCode = loan.Code("E-AD-001")
)

// pages is how long each page of a contract was looked at, in milliseconds.
func pages() []int { return []int{1200, 3400, 560} }

func (s *names) attachments(list []piece) []loan.Attachment {
	var out []loan.Attachment
	for _, p := range list {
		out = append(out, s.attachment(p))
	}
	return out
}
