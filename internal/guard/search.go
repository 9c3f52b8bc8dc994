package guard

import (
	"slices"
	"time"

	"doorstep/internal/fault"
)

// SearchField stands for searches beyond the own queue in grants: so many as the
// grant counts.
const SearchField = "search"

// MaxSearches is how often an operator may search beyond the own queue on one day
// by a reason alone; more need a grant.
const MaxSearches = 20

// Counted are the fields of a grant that show nothing, and let something bounded for a
// day be done as often as the grant counts.
func Counted() []string { return []string{SearchField, TakeField} }

// grantable are the fields that a grant can name: those that are masked, and those
// that are counted.
func grantable() []string { return append(GrantFields(), Counted()...) }

// counts says whether fields name one that is counted.
func counts(fields []string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(Counted(), f) })
}

// Searches is what a search beyond the own queue may rest on.
type Searches struct {
	Grants []Given // of this operator, in force or not
	Today  int     // searches by a reason alone today
	Stale  bool    // the data file was set back today: there may have been more
}

// MaySearch decides whether the operator may search beyond the own queue now, and
// on what: a grant's id, or "" for the reason alone. fault.Denied says what to do.
func MaySearch(op Operator, s Searches, now time.Time) (grant string, err error) {
	if err := May(op, SearchBeyond, nil); err != nil {
		return "", err
	}
	b := bound{field: SearchField, most: MaxSearches,
		over: "今天查找他人案件的次数已达上限。", stale: "本机资料今天恢复过备份，今天查找了几次已无从核对。", spent: "授权的查找次数已用完。",
		next: "请申请授权，由系统数据管理员批准后再查找；本次尝试已记入日志。", why: "the day's searches are used up"}
	grant, err = b.rest(op, s.Today, s.Stale, s.Grants, now)
	return grant, fault.Wrap("guard.MaySearch", err)
}
