package guard

import "strings"

// What a QR code says of a request and of its answer, as text: a scanner types
// it like a keyboard, and it can be pasted. It proves no more than what is read
// out over the telephone.
//
//	doorstep:ask:DEVICE:OPERATOR:CODE    a request for a grant
//	doorstep:renew:DEVICE:OPERATOR:CODE  a request to be renewed
//	doorstep:enable:DEVICE:OPERATOR:CODE a request to let an account in
//	doorstep:answer:CODE                 the answer to any of them
//
// DEVICE is the last eight characters of the laptop's id, CODE as it is read out.
const (
	scanAsk    = "doorstep:ask:"
	scanRenew  = "doorstep:renew:"
	scanEnable = "doorstep:enable:"
	scanAnswer = "doorstep:answer:"
)

// Request is who asks, where, and by what code.
type Request struct{ Device, Operator, Code string }

// AskScan is what the QR code of a request for a grant says.
func (r Request) AskScan() string { return scanAsk + r.text() }

// RenewScan is what the QR code of a request to be renewed says.
func (r Request) RenewScan() string { return scanRenew + r.text() }

// EnableScan is what the QR code of a request to let an account in says.
func (r Request) EnableScan() string { return scanEnable + r.text() }

func (r Request) text() string {
	return strings.Join([]string{r.Device, r.Operator, strings.ReplaceAll(r.Code, " ", "")}, ":")
}

// ParseRequest takes what was scanned of a request apart; false for anything
// else, such as a code that was typed.
func ParseRequest(s string) (Request, bool) {
	s = strings.TrimSpace(s)
	rest, ok := "", false
	for _, kind := range []string{scanAsk, scanRenew, scanEnable} {
		if !ok {
			rest, ok = strings.CutPrefix(s, kind)
		}
	}
	if !ok {
		return Request{}, false
	}
	parts := strings.Split(rest, ":")
	if len(parts) != 3 || len(parts[0]) != 8 || !validID(parts[1]) || parts[2] == "" || len(parts[2]) > 60 {
		return Request{}, false
	}
	return Request{parts[0], parts[1], parts[2]}, true
}

// AnswerScan is what the QR code of an answer says.
func AnswerScan(code string) string { return scanAnswer + strings.ReplaceAll(code, " ", "") }

// IsAnswerScan says whether a text is what the QR code of an answer says.
func IsAnswerScan(s string) bool {
	return AnswerOf(s) != "" && strings.HasPrefix(strings.TrimSpace(s), scanAnswer)
}

// AnswerOf is the code of an answer that was scanned, or what was typed as it
// is.
func AnswerOf(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), scanAnswer) }
