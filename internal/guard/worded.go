package guard

import (
	"encoding/hex"
	"fmt"
	"strings"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// WhyWord is that he had a word on what others do with the case.
const WhyWord = "had a word on the case"

// WordOn is who by a look at a case had a word on what others do with it: whoever
// granted it, or reviewed an emergency in it. Empty where nobody had.
func WordOn(ch *loan.Change) string {
	if ch.Kind != loan.ChangeView {
		return ""
	}
	b, err := loan.Body[loan.ViewBody](ch)
	if err != nil {
		return ""
	}
	if w, ok := GlassOf(b.Detail); ok && w.Reviewed {
		return ch.Operator
	}
	_, by := grantedBy(b.Detail)
	return by
}

// grantedBy reads of a look by which a grant began to count who may use it, and which data
// administrator approved it; both are empty of any other look.
func grantedBy(detail string) (operator, by string) {
	rest, ok := strings.CutPrefix(detail, "grant ")
	id, rest, of := strings.Cut(rest, " for ")
	operator, rest, is := strings.Cut(rest, " by ")
	by, _, _ = strings.Cut(rest, " to export to ")
	if !ok || !of || !is || !grantID(id) || !validID(operator) || !validID(by) {
		return "", ""
	}
	return operator, by
}

// How a look that stands under no case tells of an answer that was given by a code to
// a request of another laptop:
//
//	grant answered for OPERATOR at DEVICE, N hours, N cases, case TAG
//	export answered for OPERATOR at DEVICE, N hours, N cases, case TAG, to PRINT TO, for PURPOSE
//
// DEVICE and TAG are the ends of ids in hexadecimal; without TAG it is of any cases, or an
// earlier program wrote it.
const (
	answeredDetail       = "grant answered for "
	exportAnsweredDetail = "export answered for "
)

// AnsweredDetail tells of an answer to a request to look.
func (p Plea) AnsweredDetail() string { return answeredDetail + p.answered() }

// AnsweredDetail tells of an answer to a request to export.
func (p ExportPlea) AnsweredDetail() string {
	return exportAnsweredDetail + p.answered() + ", to " + inFours(p.Print) + " " + p.Said.To + ", for " + p.Said.Purpose
}

func (p Plea) answered() string {
	s := fmt.Sprintf("%s at %x, %d hours, %d cases", p.Operator, p.Device, p.Ask.Hours, max(p.Ask.Count, 1))
	if tag, ok := p.Ask.Tag(); ok {
		s += fmt.Sprintf(", case %x", tag)
	}
	return s
}

// Tag is the end of the id of the case that a request is about; false where it is about
// any.
func (a Ask) Tag() ([4]byte, bool) { return a.Case, a.Count == 0 && a.Case != [4]byte{} }

// AnsweredOn is the end of the id of the case about which the operator of a look that
// stands under none answered another laptop's request by a code; false for any other
// look, and for an answer about any cases.
func AnsweredOn(ch *loan.Change) (tag [4]byte, ok bool) {
	detail, ok := caseless(ch)
	if !ok {
		return tag, false
	}
	return answeredTag(detail)
}

func answeredTag(detail string) (tag [4]byte, ok bool) {
	rest, ok := strings.CutPrefix(detail, answeredDetail)
	if !ok {
		rest, ok = strings.CutPrefix(detail, exportAnsweredDetail)
	}
	operator, rest, at := strings.Cut(rest, " at ")
	parts := strings.SplitN(rest, ", ", 5)
	if !ok || !at || !validID(operator) || len(parts) < 4 {
		return tag, false
	}
	end, ok := strings.CutPrefix(parts[3], "case ")
	b, err := hex.DecodeString(end)
	if !ok || err != nil || len(b) != len(tag) {
		return tag, false
	}
	return [4]byte(b), true
}

// ApprovedOn is AnsweredOn for an answer that goes up to the centre, which makes the
// grant if it may be made.
func ApprovedOn(ch *loan.Change) (tag [4]byte, ok bool) {
	detail, ok := caseless(ch)
	w := WordOf(detail)
	if !ok || w.Kind != Approved {
		return tag, false
	}
	return w.Tag()
}

// Tag is the end of the id of the case that a request is about; false where it is about
// any, or no request.
func (w Word) Tag() (tag [4]byte, ok bool) {
	b, err := hex.DecodeString(w.Ask)
	if err != nil {
		return tag, false
	}
	a, err := ParseAsk(b)
	if err != nil {
		return tag, false
	}
	return a.Tag()
}

func caseless(ch *loan.Change) (detail string, ok bool) {
	if ch.Kind != loan.ChangeView || ch.Case != uuid.Nil {
		return "", false
	}
	b, err := loan.Body[loan.ViewBody](ch)
	return b.Detail, err == nil
}

// WordMatters says whether a verb on a case is denied to an operator who had a word on
// what others do with it, so that the word must be looked for: what makes the case, or
// rests on who made it. It is not asked again of who made or signed it: he had none.
func WordMatters(op Operator, v Verb, c *loan.Case) bool {
	if c == nil || !acts(v) {
		return false
	}
	return v == Review || v == Decide || !entered(op, c) && !closed(op, c)
}

func acts(v Verb) bool {
	r, ok := ruleOf(v)
	return ok && (r.acts || v == Witness || v == TakeOver)
}

// HadWord is why whoever had a word on what others do with a case has no part in it.
func HadWord(v Verb) error {
	r, _ := ruleOf(v)
	say := "您批准过查看或导出本案的申请，或复查过本案的紧急查看，不能再办理本案（" + r.label + "）。请由另一位" + labels(r.roles) + "办理"
	if v != Decide {
		say += "；这里没有另一位的，请县资助中心另派一位，在本机启用账号后办理"
	}
	return deny(v, say+"。", WhyWord)
}
