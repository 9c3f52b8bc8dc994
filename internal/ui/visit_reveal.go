package ui

import (
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// revealing is what is shown in full for a while in a case of another.
type revealing struct {
	timer    *time.Timer // masks again
	pictures *kit.Dialog // that shows them
	own      *kit.Dialog // that shows the person's own data
}

// showMasked is the banner of a case of which names and numbers are masked: it
// offers to show them, or says until when they are shown.
func (v *visit) showMasked(words string) {
	left, fields := v.u.desk.Revealed(v.id)
	if left <= 0 && v.revealing.timer != nil { // it ended before its time, as by the county's word
		v.conceal()
		return
	}
	if left <= 0 {
		v.offerReveal(v.granted + words)
		v.tellGlass(v.granted + words)
		return
	}
	until := v.local(v.u.deps.Now().Add(left)).Format("15:04:05")
	v.banner.set(kit.Warning, "已显示"+strings.Join(fieldNames(fields), "、")+"，到 "+until+" 自动遮盖。本次查看已记入日志。", "立即遮盖", v.conceal)
	if v.revealing.timer == nil {
		v.revealing.timer = time.AfterFunc(left, func() { v.u.back(v.conceal) })
	}
}

// conceal masks again what was shown.
func (v *visit) conceal() {
	if v.revealing.timer == nil {
		return
	}
	v.revealing.timer.Stop()
	v.revealing.timer = nil
	v.u.desk.Conceal(v.id)
	if d := v.revealing.pictures; d != nil {
		v.revealing.pictures = nil
		d.Close()
	}
	if d := v.revealing.own; d != nil {
		d.Close()
	}
	v.u.root.Forget() // a copy of it would last
	if !v.closed && v.u.shell != nil {
		v.refresh()
	}
}

// fieldNames are the fields of a grant or reveal on screen.
func fieldNames(fields []string) []string { return desk.FieldNames(fields) }

// revealChoices are what one may ask to see, by what it is for.
func revealChoices() map[string][]string {
	both := func(names ...string) (out []string) {
		for _, party := range []string{"student.", "coborrowers.0."} {
			for _, n := range names {
				out = append(out, party+n)
			}
		}
		return out
	}
	return map[string][]string{"phone": both("phone"), "name": both("name"), "id": both("id_no", "birth"), "address": both("address"),
		"images": {desk.ImagesField}}
}

// mayTakeOn says whether the operator could work on the case once it is taken
// over at this laptop, as when two change places.
func (v *visit) mayTakeOn() bool {
	switch v.c.Status {
	case loan.Void, loan.Received, loan.Accepted:
		return false
	}
	return v.u.desk.HeldHere(v.c) && v.u.desk.CouldHandle(v.c) == nil
}
