package central

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// maxStanding bounds what an answer to who enrols has of it.
const maxStanding = 32 << 10

// Levels lists the levels an operator may have.
func Levels() []string {
	var out []string
	for _, l := range guard.Levels() {
		out = append(out, string(l))
	}
	return out
}

// account is a person of the roster as guard judges one.
func account(o Operator) guard.Operator {
	out := guard.Operator{ID: o.ID, Name: o.Name, Enabled: true, Level: guard.Level(o.Level), Org: o.Org}
	for _, r := range o.Roles {
		out.Roles = append(out.Roles, guard.Role(r))
	}
	return out
}

// checkLevel is fault.Input for a level and organisation that laptops would not
// take.
func checkLevel(o Operator) error {
	const op = "central.checkLevel"
	if o.Level == "" && o.Org == "" {
		return nil
	}
	if err := account(o).Validate(); err != nil {
		return fault.New(op, fault.Input, errors.New("level and org: point and its name, county and six digits, province and two digits, bank and two digits (00: head office); "+
			"id in small letters; province and bank are data administrators and auditors alone"))
	}
	return nil
}

// fitsLevel is fault.Input for roles that do not go with the level that a person keeps.
func fitsLevel(ctx context.Context, q querier, county string, o Operator) error {
	const op = "central.fitsLevel"
	if o.Level != "" {
		return nil // it was checked with the roles
	}
	err := q.QueryRowContext(ctx, `SELECT level, org FROM operators_level WHERE county = ? AND id = ?`, county, o.ID).Scan(&o.Level, &o.Org)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return diskFault(op, err)
	}
	if err := checkLevel(o); err != nil {
		return fault.Tell(op, fault.Input, "账号 "+o.ID+" 是"+account(o).Where()+"的，不办理案件，只能是系统数据管理员或审计员。要改作其他角色，请一并写明 --level 和 --org。", errors.New("roles: province and bank are data administrators and auditors alone; with other roles give --level and --org"))
	}
	return nil
}

// issueStandings sends the levels of the county's people down, once there are
// any, and after they changed.
func (c *Central) issueStandings(ctx context.Context, tx *sql.Tx, code string) error {
	const op = "central.issueStandings"
	on, err := roster(ctx, tx, code)
	if err != nil {
		return err
	}
	off, err := switchedOff(ctx, tx, code)
	if err != nil {
		return err
	}
	var list []guard.Standing
	for _, o := range slices.Concat(on, off) {
		if o.Level != "" {
			list = append(list, guard.Standing{ID: o.ID, Level: guard.Level(o.Level), Org: o.Org})
		}
	}
	content, err := guard.EncodeStandings(list)
	if err != nil {
		return fault.Wrap(op, err)
	}
	same, err := c.inForce(ctx, tx, bulletin.Standing, bulletin.StandingName, content)
	if err != nil || same {
		return err
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Standing, name: bulletin.StandingName, content: content, entries: len(list)})
	return err
}

// inForce says whether a bulletin has this content; also of one that never was
// and would have no entries.
func (c *Central) inForce(ctx context.Context, tx *sql.Tx, kind bulletin.Kind, name string, content []byte) (bool, error) {
	had, there, err := c.said(ctx, tx, kind, name)
	if err == nil && !there {
		had, err = guard.EncodeStandings(nil)
	}
	return string(had) == string(content), err
}

// person finds somebody who may work; fault.Input for anybody else.
func person(ctx context.Context, q querier, id string) (guard.Operator, error) {
	const op = "central.person"
	code, _, _, err := county(ctx, q)
	if err != nil {
		return guard.Operator{}, err
	}
	list, err := roster(ctx, q, code)
	if err != nil {
		return guard.Operator{}, err
	}
	i := slices.IndexFunc(list, func(o Operator) bool { return o.ID == id })
	if i < 0 {
		return guard.Operator{}, fault.Tell(op, fault.Input, "名册上没有账号 "+id+"，或已停用：用 sync operator add 登记。", errors.New("operator "+id+": not on the roster, or taken off it; see sync operator add"))
	}
	return account(list[i]), nil
}

// siteOf is where a device works.
func siteOf(ctx context.Context, q querier, device uuid.UUID) (guard.Site, error) {
	var s guard.Site
	err := q.QueryRowContext(ctx, `SELECT county, point FROM devices WHERE id = ?`, device.String()).Scan(&s.County, &s.Point)
	if errors.Is(err, sql.ErrNoRows) {
		s.County, _, _, err = county(ctx, q)
		return s, err
	}
	return s, diskFault("central.siteOf", err)
}

// siteOfCase is where a case was opened, as far as its device is known here.
func siteOfCase(ctx context.Context, q querier, id uuid.UUID) (guard.Site, error) {
	var device string
	err := q.QueryRowContext(ctx, `SELECT device FROM cases WHERE id = ?`, id.String()).Scan(&device)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return guard.Site{}, diskFault("central.siteOfCase", err)
	}
	d, _ := parseID(device)
	return siteOf(ctx, q, d)
}

// mayBy is guard's word on a person's verb at the centre: fault.Input with the
// reason in short for whoever may not.
func mayBy(who guard.Operator, err error) error {
	if err == nil {
		return nil
	}
	return fault.Tell("central.mayBy", fault.Input, "账号 "+who.ID+"："+fault.Sentence(err)+fault.Step(err), errors.New("operator "+who.ID+": "+err.Error()))
}
