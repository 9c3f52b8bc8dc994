package ui

import (
	"context"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// lapse is the page for a laptop or account whose time is over: the county is
// asked over the network, and a code from a telephone call does it too.
type lapse struct {
	u      *Window
	d      *desk.Desk
	stop   context.CancelFunc
	status *kit.Text
	answer *kit.Field
	of     *kit.Labeled
	renew  *kit.Button
	over   bool
	again  bool // the sync that ends is followed by another
	shut   bool // the page is that of a laptop shut out
	runs   bool // a sync is under way
}

// showLapse shows the page, with the operator signed in and nothing allowed but
// to sync.
func (u *Window) showLapse(d *desk.Desk, why error) {
	ctx, stop := context.WithCancel(u.shift)
	l := &lapse{u: u, d: d, stop: stop, status: kit.NewText("正在联系县资助中心…", kit.TextMuted), answer: kit.NewField()}
	u.gate, u.first = l, nil
	l.page(why)
	l.sync(ctx)
}

// page shows why no work may be done, and what ends that.
func (l *lapse) page(why error) {
	if l.shut = l.d.LapsedAsShutOut(); l.shut {
		l.shutOutPage(why)
		return
	}
	l.renewalPage(why)
}

// still shows another page where no work may be done for another reason than before.
func (l *lapse) still(why error) {
	if !l.over && l.shut != l.d.LapsedAsShutOut() {
		l.page(why)
	}
}

// renewalPage is the page of a laptop or account whose time is over.
func (l *lapse) renewalPage(why error) {
	u, d := l.u, l.d
	l.answer.SetPlaceholder("报出的续期码，不分大小写")
	l.answer.MaxLen = 100
	l.answer.OnEnter = l.try
	l.of = kit.NewLabeled("续期码", true, l.answer)
	l.renew = kit.NewPrimary("续期", kit.Icon("check"), l.try)
	ask := d.AskRenewal()
	u.show("lapse", front("需要续期", sentence(why), container.NewVBox(
		kit.NewLine("有网络时", kit.TextBold), l.status, gap(between/2),
		kit.NewLine("没有网络时：打电话，逐字报出", kit.TextBold),
		container.NewBorder(nil, nil, nil, code(d.RenewalScan(ask)), container.NewVBox(fact("设备编号", "末 8 位 "+shortDevice(d)), fact("账号", d.Operator().ID))),
		gap(between/2), centred(kit.NewLine(ask, kit.TextDigits)),
		u.scannable(l.of, l.answer, answerInto(l.answer)), l.renew, container.NewCenter(container.NewHBox(
			kit.NewQuiet("读入县里的文件…", kit.Icon("folder"), l.choose), kit.NewQuiet("返回登录", nil, l.leave))))))
	kit.Focus(l.answer)
}

// shortDevice is the end of the laptop's id, which the county knows it by on
// the telephone.
func shortDevice(d *desk.Desk) string {
	return loan.ShortID(d.Device())
}

// sync lets the county's word come over the network where the operator may, and looks
// at each word whether it ends the lapse.
func (l *lapse) sync(ctx context.Context) {
	if err := l.d.MayCarry(ctx); err != nil {
		l.status.SetText(sentence(err))
		return
	}
	c, err := l.u.deps.Courier(l.d)
	if err != nil {
		l.status.SetText(sentence(err))
		return
	}
	c.Watch(func(s courier.State) { l.u.back(func() { l.heard(s) }) })
	l.runs = true
	l.u.run("renew by sync", func(context.Context) error {
		err := c.Run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}, func(err error) {
		l.runs = false
		switch {
		case l.over:
		case l.again:
			l.again = false
			l.begin()
		case err != nil:
			l.status.SetText(sentence(err))
		}
	})
}

func (l *lapse) heard(s courier.State) {
	if l.over {
		return
	}
	kind, words := networkWords(s)
	l.status.SetKind(kit.TextMuted)
	if kind == kit.Bad || kind == kit.Warning {
		l.status.SetKind(kit.TextWarn)
	}
	switch {
	case l.shut && shutOut(s):
		words = "中心还没有恢复本机。"
	case away(s): // no work goes on here, with or without a network
		words = "现在连不上中心，正在重试。"
	}
	l.status.SetText(words)
	if s.LastReceipt.IsZero() && s.LastBulletin.IsZero() {
		return
	}
	l.u.act("recheck", l.d.Recheck, func(err error) {
		if err == nil {
			l.done("已由县资助中心确认。")
			return
		}
		l.still(err)
	})
}

func (l *lapse) try() {
	if l.renew.Busy() || l.over {
		return
	}
	l.of.SetError("")
	typed := l.answer.Text()
	l.renew.SetBusy("正在核对…")
	l.u.act("renew", func(ctx context.Context) error { return l.d.Renew(ctx, typed) }, func(err error) {
		l.renew.SetBusy("")
		if l.over {
			return
		}
		if err != nil {
			l.of.SetError(sentence(err))
			kit.Focus(l.answer)
			return
		}
		l.done("已续期。")
	})
}

// choose takes a file of the county that says that the laptop or the account stands.
func (l *lapse) choose() {
	kit.NewChooser(l.u.win, "读入县里的文件", kit.ChooserOptions{}, func(path string) {
		if !l.over {
			l.take(path)
		}
	}).Show()
}

// take takes a file, and looks whether it ends the lapse.
func (l *lapse) take(path string) {
	var got desk.InForce
	var still error
	l.u.act("take bulletin", func(ctx context.Context) error {
		raw, err := desk.ReadBulletin(path)
		if err == nil {
			got, err = l.d.TakeFile(ctx, raw)
		}
		if err == nil {
			still = l.d.Recheck(ctx)
		}
		return err
	}, func(err error) {
		switch {
		case l.over:
		case err != nil:
			kit.Message(l.u.win, "没有采用", sentence(err), nil)
		case still != nil:
			kit.Message(l.u.win, got.Kind.Label()+"已读入，还不能办理", sentence(still), nil)
			l.still(still)
		default:
			l.done("已由县资助中心确认。")
		}
	})
}

// done goes on where signing in would have led.
func (l *lapse) done(words string) {
	if l.over {
		return
	}
	l.end()
	l.u.signedIn(l.d)
	kit.Notice(l.u.win, kit.Good, words)
}

func (l *lapse) end() {
	l.over = true
	l.stop()
	l.u.root.Clear() // a dialog of this page is none of the next
	l.u.gate = nil
}

// leave signs out.
func (l *lapse) leave() {
	if l.over {
		return
	}
	l.end()
	l.u.signOut(l.d)
}

// gate is a page before the work, with the operator signed in.
type gate interface {
	leave() // signs out
}

// signOut closes the store and shows the sign-in page, from a page before the work.
func (u *Window) signOut(d *desk.Desk) {
	u.left.Who = d.Operator().ID
	u.endShift()
	u.show("locking", front("正在锁定", "正在保存并锁定数据…", container.NewVBox()))
	u.closing("lock", d, func() {}, u.afresh)
}

// soon is how long before the end of a tenure the person is told.
const soon = 3 * 24 * time.Hour

// tellTenure says at signing in when the laptop's or the account's time is soon
// over, while there is time to do something about it.
func (u *Window) tellTenure() {
	var laptop, account time.Time
	var free bool
	d := u.desk
	u.act("tenure", func(ctx context.Context) (err error) {
		laptop, account, free, err = d.Tenure(ctx)
		return err
	}, func(err error) {
		until := account
		if laptop.Before(account) {
			until = laptop
		}
		if err != nil || free || until.Sub(u.deps.Now()) > soon || u.shell == nil {
			return
		}
		kit.Notice(u.win, kit.Warning, "本机或本账号到 "+until.In(u.deps.Now().Location()).Format("01-02 15:04")+" 须续期：请在此之前连一次网络，或在“管理”的“本机与显示”里提前续期。")
	})
}

// tenureFact is until when laptop and account are good, with a way to renew them
// ahead; nil on a laptop that is bound to nothing.
func (u *Window) tenureFact() fyne.CanvasObject {
	laptop, account, free, err := u.desk.Tenure(u.ctx)
	if err != nil || free {
		return nil
	}
	when := func(t time.Time) string { return t.In(u.deps.Now().Location()).Format("2006-01-02 15:04") }
	return kit.Card("有效期", kit.NewSecondary("提前续期…", kit.Icon("phone"), u.renewAhead),
		fact("本机", "到 "+when(laptop)), fact("本账号", "到 "+when(account)),
		kit.NewText("每次联网、每次读入U盘带回的县里回执，都会自动续期。没有网络时，县里新发的“停用设备名单”文件为本机续期，“人员名册”文件为本账号续期，其他文件不续期；也可以先打电话续期。", kit.TextCaption))
}

// renewAhead renews by telephone before anything is over.
func (u *Window) renewAhead() {
	answer := kit.NewField()
	answer.MaxLen = 100
	answer.SetPlaceholder("报出的续期码，不分大小写")
	of := kit.NewLabeled("续期码", true, answer)
	ask := u.desk.AskRenewal()
	var d *kit.Dialog
	d = kit.NewDialog(u.win, "提前续期", container.New(&stacked{gap: 10}, kit.NewText("给县资助中心打电话，逐字报出：", kit.TextBody),
		container.NewBorder(nil, nil, nil, code(u.desk.RenewalScan(ask)), container.NewVBox(fact("设备编号", "末 8 位 "+shortDevice(u.desk)),
			fact("账号", u.desk.Operator().ID))), centred(kit.NewLine(ask, kit.TextDigits)), u.scannable(of, answer, answerInto(answer))), "续期", "取消", func() bool {
		typed := answer.Text()
		d.YesButton().SetBusy("正在核对…")
		u.act("renew", func(ctx context.Context) error { return u.desk.Renew(ctx, typed) }, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				of.SetError(sentence(err))
				return
			}
			d.Close()
			kit.Notice(u.win, kit.Good, "已续期。")
			if m, ok := u.shell.screen.(*manage); ok {
				m.shownNow.refresh()
			}
		})
		return false
	})
	d.SetWidth(520)
	d.Show()
}
