package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// The practice county: a real name, so that areas and rules fit, and nobody real.
const (
	practiceCounty = "522727"
	practiceName   = "平塘县"
	practicePoint  = "测试乡受理点"
	pointType      = "乡镇受理点"
)

func practiceRoster() []Operator {
	return []Operator{
		{ID: "practice-clerk", Name: "练习操作员", Roles: []string{"clerk"}},
		{ID: "practice-reviewer", Name: "练习复核员", Roles: []string{"reviewer"}},
	}
}

// Operator is a person of a county's roster. Roles are clerk, reviewer,
// dataadmin and auditor; level and organisation those of guard.Operator.
type Operator = parcel.EnrolOperator

// Roles lists the roles an operator may have.
func Roles() []string { return []string{"clerk", "reviewer", "dataadmin", "auditor"} }

// checkOperator is fault.Input for a person in a form that laptops would not take.
func checkOperator(o Operator) error {
	const op = "central.checkOperator"
	if len(o.Roles) == 0 {
		return fault.Tell(op, fault.Input, "请写明角色（--role）。", errors.New("no role"))
	}
	for i, r := range o.Roles {
		if !slices.Contains(Roles(), r) || slices.Contains(o.Roles[:i], r) {
			return fault.Tell(op, fault.Input, "角色不对：clerk 操作员、reviewer 复核员、dataadmin 系统数据管理员、auditor 审计员，各写一次。", errors.New("role: clerk, reviewer, dataadmin or auditor, each once"))
		}
	}
	somewhere := o
	somewhere.Level, somewhere.Org = "", ""
	if err := account(somewhere).Validate(); err != nil || o.ID == operatorCentre {
		return fault.Tell(op, fault.Input, "账号用小写字母、数字或 -，不超过 64 个，不能用程序自己的名称；姓名不能空，不超过 33 个字。", errors.New("id: 1 to 64 small letters, digits or -, and none of the program's own; name: 1 to 100 bytes"))
	}
	return checkLevel(o)
}

// ensureCounty makes the county at the first start, and later refuses options
// that do not fit it.
func (c *Central) ensureCounty(ctx context.Context, tx *sql.Tx, o Options) error {
	const op = "central.ensureCounty"
	code, name := o.County, o.CountyName
	if o.Practice {
		if code != "" && code != practiceCounty {
			return fault.New(op, fault.Input, errors.New("practice has its own county"))
		}
		code, name = practiceCounty, practiceName
	}
	have, _, practice, err := county(ctx, tx)
	if fault.KindOf(err) == fault.Missing && code == "" {
		// Nothing said yet: made-up people harm nobody, a county by guess would.
		c.log.Warn("a new centre for practice; name a county for a true one")
		o.Practice, code, name = true, practiceCounty, practiceName
	}
	switch {
	case err == nil && (code == "" || code == have && practice == o.Practice):
		return nil
	case err == nil:
		return fault.New(op, fault.Input, errors.New("the folder is another county's, or practice is mixed with earnest"))
	case fault.KindOf(err) != fault.Missing:
		return err
	case !countyCode(code) || name == "" || len(name) > 200:
		return fault.New(op, fault.Input, errors.New("the first start needs a county's six digits and its name"))
	}
	if _, err := readSmall(c.keyPath(code)); fault.KindOf(err) == fault.Missing {
		k := seal.NewKeyOf(o.suite())
		if o.Practice {
			k = parcel.PracticeKey(o.suite())
		}
		b := k.Bytes()
		err := WriteFile(c.keyPath(code), b)
		seal.Wipe(b)
		k.Wipe()
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	n := 0
	if o.Practice {
		n = 1
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO counties (code, name, practice) VALUES (?, ?, ?)`, code, name, n); err != nil {
		return diskFault(op, err)
	}
	if o.Practice {
		for _, p := range practiceRoster() {
			if err := addOperator(ctx, tx, code, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func countyCode(s string) bool {
	if len(s) != 6 {
		return false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// querier is what a transaction and the database can both do.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// county is the county of this centre; fault.Missing before the first start.
func county(ctx context.Context, q querier) (code, name string, practice bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT code, name, practice <> 0 FROM counties`).Scan(&code, &name, &practice)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", false, fault.New("central.county", fault.Missing, nil)
	}
	return code, name, practice, diskFault("central.county", err)
}

// County is the code of this centre's county, and whether it is one of made-up
// people.
func (c *Central) County(ctx context.Context) (code string, practice bool, err error) {
	code, _, practice, err = county(ctx, c.db)
	return code, practice, err
}

