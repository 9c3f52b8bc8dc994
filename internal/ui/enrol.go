package ui

import (
	"context"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// enrol makes a new laptop known to the centre, in two steps: the centre's
// address and the one-time code; then who works here, and a password.
type enrol struct {
	u       *Window
	content fyne.CanvasObject

	server, code        *kit.Field
	serverOf, codeOf    *kit.Labeled
	next                *kit.Button
	got                 desk.Enrolment
	who                 *kit.Picker
	whoOf               *kit.Labeled
	password, again     *kit.Field
	passwordOf, againOf *kit.Labeled
	settle              *kit.Button
}

func newEnrol(u *Window) *enrol {
	e := &enrol{u: u}
	e.server = kit.NewField()
	e.server.SetPlaceholder("https://中心地址:端口")
	e.code = kit.NewField()
	e.code.SetPlaceholder("DS1-……")
	e.code.OnEnter = e.ask
	e.serverOf = kit.NewLabeled("中心地址", true, e.server)
	e.codeOf = kit.NewLabeled("注册码", true, e.code)
	e.next = kit.NewPrimary("连接中心", kit.Icon("online"), e.ask)
	e.content = container.NewStack(front("首次使用：登记这台电脑", "向县资助中心索取中心地址和一次性注册码。登记需要联网，只做一次。",
		container.NewVBox(e.serverOf, u.scannable(e.codeOf, e.code, beginning("DS1-", e.code, "这不是注册码的二维码。")), e.next, u.mendLink("这台电脑接着用旧电脑的数据：从备份恢复"))))
	return e
}

func (e *enrol) ask() {
	if e.next.Busy() {
		return
	}
	server, code := strings.TrimSpace(e.server.Text()), strings.TrimSpace(e.code.Text())
	e.serverOf.SetError(emptyError(server, "请填写中心地址"))
	e.codeOf.SetError(emptyError(code, "请填写注册码"))
	switch "" {
	case server:
		kit.Focus(e.server)
		return
	case code:
		kit.Focus(e.code)
		return
	}
	e.next.SetBusy("正在连接中心…")
	e.u.run("enrol", func(ctx context.Context) (err error) {
		e.got, err = e.u.deps.Enrol(ctx, server, code)
		return err
	}, func(err error) {
		e.next.SetBusy("")
		if err != nil {
			e.refused(err)
			return
		}
		e.people()
	})
}

// refused shows what became of the attempt at the field that can change it.
func (e *enrol) refused(err error) {
	if fault.KindOf(err) == fault.Offline {
		e.serverOf.SetError("连不上这个地址。请检查网络、地址和端口后再试。")
		kit.Focus(e.server)
		return
	}
	e.codeOf.SetError(sentence(err))
	kit.Focus(e.code)
}

func emptyError(s, say string) string {
	if s == "" {
		return say
	}
	return ""
}

// people is the second step.
func (e *enrol) people() {
	var people []desk.Person
	for _, o := range e.got.Roster {
		people = append(people, desk.Person{ID: o.ID, Name: o.Name})
	}
	options := peopleOptions(people)
	for i, o := range e.got.Roster {
		options[i].Detail = roleLabels(o)
	}
	e.who, e.whoOf = pickPerson("操作员", true, func() []kit.Option { return options })
	if len(options) > 0 {
		e.who.SetValue(options[0])
	}
	e.password, e.passwordOf = newPassword("设置密码")
	e.again, e.againOf = newPassword("再输一次密码")
	e.again.OnEnter = e.open
	e.passwordOf.SetHint("至少 8 位；忘记后须由县资助中心协助找回")
	e.settle = kit.NewPrimary("完成登记并登录", kit.Icon("check"), e.open)
	p := e.got.Profile
	box := e.content.(*fyne.Container)
	box.Objects = []fyne.CanvasObject{front("选择本人并设置密码", p.CountyName+" · "+p.Point,
		container.NewVBox(e.whoOf, e.passwordOf, e.againOf, e.settle))}
	box.Refresh()
	kit.Focus(e.password)
}

func newPassword(label string) (*kit.Field, *kit.Labeled) {
	f := kit.NewField()
	f.Password = true
	return f, kit.NewLabeled(label, true, f)
}

func roleLabels(o desk.Operator) string {
	var out []string
	for _, r := range o.Roles {
		out = append(out, r.Label())
	}
	return strings.Join(out, "、")
}

func (e *enrol) open() {
	if e.settle.Busy() {
		return
	}
	who, chosen := personIn(e.who, e.whoOf)
	if !chosen {
		return
	}
	password := e.password.Secret()
	var first desk.Operator
	for _, o := range e.got.Roster {
		if o.ID == who.ID {
			first = o
		}
	}
	e.passwordOf.SetError("")
	e.againOf.SetError("")
	switch {
	case len(password) == 0:
		e.passwordOf.SetError("请设置密码")
		kit.Focus(e.password)
		return
	case !e.password.Same(e.again):
		e.againOf.SetError("两次输入的密码不一样")
		kit.Focus(e.again)
		return
	}
	e.settle.SetBusy("正在建立加密数据库…")
	var d *desk.Desk
	e.u.act("settle", func(ctx context.Context) (err error) {
		d, err = e.u.deps.Door.Settle(ctx, e.got, first, password)
		clear(password)
		return err
	}, func(err error) {
		e.settle.SetBusy("")
		if err != nil {
			e.passwordOf.SetError(sentence(err))
			kit.Focus(e.password)
			return
		}
		e.password.SetText("")
		e.again.SetText("")
		e.u.signedIn(d)
	})
}
