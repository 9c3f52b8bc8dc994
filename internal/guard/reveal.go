package guard

import (
	"cmp"
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
	Found     Reviewed    // of an emergency that was not right: by whose word
}

// uses is how often the grant served here, for whatever it names.
func (g Given) uses() int { return len(g.Used) + g.Searched + len(g.Taken) }

// Basis is what a reveal may rest on.
type Basis struct {
	Grants []Given     // of this operator, in force or not
	Today  []uuid.UUID // cases that he revealed by a reason alone today
	Stale  bool        // the data file was set back today: there may have been more
}

// Part is what of a reveal rests on one leave.
type Part struct {
	Grant  string // its id, or "" for the reason alone
	Fields []string
}

// MayReveal decides whether the operator may see masked fields of a case in full
// for a while, and on what: what grants name that run, by them, and the rest by the
// reason alone. The latter is for clerks and reviewers, never for pictures, and for a
// handful of cases a day. fault.Denied says what is wrong with the grant at hand that is
// nearest to what nothing lets be seen, and what to do.
func MayReveal(op Operator, c *loan.Case, fields []string, reason string, b Basis, now time.Time) ([]Part, error) {
	const name = "guard.MayReveal"
	if err := May(op, Reveal, c); err != nil {
		return nil, err
	}
	if err := CheckReason(reason); err != nil {
		return nil, err
	}
	if len(fields) == 0 || slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(GrantFields(), f) }) {
		return nil, fault.New(name, fault.Input, errors.New("fields: none, or one that is not masked"))
	}
	var parts []Part
	rest := slices.Clone(fields)
	take := func(grant string, some []string) {
		if len(some) > 0 {
			parts = append(parts, Part{grant, some})
			rest = slices.DeleteFunc(rest, func(f string) bool { return slices.Contains(some, f) })
		}
	}
	for _, g := range narrowest(b.Grants, fields) {
		if some := g.named(rest); g.Release == nil && len(some) > 0 && g.refuses(op, some, c, now) == "" {
			take(g.ID, some)
		}
	}
	take("", b.byReason(op, c, rest))
	if len(rest) > 0 {
		return nil, fault.Tell(name, fault.Denied, b.lacking(op, c, rest, now)+"请申请授权，由系统数据管理员批准后再查看。", errors.New("no grant covers it"))
	}
	return parts, nil
}

// suffices says whether a reason alone may do for the operator.
func suffices(op Operator) bool { return op.Has(Clerk) || op.Has(Reviewer) }

// ByReason says of how many more cases the operator may see masked values today by a
// reason alone, and whether he may of one; pictures are never seen so.
func (b Basis) ByReason(op Operator, id uuid.UUID) (left int, here bool) {
	if !suffices(op) {
		return 0, false
	}
	if !b.Stale {
		left = max(MaxReveals-len(b.Today), 0)
	}
	return left, left > 0 || slices.Contains(b.Today, id)
}

// byReason are those of the fields that the operator may see by a reason alone.
func (b Basis) byReason(op Operator, c *loan.Case, fields []string) []string {
	if _, here := b.ByReason(op, c.ID); !here {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return f == ImagesField })
}

// lacking says in words why nothing lets the operator see fields of a case.
func (b Basis) lacking(op Operator, c *loan.Case, fields []string, now time.Time) string {
	why, nearest := "", 0
	for _, g := range b.Grants {
		n := g.near(op, fields, c)
		// What is wrong with a grant of other cases or fields is not why these are refused.
		if g.Release != nil || n <= 2 && (suffices(op) || g.Lapsed(now) != "") {
			continue
		}
		if n >= nearest {
			why, nearest = g.refuses(op, fields, c, now), n
		}
	}
	switch {
	case why != "":
		return why
	case !suffices(op):
		return "没有授权。"
	case slices.Contains(fields, ImagesField):
		return "他人经办案件的影像和合同须有授权才能查看。"
	case b.Stale:
		return "本机资料今天恢复过备份，今天凭原因查看了多少已无从核对。"
	}
	return "今天凭原因查看的案件已达上限。"
}

// narrowest are grants in the order in which they serve: what names cases before an
// emergency, and that before what counts any; of each, what names most of the fields first.
func narrowest(all []Given, fields []string) []Given {
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
	slices.SortStableFunc(all, func(a, b Given) int {
		return cmp.Or(rank(a)-rank(b), len(b.named(fields))-len(a.named(fields)))
	})
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
	switch named := len(g.named(fields)); {
	case n > 0 && named == len(fields):
		n += 4
	case n > 0 && named > 0:
		n += 2
	}
	return n
}

// named are those of the fields that a grant names.
func (g Given) named(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !slices.Contains(g.Fields, f) })
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
