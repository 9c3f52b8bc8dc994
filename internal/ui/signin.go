package ui

import (
	"context"
	"image/color"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// signIn asks who is at the desk.
type signIn struct {
	u        *Window
	content  fyne.CanvasObject
	who      *kit.Picker
	whoOf    *kit.Labeled
	password *kit.Field
	fieldOf  *kit.Labeled
	enter    *kit.Button
	forgot   *kit.Button
}

func newSignIn(u *Window) *signIn {
	s := &signIn{u: u}
	options := peopleOptions(u.deps.Door.People())
	s.who, s.whoOf = pickPerson("操作员", true, func() []kit.Option { return options })
	s.who.SetValue(u.lastHere(options))
	s.password = kit.NewField()
	s.password.Password = true
	s.password.SetPlaceholder("输入密码")
	s.password.OnEnter = s.try
	s.fieldOf = kit.NewLabeled("密码", true, s.password)
	tell := s.who.OnChanged
	s.who.OnChanged = func(o kit.Option) {
		s.fieldOf.SetError("") // it was said of another
		tell(o)
	}
	s.enter = kit.NewPrimary("登录", kit.Icon("lock"), s.try)
	s.forgot = kit.NewQuiet("忘记密码？", nil, func() { newRecovery(u, s.who.Value()) })
	form := container.NewVBox(
		s.whoOf,
		s.fieldOf,
		s.enter,
		container.NewCenter(container.NewHBox(s.forgot, u.mendLink("数据有问题？"))),
	)
	caption := "在本机登录后才能查看和受理案件"
	if u.left.Alone {
		caption = "已自动锁定，案件里填的内容都保存了，请登录后接着办。"
	}
	if u.left.Why != "" {
		form.Objects = slices.Insert(form.Objects, 0, fyne.CanvasObject(kit.NewText(u.left.Why, kit.TextWarn)), gap(between/2))
	}
	s.content = front("登录", caption, form)
	return s
}

// begins is where typing begins: the password, where it is known whose.
func (s *signIn) begins() fyne.CanvasObject {
	if s.who.Value() == (kit.Option{}) {
		return s.who.Field()
	}
	return s.password
}

// front is the layout of what is shown before anyone has signed in: the name
// of the program, and one card.
func front(heading, caption string, form fyne.CanvasObject) fyne.CanvasObject {
	head := container.NewVBox(
		centred(kit.NewLine("家门口办贷", kit.TextTitle)),
		centred(kit.NewLine("国家助学贷款受理台", kit.TextMuted)),
	)
	card := kit.Card(heading, nil, kit.NewText(caption, kit.TextCaption), form)
	sized := container.New(&fixedWidth{420}, card)
	space := canvas.NewRectangle(color.Transparent)
	space.SetMinSize(fyne.NewSize(1, between))
	return container.NewVBox(layout.NewSpacer(), head, space, container.NewCenter(sized), layout.NewSpacer(), layout.NewSpacer())
}

func centred(t *kit.Text) fyne.CanvasObject {
	t.SetAlign(fyne.TextAlignCenter)
	return t
}

func (s *signIn) try() {
	if s.enter.Busy() {
		return
	}
	s.fieldOf.SetError("")
	who, chosen := personSaid(s.who, s.whoOf)
	password := s.password.Secret()
	switch {
	case len(password) == 0 && !chosen, who.Text == "":
		clear(password)
		kit.Focus(s.who)
		return
	case len(password) == 0:
		s.fieldOf.SetError("请输入密码")
		return
	}
	account := who.ID
	if !chosen {
		account = who.Text // whoever tried is counted, as no account of this laptop
	}
	s.enter.SetBusy("正在核对密码…")
	var d *desk.Desk
	s.u.act("sign in", func(ctx context.Context) (err error) {
		d, err = s.u.deps.Door.SignIn(ctx, account, password)
		clear(password)
		return err
	}, func(err error) {
		s.enter.SetBusy("")
		s.password.SetText("")
		if fault.KindOf(err) == fault.Damaged {
			s.u.mendPage(err)
			return
		}
		switch k := fault.KindOf(err); {
		case !chosen && (k == fault.Password || k == fault.Locked || k == fault.Denied):
			personSaid(s.who, s.whoOf) // the same words, whatever was typed
			kit.Focus(s.password)
			return
		case err != nil:
			s.fieldOf.SetError(signInWords(err))
			kit.Focus(s.password)
			return
		}
		s.u.signedIn(d)
	})
}

// signedIn opens the shell for the operator.
func (u *Window) signedIn(d *desk.Desk) {
	u.desk, u.first, u.left = d, nil, Left{}
	var l Look
	if found, err := d.Setting(u.ctx, "look", &l); err == nil && found {
		u.look = l
		u.deps.Look(l)
	}
	u.beginShift()
	if d.MustChange() {
		u.showOwnPassword(d)
		return
	}
	if why := d.Lapsed(); why != nil {
		u.showLapse(d, why)
		return
	}
	u.shell = newShell(u)
	u.show("shell", u.shell.content)
	u.shell.visit("today")
	u.startCarrier()
	u.resumeRoom()
	u.resume()
	u.resumeStick()
	u.tellUnkept()
	u.purgePrints()
	u.tellTenure()
	u.housekeep()
}

// signInWords say why nobody was let in: nothing of the person's was to be saved.
func signInWords(err error) string {
	if fault.KindOf(err) == fault.Full {
		return "磁盘空间不足，登录记不进日志，现在不能登录。请清出空间后再登录。"
	}
	return sentence(err)
}
