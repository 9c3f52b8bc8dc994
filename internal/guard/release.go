package guard

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Release says to whom a grant lets cases be exported. The data administrator
// who approves names it; it is in the grant's signed bytes.
type Release struct {
	To     string `json:"to"`               // who receives it: an office, in words
	Key    string `json:"key"`              // whose public key it is encrypted to
	Centre bool   `json:"centre,omitempty"` // it is for an export of the centre's own, and serves at no laptop
}

// MaxRecipient is the longest name of a recipient, in bytes.
const MaxRecipient = 90

// Validate is fault.Input, with a sentence, for a recipient without a name or a
// key of another form.
func (r Release) Validate() error {
	bad := func(say, why string) error { return fault.Tell("guard.Release", fault.Input, say, errors.New(why)) }
	switch {
	case r.To == "" || len(r.To) > MaxRecipient || !utf8.ValidString(r.To) || hasControl(r.To):
		return bad("请写明接收单位，30 字以内。", "to")
	case MaskNumbers(r.To) != r.To:
		return bad("接收单位会记入日志：请只写单位名称，不要写身份证号、手机号码等。", "to")
	case !regexp.MustCompile(`^age1[02-9ac-hj-np-z]{58}$`).MatchString(r.Key):
		return bad("接收人公钥应为以 age1 开头的 62 位字符，请向接收人核对。", "key")
	}
	return nil
}

func hasControl(s string) bool {
	return slices.ContainsFunc([]rune(s), func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// Fingerprint names the recipient's key in short, as two people read it to each
// other: four groups of four hexadecimal digits.
func (r Release) Fingerprint() string { return inFours(r.print()) }

// Total is of how many cases the grant is, in all.
func (g Grant) Total() int {
	if len(g.Cases) > 0 {
		return len(g.Cases)
	}
	return g.Count
}

// MayExport decides whether the operator may export cases under a grant now.
// Each copy of a case counts, also a second one of the same. fault.Denied says
// what is wrong with the grant.
func MayExport(op Operator, g Given, cases []uuid.UUID, now time.Time) error {
	if err := May(op, Export, nil); err != nil {
		return err
	}
	if why := g.withholds(op, cases, now); why != "" {
		return fault.Tell("guard.MayExport", fault.Denied, why+"导出须有系统数据管理员批准的导出授权，写明接收人。", errors.New("no grant covers it"))
	}
	return nil
}

func (g Given) withholds(op Operator, cases []uuid.UUID, now time.Time) string {
	if w := g.Lapsed(now); w != "" {
		return w
	}
	once := slices.Clone(cases)
	slices.SortFunc(once, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	switch {
	case g.Release == nil || g.Release.Centre:
		return "这份授权不是本机导出用的。"
	case g.Operator != op.ID:
		return "授权不是给当前账号的。"
	case len(cases) == 0:
		return "请选定要导出的案件。"
	case len(slices.Compact(once)) != len(cases):
		return "同一案件选了两次。"
	case len(g.Cases) > 0 && slices.ContainsFunc(cases, func(id uuid.UUID) bool { return !slices.Contains(g.Cases, id) }):
		return "授权不包括所选的案件。"
	case len(g.Cases) > 0 && slices.ContainsFunc(cases, func(id uuid.UUID) bool { return slices.Contains(g.Used, id) }):
		return "所选案件已按这份授权导出过一次。"
	case len(g.Used)+len(cases) > g.Total():
		return "授权的件数不够或已用完。"
	}
	return ""
}

// Mark is the words over the n-th of all copies of an export.
func (g Grant) Mark(operator string, at time.Time, n int) string {
	return ReleaseMark(g.Release.To, g.Reason, operator, at, n, g.Total())
}

// ReleaseMark are the words over a copy that leaves: for whom, what for, by
// which account, when by the clock of Beijing, and which of how many.
func ReleaseMark(to, purpose, operator string, at time.Time, n, of int) string {
	return fmt.Sprintf("供 %s　%s　%s　%s　第 %d/%d 件", cut(to, 24), cut(purpose, 24), cut(operator, 24), at.In(beijing()).Format("2006-01-02 15:04"), n, of)
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Released are the values of an application that a grant names, by field.
func Released(a *loan.Application, fields []string) map[string]string {
	out := map[string]string{}
	put := func(prefix string, p loan.Person) {
		for name, v := range map[string]string{"name": p.Name, "id_no": p.IDNo, "phone": p.Phone, "address": p.Address, "birth": string(p.Birth)} {
			if slices.Contains(fields, prefix+name) && v != "" {
				out[prefix+name] = v
			}
		}
	}
	put("student.", a.Student)
	if len(a.Coborrowers) > 0 {
		put("coborrowers.0.", a.Coborrowers[0].Person)
	}
	return out
}
