package ui

import (
	"context"
	"fmt"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// shutOutPage is the page of a laptop that the county shut out. No code renews such a
// one: it is let in again by the county, or becomes the same laptop again by enrolling.
func (l *lapse) shutOutPage(why error) {
	u := l.u
	enrol := kit.NewPrimary("重新注册…", kit.Icon("online"), func() { newEnrolAgain(u, l.enrolled) })
	u.show("shut out", front("本机已被停用", sentence(why), container.NewVBox(
		fact("等待送达", l.waitingWords()), fact("设备编号", "末 8 位 "+shortDevice(l.d)), gap(between/2),
		kit.NewLine("恢复使用", kit.TextBold),
		kit.NewText("打电话给县资助中心，报设备编号。中心恢复本机后，联网自动打开；中心给了重新注册码的，按“重新注册…”。", kit.TextBody),
		l.status, gap(between/2), enrol, container.NewCenter(container.NewHBox(
			kit.NewQuiet("读入县里的文件…", kit.Icon("folder"), l.choose), kit.NewQuiet("返回登录", nil, l.leave))))))
	kit.Focus(enrol)
}

// waitingWords say what of this laptop the centre has not got yet.
func (l *lapse) waitingWords() string {
	if n := len(l.d.Waiting()); n > 0 {
		return fmt.Sprintf("%d 件案件，都留在本机", n)
	}
	return "没有"
}

// enrolled asks the county again, as the laptop that it is now.
func (l *lapse) enrolled() {
	if l.over {
		if l.u.shell != nil {
			l.u.carryAgain()
		}
		return // else locked meanwhile; the next sign-in goes on
	}
	l.status.SetText("已重新注册，正在与县资助中心核对…")
	if !l.runs {
		l.begin()
		return
	}
	l.again = true
	l.stop()
}

// begin lets the county's word come, anew.
func (l *lapse) begin() {
	ctx, stop := context.WithCancel(l.u.shift)
	l.stop = stop
	l.sync(ctx)
}
