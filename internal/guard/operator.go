package guard

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
)

// Role is what an operator is trusted with.
type Role string

// The roles.
const (
	Clerk     Role = "clerk"
	Reviewer  Role = "reviewer"
	DataAdmin Role = "dataadmin"
	Auditor   Role = "auditor"
)

// Roles lists every role.
func Roles() []Role { return []Role{Clerk, Reviewer, DataAdmin, Auditor} }

// Label is the role's name on screen.
func (r Role) Label() string {
	switch r {
	case Clerk:
		return "操作员"
	case Reviewer:
		return "复核员"
	case DataAdmin:
		return "系统数据管理员"
	case Auditor:
		return "审计员"
	}
	return "未知角色"
}

// Operator is a named account.
type Operator struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Roles       []Role    `json:"roles"`
	Enabled     bool      `json:"enabled"`
	Level       Level     `json:"-"` // these two are the centre's signed word, and never in the account's record
	Org         string    `json:"-"`
	Failures    int       `json:"failures,omitempty"` // wrong passwords in a row
	LockedUntil time.Time `json:"locked_until,omitzero"`
}

// Has says whether the operator holds a role.
func (o Operator) Has(r Role) bool { return slices.Contains(o.Roles, r) }

// Validate says what is wrong with an account's form: fault.Input with a
// sentence for the screen.
func (o Operator) Validate() error {
	bad := func(say string) error { return fault.Say("guard.Operator", fault.Input, say, nil) }
	switch {
	case !validID(o.ID) || o.ID == Emergency || o.ID == Unknown:
		return bad("账号须为 1 至 64 位小写字母、数字或连字符。")
	case o.Name == "" || len(o.Name) > 100:
		return bad("请填写操作员姓名。")
	case len(o.Roles) == 0:
		return bad("请至少选择一个角色。")
	}
	for i, r := range o.Roles {
		if !slices.Contains(Roles(), r) || slices.Contains(o.Roles[:i], r) {
			return bad("角色不正确。")
		}
	}
	return checkStanding(o.Level, o.Org, o.Roles)
}

func validID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// MaxFailures is how many wrong passwords in a row lock an account.
const MaxFailures = 5

const (
	lockFor     = 15 * time.Minute
	implausible = 24 * time.Hour // a lock that far ahead was set by a wrong clock
)

// Failed is the operator after one more wrong password at now.
func (o Operator) Failed(now time.Time) Operator {
	o.Failures++
	if o.Failures >= MaxFailures {
		o.Failures, o.LockedUntil = 0, now.Add(lockFor)
	}
	return o
}

// Cleared is the operator after a right password, or an administrator's pardon.
func (o Operator) Cleared() Operator {
	o.Failures, o.LockedUntil = 0, time.Time{}
	return o
}

// Locked says whether the account is locked at now.
func (o Operator) Locked(now time.Time) bool {
	left := o.LockedUntil.Sub(now)
	return left > 0 && left < implausible
}

// Relocked is the operator with a lock that ends later than one set now would, by a
// clock that was ahead or is set back, begun anew.
func (o Operator) Relocked(now time.Time) Operator {
	if o.LockedUntil.Sub(now) > lockFor {
		o.LockedUntil = now.Add(lockFor)
	}
	return o
}

// MaySignIn is nil, fault.Denied for an account switched off, or fault.Locked.
func (o Operator) MaySignIn(now time.Time) error {
	const op = "guard.MaySignIn"
	if !o.Enabled {
		return fault.Tell(op, fault.Denied, "该账号已停用，请联系系统数据管理员。", nil)
	}
	if o.Locked(now) {
		left := (o.LockedUntil.Sub(now) + time.Minute - 1) / time.Minute
		return fault.Tell(op, fault.Locked, fmt.Sprintf("账号已锁定，请 %d 分钟后再试。密码连续输错了五次；忘记了的，请由系统数据管理员重设。", min(left, lockFor/time.Minute)), nil)
	}
	return nil
}

// CheckPassword refuses a password too weak to protect the store: under 8
// characters, of one character alone or two of the keyboard, a row of the keyboard or of
// numbers, a date, or one that is the account's id but for a few characters.
func CheckPassword(id string, password []byte) error {
	runes := []rune(strings.ToLower(string(password)))
	kinds := slices.Clone(runes)
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	own := len(id) >= 4 && strings.Contains(string(runes), id) && len(runes) < len(id)+4
	if len(runes) < 8 || len(kinds) == 1 || len(kinds) == 2 && kinds[1] < 0x80 || own || string(runes) == id || rowed(string(runes)) || dated(string(runes)) {
		return fault.Say("guard.CheckPassword", fault.Input, "密码至少 8 位，不能只有一两种字符，不能是 12345678 这样的一串、日期，也不能就是账号。", errors.New("weak password"))
	}
	return nil
}

// rowed says whether a text is part of a row that fingers know, forwards or
// backwards, once or again and again.
func rowed(s string) bool {
	back := []rune(s)
	slices.Reverse(back)
	for _, row := range []string{"1234567890", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "password", "mima", "admin"} {
		twice := strings.Repeat(row, 8)
		if strings.Contains(twice, s) || strings.Contains(twice, string(back)) {
			return true
		}
	}
	return false
}

// dated says whether a text is a date of eight digits, as a birthday is.
func dated(s string) bool {
	t, err := time.Parse("20060102", s)
	return err == nil && t.Year() >= 1900 && t.Year() < 2100
}

// WatermarkText is what lies over a document on screen: who looks, and when
// by the clock of Beijing, as the documents themselves have their times.
func WatermarkText(op Operator, at time.Time) string {
	return op.Name + " " + at.In(beijing()).Format("2006-01-02 15:04")
}

// PrintWatermark lies over every print of a document.
const PrintWatermark = "仅供办理助学贷款"
