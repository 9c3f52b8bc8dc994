package guard

import (
	"errors"
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

// grantable are the fields that a grant can name: those that are masked, and the
// search.
func grantable() []string { return append(GrantFields(), SearchField) }

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
	if !s.Stale && s.Today < MaxSearches {
		return "", nil
	}
	why := "今天查找他人案件的次数已达上限。"
	if s.Stale {
		why = "本机资料今天恢复过备份，今天查找了几次已无从核对。"
	}
	for _, g := range s.Grants {
		if g.Release != nil || g.Operator != op.ID || !slices.Contains(g.Fields, SearchField) {
			continue
		}
		w := g.lapsed(now)
		if w == "" && g.Searched < g.Count {
			return g.ID, nil
		}
		if w == "" {
			w = "授权的查找次数已用完。"
		}
		why = w
	}
	return "", fault.Tell("guard.MaySearch", fault.Denied, why+"请申请授权，由系统数据管理员批准后再查找；本次尝试已记入日志。", errors.New("the day's searches are used up"))
}
