package store

import (
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// people is the county's roster of operators as a file, of a version.
func (w *informed) people(version int, list ...guard.Operator) []byte {
	w.t.Helper()
	content, err := guard.EncodeListed(list)
	if err != nil {
		w.t.Fatal(err)
	}
	return issue(w.t, w.centre, profile().County, bulletin.Operators, bulletin.OperatorsName, version, string(content))
}

// levels is the county's list of levels as a file, of a version.
func (w *informed) levels(version int, list ...guard.Standing) []byte {
	w.t.Helper()
	content, err := guard.EncodeStandings(list)
	if err != nil {
		w.t.Fatal(err)
	}
	return issue(w.t, w.centre, profile().County, bulletin.Standing, bulletin.StandingName, version, string(content))
}

func (w *informed) take(raw []byte) {
	w.t.Helper()
	if _, _, err := w.s.TakeBulletin(w.t.Context(), raw); err != nil {
		w.t.Fatal(err)
	}
}

// stands fails where an account has another level or organisation, alone or in the list.
func (w *informed) stands(id string, level guard.Level, org string) {
	w.t.Helper()
	o, err := w.s.Account(w.t.Context(), id)
	if err != nil || o.Level != level || o.Org != org {
		w.t.Errorf("%s: got level %q of %q, %v, want %q of %q", id, o.Level, o.Org, err, level, org)
	}
	all, err := w.s.Operators(w.t.Context())
	for _, o := range all {
		if o.ID == id && (o.Level != level || o.Org != org) {
			w.t.Errorf("%s in the list: got level %q of %q, want %q of %q", id, o.Level, o.Org, level, org)
		}
	}
	if err != nil {
		w.t.Error(err)
	}
}

func admin(id string, level guard.Level, org string) guard.Operator {
	return guard.Operator{ID: id, Name: "管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true, Level: level, Org: org}
}

func TestARosterAloneGivesNobodyMoreThanHisLevel(t *testing.T) {
	t.Run("a laptop that has no list of levels knows them by the roster", func(t *testing.T) {
		w := newInformed(t)
		w.take(w.people(1, admin("a1", guard.PointLevel, "测试乡受理点"), admin("a2", guard.ProvinceLevel, "52"), admin("a3", "", "")))
		for range 2 {
			w.stands("a1", guard.PointLevel, "测试乡受理点")
			w.stands("a2", guard.ProvinceLevel, "52")
			w.stands("a3", "", "")
			w.reopen()
		}
	})
	t.Run("the later of the two lists counts, in whatever order they come", func(t *testing.T) {
		point, county := admin("a1", guard.PointLevel, "测试乡受理点"), admin("a1", guard.CountyLevel, "522727")
		for name, c := range map[string]struct {
			people guard.Operator
			level  guard.Level
			at     int // the version of the list of levels; the roster's is 5
			want   guard.Level
		}{
			"the roster lowers a level":                 {point, guard.CountyLevel, 4, guard.PointLevel},
			"the roster raises a level":                 {county, guard.PointLevel, 4, guard.CountyLevel},
			"an older roster does not raise it":         {county, guard.PointLevel, 6, guard.PointLevel},
			"an older roster does not lower it":         {point, guard.CountyLevel, 6, guard.CountyLevel},
			"a roster without levels takes none":        {admin("a1", "", ""), guard.PointLevel, 4, guard.PointLevel},
			"of two of one moment the levels are right": {county, guard.PointLevel, 5, guard.PointLevel},
		} {
			t.Run(name, func(t *testing.T) {
				s := guard.Standing{ID: "a1", Level: c.level, Org: "522727"}
				if c.level == guard.PointLevel {
					s.Org = "测试乡受理点"
				}
				org := map[guard.Level]string{guard.PointLevel: "测试乡受理点", guard.CountyLevel: "522727"}[c.want]
				for _, first := range []bool{true, false} {
					w := newInformed(t)
					if first {
						w.take(w.levels(c.at, s))
					}
					w.take(w.people(5, c.people))
					if !first {
						w.take(w.levels(c.at, s))
					}
					w.stands("a1", c.want, org)
				}
			})
		}
	})
	t.Run("who is on the list of levels alone keeps his, who is on the roster has what stands there", func(t *testing.T) {
		w := newInformed(t)
		w.take(w.levels(4, guard.Standing{ID: "c1", Level: guard.PointLevel, Org: "测试乡受理点"}, guard.Standing{ID: "a2", Level: guard.PointLevel, Org: "测试乡受理点"}))
		w.take(w.people(5, admin("a1", guard.PointLevel, "测试乡受理点"), admin("a2", "", "")))
		w.stands("c1", guard.PointLevel, "测试乡受理点")
		w.stands("a2", "", "")
	})
	t.Run("a list of levels that was withdrawn leaves those of the roster", func(t *testing.T) {
		w := newInformed(t)
		w.take(w.people(5, admin("a1", guard.PointLevel, "测试乡受理点")))
		w.take(issue(t, w.centre, profile().County, bulletin.Standing, bulletin.StandingName, 6, ""))
		w.stands("a1", guard.PointLevel, "测试乡受理点")
	})
	t.Run("an older roster changes nobody", func(t *testing.T) {
		w := newInformed(t)
		off := admin("a1", guard.PointLevel, "测试乡受理点")
		off.Enabled = false
		first := w.people(4, admin("a1", "", ""), admin("a2", "", ""))
		w.take(first)
		w.take(w.people(5, off, admin("a2", guard.PointLevel, "测试乡受理点")))
		if _, _, err := w.s.TakeBulletin(t.Context(), first); fault.KindOf(err) != fault.Exists {
			t.Errorf("got %v, want it refused", err)
		}
		if o, err := w.s.Account(t.Context(), "a1"); err != nil || o.Enabled {
			t.Errorf("who was switched off: got %+v, %v", o, err)
		}
		w.stands("a2", guard.PointLevel, "测试乡受理点")
	})
}

func TestNobodyHasARoleBeforeHisLevel(t *testing.T) {
	w := newInformed(t)
	list := w.people(1, admin("a1", guard.PointLevel, "测试乡受理点"))
	w.take(list)
	// What a power cut leaves between the list and the accounts.
	if err := w.s.update(t.Context(), "test", func(tx *bbolt.Tx) error { return w.s.del(tx, bOperators, []byte("a1")) }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Account(t.Context(), "a1"); fault.KindOf(err) != fault.Denied {
		t.Fatalf("got %v, want no account", err)
	}
	w.take(list)
	w.stands("a1", guard.PointLevel, "测试乡受理点")
}

func TestWhoIsTakenOffOrDemotedIsSoWhateverFormTheRosterHas(t *testing.T) {
	ctx := t.Context()
	both := guard.Operator{ID: "a1", Name: "管理员", Roles: []guard.Role{guard.DataAdmin, guard.Clerk}, Enabled: true}
	long := strings.Repeat("长", 40)
	for name, c := range map[string]struct {
		entry RosterEntry
		want  guard.Operator
	}{
		"off, with a name that is too long": {RosterEntry{ID: "a1", Name: long, Roles: []string{"clerk"}, Off: true}, guard.Operator{Name: long[:99], Roles: []guard.Role{guard.Clerk}}},
		"off, with a role twice":            {RosterEntry{ID: "a1", Name: "管理员", Roles: []string{"clerk", "clerk"}, Off: true}, guard.Operator{Name: "管理员", Roles: []guard.Role{guard.Clerk}}},
		"off, with a role to come":          {RosterEntry{ID: "a1", Name: "管理员", Roles: []string{"clerk", "inspector"}, Off: true}, guard.Operator{Name: "管理员", Roles: []guard.Role{guard.Clerk}}},
		"off, without a role or a name":     {RosterEntry{ID: "a1", Off: true}, guard.Operator{Name: "管理员", Roles: both.Roles}},
		"demoted, with a role twice":        {RosterEntry{ID: "a1", Name: "管理员", Roles: []string{"auditor", "auditor"}}, guard.Operator{Name: "管理员", Roles: []guard.Role{guard.Auditor}, Enabled: true}},
		"demoted, with a role to come":      {RosterEntry{ID: "a1", Name: "管理员", Roles: []string{"inspector", "clerk"}}, guard.Operator{Name: "管理员", Roles: []guard.Role{guard.Clerk}, Enabled: true}},
		"with no role that is known here":   {RosterEntry{ID: "a1", Name: "管理员", Roles: []string{"inspector"}}, guard.Operator{Name: "管理员", Roles: both.Roles}},
		"demoted, with a name too long":     {RosterEntry{ID: "a1", Name: long, Roles: []string{"clerk"}}, guard.Operator{Name: long[:99], Roles: []guard.Role{guard.Clerk}, Enabled: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newInformed(t)
			if err := w.s.EnableOperator(ctx, both, []byte("the administrator's")); err != nil {
				t.Fatal(err)
			}
			w.take(w.levels(1, guard.Standing{ID: "a1", Level: guard.ProvinceLevel, Org: "52"})) // which does not fit a clerk
			for i, want := range []int{1, 0} {
				if n, err := w.s.KeepRoster(ctx, []RosterEntry{c.entry}); n != want || err != nil {
					t.Errorf("time %d: got %d changed, %v, want %d", i+1, n, err, want)
				}
			}
			got, err := w.s.Account(ctx, "a1")
			if err != nil || got.Enabled != c.want.Enabled || got.Name != c.want.Name || !slices.Equal(got.Roles, c.want.Roles) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
			if w.s.CanSignIn("a1") != c.want.Enabled {
				t.Errorf("can sign in: got %v, want %v", !c.want.Enabled, c.want.Enabled)
			}
		})
	}
	t.Run("who is new comes with what is known of his roles, or not at all", func(t *testing.T) {
		w := newInformed(t)
		n, err := w.s.KeepRoster(ctx, []RosterEntry{{ID: "n1", Name: "甲", Roles: []string{"clerk", "inspector"}}, {ID: "n2", Name: "乙", Roles: []string{"inspector"}},
			{ID: "n3", Roles: []string{"clerk"}}, {ID: "N4", Name: "丁", Roles: []string{"clerk"}}, {ID: "n5", Name: "戊", Roles: []string{"clerk"}, Off: true}})
		if n != 1 || err != nil {
			t.Errorf("got %d, %v, want one", n, err)
		}
		if o, err := w.s.Account(ctx, "n1"); err != nil || !o.Enabled || !slices.Equal(o.Roles, []guard.Role{guard.Clerk}) {
			t.Errorf("got %+v, %v", o, err)
		}
	})
}
