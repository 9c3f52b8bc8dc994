package ui

import (
	"context"
	"fmt"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// manage is 管理: its sections, one of which is shown.
type manage struct {
	u        *Window
	content  *fyne.Container
	sections *kit.Choice
	body     *fyne.Container
	scroll   *container.Scroll
	people   *fyne.Container
	shownNow section
}

// section is one part of 管理.
type section interface {
	cards() []fyne.CanvasObject
	refresh() // something it tells of may have changed
}

// The sections of 管理.
const (
	ofPeople = "people"
	ofDevice = "device"
	ofBackup = "backup"
	ofKept   = "kept"
	ofAudit  = "audit"
	ofGrants = "grants"
	ofRecord = "record"
)

func newManage(u *Window) *manage {
	m := &manage{u: u, people: container.NewVBox(), body: container.NewStack()}
	m.sections = kit.NewChoice(kit.Option{ID: ofPeople, Text: "人员与密码"}, kit.Option{ID: ofBackup, Text: "备份"},
		kit.Option{ID: ofKept, Text: "保存与清除"}, kit.Option{ID: ofGrants, Text: "授权"}, kit.Option{ID: ofRecord, Text: "日志"}, kit.Option{ID: ofAudit, Text: "审计核验"}, kit.Option{ID: ofDevice, Text: "本机与显示"})
	m.sections.OnChanged = m.turn
	head := container.NewBorder(nil, nil, nil, container.NewCenter(kit.NewSecondary("锁定（F12）", kit.Icon("lock"), u.lock)),
		heading("管理", "人员与密码、备份、保存期限、审计，以及这台电脑"))
	m.content = container.NewBorder(container.New(&column{}, head, m.sections), nil, nil, nil, m.body)
	m.sections.SetValue(u.shell.section)
	m.turn(u.shell.section)
	return m
}

// turn shows a section.
func (m *manage) turn(id string) {
	m.u.shell.section = id
	m.u.deps.Log.Info("section", "name", id)
	switch id {
	case ofBackup:
		m.shownNow = newBackupSection(m.u)
	case ofKept:
		m.shownNow = newKeptSection(m.u)
	case ofGrants:
		m.shownNow = newGrantSection(m.u)
	case ofRecord:
		m.shownNow = newRecordSection(m.u)
	case ofAudit:
		m.shownNow = newAuditSection(m.u)
	case ofDevice:
		m.shownNow = &deviceSection{m, newCountyCard(m.u)}
	default:
		m.refresh()
		m.shownNow = plain{kit.Card("人员", nil, m.people), m.u.passwordCard()}
	}
	m.scroll = container.NewVScroll(container.New(&column{flush: true}, m.shownNow.cards()...))
	m.body.Objects = []fyne.CanvasObject{m.scroll}
	m.body.Refresh()
}

// arranged gives the cards of 管理 the room they need now.
func (u *Window) arranged() {
	if u.shell == nil {
		return
	}
	if m, ok := u.shell.screen.(*manage); ok && m.scroll != nil {
		relay(m.scroll)
		m.scroll.Content.Refresh()
	}
}

// plain is a section of which nothing changes by itself.
type plain []fyne.CanvasObject

func (p plain) cards() []fyne.CanvasObject { return p }
func (p plain) refresh()                   {}

func (m *manage) object() fyne.CanvasObject     { return m.content }
func (m *manage) keys() map[fyne.KeyName]func() { return nil }
func (m *manage) shown()                        {}
func (m *manage) leave()                        {}

// refresh lists the people: a short read, done at once so that the card has
// its height from the first.
func (m *manage) refresh() {
	list, err := m.u.desk.Operators(m.u.ctx)
	if err != nil {
		m.u.fail(err)
		return
	}
	m.people.Objects = nil
	for _, o := range list {
		m.people.Add(m.person(o))
	}
	m.content.Refresh()
}

func (m *manage) person(o desk.Operator) fyne.CanvasObject {
	state, kind := "可在本机登录", kit.TextOK
	var act fyne.CanvasObject
	switch {
	case !o.Enabled:
		state, kind = "已停用", kit.TextMuted
	case !m.u.desk.CanSignIn(o.ID):
		state, kind = "尚未在本机启用", kit.TextMuted
		if act = m.enabling(o); m.u.desk.BelongsHere(o) != nil {
			state = "不能在本机启用"
		}
	}
	if o.ID == m.u.desk.Operator().ID {
		state = "当前登录"
	}
	return rowOf([]float32{2, 3, 3, 2, 3}, act,
		kit.NewText(o.Name, kit.TextBold), kit.NewText(roleLabels(o), kit.TextBody), kit.NewText(o.Where(), kit.TextBody), kit.NewLine(state, kind))
}

// enable lets a person of the roster in at this laptop, for who may do so alone.
func (m *manage) enable(o desk.Operator) {
	m.letIn(o, "启用 ", func(ctx context.Context, password []byte) error { return m.u.desk.EnableOperator(ctx, o, password) }, func() {})
}

// letIn asks for the temporary password of a person who is let in by job; closed
// is called when the dialog is gone.
func (m *manage) letIn(o desk.Operator, title string, job func(context.Context, []byte) error, closed func()) {
	first, firstOf := newPassword("密码")
	again, againOf := newPassword("再输一次密码")
	firstOf.SetHint("至少 8 位；本人第一次登录时须换成自己的密码")
	var d *kit.Dialog
	d = kit.NewDialog(m.u.win, title+o.Name, container.NewVBox(kit.NewText(roleLabels(o)+"，"+o.Where(), kit.TextBody), firstOf, againOf), "启用", "取消", func() bool {
		againOf.SetError("")
		if !first.Same(again) {
			againOf.SetError("两次输入的密码不一样")
			return false
		}
		password := first.Secret()
		d.YesButton().SetBusy("正在启用…")
		m.u.act("enable operator", func(ctx context.Context) error {
			defer clear(password)
			return job(ctx, password)
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				firstOf.SetError(sentence(err))
				return
			}
			d.Close()
			kit.Notice(m.u.win, kit.Good, "已启用。本人第一次登录时，须先换成自己的密码。")
			m.turn(ofPeople)
		})
		return false
	})
	d.SetOnClosed(func() {
		first.SetText("")
		again.SetText("")
		closed()
	})
	d.Open()
}

