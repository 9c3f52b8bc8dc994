package ui

import (
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// toMend has a returned case shown next at the first field that it was returned for.
func (v *visit) toMend() {
	r := v.c.Return
	if r == nil || v.c.Status != loan.Returned || len(r.Codes) == 0 {
		return
	}
	v.mend = mendPath(v.report, r, r.Codes[0])
	v.at = stepOf(v.mend)
}

// mending is the way to what a returned case is to be mended at; to the review, where it is
// handed in again, if the centre named no place.
func (v *visit) mending() action {
	a := action{text: "去改正", enabled: !v.locked(), do: func() { v.show(stepReview) }}
	if r := v.c.Return; r != nil && len(r.Codes) > 0 {
		a.do = func() { v.jump(mendPath(v.report, r, r.Codes[0])) }
	}
	return a
}

// sentBack is the word of the code that the centre returned a field for; empty of a field
// that it did not return, and of a case that was handed in again.
func (v *visit) sentBack(b *bound) string {
	r := v.c.Return
	if r == nil || v.c.Status != loan.Returned && v.c.Status != loan.Corrected {
		return ""
	}
	for _, code := range r.Codes {
		if slices.Contains(b.paths, mendPath(v.report, r, code)) {
			return "中心退回：" + v.u.deps.Words.Message(code) + "　" + string(code)
		}
	}
	return ""
}

// sentBackAt says whether a returned case is to be mended in a step.
func (v *visit) sentBackAt(at int) bool {
	return v.c.Status == loan.Returned && slices.ContainsFunc(v.c.Return.Codes, func(code loan.Code) bool {
		return stepOf(mendPath(v.report, v.c.Return, code)) == at
	})
}

// cameBackWords say what the centre returned a case for that waits again, why it was
// corrected, and why the review before sent it back; empty of any other.
func (v *visit) cameBackWords() string {
	words := ""
	if r := v.c.Return; r != nil {
		var codes []string
		for _, code := range r.Codes {
			what := v.u.deps.Words.Message(code) + "（" + string(code)
			if name := mendName(mendPath(v.report, r, code)); name != "" {
				what += "，" + name
			}
			codes = append(codes, what+"）")
		}
		words = "中心退回过本案：" + strings.Join(codes, "；") + "。" + v.returnWords()
	}
	if k := v.lastVoided(); k != nil {
		words += "补正原因：" + strings.TrimRight(k.Reason, "。") + "（" + v.person(k.By) + "，" + v.stamp(k.At) + "）。"
	}
	if r := v.c.Review; r != nil && !r.Pass && v.c.Status == loan.ToReview {
		words += "上次复核退回（" + v.person(r.By) + "，" + v.stamp(r.At) + "）：" + strings.TrimRight(r.Note, "。") + "。" + v.mendedWords() + "请核对是否已改好。"
	}
	return words
}

// mendedWords say what was entered since the reviewer sent the case back.
func (v *visit) mendedWords() string {
	var names []string
	for _, path := range v.c.Review.Mended {
		if name := mendName(path); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return "退回后没有改动。"
	case len(names) > 8:
		return fmt.Sprintf("退回后改动：%s等 %d 处。", strings.Join(names[:8], "、"), len(names))
	}
	return "退回后改动：" + strings.Join(names, "、") + "。"
}

// lastVoided is why the last contract is none any more, where no other was sealed since.
func (v *visit) lastVoided() *loan.Voiding {
	if k := v.c.Contract; k != nil && k.Sealed != nil || len(v.c.Former) == 0 {
		return nil
	}
	return v.c.Former[len(v.c.Former)-1].Voided
}

// tellPassed says that a review passed, and what comes next for the clerk.
func (v *visit) tellPassed() {
	words := "复核通过，可以签署。"
	if k := v.c.Contract; k != nil && k.Sealed != nil {
		words = "复核通过，合同和签名不变，请到“回执”完成受理。"
	}
	kit.Notice(v.u.win, kit.Good, words)
}
