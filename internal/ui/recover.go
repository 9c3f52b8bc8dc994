package ui

import (
	"context"
	"io"
	"os"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// recovery is the way back in for an operator who forgot the password: the
// county is asked, a person there compares a number by telephone and approves,
// and a new password is set.
type recovery struct {
	u     *Window
	who   *kit.Picker
	whoOf *kit.Labeled
	ask   *kit.Button
	out   *kit.Button // back to signing in
	over  bool        // the page was left

	plea   *desk.Recovery
	stop   context.CancelFunc // ends the waiting
	status *kit.Text
	folder string

	set      *newPasswords
	settle   *kit.Button
	approved time.Time // when the new password was asked for
}

// newRecovery shows the page, for the person who was chosen at signing in.
func newRecovery(u *Window, who kit.Option) *recovery {
	r := &recovery{u: u, stop: func() {}}
	options := peopleOptions(u.deps.Door.People())
	r.who, r.whoOf = pickPerson("操作员", true, func() []kit.Option { return options })
	if who.ID != "" {
		r.who.SetValue(who)
	}
	r.ask = kit.NewPrimary("申请找回", kit.Icon("phone"), r.begin)
	r.out = kit.NewQuiet("返回登录", nil, r.leave)
	u.first = r.ask
	u.show("recover", front("忘记密码", "密码没有人能查看，只能重新设置。县资助中心核对是您本人后批准，本机的数据不受影响。",
		container.NewVBox(r.whoOf, r.ask, container.NewCenter(r.out))))
	return r
}

// leave drops the request and shows the sign-in page.
func (r *recovery) leave() {
	if r.over || r.settle != nil && r.settle.Busy() {
		return
	}
	r.over = true
	r.stop()
	if r.set != nil {
		r.set.wipe()
	}
	plea := r.plea
	r.u.act("leave recovery", func(context.Context) error {
		plea.Forget()
		return nil
	}, func(error) { r.u.begin() })
}

// begin makes the request and shows its number.
func (r *recovery) begin() {
	if r.ask.Busy() {
		return
	}
	chosen, ok := personIn(r.who, r.whoOf)
	if !ok {
		return
	}
	who := chosen.ID
	r.ask.SetBusy("正在生成核对码…")
	var code string
	r.u.act("ask recovery", func(context.Context) (err error) {
		if r.plea, err = r.u.deps.Door.AskRecovery(who); err == nil {
			code = r.plea.Code()
		}
		return err
	}, func(err error) {
		r.ask.SetBusy("")
		if err != nil {
			r.u.fail(err)
			return
		}
		if !r.over {
			r.wait(code)
		}
	})
}

// wait shows the number and asks the centre until a person has decided.
func (r *recovery) wait(code string) {
	r.status = kit.NewText("正在联系县资助中心…", kit.TextMuted)
	r.status.SetAlign(fyne.TextAlignCenter)
	save := kit.NewSecondary("把申请存到 U 盘", kit.Icon("download"), r.save)
	read := kit.NewSecondary("读取批准文件", kit.Icon("folder"), r.read)
	r.out = kit.NewQuiet("取消", nil, r.leave)
	r.u.first = nil // nothing here is pressed by a stray Return
	r.u.show("recover wait", front("请给县资助中心打电话", "报出您的姓名和下面的核对码。对方核对无误后批准，本页会自动继续。",
		container.NewVBox(gap(between/2),
			centred(kit.NewLine(code[:5]+" "+code[5:], kit.TextDigits)),
			r.status, gap(between/2),
			kit.NewText("请不要关闭程序，关闭后须重新申请。", kit.TextCaption), gap(between/2),
			kit.NewLine("没有网络时", kit.TextBold),
			kit.NewText("用 U 盘把申请带给县资助中心，再把批准文件带回来，72 小时内有效。", kit.TextCaption),
			kit.Columns(nil, save, read), gap(between/2),
			container.NewCenter(r.out),
		)))
	ctx, stop := context.WithCancel(r.u.ctx)
	r.stop = stop
	request := courier.RecoverRequest{Server: r.plea.Centre.Server, CA: r.plea.Centre.CA, Request: r.plea.Request(),
		Told: func(there bool) { r.u.back(func() { r.told(there) }) }}
	var approval []byte
	r.u.run("recover", func(context.Context) (err error) {
		approval, err = courier.Recover(ctx, request)
		if ctx.Err() != nil {
			return nil // left, or approved by file
		}
		return err
	}, func(err error) {
		if r.over || ctx.Err() != nil {
			return
		}
		if err != nil {
			r.tell(kit.TextBad, sentence(err))
			return
		}
		r.take(approval, true)
	})
}

func (r *recovery) told(there bool) {
	if there {
		r.tell(kit.TextOK, "已送到县资助中心，正在等待批准…")
		return
	}
	r.tell(kit.TextWarn, "现在连不上县资助中心，正在重试；也可以用 U 盘。")
}

func (r *recovery) tell(kind kit.TextKind, words string) {
	r.status.SetKind(kind)
	r.status.SetText(words)
}

// save writes the request to a file, for a stick.
func (r *recovery) save() { r.u.saveRequest("找回密码申请.dsf", r.folder, r.plea.Request()) }

func (u *Window) saveRequest(name, folder string, request []byte) {
	kit.NewChooser(u.win, "把申请存到 U 盘", kit.ChooserOptions{Save: true, Name: name, Folder: folder, Suffixes: []string{".dsf"}}, func(path string) {
		u.run("save request", func(context.Context) error { return writeWhole(path, request) }, func(err error) {
			if err != nil {
				u.fail(err)
				return
			}
			kit.Notice(u.win, kit.Good, "申请已存好。请带给县资助中心，并在电话里报出核对码。")
		})
	}).Show()
}

// read takes an approval out of a file.
func (r *recovery) read() { r.u.readApproval(r.folder, func(b []byte) { r.take(b, false) }) }

func (u *Window) readApproval(folder string, take func([]byte)) {
	kit.NewChooser(u.win, "读取批准文件", kit.ChooserOptions{Folder: folder, Suffixes: []string{".dsg"}}, func(path string) {
		var approval []byte
		u.run("read approval", func(context.Context) (err error) {
			approval, err = readApproval(path)
			return err
		}, func(err error) {
			if err != nil {
				u.fail(err)
				return
			}
			take(approval)
		})
	}).Show()
}

// longestApproval is more than any approval has.
const longestApproval = 16 << 10

func readApproval(path string) ([]byte, error) {
	const op = "read approval"
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Say(op, fault.Missing, "读不了这个文件。", writeFault(op, err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, longestApproval))
	if err != nil {
		return nil, fault.Say(op, fault.Disk, "读不了这个文件。", writeFault(op, err))
	}
	return b, nil
}

// take opens an approval and goes on to the new password.
func (r *recovery) take(approval []byte, online bool) {
	r.u.act("take approval", func(context.Context) error { return r.plea.Take(approval, online) }, func(err error) {
		switch {
		case r.over:
		case fault.KindOf(err) == fault.Damaged || fault.KindOf(err) == fault.TooLarge:
			kit.Notice(r.u.win, kit.Bad, "这不是县资助中心的批准文件，请重新选择。")
		case err != nil:
			r.u.fail(err)
		default:
			r.stop()
			r.choose()
		}
	})
}

// choose asks for the new password.
func (r *recovery) choose() {
	r.set = askNewPassword("新密码")
	r.set.again.OnEnter = r.open
	r.settle = kit.NewPrimary("设置新密码并登录", kit.Icon("check"), r.open)
	r.out = kit.NewQuiet("取消", nil, r.leave)
	r.u.first = r.set.first
	r.u.show("recover set", front("已批准，请设置新密码", r.who.Value().Text+"，设置新密码后，原来的密码失效。",
		container.NewVBox(r.set.firstOf, r.set.againOf, r.settle, container.NewCenter(r.out))))
	r.approved, r.u.deserted = time.Now(), r.desert
}

// desert gives the approval up where nobody came to use it: it is for who was asked for,
// and whoever passes by would be him. Who telephones touches nothing for a while, so that
// it counts from when the page came.
func (r *recovery) desert() {
	if r.over || r.settle.Busy() || time.Since(r.approved) < idleLimit {
		return
	}
	r.u.left.Why = "找回密码已批准，但一直没有人设置新密码，这次批准作废。需要时请本人重新申请找回。"
	r.leave()
}

// open sets the new password and signs in.
func (r *recovery) open() {
	if r.settle.Busy() || r.over {
		return
	}
	password, ok := r.set.take()
	if !ok {
		return
	}
	r.settle.SetBusy("正在设置…")
	var d *desk.Desk
	r.u.act("recover", func(ctx context.Context) (err error) {
		defer clear(password)
		d, err = r.u.deps.Door.Recover(ctx, r.plea, password)
		return err
	}, func(err error) {
		r.settle.SetBusy("")
		if err != nil {
			r.set.failed(err)
			return
		}
		r.set.wipe()
		r.over = true
		r.u.signedIn(d)
		kit.Notice(r.u.win, kit.Good, "新密码已生效。")
	})
}
