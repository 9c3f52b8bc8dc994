package guard

import (
	"strings"

	"doorstep/internal/loan"
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
	rest, ok := strings.CutPrefix(b.Detail, "grant ")
	id, rest, of := strings.Cut(rest, " for ")
	operator, rest, by := strings.Cut(rest, " by ")
	who, _, _ := strings.Cut(rest, " to export to ")
	if !ok || !of || !by || !grantID(id) || !validID(operator) || !validID(who) {
		return ""
	}
	return who
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
