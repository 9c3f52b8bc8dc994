package ui

import (
	"slices"

	"doorstep/internal/fault"
)

// took notes how an act on the case ended, where the acts run. leaving says that it was
// asked for as the case was left. Until somebody is told of it, a failure is counted: the
// screen that would tell may be gone by then.
func (v *visit) took(err error, leaving bool) {
	if err != nil {
		v.untold.Add(1)
	}
	if fault.KindOf(err) == fault.Full {
		v.noRoom.Store(true)
	}
	switch {
	case !leaving:
		v.lost.Store(fault.KindOf(err) == fault.Denied)
	case err != nil:
		v.lost.Store(true)
	}
}

// told is called where a failure is said on the screen.
func (v *visit) told(err error) {
	if err != nil && v.untold.Add(-1) == 0 {
		v.noRoom.Store(false)
	}
}

// leftWords tell at the sign-in that something of the case was not taken.
func (v *visit) leftWords() string {
	words := "锁定时正在填写的内容没有存下（" + shortCase(v.id) + "），请登录后打开那件案件核对，再填一次。"
	if v.noRoom.Load() {
		return "磁盘空间不足，请先清出空间。" + words
	}
	return words
}

// leftOut says whether something of the case was not taken that nobody was told of, or
// that goes with the screen which says so. It may be asked of no visit.
func (v *visit) leftOut() bool {
	return v != nil && (v.lost.Load() || v.untold.Load() > 0 || v.unmade || slices.ContainsFunc(v.form.fields, func(b *bound) bool { return b.invalid != "" }))
}
