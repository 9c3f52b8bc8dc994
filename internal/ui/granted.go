package ui

import (
	"context"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// hearGrants asks what was granted for the case, and says it in the banner: who asked is
// at it, and nothing else on the screen tells of the answer.
func (v *visit) hearGrants() {
	if v.full() {
		return
	}
	var all []desk.Given
	v.u.run("grants of the case", func(ctx context.Context) (err error) {
		all, err = v.u.desk.GrantsHeard(ctx)
		return err
	}, func(err error) {
		if err != nil || v.closed {
			return
		}
		if words := v.heardWords(all); words != v.granted {
			v.granted = words
			v.showBanner()
		}
	})
}

// heardWords say what may be seen of the case by a grant, and until when, and what no
// more; empty where there is neither.
func (v *visit) heardWords(all []desk.Given) string {
	var came, back, runs []string
	words := ""
	for _, g := range all {
		switch {
		case !slices.Contains(g.Cases, v.id):
		case g.Revoked && isEmergency(g):
			words = wrongGlass
		case g.Revoked:
			back = append(back, g.Fields...)
		default:
			came = append(came, strings.Join(fieldNames(g.Fields), "、")+"，到 "+v.stamp(g.Until)+" 为止")
			runs = append(runs, g.Fields...)
		}
	}
	if len(came) > 0 {
		words += "授权已到：" + strings.Join(came, "；") + "，按“显示…”查看。"
	}
	gone := slices.DeleteFunc(back, func(f string) bool { return slices.Contains(runs, f) })
	if len(gone) > 0 { // what was given anew is gone no more
		words += "授权已撤销：" + strings.Join(dedupe(fieldNames(gone)), "、") + "。"
	}
	return words
}

// wrongGlass tells who used an emergency what was found of it.
const wrongGlass = "紧急查看经复查：不应使用，已停止。"

// revokedRow is of what was taken back before its end, or was not right.
func revokedRow(g desk.Given) fyne.CanvasObject {
	what, state := strings.Join(fieldNames(g.Fields), "、"), "已撤销"
	if isEmergency(g) {
		what, state = "紧急查看", "不应使用"
	}
	return kit.Columns([]float32{3, 4, 2}, kit.NewText(what, kit.TextBody),
		kit.NewText(reachOf(g)+"："+g.Reason+"。不能再用，仍有需要的请重新申请。", kit.TextCaption), kit.NewLine(state, kit.TextBad))
}

// showRevoked adds to the operator's own what was taken back, or was not right.
func (s *grantSection) showRevoked(heard []desk.Given) {
	for _, g := range heard {
		if g.Revoked {
			s.mine.Add(revokedRow(g))
		}
	}
	s.u.arranged()
}

// refusedDuties tells who asked which of his requests were declined.
func refusedDuties(declined []desk.Asked) (told []duty) {
	for _, a := range declined {
		told = append(told, duty{words: "您的申请没有批准：" + strings.Join(fieldNames(a.Fields), "、") + "，" + asksOf(a) + "。", kind: kit.TextWarn, act: "看原因", section: ofGrants, told: a.Code})
	}
	return told
}

// grantDuties tells who asked of what was granted and not used yet, with the way to its
// case, and of what was taken back.
func (u *Window) grantDuties(all []desk.Given) (told []duty) {
	for _, g := range all {
		what := strings.Join(fieldNames(g.Fields), "、") + "，" + reachOf(g)
		switch {
		case g.Revoked && isEmergency(g):
			told = append(told, duty{words: "您对" + reachOf(g) + "的" + wrongGlass, kind: kit.TextWarn, act: "去查看", section: ofGrants, told: g.ID})
		case g.Revoked:
			told = append(told, duty{words: "您的授权已被撤销：" + what + "。", kind: kit.TextWarn, act: "去查看", section: ofGrants, told: g.ID})
		case len(g.Used)+len(g.Taken)+g.Searched == 0:
			o := duty{words: "您申请的授权已批准：" + what + "，到 " + g.Until.In(u.deps.Now().Location()).Format("01-02 15:04") + " 为止。", kind: kit.TextBody, act: "去查看", section: ofGrants}
			if len(g.Cases) == 1 {
				o.act, o.section, o.open = "打开案件", "", g.Cases[0]
			}
			told = append(told, o)
		}
	}
	return told
}
