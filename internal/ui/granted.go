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
			words = v.u.wrongGlass(g)
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

// wrongGlass tells who used an emergency what was found of it, by whom and with which
// words.
func (u *Window) wrongGlass(g desk.Given) string {
	words := "紧急查看经复查：不应使用，已停止。"
	if g.Found.By != "" {
		words += u.namer()(g.Found.By) + "：" + closed(g.Found.Word)
	}
	return words
}

// closed is what somebody wrote as a sentence.
func closed(words string) string {
	if last := []rune(words); len(last) > 0 && !strings.ContainsRune("。！？", last[len(last)-1]) {
		words += "。"
	}
	return words
}

// revokedRow is of what was taken back before its end, or was not right.
func (s *grantSection) revokedRow(g desk.Given) fyne.CanvasObject {
	if !isEmergency(g) {
		next := "不能再用，仍有需要的请申请授权。"
		if g.Asked() {
			next = "不能再用，仍有需要的请重新申请。"
		}
		return kit.Columns([]float32{3, 4, 2}, kit.NewText(strings.Join(fieldNames(g.Fields), "、"), kit.TextBody),
			kit.NewText(reachOf(g)+"："+closed(g.Reason)+next, kit.TextCaption), kit.NewLine("已撤销", kit.TextBad))
	}
	words := reachOf(g) + "，您写的原因：" + closed(g.Reason)
	if g.Found.By != "" {
		words += "复查人 " + s.named(g.Found.By) + " 的说明：" + closed(g.Found.Word)
	}
	return kit.Columns([]float32{3, 4, 2}, kit.NewText("紧急查看", kit.TextBody), kit.NewText(words+"\n已停止；仍有需要的请申请授权。", kit.TextCaption), kit.NewLine("不应使用", kit.TextBad))
}

// showRevoked adds to the operator's own what was taken back, or was not right, and what
// else the centre said of his emergencies; and that there is nothing, where that is so.
func (s *grantSection) showRevoked(heard []desk.Given, reviewed []desk.Reviewed) {
	for _, g := range heard {
		if g.Revoked {
			s.mine.Add(s.revokedRow(g))
		}
	}
	for _, r := range reviewed {
		if r.Operator == s.u.desk.Operator().ID && !slices.ContainsFunc(heard, func(g desk.Given) bool { return g.ID == r.ID }) {
			s.mine.Add(s.reviewedRow(r))
		}
	}
	if len(s.mine.Objects) == 0 {
		s.mine.Add(kit.NewText("没有有效的授权，也没有等待批准的申请。"+s.askWords(), kit.TextMuted))
	}
	s.u.arranged()
}

// askWords say how the operator comes to a grant, or why he cannot.
func (s *grantSection) askWords() string {
	switch err := s.u.desk.MayAskGrant(); {
	case err != nil:
		return sentence(err)
	case supervises(s.u.desk.Operator()): // no case is in his list
		return "需要看某件案件时，到“案件”里点“查找其他案件…”，找到后打开，点“显示…”，再点“申请授权…”。"
	}
	return "需要时在案件里点“显示…”，再点“申请授权…”。"
}

// overWord is in a word what became of a request of which nothing came.
func overWord(a desk.Asked) string {
	return map[bool]string{true: "批准后已撤销", false: "没有批准"}[a.Back]
}

// overWords say why nothing came of a request.
func overWords(a desk.Asked, named func(string) string) string {
	if a.Back {
		return "批准后，在到达本机前已由系统数据管理员撤销，没有生效；仍有需要的，请重新申请。"
	}
	return named(a.Declined) + " 没有批准：" + a.Word
}

// refusedDuties tells who asked of which of his requests nothing came.
func refusedDuties(declined []desk.Asked) (told []duty) {
	for _, a := range declined {
		told = append(told, duty{words: "您的申请" + overWord(a) + "：" + strings.Join(fieldNames(a.Fields), "、") + "，" + asksOf(a) + "。", kind: kit.TextWarn, act: "看原因", section: ofGrants, told: a.Code})
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
			told = append(told, duty{words: "您对" + reachOf(g) + " 的" + u.wrongGlass(g), kind: kit.TextWarn, act: "去查看", section: ofGrants, told: g.ID})
		case g.Revoked:
			told = append(told, duty{words: "您的授权已被撤销：" + what + "。", kind: kit.TextWarn, act: "去查看", section: ofGrants, told: g.ID})
		case len(g.Used)+len(g.Taken)+g.Searched == 0:
			whence := "县资助中心签发给您的授权："
			if g.Asked() {
				whence = "您申请的授权已批准："
			}
			o := duty{words: whence + what + "，到 " + g.Until.In(u.deps.Now().Location()).Format("01-02 15:04") + " 为止。", kind: kit.TextBody, act: "去查看", section: ofGrants}
			if len(g.Cases) == 1 {
				o.act, o.section, o.open = "打开案件", "", g.Cases[0]
			}
			told = append(told, o)
		}
	}
	return told
}
