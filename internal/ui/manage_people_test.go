package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestALongNameKeepsTheColumnsOfPeople(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.shell.visit("manage")
		m := r.u.shell.screen.(*manage)
		places := func(name string) (at []fyne.Position) {
			row := m.person(desk.Operator{ID: "clerk-2", Name: name, Roles: []guard.Role{guard.Clerk}, Level: guard.PointLevel, Org: "测试乡受理点", Enabled: true}).(*fyne.Container)
			row.Resize(fyne.NewSize(1000, 80))
			for _, o := range row.Objects {
				at = append(at, o.Position())
			}
			return at
		}
		short, long := places("测乙"), places("阿卜杜拉·买买提依明·吐尔逊江·测试甲")
		for i := range short {
			if short[i] != long[i] {
				t.Errorf("column %d: got %v, want %v", i, long[i], short[i])
			}
		}
	})
}

func TestAPersonOfAnotherPointIsNotOfferedToBeEnabled(t *testing.T) {
	r, _, _ := fieldRig(t, kit.Light)
	if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	away := desk.Operator{ID: "clerk-2", Name: "测乙", Roles: []guard.Role{guard.Clerk}, Level: guard.PointLevel, Org: "别处受理点", Enabled: true}
	here := away
	here.Org = r.u.desk.Laptop().Point
	check := func(who, offered string) {
		t.Helper()
		var why *kit.Button
		r.ui(func() {
			r.u.shell.visit("manage")
			m := r.u.shell.screen.(*manage)
			if got := findButtons(m.person(here)); len(got) != 1 || got[0].Text() != offered {
				t.Errorf("%s, of one of this point: got %d buttons, want %s", who, len(got), offered)
			}
			row := m.person(away)
			got := findButtons(row)
			if len(got) == 1 && got[0].Text() == "查看原因…" && strings.Contains(textsIn(row), "不能在本机启用") {
				why = got[0]
				why.Tapped(nil)
			}
		})
		if why == nil {
			t.Fatalf("%s is offered to enable one of another point", who)
		}
		if got := r.dialogWords(); !strings.Contains(got, "测乙属于受理点（别处受理点）") || !strings.Contains(got, "请在所属机构的电脑上启用") {
			t.Errorf("%s is told %q", who, got)
		}
		r.answer()
	}
	check("a clerk", "申请启用…")
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	check("an administrator", "启用并设置密码")
}
