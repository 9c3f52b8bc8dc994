package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// fieldBoxes are what one may ask to see, each with a box to tick.
type fieldBoxes struct {
	order []string
	boxes map[string]*kit.Check
	row   *fyne.Container
}

// boxOrder is the ids of the boxes, in their order.
func boxOrder() []string { return []string{"name", "phone", "id", "address", "images"} }

func boxLabel(id string) string {
	return map[string]string{"name": "姓名", "phone": "手机号码", "id": "身份证号与出生日期", "address": "通讯地址", "images": "影像和合同"}[id]
}

func newFieldBoxes(ticked ...string) *fieldBoxes {
	f := &fieldBoxes{order: boxOrder(), boxes: map[string]*kit.Check{}, row: container.NewHBox()}
	for _, id := range f.order {
		f.boxes[id] = kit.NewCheck(boxLabel(id), false)
		f.boxes[id].SetChecked(slices.Contains(ticked, id))
		f.row.Add(f.boxes[id])
	}
	return f
}

// chosen are the fields of what was ticked.
func (f *fieldBoxes) chosen() []string {
	var out []string
	for _, id := range f.order {
		if f.boxes[id].Checked() {
			out = append(out, revealChoices()[id]...)
		}
	}
	return out
}

// ticked are the ids of the boxes that are ticked.
func (f *fieldBoxes) ticked() []string {
	return slices.DeleteFunc(slices.Clone(f.order), func(id string) bool { return !f.boxes[id].Checked() })
}

// askGrant asks a data administrator for leave to see what a reason alone does
// not show.
func (v *visit) askGrant() { v.askGrantFor("", "images") }

// askGrantFor is askGrant with a reason that was given, and what was ticked.
func (v *visit) askGrantFor(given string, ticked ...string) {
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.SetText(given)
	reason.SetPlaceholder("例如：核对家长投诉的材料")
	why := kit.NewLabeled("原因", true, reason)
	boxes := newFieldBoxes(ticked...)
	which := kit.NewLabeled("查看哪些", true, boxes.row)
	hours := kit.NewChoice(kit.Option{ID: "2", Text: "2 小时"}, kit.Option{ID: "8", Text: "8 小时"}, kit.Option{ID: "24", Text: "24 小时"}, kit.Option{ID: "72", Text: "72 小时"})
	hours.SetValue("2")
	var d *kit.Dialog
	d = kit.NewDialog(v.u.win, "申请授权", container.New(&stacked{gap: 12},
		kit.NewText("由系统数据管理员批准后，可以查看本案所选的内容。没有网络也可以办：当场批准，或打电话报申请码、换批准码。", kit.TextBody),
		why, which, kit.NewLabeled("期限", true, hours)), "申请", "取消", func() bool {
		n, _ := strconv.Atoi(hours.Value())
		which.SetError("")
		if len(boxes.chosen()) == 0 {
			which.SetError("请至少选一项")
			return false
		}
		w := desk.Wanted{Fields: boxes.chosen(), Case: v.id, Hours: n, Reason: strings.TrimSpace(reason.Text())}
		v.u.ask(d, why, w, func(a desk.Asked) { v.u.answerAsk(a, nil) })
		return false
	})
	reason.OnEnter = func() { d.YesButton().Tapped(nil) }
	d.SetWidth(640)
	d.Show()
	freely := false
	v.u.run("what a reason shows", func(ctx context.Context) (err error) {
		_, freely, err = v.u.byReason(ctx, v.id)
		return err
	}, func(err error) {
		if err == nil && freely {
			which.SetHint("只有影像和合同须申请；其他各项按“显示…”写明原因就能看。")
		}
	})
}

// ask puts down a request for a grant that a dialog asks for, and goes on with it
// when the dialog is closed; where it is refused, why says so. Of one that waits already
// no other is made: that one is offered.
func (u *Window) ask(d *kit.Dialog, why *kit.Labeled, w desk.Wanted, then func(desk.Asked)) {
	d.YesButton().SetBusy("正在登记…")
	var a desk.Asked
	u.act("ask grant", func(ctx context.Context) (err error) {
		a, err = u.desk.AskGrant(ctx, w)
		return err
	}, func(err error) {
		d.YesButton().SetBusy("")
		switch {
		case fault.KindOf(err) == fault.Exists:
			d.Close()
			at := a.At.In(u.deps.Now().Location()).Format("01-02 15:04")
			kit.Confirm(u.win, "已经申请过", at+" 提交的同样的申请还在等待批准，不用再申请。急用的请打开那份申请：打电话报申请码，或由管理员当场批准。", "打开那份申请", "知道了", func() { then(a) })
		case err != nil:
			why.SetError(sentence(err))
		default:
			d.Close()
			then(a)
		}
	})
}

