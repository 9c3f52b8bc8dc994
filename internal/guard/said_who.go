package guard

import (
	"encoding/hex"
	"strings"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Centre stands in the record as the operator of what the centre does by itself, or by
// whoever administers its machine: it is nobody's account.
const Centre = "centre"

// RecordTime is a moment of the record on screen and in a report: by the clock of
// Beijing, whichever a machine is set to.
func RecordTime(t time.Time) string { return t.In(beijing()).Format("2006-01-02 15:04:05") }

// RecordDay is the day of such a moment.
func RecordDay(t time.Time) loan.Date { return loan.DateOf(t.In(beijing())) }

// NamedLabel gives accounts the names that people go by: "name（account）" of those that
// names has, and AccountLabel of others.
func NamedLabel(names map[string]string) func(account string) string {
	return func(account string) string {
		if n := names[account]; n != "" {
			return n + "（" + account + "）"
		}
		return AccountLabel(account)
	}
}

// AccountLabel is an account on screen and in a report, where no name is known: the
// account itself, and words for those of the program's own that are nobody's.
func AccountLabel(account string) string {
	switch account {
	case Centre:
		return "县资助中心"
	case Unknown:
		return "不在本机的账号"
	}
	return account
}

// approver is who gave what the line tells of, where it stands under another: a grant is
// in the chain of the laptop where it is used, under who took the answer there, mostly who
// asked. Empty of any other line.
func (l Line) approver() string {
	_, by := grantedBy(l.Detail)
	if l.Kind != loan.ChangeView || by == l.Operator {
		return ""
	}
	return by
}

// Who is on screen and in a report who did what the line tells of, as name calls accounts:
// of a grant whoever approved it comes first, and who asked is said to have asked.
func (l Line) Who(name func(account string) string) string {
	if by := l.approver(); by != "" {
		operator, _ := grantedBy(l.Detail)
		return name(by) + "批准" + name(operator) + "的申请"
	}
	return name(l.Operator)
}

// CaseEnd is what screens show of the id of the case that the line is of, or is about where
// it stands under none, of several all; empty where there is no such case.
func (l Line) CaseEnd() string {
	if l.Case != uuid.Nil {
		return loan.ShortID(l.Case)
	}
	if end := l.goneEnd(); end != "" {
		return end
	}
	var ends []string
	for _, end := range l.ends() {
		ends = append(ends, hex.EncodeToString(end[:]))
	}
	return strings.Join(ends, "、")
}

// Named are words of the line (Words) in which who a grant is for and who approved it stand
// as name calls them.
func (l Line) Named(words string, name func(account string) string) string {
	if operator, by := grantedBy(l.Detail); by != "" {
		words = strings.Replace(words, "，给 "+operator+"，批准人 "+by, "，给 "+name(operator)+"，批准人 "+name(by), 1)
	}
	return words
}
