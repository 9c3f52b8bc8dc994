package ui

import (
	"context"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
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
	words := ""
	for _, g := range all {
		if !slices.Contains(g.Cases, v.id) {
			continue
		}
		fields := strings.Join(fieldNames(g.Fields), "、")
		if g.Revoked {
			words += "授权已撤销：" + fields + "。"
			continue
		}
		words += "授权已到：" + fields + "，到 " + v.stamp(g.Until) + " 为止，按“显示…”查看。"
	}
	return words
}

// grantDuties tells who asked of what was granted and not used yet, and of what was taken
// back.
func (u *Window) grantDuties(all []desk.Given) (told []duty) {
	for _, g := range all {
		what := strings.Join(fieldNames(g.Fields), "、") + "，" + reachOf(g)
		switch {
		case g.Revoked:
			told = append(told, duty{"您的授权已被撤销：" + what + "。", kit.TextWarn, "去查看", ofGrants})
		case len(g.Used)+len(g.Taken)+g.Searched == 0:
			told = append(told, duty{"您申请的授权已批准：" + what + "，到 " + g.Until.In(u.deps.Now().Location()).Format("01-02 15:04") + " 为止。", kit.TextBody, "去查看", ofGrants})
		}
	}
	return told
}