// counted is leave to do more of what is bounded for a day.
type counted struct {
	title, text, unit, field, reason string
	most                             int
}

// askCounted asks a data administrator for it, and then takes the answer.
func (u *Window) askCounted(c counted, done func()) {
	reason, count := kit.NewField(), kit.NewField()
	reason.MaxLen, count.MaxLen, count.Filter = 100, 2, kit.Digits
	reason.SetText(strings.TrimSpace(c.reason))
	count.SetText(strconv.Itoa(c.most))
	why := kit.NewLabeled("原因", true, reason)
	hours := kit.NewChoice(kit.Option{ID: "2", Text: "2 小时"}, kit.Option{ID: "8", Text: "8 小时"}, kit.Option{ID: "24", Text: "24 小时"})
	hours.SetValue("2")
	var d *kit.Dialog
	d = kit.NewDialog(u.win, c.title, container.New(&stacked{gap: 12},
		kit.NewText(c.text+"没有网络也可以办：当场批准，或打电话报申请码、换批准码。", kit.TextBody),
		why, kit.Columns(nil, kit.NewLabeled(c.unit, true, count), kit.NewLabeled("期限", true, hours))), "申请", "取消", func() bool {
		w := desk.Wanted{Fields: []string{c.field}, Reason: strings.TrimSpace(reason.Text())}
		w.Count, _ = strconv.Atoi(count.Text())
		w.Hours, _ = strconv.Atoi(hours.Value())
		u.ask(d, why, w, func(a desk.Asked) { u.answerAsk(a, done) })
		return false
	})
	reason.OnEnter = func() { d.YesButton().Tapped(nil) }
	d.SetWidth(600)
	d.Show()
}

// answerAsk takes the answer to a request: a code, or the word of a data
// administrator who is here. done may be nil.
func (u *Window) answerAsk(a desk.Asked, done func()) {
	answer := kit.NewField()
	answer.MaxLen = 100
	answer.SetPlaceholder("对方报出的批准码，也可以扫码")
	codeOf := kit.NewLabeled("批准码", false, answer)
	admin := newAdminHere(u, false)
	var d *kit.Dialog
	ok := func(at *kit.Labeled, err error) {
		d.YesButton().SetBusy("")
		if err != nil {
			at.SetError(sentence(err))
			return
		}
		d.Close()
		u.granted(a, done)
	}
	wait := &awaited{u: u, asked: a, told: kit.NewText("", kit.TextOK)}
	d = kit.NewDialog(u.win, "等待批准", container.New(&stacked{gap: 10},
		kit.NewText("有网络时，申请会自动送给系统数据管理员，批准后自动到本机，不必等在这里。", kit.TextBody),
		kit.NewText("没有网络或急用时，打电话给县资助中心或同县另一台电脑上的系统数据管理员，逐字报出：", kit.TextBody),
		container.NewBorder(nil, nil, nil, code(a.Scan), container.NewVBox(fact("设备编号", "末 8 位 "+shortDevice(u.desk)), fact("账号", a.Operator),
			centred(kit.NewLine(a.Code, kit.TextTitle)))), u.scannable(codeOf, answer, answerInto(answer)),
		kit.NewText("管理员在场时，由管理员选择本人并输入密码：", kit.TextBody),
		admin.row, wait.told), "确认", "以后再填", func() bool {
		switch wait.state {
		case wasGranted:
			ok(nil, nil)
			return false
		case wasDeclined:
			return true
		}
		codeOf.SetError("")
		admin.unblame()
		typed := strings.TrimSpace(answer.Text())
		if typed == "" && admin.secret.Empty() {
			codeOf.SetError("请输入批准码，或由管理员输入密码")
			return false
		}
		job, at := func(ctx context.Context) error {
			_, err := u.desk.TakeGrant(ctx, a.Code, typed)
			return err
		}, codeOf
		if typed == "" {
			who, secret, ok := admin.take()
			if !ok {
				return false
			}
			at = admin.secretOf
			job = func(ctx context.Context) error {
				defer clear(secret)
				_, err := u.desk.ApproveAsk(ctx, a.Code, who, secret, nil)
				return err
			}
		}
		d.YesButton().SetBusy("正在核对…")
		u.act("take grant", job, func(err error) { ok(at, err) })
		return false
	})
	answer.OnEnter = func() { d.YesButton().Tapped(nil) }
	u.awaits(wait, d)
	d.SetWidth(620)
	d.Show()
	wait.hear()
}

