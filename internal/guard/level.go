package guard

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Level is where in the organisation an operator stands. None is that of an
// account from before there were levels: its clerks and reviewers work at any
// point of the county, and its data administrators and auditors are the
// county's.
type Level string

// The levels.
const (
	PointLevel    Level = "point"
	CountyLevel   Level = "county"
	ProvinceLevel Level = "province"
	BankLevel     Level = "bank"
)

// Levels lists every level, from the counter up.
func Levels() []Level { return []Level{PointLevel, CountyLevel, ProvinceLevel, BankLevel} }

// Label is the level's name on screen.
func (l Level) Label() string {
	switch l {
	case PointLevel:
		return "受理点"
	case CountyLevel, "":
		return "县级"
	case ProvinceLevel:
		return "省级"
	case BankLevel:
		return "银行"
	}
	return "未知层级"
}

// WholeBank is the organisation of the bank's head office; a branch has the two
// digits of its province.
const WholeBank = "00"

// Site is where work is done: the county's code, the point's name and the laptop,
// which is none at the centre.
type Site struct {
	County, Point string
	Device        uuid.UUID
}

// Standing is the level and organisation of one operator: the name of a point,
// the six digits of a county, the two of a province, or those of a bank's
// branch.
type Standing struct {
	ID    string `json:"id"`
	Level Level  `json:"level"`
	Org   string `json:"org"`
}

// checkStanding is fault.Input with a sentence for a level that is none, an
// organisation that does not fit it, and roles it has not: province and bank do
// no casework.
func checkStanding(l Level, org string, roles []Role) error {
	bad := func(say string) error {
		return fault.Tell("guard.Standing", fault.Input, say, errors.New("level or organisation"))
	}
	switch l {
	case "":
		if org != "" {
			return bad("请先选择层级，再填写所属机构。")
		}
		return nil
	case PointLevel:
		if org == "" || len(org) > 200 || strings.TrimSpace(org) != org {
			return bad("受理点层级的账号须写明受理点名称。")
		}
		return nil
	case CountyLevel:
		if !codeOf(org, 6) {
			return bad("县级账号须写明六位县（市、区）代码。")
		}
		return nil
	case ProvinceLevel, BankLevel:
		if !codeOf(org, 2) {
			return bad("省级和银行账号须写明两位省（区、市）代码，银行总行为 00。")
		}
		if slices.Contains(roles, Clerk) || slices.Contains(roles, Reviewer) {
			return bad("省级和银行账号不办理案件，只能是系统数据管理员或审计员。")
		}
		return nil
	}
	return bad("层级不正确。")
}

func codeOf(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// Within says whether a site lies in the operator's organisation.
func (o Operator) Within(s Site) bool {
	switch o.Level {
	case "":
		return true
	case PointLevel:
		return o.Org == s.Point
	case CountyLevel:
		return o.Org == s.County
	case ProvinceLevel:
		return len(s.County) == 6 && o.Org == s.County[:2]
	case BankLevel:
		return len(s.County) == 6 && (o.Org == WholeBank || o.Org == s.County[:2])
	}
	return false
}

// Where tells of level and organisation in words.
func (o Operator) Where() string {
	switch o.Level {
	case "":
		return "全县"
	case BankLevel:
		if o.Org == WholeBank {
			return "银行（总行）"
		}
	}
	return o.Level.Label() + "（" + o.Org + "）"
}

// MayAt is May for work at a site: fault.Denied also where the site does not lie
// in the operator's organisation, and for a clerk's work on a case that another
// entered and that the site's laptop does not hold. Only what carries sealed bytes is free of it, so
// that a laptop never keeps its cases for want of somebody who may work there.
func MayAt(op Operator, v Verb, c *loan.Case, at Site) error {
	if err := May(op, v, c); err != nil {
		return err
	}
	if v != Sync && v != Carry && !op.Within(at) {
		return deny(v, "您的账号属于"+op.Where()+"，这里是"+at.Point+"（"+at.County+"），不在您的范围内。请由本受理点的人员办理。", "another organisation")
	}
	if c == nil {
		return nil
	}
	return hands(op, v, c, at.Device)
}

// above is the level that answers the requests of one.
func (l Level) above() Level {
	switch l {
	case PointLevel, "":
		return CountyLevel
	case CountyLevel:
		return ProvinceLevel
	}
	return BankLevel
}

// Answers is nil when who decides a request, or looks at an emergency, stands one
// level above who made it, in an organisation that the site of it lies in, and is
// another person; v is the verb. Otherwise it is fault.Denied with a sentence
// that says who may.
func Answers(who Operator, v Verb, asker Operator, at Site) error {
	if who.ID == asker.ID {
		return deny(v, "不能批准或复查自己的申请，请由另一位人员办理。", "one's own")
	}
	if err := May(who, v, nil); err != nil {
		return err
	}
	level := who.Level
	if level == "" {
		level = CountyLevel
	}
	if level != asker.Level.above() || !who.Within(at) {
		return deny(v, asker.Level.Label()+"人员的申请须由其上一级（"+asker.Level.above().Label()+"）的"+Label(v)+"人员办理。", "another level")
	}
	return nil
}

// Manages is nil when who may change what another person is on a county's roster, or
// give him a password there: another than himself, of his own level and organisation
// or of a lower one. Without a level a person is of the county.
func Manages(who, other Operator, county string) error {
	if who.ID == other.ID {
		return deny(ManageOperators, "不能更改自己的角色、级别和机构，请由另一位系统数据管理员办理。", "oneself")
	}
	rank := func(o Operator) (int, string) {
		if o.Level == "" {
			return slices.Index(Levels(), CountyLevel), county
		}
		return slices.Index(Levels(), o.Level), o.Org
	}
	own, org := rank(who)
	its, place := rank(other)
	if its > own || its == own && place != org && org != WholeBank {
		return deny(ManageOperators, "只能管理本机构和下级机构的人员；"+other.Level.Label()+"人员请由其本级或上级的系统数据管理员办理。", WhyLevel)
	}
	return nil
}

// MaxStandings bounds a county's list.
const MaxStandings = 5000

// standings is the JSON of a list.
type standings struct {
	Version int        `json:"version"`
	People  []Standing `json:"people"`
}

// EncodeStandings gives the list of a county's operators with a level, as the
// centre signs it.
func EncodeStandings(list []Standing) ([]byte, error) {
	b, err := json.Marshal(standings{1, append([]Standing{}, list...)})
	if err != nil {
		return nil, fault.New("guard.EncodeStandings", fault.Other, err)
	}
	_, err = ParseStandings(b)
	return b, err
}

// ParseStandings is the inverse of EncodeStandings. fault.Newer for a later
// version; fault.Input for anything else that is none.
func ParseStandings(b []byte) ([]Standing, error) {
	const op = "guard.ParseStandings"
	var v standings
	if err := decode(b, &v); err != nil {
		return nil, fault.New(op, fault.Input, errors.New("a list of operators: "+err.Error()))
	}
	switch {
	case v.Version > 1:
		return nil, fault.New(op, fault.Newer, errors.New("version"))
	case v.Version != 1 || v.People == nil || len(v.People) > MaxStandings:
		return nil, fault.New(op, fault.Input, errors.New("version or length"))
	}
	seen := map[string]bool{}
	for _, s := range v.People {
		if !validID(s.ID) || seen[s.ID] || s.Level == "" {
			return nil, fault.New(op, fault.Input, errors.New("an id that is none, twice, or without a level"))
		}
		seen[s.ID] = true
		if err := checkStanding(s.Level, s.Org, nil); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	return v.People, nil
}
