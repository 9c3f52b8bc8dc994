package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// otherAsk is another laptop's request, as an administrator takes it down and
// answers it.
type otherAsk struct {
	u                          *Window
	device, who, asked, reason *kit.Field
	codeOf                     *kit.Labeled
	told                       *kit.Text
	parts                      *exportParts
	export                     bool   // it is to export
	read                       string // the request that told tells of; empty of none
	content                    *fyne.Container
	dialog                     *kit.Dialog
	done                       func() // it was answered
}

// answer takes another laptop's request and gives the code to be read out.
func (s *grantSection) answer() { s.otherAsk().dialog.Show() }

func (s *grantSection) otherAsk() *otherAsk {
	o := &otherAsk{u: s.u, done: s.refresh, device: kit.NewField(), who: kit.NewField(), asked: kit.NewField(), reason: kit.NewField(), told: kit.NewText("", kit.TextBold)}
	o.device.MaxLen, o.who.MaxLen, o.asked.MaxLen, o.reason.MaxLen = 8, 64, 700, 100
	o.asked.SetPlaceholder("逐字输入，或扫对方屏幕上的二维码")
	o.device.SetPlaceholder("末 8 位")
	o.codeOf = kit.NewLabeled("申请码", true, o.asked)
	o.parts = newExportParts(o.tell)
	o.content = container.New(&stacked{gap: 10}, s.u.scannable(o.codeOf, o.asked, o.take),
		kit.Columns(nil, kit.NewLabeled("设备编号", true, o.device), kit.NewLabeled("账号", true, o.who)), o.parts.row, o.told,
		kit.NewLabeled("批准理由", true, o.reason))
	o.dialog = kit.NewDialog(s.u.win, "批准另一台电脑的申请", o.content, "批准", "取消", func() bool {
		o.approve()
		return false
	})
	o.device.OnChanged = func(string) { o.tell() }
	o.asked.OnChanged = func(string) { o.tell() }
	o.asked.OnLeave = func(text string) {
		if o.take(text) != "" {
			o.tell()
		}
	}
	o.asked.OnEnter = func() { kit.Focus(o.reason) }
	o.dialog.SetWidth(560)
	return o
}

// take takes what a QR code says apart.
func (o *otherAsk) take(text string) (why string) {
	r, said, ok := desk.ScannedExport(text)
	if !ok {
		r, ok = desk.Scanned(text)
	}
	if !ok {
		return "这不是申请码的二维码，请扫对方屏幕上申请码旁边的那一个。"
	}
	o.asked.SetText(r.Code)
	o.device.SetText(r.Device)
	o.who.SetText(r.Operator)
	o.parts.to.SetText(said.To)
	o.parts.purpose.SetText(said.Purpose)
	o.tell()
	return ""
}

// tell tells what is asked for; of an export also to whom, as far as the code says
// it, and whether what was read out is what it says.
func (o *otherAsk) tell() {
	device, typed := strings.TrimSpace(o.device.Text()), o.asked.Text()
	o.codeOf.SetError("") // it was said of another
	o.read = ""
	e, _, err := o.u.desk.ReadExport(device, typed)
	o.export = err == nil
	setVisible(o.parts.row, o.export)
	a := e.Ask
	if !o.export {
		a, _, err = o.u.desk.ReadAsk(device, typed)
	}
	kind, words := kit.TextBold, ""
	if err == nil {
		n := 0
		if a.Count == 0 {
			n = 1
		}
		o.read = o.typed()
		words = fmt.Sprintf("%s，%s，%d 小时", strings.Join(fieldNames(a.Fields), "、"), ofCases(n, a.Count), a.Hours)
	}
	switch {
	case err != nil:
	case !o.export:
		words = "对方申请：" + words
	case !e.Says(o.parts.said()):
		kind, words = kit.TextWarn, "对方申请导出："+words+"。请填写对方报出的接收单位和用途；与申请码里的一致才能批准。"
	default:
		words = "对方申请导出：" + words + "。接收单位和用途与申请码一致。公钥指纹 " + e.Fingerprint() + "：请另打电话向接收单位核对，一致才批准。"
	}
	o.told.SetKind(kind)
	o.told.SetText(words)
	o.content.Refresh()
	o.dialog.Refresh()
}

// typed is which request is written down.
func (o *otherAsk) typed() string {
	return strings.TrimSpace(o.device.Text()) + " " + strings.TrimSpace(o.asked.Text())
}

// approve gives the code that is to be read out, once what is asked for was told: a
// request that nobody saw is told now, and not approved.
func (o *otherAsk) approve() {
	o.codeOf.SetError("")
	if o.read != o.typed() {
		if o.tell(); o.read != "" {
			return
		}
	}
	var answer string
	tail, name, typed, why := strings.TrimSpace(o.device.Text()), strings.TrimSpace(o.who.Text()), strings.TrimSpace(o.asked.Text()), strings.TrimSpace(o.reason.Text())
	said, export := o.parts.said(), o.export
	o.dialog.YesButton().SetBusy("正在生成…")
	o.u.act("answer ask", func(ctx context.Context) (err error) {
		if export {
			answer, err = o.u.desk.AnswerExport(ctx, tail, name, typed, said, why)
			return err
		}
		answer, err = o.u.desk.AnswerAsk(ctx, tail, name, typed, why)
		return err
	}, func(err error) {
		o.dialog.YesButton().SetBusy("")
		if err != nil {
			o.codeOf.SetError(sentence(err))
			return
		}
		o.dialog.Close()
		o.done()
		kit.NewDialog(o.u.win, "请把批准码报给对方", container.New(&stacked{gap: 12},
			centred(kit.NewLine(answer, kit.TextTitle)), container.NewCenter(code(desk.AnswerScan(answer))),
			kit.NewText("今天之内、在那台电脑上、由 "+name+" 使用一次有效。已记入本机日志。", kit.TextBody)), "知道了", "", nil).Open()
	})
}
