package ui

import (
	"context"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// mayWithdraw says whether a consent can be taken back that the boxes, which are
// locked, do not take back: whoever is at the counter hears it.
func (v *visit) mayWithdraw(p loan.Party) bool {
	if len(v.c.Consents[p]) == 0 || v.u.desk.MayWithdraw(v.c) != nil {
		return false
	}
	return v.locked()
}

// withdraw asks which consent is taken back.
func (k *consentCard) withdraw() {
	v := k.v
	boxes := map[string]*kit.Check{}
	list := container.New(&stacked{gap: 6}, kit.NewText("由"+partyLabel(k.party)+"本人提出即登记，随时可以撤回。已签署的合同不因此作废；案件会注明撤回的事项和时间，没有办结的不能办结，已送达的县资助中心不再受理。", kit.TextBody))
	if !v.u.desk.HeldHere(v.c) {
		list.Add(kit.NewText("案件正在 "+desk.Places(v.c)+"办理：登记后本机不再导出本案，对方在同室协作或同步时收到；请同时当面或打电话告知对方。", kit.TextWarn))
	}
	for _, purpose := range loan.Purposes() {
		if v.c.Consents[k.party][purpose] == "" {
			continue
		}
		boxes[purpose] = kit.NewCheck("撤回《"+textFor(purpose).Title+"》", false)
		list.Add(boxes[purpose])
		list.Add(container.NewBorder(nil, nil, gap(29), nil, kit.NewText(afterWords(purpose), kit.TextCaption)))
	}
	title := "撤回同意（" + partyLabel(k.party) + "）"
	var d *kit.Dialog
	d = kit.NewDialog(v.u.win, title, list, "登记撤回", "取消", func() bool {
		var chosen []string
		for _, purpose := range loan.Purposes() {
			if box := boxes[purpose]; box != nil && box.Checked() {
				chosen = append(chosen, purpose)
			}
		}
		if len(chosen) == 0 {
			return false
		}
		d.Close() // takes with it what stands above it
		if v.u.desk.Handles(v.c) != nil || !v.full() {
			k.confirmWithdraw(title, chosen)
		} else {
			k.register(chosen)
		}
		return true
	})
	d.SetWidth(560)
	d.Show()
}

// confirmWithdraw asks once more who does not handle the case: nobody at this counter
// knows the person from it, and it stops the loan.
func (k *consentCard) confirmWithdraw(title string, chosen []string) {
	v := k.v
	words := "本案由 " + v.person(v.c.OpenedBy) + " 办理，不在您手上。登记后，没有办结的贷款就此停下。请先核对来人的身份证件：确是" + partyLabel(k.party) + "本人、在本案里当面提出撤回的，再登记。"
	d := kit.NewDialog(v.u.win, title, kit.NewText(words, kit.TextBody), "登记撤回", "取消", func() bool {
		k.register(chosen)
		return true
	})
	d.SetDanger()
	d.SetWidth(520)
	d.Show()
}

// register takes consents back.
func (k *consentCard) register(chosen []string) {
	v := k.v
	for i, purpose := range chosen {
		k.own = true
		v.do("withdraw consent", func(ctx context.Context) (*loan.Case, error) {
			return v.u.desk.Withdraw(ctx, v.id, k.party, purpose)
		}, func(err error) {
			if err != nil {
				v.u.fail(err)
			} else if i == len(chosen)-1 {
				kit.Notice(v.u.win, kit.Good, "已登记撤回。县资助中心在同步后得知。")
			}
		})
	}
}

// withdrawnWords says which consents a party took back after signing.
func (v *visit) withdrawnWords(p loan.Party) string {
	words := ""
	for _, w := range v.c.Withdrawn {
		if w.Party == p && v.c.Consents[p][w.Purpose] == "" {
			words += "已于 " + v.stamp(w.At) + " 撤回《" + textFor(w.Purpose).Title + "》。"
		}
	}
	return words
}

// afterWords is what follows when a consent is taken back.
func afterWords(purpose string) string {
	switch purpose {
	case loan.ConsentCredit:
		return "撤回后经办银行不再据此查询信用报告；按规定报送的还款信息不受影响。"
	case loan.ConsentShare:
		return "撤回后不再向经办银行和就读高校提供；已经提供的不受影响。"
	}
	return "撤回后不再据此收集和使用敏感个人信息：没有签署的，重新登记同意之前不能拍照、读证件或打印表格；依法须保存的按规定保存。"
}
