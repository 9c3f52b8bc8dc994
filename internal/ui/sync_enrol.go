package ui

import (
	"context"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2/container"
)

// newEnrolAgain asks for the code with which a laptop that the centre shut out
// becomes the same device again. What waits on it stays, and goes afterwards. then is
// called once it has.
func newEnrolAgain(u *Window, then func()) {
	at := u.desk.Laptop()
	server, code := kit.NewField(), kit.NewField()
	server.SetText(at.Server)
	code.SetPlaceholder("DS1-……")
	serverOf, codeOf := kit.NewLabeled("中心地址", true, server), kit.NewLabeled("重新注册码", true, code)
	var d *kit.Dialog
	d = kit.NewDialog(u.win, "重新注册这台电脑", container.NewVBox(
		kit.NewText("等待上传的材料都保留在本机，重新注册后自动接着传。请把下面的本机编号报给县资助中心，索取重新注册码。", kit.TextBody),
		kit.NewLine(at.Device, kit.TextBold), serverOf, codeOf), "重新注册", "取消", func() bool {
		where, what := strings.TrimSpace(server.Text()), strings.TrimSpace(code.Text())
		serverOf.SetError(emptyError(where, "请填写中心地址"))
		codeOf.SetError(emptyError(what, "请填写重新注册码"))
		if where == "" || what == "" {
			return false
		}
		d.YesButton().SetBusy("正在重新注册…")
		u.run("enrol again", func(ctx context.Context) error {
			if err := u.desk.MaySync(ctx); err != nil {
				return err // before the code is used up
			}
			p, err := courier.Reenrol(ctx, u.desk.Store().Profile(), courier.EnrolRequest{Server: where, Code: what})
			if err != nil {
				return err
			}
			// The code is used up: what it gave must be kept.
			return u.desk.Enrolled(context.WithoutCancel(ctx), p)
		}, func(err error) {
			d.YesButton().SetBusy("")
			if fault.KindOf(err) == fault.Offline {
				serverOf.SetError("连不上这个地址。请检查网络、地址和端口后再试。")
				return
			}
			if err != nil {
				codeOf.SetError(sentence(err))
				return
			}
			d.Close()
			then()
		})
		return false
	})
	d.Open()
	kit.Focus(code)
}

// carryAgain sends what waits with the certificate that the laptop was given anew.
func (u *Window) carryAgain() {
	if u.shell == nil {
		return // locked meanwhile; the next sign-in goes on
	}
	u.stopCarrier()
	u.startCarrier()
	kit.Notice(u.win, kit.Good, "已重新注册，正在接着上传。")
}
