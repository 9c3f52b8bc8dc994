package ui

import (
	"context"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// passwordCard is the section 密码 of 管理: to change one's own password and,
// for who may, to set another's anew.
func (u *Window) passwordCard() fyne.CanvasObject {
	forgot := "忘记时可在登录页点“忘记密码”，由县资助中心核对本人后批准找回。"
	if !u.desk.Recoverable() {
		forgot = "本机还没有取得县资助中心的找回密钥，下次联网同步后，忘记密码才能找回。"
	}
	rows := container.NewVBox(kit.NewText("密码同时是本机数据的钥匙，修改后旧密码立即失效。"+forgot, kit.TextCaption))
	if u.desk.MayResetPasswords() {
		rows.Add(kit.NewText("您是系统数据管理员，可为在本机启用的其他人员重设密码。", kit.TextCaption))
		for _, o := range u.others() {
			var act fyne.CanvasObject = kit.NewText("由县资助中心批准找回", kit.TextCaption)
			if u.desk.Manages(o) {
				act = kit.NewSecondary("重设密码", kit.Icon("lock"), func() { u.resetPassword(o) })
			}
			rows.Add(rowOf([]float32{2, 3, 2}, act, kit.NewText(o.Name, kit.TextBold), kit.NewText(roleLabels(o), kit.TextBody)))
		}
	}
	return kit.Card("密码", kit.NewSecondary("修改我的密码", kit.Icon("lock"), u.changePassword), rows)
}

// others are the people who can sign in here beside the one who is.
func (u *Window) others() []desk.Operator {
	list, err := u.desk.Operators(u.ctx)
	if err != nil {
		u.fail(err)
		return nil
	}
	var out []desk.Operator
	for _, o := range list {
		if o.ID != u.desk.Operator().ID && u.desk.CanSignIn(o.ID) {
			out = append(out, o)
		}
	}
	return out
}

// newPasswords are the two fields of a password to be set.
type newPasswords struct {
	first, again     *kit.Field
	firstOf, againOf *kit.Labeled
}

func askNewPassword(label string) *newPasswords {
	p := &newPasswords{}
	p.first, p.firstOf = newPassword(label)
	p.again, p.againOf = newPassword("再输一次")
	p.firstOf.SetHint("至少 8 位；建议用几个不相干的词")
	return p
}

// take is the new password, which the caller wipes; false when the two fields
// do not agree, which is then said.
func (p *newPasswords) take() ([]byte, bool) {
	p.firstOf.SetError("")
	p.againOf.SetError("")
	b := p.first.Secret()
	switch {
	case len(b) == 0:
		p.firstOf.SetError("请输入新密码")
		kit.Focus(p.first)
	case !p.first.Same(p.again):
		p.againOf.SetError("两次输入的密码不一样")
		kit.Focus(p.again)
	default:
		return b, true
	}
	clear(b)
	return nil, false
}

// wipe empties the fields.
func (p *newPasswords) wipe() {
	p.first.SetText("")
	p.again.SetText("")
}

// passwordForm is a dialog that sets a password.
type passwordForm struct {
	title, yes string
	fields     []fyne.CanvasObject // above the new password
	set        *newPasswords
	ready      func() bool                                // nil: nothing but the new password is needed
	job        func() func(context.Context, []byte) error // reads the other fields
	failed     func(error)                                // says it at its field
	wipe       func()                                     // empties the other fields
}

// changePassword asks for the old password and the new one twice.
func (u *Window) changePassword() {
	old, oldOf := newPassword("现在的密码")
	set := askNewPassword("新密码")
	u.setPassword(passwordForm{title: "修改我的密码", yes: "修改", fields: []fyne.CanvasObject{oldOf}, set: set,
		ready: func() bool {
			oldOf.SetError("")
			if old.Empty() {
				oldOf.SetError("请输入现在的密码")
				kit.Focus(old)
			}
			return !old.Empty()
		},
		job: func() func(context.Context, []byte) error {
			was := old.Secret()
			return func(ctx context.Context, password []byte) error {
				defer clear(was)
				return u.desk.ChangePassword(ctx, was, password)
			}
		},
		failed: func(err error) {
			if k := fault.KindOf(err); k == fault.Password || k == fault.Locked {
				oldOf.SetError(sentence(err))
				old.SetText("")
				kit.Focus(old)
				return
			}
			set.failed(err)
		},
		wipe: func() { old.SetText("") },
	})
}

// resetPassword sets another person's password anew.
func (u *Window) resetPassword(o desk.Operator) {
	set := askNewPassword("新密码")
	set.firstOf.SetHint("至少 8 位；本人下次登录时须换成自己的密码")
	u.setPassword(passwordForm{title: "重设 " + o.Name + " 的密码", yes: "重设", set: set,
		job: func() func(context.Context, []byte) error {
			return func(ctx context.Context, password []byte) error { return u.desk.ResetPassword(ctx, o.ID, password) }
		},
		failed: set.failed,
		wipe:   func() {},
	})
}

func (p *newPasswords) failed(err error) {
	p.firstOf.SetError(sentence(err))
	kit.Focus(p.first)
}

func (u *Window) setPassword(f passwordForm) {
	form := container.NewVBox(f.fields...)
	form.Add(f.set.firstOf)
	form.Add(f.set.againOf)
	var d *kit.Dialog
	d = kit.NewDialog(u.win, f.title, form, f.yes, "取消", func() bool {
		if f.ready != nil && !f.ready() {
			return false
		}
		password, ok := f.set.take()
		if !ok {
			return false
		}
		job := f.job()
		d.YesButton().SetBusy("正在设置…")
		u.act("set password", func(ctx context.Context) error {
			defer clear(password)
			return job(ctx, password)
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				f.failed(err)
				return
			}
			d.Close()
			kit.Notice(u.win, kit.Good, "新密码已生效，旧密码不能再用。")
		})
		return false
	})
	d.SetOnClosed(func() {
		f.set.wipe()
		f.wipe()
	})
	d.Open()
}
