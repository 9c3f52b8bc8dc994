package ui

import (
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// ended leaves the work where it may go on no more: for the sign-in screen where the
// roster has taken it from the person, else for the page that says why. There the case in
// hand is opened again when it may.
func (u *Window) ended() {
	if u.shell == nil || u.gate != nil {
		return
	}
	if why := u.desk.Out(); why != nil {
		u.putOut(why)
		return
	}
	d, why := u.desk, u.desk.Lapsed()
	if why == nil {
		return
	}
	v, lost := u.shell.current, len(u.unkept()) > 0
	stop := u.leaveWork()
	u.gate = parting{}
	u.show("ending", front("正在停止办理", "正在保存已填内容…", container.NewVBox()))
	u.onceDone(stop, func() {
		u.beginShift()
		u.showLapse(d, why)
		if lost || v.leftOut() {
			kit.Message(u.win, "有内容没有存下", "刚才正在填写或添加的内容没有存下。恢复办理以后，请打开"+v.named()+"核对，再填一次。", nil)
		}
	})
}

// putOut is lock for who may go on no more. The sign-in screen says why, and that
// something was not saved where the desk no longer took it.
func (u *Window) putOut(why error) {
	d, v, words := u.desk, u.shell.current, sentence(why)
	lost := len(u.unkept()) > 0
	stop := u.leaveWork()
	if v != nil {
		v.content.Objects = nil
	}
	u.show("ending", front("正在停止办理", words, container.NewVBox()))
	u.closing("put out", d, stop, func(err error) {
		if lost || v.leftOut() {
			words += "刚才正在填写或添加的内容没有存下，请接着办理的人员核对" + v.named() + "。"
		}
		u.left = Left{Who: d.Operator().ID, Why: words}
		u.root.Clear() // what was not saved is said there
		u.afresh(err)
	})
}

// named is the case that was in hand, by its digits: it tells nothing of anybody.
func (v *visit) named() string {
	if v == nil {
		return "这件案件"
	}
	return shortCase(v.id)
}

// parting is the while in which the work ends; nothing is signed out meanwhile.
type parting struct{}

func (parting) leave() {}
