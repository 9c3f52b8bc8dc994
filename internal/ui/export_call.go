package ui

import (
	"context"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// callExport asks a data administrator who is elsewhere to approve an export to a
// recipient. done may be nil.
func (u *Window) callExport(a desk.Asked, to desk.Release, done func()) {
	var call desk.ExportCall
	u.act("call export", func(ctx context.Context) (err error) {
		call, err = u.desk.CallExport(ctx, a.Code, to)
		return err
	}, func(err error) {
		if err != nil {
			u.fail(err)
			return
		}
		u.showCall(a, to, call, done)
	})
}

// showCall shows what is to be read out, and takes the answer.
func (u *Window) showCall(a desk.Asked, to desk.Release, call desk.ExportCall, done func()) {
	answer := kit.NewField()
	answer.MaxLen = 100
	answer.SetPlaceholder("对方报出的批准码，也可以扫码")
	answerOf := kit.NewLabeled("批准码", true, answer)
	var d *kit.Dialog
	d = kit.NewDialog(u.win, "打电话批准导出", container.New(&stacked{gap: 10},
		kit.NewText("打电话给县资助中心或同县另一台电脑上的系统数据管理员，逐项报出；对方会另行向接收单位核对公钥指纹。", kit.TextBody),
		container.NewBorder(nil, nil, nil, codeOfSide(call.Scan, 210), container.NewVBox(fact("设备编号", "末 8 位 "+shortDevice(u.desk)), fact("账号", a.Operator),
			fact("导出", strings.Join(fieldNames(a.Fields), "、")), fact("件数", ofCases(1, a.Count)),
			fact("接收单位", to.To), fact("公钥指纹", to.Fingerprint()), fact("用途", a.Reason))),
		centred(kit.NewText(call.Code, kit.TextHeading)), u.scannable(answerOf, answer, answerInto(answer))), "确认", "以后再填", func() bool {
		typed := strings.TrimSpace(answer.Text())
		if typed == "" {
			answerOf.SetError("请输入批准码")
			return false
		}
		answerOf.SetError("")
		d.YesButton().SetBusy("正在核对…")
		u.act("take export", func(ctx context.Context) error {
			_, err := u.desk.TakeGrant(ctx, a.Code, typed)
			return err
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				answerOf.SetError(sentence(err))
				return
			}
			d.Close()
			u.exportApproved(done)
		})
		return false
	})
	d.SetWidth(680)
	d.Show()
}

func (u *Window) exportApproved(done func()) {
	kit.Notice(u.win, kit.Good, "已批准导出。请在“管理 · 授权”中按“导出…”。")
	if done != nil {
		done()
	}
}

// exportParts are what an administrator fills in of a request to export that was
// read out, hidden while the code is another's.
type exportParts struct {
	to, purpose *kit.Field
	row         fyne.CanvasObject
}

func newExportParts(changed func()) *exportParts {
	p := &exportParts{to: kit.NewField(), purpose: kit.NewField()}
	p.to.MaxLen, p.purpose.MaxLen = 30, 100
	p.row = kit.Columns(nil, kit.NewLabeled("接收单位", true, p.to), kit.NewLabeled("用途", true, p.purpose))
	p.to.OnChanged = func(string) { changed() }
	p.purpose.OnChanged = func(string) { changed() }
	p.row.Hide()
	return p
}

func (p *exportParts) said() desk.ExportTo {
	return desk.ExportTo{To: strings.TrimSpace(p.to.Text()), Purpose: strings.TrimSpace(p.purpose.Text())}
}
