package guard

import (
	"errors"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TakeField stands for taking cases over in grants: so many as the grant counts.
const TakeField = "take-over"

// MaxTakes is how many cases of others an operator may take over on one day by a reason
// alone: some desks' work in hand, as when two change places or one leaves early. A whole
// queue, as of a clerk who fell ill, needs a grant.
const MaxTakes = 20

// TakeRefused is what the record says of taking a case over that was refused because
// the day's were used up.
const TakeRefused = "take-over refused: the day's take-overs are used up"

// TakenWords is what the record says of a case that was taken over under a grant.
func TakenWords(grant string) string { return TakenMark + grant }

// TakenMark begins TakenWords.
const TakenMark = "taken over, grant "

// Takes is what taking a case over may rest on.
type Takes struct {
	Grants []Given     // of this operator, in force or not
	Today  []uuid.UUID // cases that he took over by a reason alone today
	Stale  bool        // the data file was set back today: there may have been more
}

// MayTake decides whether the operator may take a case over at a laptop now, and on
// what: a grant's id, or "" for the reason alone. A case that is his to work on there, or
// that he took over that day, is not counted: free says so. fault.Denied says what to do.
func MayTake(op Operator, c *loan.Case, device uuid.UUID, t Takes, now time.Time) (grant string, free bool, err error) {
	if err := May(op, TakeOver, c); err != nil {
		return "", false, err
	}
	if handles(op, c, device) || slices.Contains(t.Today, c.ID) {
		return "", true, nil
	}
	b := bound{field: TakeField, most: MaxTakes,
		over: "今天接手他人案件的件数已达上限。", stale: "本机资料今天恢复过备份，今天接手了几件已无从核对。", spent: "授权的接手件数已用完。",
		next: "请申请授权，由系统数据管理员批准后再接手，或请经办人转交；本次尝试已记入日志。", why: "the day's take-overs are used up"}
	for _, g := range t.Grants {
		if b.names(op, g) && g.Lapsed(now) == "" && slices.Contains(g.Taken, c.ID) {
			return g.ID, true, nil
		}
	}
	grant, err = b.rest(op, len(t.Today), t.Stale, t.Grants, now)
	return grant, false, fault.Wrap("guard.MayTake", err)
}

// bound is how often something may be done on one day by a reason alone, the field by
// which a grant counts more, and the words of its ends.
type bound struct {
	field                         string
	most                          int
	over, stale, spent, next, why string
}

// names says whether a grant is the operator's for it.
func (b bound) names(op Operator, g Given) bool {
	return g.Release == nil && g.Operator == op.ID && slices.Contains(g.Fields, b.field)
}

// rest is on what one more rests: a grant's id, or "" for the reason alone. fault.Denied
// with the words.
func (b bound) rest(op Operator, today int, stale bool, grants []Given, now time.Time) (grant string, err error) {
	if !stale && today < b.most {
		return "", nil
	}
	why := b.over
	if stale {
		why = b.stale
	}
	for _, g := range grants {
		if !b.names(op, g) {
			continue
		}
		w := g.Lapsed(now)
		if w == "" && g.uses() < g.Count {
			return g.ID, nil
		}
		if w == "" {
			w = b.spent
		}
		why = w
	}
	return "", fault.Tell("guard.bound", fault.Denied, why+b.next, &spent{b.why})
}

// spent is that what is bounded for a day, and the grants for more, are used up.
type spent struct{ why string }

func (s *spent) Error() string { return s.why }

// NeedsGrant says whether something was refused because the day's, and the grants for
// more, are used up: another grant would allow it.
func NeedsGrant(err error) bool {
	var s *spent
	return errors.As(err, &s)
}
