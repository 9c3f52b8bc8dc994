package ui

import (
	"context"
	"fmt"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// duties is the card of 今日 that tells of what is about no case of the operator's own, and
// leads to where it is dealt with; it is not in view while there is nothing to tell.
type duties struct {
	u       *Window
	content *fyne.Container
	rows    *fyne.Container
	told    []duty
	heard   bool   // what there is was found out once
	onTold  func() // it is known what there is to tell
}

// duty is one line of it.
type duty struct {
	words   string
	kind    kit.TextKind
	act     string    // what the button says; empty where there is nothing for him to do
	section string    // of 管理
	open    uuid.UUID // the case it is about, instead
	take    uuid.UUID // the case that is taken over, instead
	told    string    // by which it is put away once it was read; empty where it goes by itself
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
	var wait desk.Duties
	var told desk.Told
	d.u.run("duties", func(ctx context.Context) (err error) {
		if wait, err = d.u.desk.Duties(ctx); err == nil {
			told, err = d.u.desk.Told(ctx)
		}
		return err
	}, func(error) { // of a failure the log has it; the lines are fewer
		var all []duty
		if err := d.u.desk.Untaken(); err != nil {
			all = append(all, duty{words: sentence(err), kind: kit.TextWarn, act: "去查看", section: ofDevice})
		}
		d.heard = true
		d.show(slices.Concat(all, d.u.apartDuty(), backDuty(wait), d.u.orphanDuty(wait), waitWords(wait), d.u.grantDuties(told.Grants), refusedDuties(told.Declined)), changed)
		d.onTold()
	})
}

// waitWords tells of what waits for a word of the operator.
func waitWords(w desk.Duties) (all []duty) {
	line := func(n int, words, act string) {
		if n > 0 {
			all = append(all, duty{words: fmt.Sprintf(words, n), kind: kit.TextBody, act: act, section: ofGrants})
		}
	}
	if w.Answers > 0 {
		all = append(all, duty{words: fmt.Sprintf("您有 %d 份对申请的答复没有生效，请看原因。", w.Answers), kind: kit.TextWarn, act: "去查看", section: ofGrants})
	}
	line(w.Looks, "有 %d 份查看申请等您答复，72 小时没有答复的自动失效。", "去答复")
	line(w.Exports, "有 %d 份导出申请等您批准，72 小时没有答复的自动失效。", "去答复")
	line(w.Emergencies, "有 %d 次紧急查看等您复查。", "去复查")
	line(w.Above, "县级人员用了紧急查看，%d 次等省级复查，请告诉省级。", "去查看")
	return all
}

func (d *duties) show(all []duty, changed func()) {
	if slices.Equal(all, d.told) {
		return
	}
	d.told, d.rows.Objects = all, nil
	for _, o := range all {
		words := kit.NewText(o.words, o.kind)
		if o.act == "" { // another's to do
			d.rows.Add(words)
			continue
		}
		var act fyne.CanvasObject = kit.NewSecondary(o.act, nil, func() { d.leads(o) })
		if o.told != "" {
			act = container.NewHBox(act, kit.NewSecondary("知道了", nil, func() { d.putAway(o, changed) }))
		}
		d.rows.Add(acted([]float32{7, 2}, act, words))
	}
	setVisible(d.content, len(all) > 0)
	changed()
}

// putAway takes a line away that was read.
func (d *duties) putAway(o duty, changed func()) {
	d.u.act("put away what was told", func(ctx context.Context) error { return d.u.desk.PutToldAway(ctx, o.told) }, func(err error) {
		if err != nil {
			d.u.fail(err)
		}
		d.refresh(changed)
	})
}

// leads goes where a line is dealt with: to its case, or its section of 管理.
func (d *duties) leads(o duty) {
	switch {
	case o.open != uuid.Nil:
		d.u.shell.open(o.open)
	case o.take != uuid.Nil:
		d.u.shell.takeOn(o.take)
	default:
		d.u.shell.manages(o.section)
	}
}

// manages goes to a section of 管理.
func (s *shell) manages(section string) {
	s.section = section
	s.visit("manage")
}
