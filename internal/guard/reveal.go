package guard

import (
	"errors"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// ImagesField stands for pictures and contracts in grants and reveals.
const ImagesField = "images"

// RevealFor is how long a masked value is shown that was asked for.
const RevealFor = 30 * time.Second

// MaxReveals is of how many cases an operator may see masked values on one day
// by a reason alone; more need a grant.
const MaxReveals = 10

// Given is a grant as it stands at this laptop.
type Given struct {
	Grant
	Used      []uuid.UUID // cases it was used for here
	Searched  int         // searches beyond the own queue it was used for here
	Taken     []uuid.UUID // cases that were taken over by it here
	Revoked   bool        // the county took it back
	Elsewhere bool        // it is bound to another laptop
	Stale     bool        // the data file was set back since it was given: how often it was used, or what was said of it, is not known
	Sent      bool        // the county sends it down, as it was heard since the data file was set back
}

// uses is how often the grant served here, for whatever it names.
func (g Given) uses() int { return len(g.Used) + g.Searched + len(g.Taken) }

// Basis is what a reveal may rest on.
type Basis struct {
	Grants []Given     // of this operator, in force or not
	Today  []uuid.UUID // cases that he revealed by a reason alone today
	Stale  bool        // the data file was set back today: there may have been more
}

// MayReveal decides whether the operator may see masked fields of a case in full
// for a while, and on what: a grant's id, or "" for the reason alone. That is
// for clerks and reviewers, never for pictures, and for a handful of cases a
// day. fault.Denied says what is wrong with the grant at hand that is nearest to what is
// asked, and what to do.
func MayReveal(op Operator, c *loan.Case, fields []string, reason string, b Basis, now time.Time) (grant string, err error) {
	const name = "guard.MayReveal"
	if err := May(op, Reveal, c); err != nil {
		return "", err
	}
	if err := CheckReason(reason); err != nil {
		return "", err
	}
	if len(fields) == 0 || slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(GrantFields(), f) }) {
		return "", fault.New(name, fault.Input, errors.New("fields: none, or one that is not masked"))
	}
	why, nearest := "", 0
	for _, g := range narrowest(b.Grants) {
		if g.Release != nil {
			continue
		}
		w := g.refuses(op, fields, c, now)
		if w == "" {
			return g.ID, nil
		}
		if n := g.near(op, fields, c); n >= nearest {
			why, nearest = w, n
		}
	}
	counter := op.Has(Clerk) || op.Has(Reviewer)
	switch {
	case why == "" && !counter:
		why = "没有授权。"
	case slices.Contains(fields, ImagesField) && why == "":
		why = "他人经办案件的影像和合同须有授权才能查看。"
	case !slices.Contains(fields, ImagesField) && counter && (slices.Contains(b.Today, c.ID) || !b.Stale && len(b.Today) < MaxReveals):
		return "", nil
	case why == "" && b.Stale:
		why = "本机资料今天恢复过备份，今天凭原因查看了多少已无从核对。"
	case why == "":
		why = "今天凭原因查看的案件已达上限。"
	}
	return "", fault.Tell(name, fault.Denied, why+"请申请授权，由系统数据管理员批准后再查看。", errors.New("no grant covers it"))
}

// narrowest are grants in the order in which they serve: what names cases before an
// emergency, and that before what counts any.
func narrowest(all []Given) []Given {
	rank := func(g Given) int {
		switch {
		case len(g.Cases) == 0:
			return 2
		case g.By == Emergency:
			return 1
		}
		return 0
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Given) int { return rank(a) - rank(b) })
	return all
}

// near says how near a grant is to what the operator wants to see, in force or not: it
// is for this case, for any cases, or for something else, and of the fields all or some.
func (g Given) near(op Operator, fields []string, c *loan.Case) int {
	n := 0
	switch {
	case g.Operator != op.ID:
		return 0
	case slices.Contains(g.Cases, c.ID) || slices.Contains(g.Used, c.ID):
		n = 2
	case len(g.Cases) == 0:
		n = 1
	}
	has := func(f string) bool { return slices.Contains(g.Fields, f) }
	if n > 0 && !slices.ContainsFunc(fields, func(f string) bool { return !has(f) }) {
		n += 4
	} else if n > 0 && slices.ContainsFunc(fields, has) {
		n += 2
	}
	return n
}

// lacks are the fields that a grant does not name.
func (g Given) lacks(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return slices.Contains(g.Fields, f) })
}

// refuses says why a grant does not let the operator see the fields of the case
// now, in words; "" when it does.
func (g Given) refuses(op Operator, fields []string, c *loan.Case, now time.Time) string {
	if w := g.Lapsed(now); w != "" {
		return w
	}
	switch {
	case len(g.Cases) > 0 && !slices.Contains(g.Cases, c.ID):
		return "授权不包括本案。"
	case len(g.lacks(fields)) > 0:
		return "授权不包括" + strings.Join(FieldNames(g.lacks(fields)), "、") + "。"
	case len(g.Cases) == 0 && !slices.Contains(g.Used, c.ID) && g.uses() >= g.Count:
		return "授权的件数已用完。"
	case !g.Covers(op, fields[0], c, g.Used, now):
		return "授权不是给当前账号的。"
	}
	return ""
}

// Lapsed says why the grant serves nothing here now, in words; "" when it does.
func (g Given) Lapsed(now time.Time) string {
	switch {
	case g.Revoked:
		return "授权已撤销。"
	case g.Elsewhere:
		return "授权只能在另一台电脑上使用。"
	case now.Before(g.From):
		return "授权还没有到开始时间。"
	case !now.Before(g.Until):
		return "授权已过期。"
	case g.Stale && g.By == Emergency:
		return "本机资料在紧急查看之后恢复过备份，这次紧急查看不再有效。"
	case g.Stale && (g.Count > 0 || g.Release != nil):
		return "本机资料在授权之后恢复过备份，用了几件已无从核对。"
	case g.Stale && !g.Sent:
		return "本机资料在授权之后恢复过备份，是否已撤销无从核对；县资助中心签发的，同步一次后可再用。"
	}
	return ""
}
