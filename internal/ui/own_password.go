package ui

import (
	"context"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// ownPassword is the page for who signed in with a password that another person
// chose: nothing goes on before it is changed.
type ownPassword struct {
	u     *Window
	d     *desk.Desk
	old   *kit.Field
	oldOf *kit.Labeled
	set   *newPasswords
	yes   *kit.Button
	over  bool
}

func (u *Window) showOwnPassword(d *desk.Desk) {
	p := &ownPassword{u: u, d: d, set: askNewPassword("新密码")}
	u.gate = p
	p.old, p.oldOf = newPassword("现在的临时密码")
	p.set.again.OnEnter = p.change
	p.yes = kit.NewPrimary("换成新密码并开始办理", kit.Icon("check"), p.change)
	u.first = p.old
	u.show("own password", front("请先换成自己的密码", d.Operator().Name+"，现在的密码是由他人代设的临时密码。换成只有您自己知道的新密码后，才能办理业务。",
		container.NewVBox(p.oldOf, p.set.firstOf, p.set.againOf, p.yes, container.NewCenter(kit.NewQuiet("返回登录", nil, p.leave)))))
	kit.Focus(p.old)
}

func (p *ownPassword) change() {
	if p.yes.Busy() || p.over {
		return
	}
	p.oldOf.SetError("")
	if p.old.Empty() {
		p.oldOf.SetError("请输入现在的临时密码")
		kit.Focus(p.old)
		return
	}
	fresh, ok := p.set.take()
	if !ok {
		return
	}
	old := p.old.Secret()
	p.yes.SetBusy("正在设置…")
	p.u.act("change password", func(ctx context.Context) error {
		defer clear(old)
		defer clear(fresh)
		return p.d.ChangePassword(ctx, old, fresh)
	}, func(err error) {
		p.yes.SetBusy("")
		if p.over {
			return
		}
		if k := fault.KindOf(err); k == fault.Password || k == fault.Locked {
			p.oldOf.SetError(sentence(err))
			p.old.SetText("")
			kit.Focus(p.old)
			return
		}
		if err != nil {
			p.set.failed(err)
			return
		}
		p.end()
		p.u.signedIn(p.d)
		kit.Notice(p.u.win, kit.Good, "新密码已生效，临时密码不能再用。")
	})
}

func (p *ownPassword) end() {
	p.over = true
	p.old.SetText("")
	p.set.wipe()
	p.u.gate = nil
}

// leave signs out.
func (p *ownPassword) leave() {
	if p.over {
		return
	}
	p.end()
	p.u.signOut(p.d)
}
