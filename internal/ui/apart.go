package ui

import (
	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
)

// apartWords say that the centre holds another record of this laptop than the laptop, or
// more of it: what this laptop has may be whole and still not be all; empty where it is not
// known so.
func (u *Window) apartWords() string {
	switch k := u.carrier; {
	case k == nil:
	case k.state.Copied:
		return "县资助中心持有的本机记录与本机不同：本机的数据可能被复制过，或被换成了以前的数据。请联系县资助中心，详见“同步”。"
	case k.state.Behind:
		return "县资助中心持有本机后来的记录，本机没有：本机的数据可能被换成了以前的。请到“同步”处理。"
	}
	return ""
}

// apartDuty tells of it on 今日.
func (u *Window) apartDuty() []duty {
	words := u.apartWords()
	if words == "" {
		return nil
	}
	return []duty{{words: words, kind: kit.TextWarn}}
}

// verdict is what an audit found, in a word: what is whole here is not called sound where
// the centre holds another record.
func (s *auditSection) verdict(r desk.AuditReport) (kit.TextKind, string) {
	if words := s.u.apartWords(); r.Sound() && words != "" {
		return kit.TextBad, "本机现有的记录没有发现改动，但不是全部。" + words
	}
	return verdict(r)
}