// countyKey gives the key that names the county's blobs; it is kept until Close.
func (c *Central) countyKey(code string) (*seal.Key, error) {
	const op = "central.countyKey"
	c.keysMu.Lock()
	defer c.keysMu.Unlock()
	if k := c.keys[code]; k != nil {
		return k, nil
	}
	b, err := readSmall(c.keyPath(code))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	k, err := seal.KeyFromBytes(b)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	c.keys[code] = k
	return k, nil
}

// AddOperator puts a person on the county's roster, or changes name, roles, level
// and organisation; without a level the person keeps the one there was, and works in
// the whole county where there was none.
// Laptops get the roster when they enrol, and its changes when they sync.
func (c *Central) AddOperator(ctx context.Context, o Operator) error {
	if err := checkOperator(o); err != nil {
		return err
	}
	err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		code, _, _, err := county(ctx, tx)
		if err != nil {
			return err
		}
		if err := fitsLevel(ctx, tx, code, o); err != nil {
			return err
		}
		if err := addOperator(ctx, tx, code, o); err != nil {
			return err
		}
		if err := c.issueListed(ctx, tx, code); err != nil {
			return err
		}
		return c.issueStandings(ctx, tx, code)
	})
	if err != nil || !slices.Contains(o.Roles, string(guard.Reviewer)) {
		return err
	}
	return c.receiveReviewed(ctx, o.ID)
}

func addOperator(ctx context.Context, tx *sql.Tx, county string, o Operator) error {
	roles, err := json.Marshal(o.Roles)
	if err != nil {
		return fault.New("central.addOperator", fault.Input, err)
	}
	if err := wasReviewer(ctx, tx, county, o.ID); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO operators (county, id, name, roles) VALUES (?, ?, ?, ?)
		ON CONFLICT (county, id) DO UPDATE SET name = excluded.name, roles = excluded.roles`, county, o.ID, o.Name, string(roles))
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM operators_off WHERE county = ? AND id = ?`, county, o.ID)
	}
	if err == nil && o.Level != "" {
		_, err = tx.ExecContext(ctx, `INSERT INTO operators_level (county, id, level, org) VALUES (?, ?, ?, ?)
			ON CONFLICT (county, id) DO UPDATE SET level = excluded.level, org = excluded.org`, county, o.ID, o.Level, o.Org)
	}
	return diskFault("central.addOperator", err)
}

// SwitchOff takes a person off the roster: laptops that enrol do not get them,
// the others learn it at their next sync, and nobody recovers their password.
// AddOperator puts them back. fault.Missing for one who is not there.
func (c *Central) SwitchOff(ctx context.Context, id string) error {
	const op = "central.SwitchOff"
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		code, _, _, err := county(ctx, tx)
		if err != nil {
			return err
		}
		list, err := roster(ctx, tx, code)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(o Operator) bool { return o.ID == id }) {
			return fault.Tell(op, fault.Missing, "名册上没有这个账号，请核对。", errors.New("no such operator"))
		}
		if _, err = tx.ExecContext(ctx, `INSERT INTO operators_off (county, id) VALUES (?, ?)`, code, id); err != nil {
			return diskFault(op, err)
		}
		return c.issueListed(ctx, tx, code)
	})
}

// switchedOff lists who was taken off the roster.
func switchedOff(ctx context.Context, q querier, county string) ([]Operator, error) {
	return people(ctx, q, `SELECT o.id, o.name, o.roles, COALESCE(l.level, ''), COALESCE(l.org, '') FROM operators o JOIN operators_off x ON x.county = o.county AND x.id = o.id
		LEFT JOIN operators_level l ON l.county = o.county AND l.id = o.id WHERE o.county = ? ORDER BY o.id`, county)
}

// roster lists who may work.
func roster(ctx context.Context, q querier, county string) ([]Operator, error) {
	return people(ctx, q, `SELECT o.id, o.name, o.roles, COALESCE(l.level, ''), COALESCE(l.org, '') FROM operators o
		LEFT JOIN operators_level l ON l.county = o.county AND l.id = o.id WHERE o.county = ? AND
		NOT EXISTS (SELECT 1 FROM operators_off x WHERE x.county = o.county AND x.id = o.id) ORDER BY o.id`, county)
}

func people(ctx context.Context, q querier, query, county string) ([]Operator, error) {
	const op = "central.people"
	rows, err := q.QueryContext(ctx, query, county)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []Operator
	for rows.Next() {
		var o Operator
		var roles string
		if err := rows.Scan(&o.ID, &o.Name, &roles, &o.Level, &o.Org); err != nil {
			return nil, diskFault(op, err)
		}
		if err := json.Unmarshal([]byte(roles), &o.Roles); err != nil {
			return nil, fault.New(op, fault.Damaged, errors.New("roles"))
		}
		out = append(out, o)
	}
	return out, diskFault(op, rows.Err())
}
