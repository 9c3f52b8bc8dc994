package ui

import (
	"context"
	"maps"
	"slices"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// unkeptSetting is where it is kept for each operator of which papers a file was
// at work when the window locked; sealed as all settings are.
const unkeptSetting = "not added"

// unkept are the papers of which a picture or a file is at work, or waits for the
// clerk's word: it is dropped with the keys. What is being saved is saved.
func (u *Window) unkept() []string {
	if u.shell == nil {
		return nil
	}
	steps := slices.Collect(maps.Keys(u.making))
	if u.shell.current != nil {
		if s, ok := u.shell.current.steps[stepImages].(*imagesStep); ok && !u.making[s] {
			steps = append(steps, s)
		}
	}
	var out []string
	for _, s := range steps {
		for _, p := range s.people {
			if s.atWork(p.slot) {
				out = append(out, partyLabel(p.party)+"现场照片")
			}
		}
		for _, slot := range s.order {
			if s.atWork(slot) {
				out = append(out, docLabel(docOf(slot)))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// atWork says whether a picture for a slot is not kept yet, nor being saved.
func (s *imagesStep) atWork(slot loan.Slot) bool {
	for _, words := range []string{"正在打开文件", "正在处理", "正在读取照片", "正在核对照片"} {
		if strings.HasPrefix(s.busy[slot], words) {
			return true
		}
	}
	return s.asked == slot || s.phone != nil && s.phone.slot == slot && (s.phone.coming || s.phone.cut || s.phone.checking > 0)
}

// asks notes for how long a dialog asks the clerk about a picture for a slot.
func (s *imagesStep) asks(slot loan.Slot, d *kit.Dialog) {
	s.asked = slot
	d.SetOnClosed(func() { s.asked = "" })
}

// keepUnkept keeps them for the operator's next sign-in: the screen that tells of
// them now is about to go.
func (u *Window) keepUnkept(names []string) {
	if len(names) == 0 {
		return
	}
	d := u.desk
	u.act("keep what was not added", func(ctx context.Context) error {
		all := map[string][]string{}
		if _, err := d.Setting(ctx, unkeptSetting, &all); err != nil {
			return err
		}
		all[d.Operator().ID] = names
		return d.SetSetting(ctx, unkeptSetting, all)
	}, func(error) {})
}

// tellUnkept says after a sign-in what the last lock left out, once.
func (u *Window) tellUnkept() {
	var names []string
	d := u.desk
	u.act("look for what was not added", func(ctx context.Context) error {
		all := map[string][]string{}
		if _, err := d.Setting(ctx, unkeptSetting, &all); err != nil {
			return err
		}
		who := d.Operator().ID
		if names = all[who]; len(names) == 0 {
			return nil
		}
		delete(all, who)
		return d.SetSetting(ctx, unkeptSetting, all)
	}, func(err error) {
		if err == nil && len(names) > 0 {
			kit.Message(u.win, "有文件没有添加", "上次锁定时，“"+strings.Join(names, "”“")+"”还有照片或文件没处理完，没有添加：请打开那个案件，重新添加。", func() {})
		}
	})
}
