package ui

import (
	"context"
	"maps"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// correct asks for the reason and then sets the fields by a correction. What was typed
// is given up by a second word alone: the way back leads to the reason as it stands.
func (v *visit) correct(fields map[string]any, state func(start bool, err error)) {
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.Placeholder = "例如：身份证号录错一位，已核对原件"
	labeled := kit.NewLabeled("补正原因", true, reason)
	names := quoted(fields)
	words := "改动" + names + "属于合同内容。保存后已有签名作废，须重新复核、签署；原合同仍可查阅。"
	content := container.NewVBox(kit.NewText(words, kit.TextBody), labeled)
	done := false
	v.unmade = true
	d := kit.NewDialog(v.u.win, "办理补正", content, "作废签名并保存", "放弃改动…", func() bool {
		text := strings.TrimSpace(reason.Text())
		if err := desk.CheckReason(text); err != nil {
			labeled.SetError(sentence(err))
			return false
		}
		done, v.unmade = true, false
		cards := slices.Collect(maps.Values(v.cards))
		v.putNow("correct", fields, func(start bool, err error) {
			if !start && err == nil {
				clear(v.cards)
			}
			state(start, err)
		}, func(ctx context.Context) (*loan.Case, error) {
			return v.u.desk.Correct(ctx, v.id, fields, text, cards...)
		})
		return true
	})
	d.SetDanger()
	d.SetWidth(520)
	d.SetOnClosed(func() {
		if !done {
			v.u.back(func() { v.giveUp(names, d) })
		}
	})
	d.Show()
}

// giveUp asks whether a correction that was not made is dropped; asked is the question
// for its reason, which is open again unless it is. Where the case left the counter
// meanwhile, which closes all questions, nothing is asked.
func (v *visit) giveUp(names string, asked *kit.Dialog) {
	if !v.inHand() {
		return
	}
	dropped := false
	words := names + "的新内容还没有保存。放弃后恢复为原来的内容，填好的原因也不保留。"
	d := kit.NewDialog(v.u.win, "放弃改动？", kit.NewText(words, kit.TextBody), "放弃改动", "接着办补正", func() bool {
		dropped = true
		return true
	})
	d.SetDanger()
	d.SetOnClosed(func() {
		v.u.back(func() {
			switch {
			case !v.inHand():
			case dropped:
				v.unmade = false
				v.refresh()
			default:
				asked.Open()
			}
		})
	})
	d.Open()
}

// inHand says whether the case is the window's still, and the operator's.
func (v *visit) inHand() bool {
	s := v.u.shell
	return !v.closed && s != nil && s.current == v && v.full() && v.u.desk.Handles(v.c) == nil
}

// quoted is the labels of fields, in quotes.
func quoted(fields map[string]any) string {
	var names []string
	for path := range fields {
		names = append(names, fieldName(path))
	}
	slices.Sort(names)
	return "“" + strings.Join(slices.Compact(names), "、") + "”"
}
