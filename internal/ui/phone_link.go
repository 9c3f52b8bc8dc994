package ui

import (
	"context"
	"net/url"
	"strings"

	"doorstep/internal/capture"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// phoneLink serves a page to a phone, or to this laptop's own browser, shows its
// code, and follows what is done there, until it is closed.
type phoneLink struct {
	u     *Window
	local bool
	phone *capture.Phone
	ctx   context.Context
	stop  context.CancelFunc
	code  *fyne.Container
	where *kit.Text
	other *kit.Button         // another of this laptop's networks
	again *kit.Button         // tries anew, where no phone could come
	needs []fyne.CanvasObject // what is of no use without a code, and not in view then
	at    int                 // of the addresses
	say   func(kit.TextKind, string)
	hear  func(capture.PhoneEvent)
	ways  string // what else will do, where no phone can come
}

// newPhoneLink is a link whose page is not served yet. say shows words, hear is
// told what the phone does; both run where the window's code does.
func newPhoneLink(u *Window, ways string, say func(kit.TextKind, string), hear func(capture.PhoneEvent)) *phoneLink {
	l := &phoneLink{u: u, ways: ways, say: say, hear: hear, code: container.NewStack(), where: kit.NewText("", kit.TextCaption)}
	l.ctx, l.stop = context.WithCancel(u.shift)
	l.other = kit.NewSecondary("换一个网络", kit.Icon("sync"), func() {
		l.at++
		l.show()
	})
	l.other.Hide()
	l.again = kit.NewSecondary("再试一次", kit.Icon("refresh"), nil)
	l.again.Hide()
	return l
}

// serve begins to serve the page.
func (l *phoneLink) serve(o capture.PhoneOptions) {
	l.local = o.Local
	l.again.OnTapped = func() {
		l.again.Hide()
		l.free(l.phone)
		l.phone = nil
		l.say(kit.TextBody, "正在准备…")
		l.serve(o)
	}
	serve := l.u.deps.Phone
	if serve == nil {
		serve = capture.ServePhone
	}
	var phone *capture.Phone
	l.u.run("serve phone", func(context.Context) (err error) {
		phone, err = serve(l.ctx, o)
		return err
	}, func(err error) {
		switch {
		case err != nil && l.ctx.Err() == nil:
			l.lack(true)
			l.say(kit.TextBad, sentence(err))
			return
		case l.ctx.Err() != nil:
			l.free(phone)
			return
		}
		l.phone = phone
		l.show()
		l.u.run("follow phone", func(context.Context) error {
			for {
				e, err := phone.Next(l.ctx)
				if err != nil {
					return nil // it is closed
				}
				l.u.back(func() {
					if l.ctx.Err() == nil || e.Shot != nil { // who took a picture saw it arrive
						l.hear(e)
					}
				})
			}
		}, func(error) {})
	})
}

// show shows the code of an address, or opens the browser.
func (l *phoneLink) show() {
	all := l.phone.Addresses()
	if len(all) == 0 {
		l.lack(true)
		l.say(kit.TextBad, "本机的网络断开了：请重新连上后再试，也可以"+l.ways+"。")
		return
	}
	address := all[l.at%len(all)]
	if l.local {
		l.say(kit.TextBody, "正在打开浏览器，请允许它使用摄像头。")
		if u, err := url.Parse(address); err != nil || fyne.CurrentApp().OpenURL(u) != nil {
			l.say(kit.TextBad, "打不开浏览器：请用手机拍或选文件。")
		}
		return
	}
	l.lack(false)
	setVisible(l.other, len(all) > 1)
	l.code.Objects = []fyne.CanvasObject{code(address)}
	l.code.Refresh()
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	l.where.SetText("本机地址 " + host + "。打不开：不在同一网络，或被防火墙拦住。")
	l.say(kit.TextBody, "等待手机扫码…")
}

// lack takes away, or puts back, what is of no use without a code.
func (l *phoneLink) lack(code bool) {
	for _, o := range l.needs {
		setVisible(o, !code)
	}
	setVisible(l.again, code)
	if code {
		l.other.Hide()
		l.where.SetText("")
	}
}

// used takes the code away, which is void once a phone has it for itself.
func (l *phoneLink) used() {
	l.code.Objects = nil
	l.code.Refresh()
	l.other.Hide()
	l.where.SetText("")
}

// close ends the page.
func (l *phoneLink) close() {
	l.stop()
	l.free(l.phone)
	l.phone = nil
}

func (l *phoneLink) free(phone *capture.Phone) {
	if phone != nil {
		l.u.run("close phone", func(context.Context) error { return phone.Close() }, func(error) {})
	}
}
