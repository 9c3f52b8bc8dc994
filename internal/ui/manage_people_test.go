package ui

import (
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
