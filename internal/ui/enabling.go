package ui

import (
	"context"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2/container"
)

// enabling asks the county that a person of the roster be let in here: over the
// network, by a stick, or by a code that is read out or scanned.
type enabling struct {
	m      *manage
	who    desk.Operator
	plea   *desk.Enabling
	stop   context.CancelFunc
	over   bool
	dialog *kit.Dialog
	status *kit.Text
	answer *kit.Field
	of     *kit.Labeled
}

// enabling is the button by which a person of the roster is let in here, or, where nobody
// can do that, the one that says why.
func (m *manage) enabling(o desk.Operator) *kit.Button {
	if err := m.u.desk.BelongsHere(o); err != nil {
		return kit.NewQuiet("查看原因…", nil, func() { kit.Message(m.u.win, "不能在本机启用", sentence(err), nil) })
	}
	if m.u.desk.MayEnable() && m.u.desk.Manages(o) {
		return kit.NewSecondary("启用并设置密码", kit.Icon("user-plus"), func() { m.enable(o) })
	}
	return kit.NewSecondary("申请启用…", kit.Icon("user-plus"), func() { m.askEnabling(o) })
}

// askEnabling makes the request and shows its digits.
func (m *manage) askEnabling(o desk.Operator) {
	e := &enabling{m: m, who: o, stop: func() {}}
	m.u.act("ask to enable operator", func(ctx context.Context) (err error) {
		if e.plea, err = m.u.desk.AskEnabling(ctx, o.ID); err == nil {
			e.plea.Code() // takes a while
		}
		return err
	}, func(err error) {
		if err != nil {
			kit.Message(m.u.win, "没有申请", sentence(err), nil)
			return
		}
		e.show()
	})
}

// enablingWords say who lets a person in; a data administrator who is asked is told why it
// is not he.
func (m *manage) enablingWords(o desk.Operator) string {
	if m.u.desk.MayEnable() && !m.u.desk.Manages(o) {
		return o.Name + "属于" + o.Where() + "，不归您管理，您不能启用，须由县资助中心批准。"
	}
	return "启用账号须由系统数据管理员在本机登录办理，或由县资助中心批准。"
}

func (e *enabling) show() {
	u, code10 := e.m.u, e.plea.Code()
	e.status = kit.NewText("正在联系县资助中心…", kit.TextMuted)
	e.answer = kit.NewField()
	e.answer.MaxLen = 100
	e.answer.SetPlaceholder("报出的批准码，不分大小写")
	e.of = kit.NewLabeled("批准码", false, e.answer)
	save := kit.NewSecondary("把申请存到 U 盘", kit.Icon("download"), func() { u.saveRequest("启用账号申请.dsf", "", e.plea.Request()) })
	read := kit.NewSecondary("读取批准文件", kit.Icon("folder"), func() { u.readApproval("", func(b []byte) { e.take(b, false) }) })
	e.dialog = kit.NewDialog(u.win, "申请启用 "+e.who.Name, container.New(&stacked{gap: 10},
		kit.NewText(e.m.enablingWords(e.who)+"请"+e.who.Name+"本人给县资助中心打电话，报出核对码：", kit.TextBody),
		container.NewBorder(nil, nil, nil, code(u.desk.EnablingScan(e.plea)), container.NewVBox(fact("设备编号", "末 8 位 "+shortDevice(u.desk)), fact("账号", e.who.ID),
			kit.NewLine(code10[:5]+" "+code10[5:], kit.TextDigits))),
		kit.NewLine("有网络时，对方批准后自动继续", kit.TextBold), e.status,
		kit.NewLine("没有网络时，请对方报出批准码；也可以用 U 盘", kit.TextBold), kit.Columns(nil, save, read),
		u.scannable(e.of, e.answer, answerInto(e.answer))), "核对批准码", "取消申请", func() bool { e.try(); return false })
	e.dialog.SetWidth(560)
	e.dialog.SetOnClosed(e.closed)
	e.dialog.Show()
	kit.Focus(e.answer)
	e.wait()
}

// wait asks the centre until a person there has decided.
func (e *enabling) wait() {
	u := e.m.u
	ctx, stop := context.WithCancel(u.shift)
	e.stop = stop
	r := courier.RecoverRequest{Server: e.plea.Centre.Server, CA: e.plea.Centre.CA, Request: e.plea.Request(), Told: func(there bool) { u.back(func() { e.told(there) }) }}
	var approval []byte
	u.run("recover", func(context.Context) (err error) {
		approval, err = courier.Recover(ctx, r)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}, func(err error) {
		if e.over || ctx.Err() != nil {
			return
		}
		if err != nil {
			e.tell(kit.TextBad, sentence(err))
			return
		}
		e.take(approval, true)
	})
}

func (e *enabling) told(there bool) {
	if there {
		e.tell(kit.TextOK, "已送到县资助中心，正在等待批准…")
		return
	}
	e.tell(kit.TextWarn, "现在连不上县资助中心，正在重试；也可以请对方报出批准码。")
}

func (e *enabling) tell(kind kit.TextKind, words string) {
	e.status.SetKind(kind)
	e.status.SetText(words)
}

// take opens an approval and goes on to the password.
func (e *enabling) take(approval []byte, online bool) {
	if e.over {
		return
	}
	plea := e.plea
	e.m.u.act("take approval", func(context.Context) error { return plea.Take(approval, online) }, func(err error) {
		switch {
		case e.over:
		case fault.KindOf(err) == fault.Damaged || fault.KindOf(err) == fault.TooLarge:
			kit.Notice(e.m.u.win, kit.Bad, "这不是县资助中心的批准文件，请重新选择。")
		case err != nil:
			e.m.u.fail(err)
		default:
			e.choose()
		}
	})
}

// try takes the answer that was read out.
func (e *enabling) try() {
	if e.over || e.dialog.YesButton().Busy() {
		return
	}
	e.of.SetError("")
	typed := e.answer.Text()
	if strings.TrimSpace(typed) == "" {
		e.of.SetError("请输入对方报出的批准码")
		kit.Focus(e.answer)
		return
	}
	e.dialog.YesButton().SetBusy("正在核对…")
	plea := e.plea
	e.m.u.act("take answer", func(ctx context.Context) error { return e.m.u.desk.TakeAnswer(ctx, plea, typed) }, func(err error) {
		e.dialog.YesButton().SetBusy("")
		switch {
		case e.over:
		case fault.KindOf(err) == fault.Refused:
			e.dialog.Close()
			kit.Message(e.m.u.win, "申请已失效", sentence(err), nil)
		case err != nil:
			e.of.SetError(sentence(err))
			kit.Focus(e.answer)
		default:
			e.choose()
		}
	})
}

// choose asks for the password, by the county's word.
func (e *enabling) choose() {
	plea := e.plea
	e.plea = nil // the next dialog has it
	e.dialog.Close()
	u := e.m.u
	e.m.letIn(e.who, "县资助中心已批准：启用 ", func(ctx context.Context, password []byte) error { return u.desk.Admit(ctx, plea, password) }, func() {
		u.act("forget request", func(context.Context) error { plea.Forget(); return nil }, func(error) {})
	})
}

// closed ends the waiting; a request that came to nothing is forgotten.
func (e *enabling) closed() {
	e.over = true
	e.stop()
	e.answer.SetText("")
	if plea := e.plea; plea != nil {
		e.m.u.act("forget request", func(context.Context) error { plea.Forget(); return nil }, func(error) {})
	}
}