// awaits has the dialog told of the answer that comes from afar, while it is open.
func (u *Window) awaits(w *awaited, d *kit.Dialog) {
	w.dialog, u.awaited = d, w
	w.told.Hide()
	d.SetOnClosed(func() {
		if u.awaited == w {
			u.awaited = nil
		}
	})
}

// granted says what may be done now that a request was granted, and goes on with done,
// which may be nil.
func (u *Window) granted(a desk.Asked, done func()) {
	words := "已批准。现在可以按“显示…”查看所批准的内容。"
	if slices.Contains(a.Fields, desk.SearchField) {
		words = "已批准。现在可以继续查找他人案件。"
	}
	if slices.Contains(a.Fields, desk.TakeField) {
		words = "已批准。现在可以继续接手他人案件。"
	}
	kit.Notice(u.win, kit.Good, words)
	if done != nil {
		done()
	}
}

// adminHere asks a data administrator who is here for his word: who he is, and his
// password.
type adminHere struct {
	who             *kit.Picker
	secret          *kit.Field
	whoOf, secretOf *kit.Labeled
	row             fyne.CanvasObject
}

func newAdminHere(u *Window, required bool) *adminHere {
	h := &adminHere{secret: kit.NewField()}
	h.secret.Password = true
	admins := u.administrators()
	h.who, h.whoOf = pickPerson("系统数据管理员", required, func() []kit.Option { return admins })
	h.secretOf = kit.NewLabeled("管理员密码", required, h.secret)
	tell := h.who.OnChanged
	h.who.OnChanged = func(o kit.Option) {
		h.unblame() // it was said of another
		tell(o)
	}
	h.secret.OnChanged = func(string) { h.secretOf.SetError("") }
	h.row = kit.Columns(nil, h.whoOf, h.secretOf)
	return h
}

// unblame takes away what was said to be wrong.
func (h *adminHere) unblame() {
	h.whoOf.SetError("")
	h.secretOf.SetError("")
}

// take is who gives his word, and his password, which the caller wipes and which the
// field loses; false where one of them is missing, which is then said at it.
func (h *adminHere) take() (who string, secret []byte, ok bool) {
	h.unblame()
	switch {
	case h.who.Value() == kit.Option{}:
		h.whoOf.SetError("请选择系统数据管理员")
		kit.Focus(h.who)
		return "", nil, false
	case h.who.Value().ID == "":
		personIn(h.who, h.whoOf)
		return "", nil, false
	case h.secret.Empty():
		h.secretOf.SetError("请输入管理员密码")
		kit.Focus(h.secret)
		return "", nil, false
	}
	secret = h.secret.Secret()
	h.secret.SetText("")
	return h.who.Value().ID, secret, true
}

// administrators are the data administrators who can sign in at this laptop.
func (u *Window) administrators() []kit.Option {
	var out []desk.Person
	for _, o := range u.others() {
		if slices.Contains(o.Roles, desk.DataAdmin) {
			out = append(out, desk.Person{ID: o.ID, Name: o.Name})
		}
	}
	return peopleOptions(out)
}

// breakGlass asks for the reason of an emergency.
func (v *visit) breakGlass() { v.breakGlassFor("") }

// breakGlassFor is breakGlass with a reason that was given and what was ticked; where an
// emergency runs in the case it goes on with that.
func (v *visit) breakGlassFor(given string, ticked ...string) {
	v.unlessGlass(given, ticked, func() { v.askGlass(given, ticked...) })
}

// askGlass asks for the reason of a further emergency.
func (v *visit) askGlass(given string, ticked ...string) {
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.SetText(given)
	reason.SetPlaceholder("例如：洪水断网，家属急需核对")
	why := kit.NewLabeled("紧急情况", true, reason)
	var d *kit.Dialog
	d = kit.NewDialog(v.u.win, "紧急查看", container.New(&stacked{gap: 12},
		kit.NewText("只用于灾害等紧急情况，来不及申请授权的时候。一小时内可以查看本案全部内容；事后由管理员或审计员逐件复查，复查之前最多使用 3 次。", kit.TextBody), why),
		"紧急查看", "取消", func() bool {
			text := strings.TrimSpace(reason.Text())
			d.YesButton().SetBusy("正在登记…")
			var on desk.Broken
			v.u.act("break glass", func(ctx context.Context) (err error) {
				on, err = v.u.desk.BreakGlass(ctx, v.id, text)
				return err
			}, func(err error) {
				d.YesButton().SetBusy("")
				if err != nil {
					why.SetError(sentence(err))
					return
				}
				d.Close()
				v.askRevealBy(v.glassWords(on), text, ticked...)
			})
			return false
		})
	reason.OnEnter = func() { d.YesButton().Tapped(nil) }
	d.SetWidth(560)
	d.Show()
}
