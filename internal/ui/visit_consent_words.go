package ui

import (
	"strings"

	"doorstep/internal/loan"
)

// messageOf is what a finding says: of consents that lack, which do.
func (v *visit) messageOf(f loan.Finding) string {
	const noConsent = "E-CT-001"
	text := v.u.deps.Words.Message(f.Code)
	switch {
	case f.Code != noConsent:
		return text
	case v.covering: // which of them lack is not shown there
		return "本人的同意不全：有的没有取得，或本人已撤回"
	}
	party := f.Party
	if who, ok := strings.CutPrefix(f.Field, "consent/"); ok {
		party = loan.Party(who)
	}
	var back, never []string
	for _, purpose := range []string{loan.ConsentSensitive, loan.ConsentCredit, loan.ConsentShare} {
		switch {
		case v.c.Consents[party][purpose] != "":
		case v.tookBack(party, purpose):
			back = append(back, consentLabel(purpose))
		default:
			never = append(never, consentLabel(purpose))
		}
	}
	if len(back) == 0 {
		return text
	}
	text = "本人已撤回对" + strings.Join(back, "、") + "的同意"
	if len(never) > 0 {
		text += "，未取得对" + strings.Join(never, "、") + "的同意"
	}
	return text
}

func (v *visit) tookBack(p loan.Party, purpose string) bool {
	for _, w := range v.c.Withdrawn {
		if w.Party == p && w.Purpose == purpose {
			return true
		}
	}
	return false
}