func (m *manage) device() fyne.CanvasObject {
	p := m.u.desk.Laptop()
	practice := "正式业务"
	if p.Practice {
		practice = "练习数据，不是真实业务"
	}
	card := []fyne.CanvasObject{
		fact("受理点", p.Point+"（"+p.PointType+"）"),
		fact("县（市、区）", p.County+" "+p.CountyCode),
		fact("设备编号", "末 8 位 "+shortDevice(m.u.desk)),
		fact("中心地址", p.Server),
		fact("用途", practice),
	}
	if m.u.touched.isBlind() {
		card = append(card, fact("自动锁定", "系统不告诉键盘和鼠标是否在用，只按本窗口内的操作计时：在别的窗口里工作时，本窗口会锁定"))
	}
	return kit.Card("这台电脑", nil, card...)
}

func (m *manage) packs() fyne.CanvasObject {
	rules := m.u.desk.Rules()
	rows := []fyne.CanvasObject{}
	if p, err := rules.PolicyFor(m.u.desk.Today()); err == nil {
		rows = append(rows,
			fact("政策包", p.ID+"，"+string(p.SignedFrom)+" 起签订适用"),
			fact("每年限额", fmt.Sprintf("本专科 %d 元，研究生 %d 元", p.UndergraduateMax, p.GraduateMax)),
			fact("利率", p.Rate.Text))
	} else {
		rows = append(rows, kit.NewText("今天没有可用的政策包，请检查电脑日期。", kit.TextBad))
	}
	rows = append(rows, fact("院校名册", fmt.Sprintf("%d 所", len(rules.Schools.Schools))),
		fact("区划代码", fmt.Sprintf("%d 个县（市、区）", len(rules.Areas.Counties))))
	return kit.Card("政策与名册", nil, rows...)
}

func fact(label, value string) fyne.CanvasObject {
	return factOf(label, kit.NewText(value, kit.TextBody))
}

// factOf is fact for what is not known yet.
func factOf(label string, value fyne.CanvasObject) fyne.CanvasObject {
	longest := kit.NewLine("县（市、区）", kit.TextMuted).MinSize().Width
	return container.NewBorder(nil, nil, container.New(&fixedWidth{max(96, longest)}, kit.NewLine(label, kit.TextMuted)), nil, value)
}

func (m *manage) look() fyne.CanvasObject {
	look := m.u.look
	variant := kit.NewChoice(kit.Option{ID: "0", Text: "跟随系统"}, kit.Option{ID: "1", Text: "浅色"}, kit.Option{ID: "2", Text: "深色"})
	variant.SetValue(fmt.Sprint(int(look.Variant)))
	scale := kit.NewChoice(kit.Option{ID: "90", Text: "小"}, kit.Option{ID: "100", Text: "标准"},
		kit.Option{ID: "115", Text: "大"}, kit.Option{ID: "130", Text: "特大"})
	scale.SetValue(fmt.Sprint(int(look.Scale*100 + 0.5)))
	variant.OnChanged = func(id string) { m.u.setLook(Look{variantOf(id), m.u.look.Scale}) }
	scale.OnChanged = func(id string) {
		m.staying(scale, func() { m.u.setLook(Look{m.u.look.Variant, scaleOf(id)}) })
	}
	return kit.Card("显示", nil, kit.Columns(nil,
		kit.NewLabeled("颜色", false, variant), kit.NewLabeled("字号", false, scale)))
}

// staying does what may move all that is on the page, and scrolls so that o stands where
// it stood.
func (m *manage) staying(o fyne.CanvasObject, do func()) {
	at := func() float32 { return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Y }
	before := at()
	do()
	m.u.arranged()
	most := max(m.scroll.Content.Size().Height-m.scroll.Size().Height, 0)
	m.scroll.ScrollToOffset(fyne.NewPos(0, min(max(m.scroll.Offset.Y+at()-before, 0), most)))
	m.scroll.Refresh()
}

func variantOf(id string) kit.Variant {
	switch id {
	case "1":
		return kit.Light
	case "2":
		return kit.Dark
	}
	return kit.Auto
}

func scaleOf(id string) float32 {
	switch id {
	case "90":
		return 0.9
	case "115":
		return 1.15
	case "130":
		return 1.3
	}
	return 1
}

// setLook shows the window in another look and keeps it for this laptop.
func (u *Window) setLook(l Look) {
	u.look = l
	u.deps.Look(l)
	if v := u.shell.current; v != nil {
		v.object().Refresh() // it is out of the window, which repaints what is in it
	}
	d := u.desk
	u.act("set look", func(ctx context.Context) error { return d.SetSetting(ctx, "look", l) }, func(err error) {
		if err != nil {
			u.fail(err)
		}
	})
}
