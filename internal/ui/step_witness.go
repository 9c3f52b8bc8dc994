package ui

import (
	"context"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// askWitness asks a second operator to confirm, with a password of its own, that
// it saw both sign.
func askWitness(v *visit) {
	c := v.c
	var people []desk.Person
	v.u.run("witnesses", func(ctx context.Context) (err error) {
		people, err = v.u.desk.Witnesses(ctx, c)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			v.u.fail(err)
		case len(people) == 0:
			kit.Confirm(v.u.win, "第二经办人", "本机没有另一位可以见证的人员。请系统数据管理员在“管理”中启用一位操作员或复核员。签名已保存，可以稍后再封存。", "知道了", "", nil)
		default:
			showWitness(v, people)
		}
	})
}

func showWitness(v *visit, people []desk.Person) {
	who, whoOf := pickPerson("第二经办人", true, func() []kit.Option { return peopleOptions(people) })
	if len(people) == 1 {
		who.SetValue(kit.Option{ID: people[0].ID, Text: people[0].Name})
	}
	password := kit.NewField()
	password.Password, password.MaxLen = true, 200
	secret := kit.NewLabeled("密码", true, password)
	words := kit.NewText("本次签署须有两名经办人：代签或上门受理时，由第二经办人确认自己看到双方按合同所写的方式签名，再输入自己的密码。", kit.TextBody)
	var d *kit.Dialog
	d = kit.NewDialog(v.u.win, "第二经办人确认", container.New(&stacked{gap: 10}, words,
		kit.Columns(nil, whoOf, secret)), "我看到双方签名", "取消", func() bool {
		secret.SetError("")
		chosen, ok := personIn(who, whoOf)
		if !ok {
			return false
		}
		id, typed := chosen.ID, password.Secret()
		if len(typed) == 0 {
			secret.SetError("请输入密码")
			return false
		}
		d.YesButton().SetBusy("正在核对…")
		v.do("witness", func(ctx context.Context) (*loan.Case, error) {
			defer clear(typed)
			return v.u.desk.Witness(ctx, v.id, id, typed)
		}, func(err error) {
			d.YesButton().SetBusy("")
			password.SetText("")
			if err != nil {
				secret.SetError(sentence(err))
				return
			}
			d.Close()
		})
		return false
	})
	d.SetOnClosed(func() { password.SetText("") })
	d.SetWidth(560)
	d.Show()
	kit.Focus(password)
}
