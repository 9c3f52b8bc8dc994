package ui

import (
	"slices"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// duties is the card of 今日 that tells of what is not about a case, and leads to the
// section of 管理 where it is dealt with; it is not in view while there is nothing to tell.
type duties struct {
	u       *Window
	content *fyne.Container
	rows    *fyne.Container
	told    []duty
}

// duty is one line of it.
type duty struct {
	words   string
	kind    kit.TextKind
	act     string // what the button says
	section string // of 管理
}

func newDuties(u *Window) *duties {
	d := &duties{u: u, rows: container.New(&stacked{gap: 8})}
	d.content = container.NewStack(kit.Card("请留意", nil, d.rows))
	d.content.Hide()
	return d
}

// refresh asks anew what there is to tell, and calls changed when the card came into view,
// went, or has other lines.
func (d *duties) refresh(changed func()) {
	var all []duty
	if err := d.u.desk.Untaken(); err != nil {
		all = append(all, duty{sentence(err), kit.TextWarn, "去查看", ofDevice})
	}
	d.show(all, changed)
}

func (d *duties) show(all []duty, changed func()) {
	if slices.Equal(all, d.told) {
		return
	}
	d.told, d.rows.Objects = all, nil
	for _, o := range all {
		d.rows.Add(kit.Columns([]float32{7, 2}, kit.NewText(o.words, o.kind), kit.NewSecondary(o.act, nil, func() { d.u.shell.manages(o.section) })))
	}
	setVisible(d.content, len(all) > 0)
	changed()
}

// manages goes to a section of 管理.
func (s *shell) manages(section string) {
	s.section = section
	s.visit("manage")
}
