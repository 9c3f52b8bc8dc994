package ui

import (
	"context"
	"encoding/json"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// locked says whether the fields are to be read only.
func (v *visit) locked() bool {
	if !v.full() || v.u.desk.Handles(v.c) != nil {
		return true
	}
	switch v.c.Status {
	case loan.Draft, loan.Returned, loan.Corrected:
		return false
	case loan.Void:
		return true
	}
	return !v.unlocked
}

// showBanner says why the case cannot be changed just so, and what to do.
func (v *visit) showBanner() {
	unlock := func() {
		v.unlocked = true
		if v.at >= stepReview {
			v.show(stepStudent)
		}
		v.refresh()
	}
	set := v.banner.set
	if v.c.Status == loan.Void {
		if v.full() {
			set(kit.Bad, "案件已作废，只能查看。需要时请新建案件。", "", nil)
		} else {
			v.showMasked("案件已作废，只能查看，个人信息已遮挡。要看内容的，按“显示…”写明原因。")
		}
		return
	}
	if v.showHolders() {
		return
	}
	if !v.full() || v.u.desk.Handles(v.c) != nil {
		v.showReadOnly()
		return
	}
	if !v.unlocked && v.showLosses() {
		return
	}
	if len(v.c.Conflicts) > 0 {
		k := v.c.Conflicts[0]
		set(kit.Bad, "“"+fieldName(k.Field)+"”在两处改成了不同的内容，须由您选定一个。", "去选定", func() { v.resolve(k) })
		return
	}
	if v.c.Unlike() && v.mayResign() {
		set(kit.Bad, "案件里的现场照片与已签合同里的不是同一张。须换回原来那张，或作废签名，重新复核、签署。", "重新签署", v.resign)
		return
	}
	switch v.c.Status {
	case loan.Returned:
		v.showReturned()
	case loan.Corrected:
		v.showCorrected()
	case loan.ToReview:
		v.showWaiting(kit.Info, "已提交复核，内容已锁定。改动后须重新提交。", "继续修改", unlock)
	case loan.ToSign:
		if v.c.Contract != nil && len(v.c.Contract.Signatures) > 0 {
			v.showWaiting(kit.Warning, "已有人签名。改动须办理补正，已有签名作废。", "办理补正", unlock)
			return
		}
		v.showWaiting(kit.Info, "复核已通过，内容已锁定。改动后须重新复核。", "继续修改", unlock)
	case loan.Signed, loan.Queued, loan.Received, loan.Accepted:
		v.showWaiting(kit.Info, "合同已签署封存，内容已锁定。改动须办理补正，重新复核、签署。", "办理补正", unlock)
	case loan.Draft:
		if r := v.c.Review; r != nil && !r.Pass {
			v.showRefused(r)
			return
		}
		set(kit.Info, "", "", nil)
	}
}

// showWaiting is the banner over locked fields; on the steps where nothing is
// typed, and once unlocked, it is not needed.
func (v *visit) showWaiting(kind kit.Kind, words, button string, unlock func()) {
	switch {
	case v.unlocked:
		v.banner.set(kit.Warning, "正在修改已锁定的案件。"+strings.SplitAfter(words, "。")[1], "", nil)
	case v.at >= stepReview:
		v.banner.set(kit.Info, "", "", nil)
	default:
		v.banner.set(kind, words, button, unlock)
	}
}

func (v *visit) showReadOnly() {
	if err := v.u.desk.Handles(v.c); err != nil {
		if v.steps[stepReview].(*reviewStep).own() {
			v.showOwnReview()
			return
		}
		if v.full() {
			v.banner.set(kit.Info, "只能查看："+sentence(err), "", nil)
			return
		}
		why := sentence(err)
		if !v.u.desk.HeldHere(v.c) && !v.mayForce() {
			why = "案件正在 " + desk.Places(v.c) + "办理。" // no word of what he may not
		}
		v.showMasked(v.returnedWords() + "只能查看，个人信息已遮挡：" + why)
		return
	}
	v.showMasked(v.returnedWords() + "本案由 " + v.person(v.c.OpenedBy) + " 受理，个人信息已遮挡。")
}

// returnedWords tell whoever sees a case masked that the centre returned it; empty of
// any other.
func (v *visit) returnedWords() string {
	if v.c.Status == loan.Returned {
		return "中心已退回本案，须改正后重新提交。"
	}
	return ""
}

func (v *visit) returnWords() string {
	if v.c.Return == nil || v.c.Return.Note == "" {
		return ""
	}
	return "说明：" + strings.TrimRight(v.c.Return.Note, "。") + "。"
}

// mustCorrect says whether setting the fields is a correction.
func (v *visit) mustCorrect(fields map[string]any) bool {
	k := v.c.Contract
	if k == nil {
		return false
	}
	if len(k.Signatures) > 0 && k.Sealed == nil {
		return true
	}
	if !v.c.Status.Editable() {
		return true
	}
	for path := range fields {
		if k.Sealed != nil && loan.InContract(path) {
			return true
		}
	}
	return false
}

// resolve shows the values of a conflict and keeps the one a person picks.
func (v *visit) resolve(k loan.Conflict) {
	options := container.New(&stacked{gap: 8})
	var d *kit.Dialog
	for _, value := range k.Values {
		text := plainValue(value.Value)
		if !v.full() {
			text = "（内容已遮挡）"
		}
		b := kit.NewSecondary(text+"　—— "+v.person(value.Operator)+" 录入", nil, func() {
			d.Close()
			v.do("resolve", func(ctx context.Context) (*loan.Case, error) {
				return v.u.desk.Resolve(ctx, v.id, k.Field, json.RawMessage(value.Value))
			}, nil)
		})
		options.Add(b)
	}
	content := container.NewVBox(kit.NewText(who(k.Field)+"“"+fieldName(k.Field)+"”在两台电脑上改成了不同的内容。请核对原件，点选正确的一个；另一个仍留在记录里。", kit.TextBody), gap(1), options)
	d = kit.NewDialog(v.u.win, "选定正确的内容", content, "暂不选定", "", nil)
	d.SetWidth(560)
	d.Show()
	v.u.win.Canvas().Unfocus() // Return must not pick one unseen
}

// fieldName is fieldLabel, and words for the paths that it has none for.
func fieldName(path string) string {
	switch path {
	case "channel":
		return "办理方式"
	case "study.research_institute":
		return "科研院所"
	case "loan.key_info_changed":
		return "关键信息有变更"
	}
	switch {
	case strings.HasPrefix(path, "loan.previous"):
		return "上一份合同"
	case strings.HasPrefix(path, "loan.same_year_prior"):
		return "本学年已有贷款"
	}
	if l := fieldLabel(path); l != path {
		return l
	}
	return "其他内容"
}

// plainValue is a JSON value as a person reads it.
func plainValue(raw string) string {
	var s string
	if json.Unmarshal([]byte(raw), &s) == nil {
		if s == "" {
			return "（空）"
		}
		return s
	}
	var list []string
	if json.Unmarshal([]byte(raw), &list) == nil {
		return strings.Join(list, "、")
	}
	switch raw {
	case "true":
		return "是"
	case "false":
		return "否"
	}
	return raw
}

// showOwnReview tells a reviewer where his work on the case is; on that step it
// is before his eyes.
func (v *visit) showOwnReview() {
	if v.at == stepReview {
		v.banner.set(kit.Info, "", "", nil)
		return
	}
	v.banner.set(kit.Info, "本案等您复核，内容只能查看。有要改的，请在“复核”里写明原因，退回修改。", "去复核", func() { v.show(stepReview) })
}
