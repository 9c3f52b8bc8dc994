package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// former lists the sealed contracts that corrections voided, the last first.
func (v *visit) former() []*loan.ContractState {
	var out []*loan.ContractState
	for i := range v.c.Former {
		if k := &v.c.Former[i]; k.Sealed != nil {
			out = append(out, k)
		}
	}
	slices.Reverse(out)
	return out
}

// showFormer shows what a correction voided, why, and the file itself.
func (v *visit) showFormer() {
	all := v.former()
	if len(all) == 0 || !v.full() {
		return
	}
	view := newDocView(v)
	view.aside = true
	rows := container.New(&stacked{gap: 6})
	for i, k := range all {
		words := kit.NewText(v.formerWords(len(all)-i, k), kit.TextBody)
		see := kit.NewSecondary("查看原件", nil, func() { v.openFormer(view, k) })
		rows.Add(container.NewBorder(nil, nil, nil, see, words))
	}
	paper := container.New(&paperRoom{height: 420}, view.content)
	d := kit.NewDialog(v.u.win, "已作废的合同", container.New(&stacked{gap: 10}, rows, paper), "关闭", "", nil)
	d.SetWidth(880)
	d.SetOnClosed(view.close)
	d.Show()
	v.openFormer(view, all[0])
}

// formerWords says when a contract was sealed, and by whom and why it was voided.
func (v *visit) formerWords(n int, k *loan.ContractState) string {
	words := fmt.Sprintf("第 %d 份，%s 封存", n, v.stamp(k.SealedAt))
	if o := k.Voided; o != nil {
		var names []string
		for _, path := range o.Fields {
			names = append(names, who(path)+fieldName(path))
		}
		slices.Sort(names)
		what := "内容未改，重新签署"
		if len(names) > 0 {
			what = "改动“" + strings.Join(slices.Compact(names), "、") + "”"
		}
		words += fmt.Sprintf("；%s 由 %s 补正作废，%s，原因：%s", v.stamp(o.At), v.person(o.By), what, o.Reason)
	}
	return words
}

func (v *visit) openFormer(view *docView, k *loan.ContractState) {
	view.empty("正在打开原合同…")
	view.turn++
	turn := view.turn
	var pdf []byte
	v.u.run("former contract", func(ctx context.Context) (err error) {
		pdf, err = v.u.desk.Blob(ctx, v.id, k.Sealed.Blob)
		return err
	}, func(err error) {
		if turn != view.turn || !v.full() {
			return // the dialog is closed, or shows another
		}
		if err != nil {
			view.empty("打不开原合同：" + sentence(err))
			return
		}
		view.open(pdf, k.Sealed.Blob)
	})
}

// paperRoom gives a document in a dialog its height.
type paperRoom struct{ height float32 }

func (l *paperRoom) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

func (l *paperRoom) MinSize(all []fyne.CanvasObject) fyne.Size {
	width := float32(0)
	for _, o := range all {
		width = max(width, o.MinSize().Width)
	}
	return fyne.NewSize(width, l.height)
}
