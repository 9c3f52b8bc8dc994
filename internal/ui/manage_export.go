package ui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// asksFor says whether a request is to see or to export.
func asksFor(a desk.Asked) string {
	if a.Export {
		return " 申请导出 "
	}
	return " 申请 "
}

// askExport asks for leave to export: of one case, or of so many.
func (u *Window) askExport(of *uuid.UUID, done func()) {
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.SetPlaceholder("例如：市资助中心抽查合同")
	why := kit.NewLabeled("用途", true, reason)
	boxes := newFieldBoxes("images")
	hours := kit.NewChoice(kit.Option{ID: "2", Text: "2 小时"}, kit.Option{ID: "8", Text: "8 小时"}, kit.Option{ID: "24", Text: "24 小时"}, kit.Option{ID: "72", Text: "72 小时"})
	hours.SetValue("2")
	count := kit.NewField()
	count.Filter = kit.Digits
	count.MaxLen = 2
	count.SetText("1")
	bounds := kit.Columns(nil, kit.NewLabeled("最多几件", true, count), kit.NewLabeled("期限", true, hours))
	if of != nil {
		bounds = kit.NewLabeled("期限", true, hours)
	}
	var d *kit.Dialog
	d = kit.NewDialog(u.win, "申请导出", container.New(&stacked{gap: 12},
		kit.NewText("由系统数据管理员写明接收单位后批准。导出的文件只有接收人能打开；合同和影像都带水印，件数记入日志，用完为止。", kit.TextBody),
		why, kit.NewLabeled("导出哪些", true, boxes.row), bounds), "申请", "取消", func() bool {
		n, _ := strconv.Atoi(hours.Value())
		w := desk.Wanted{Fields: boxes.chosen(), Hours: n, Reason: strings.TrimSpace(reason.Text()), Export: true}
		if of != nil {
			w.Case = *of
		} else {
			w.Count, _ = strconv.Atoi(count.Text())
		}
		u.ask(d, why, w, func(a desk.Asked) { u.approveExport(a, done) })
		return false
	})
	reason.OnEnter = func() { d.YesButton().Tapped(nil) }
	d.SetWidth(640)
	d.Show()
}

// approveExport takes the word of a data administrator who is here: to whom the
// cases go. done may be nil.
func (u *Window) approveExport(a desk.Asked, done func()) {
	to, key := kit.NewField(), kit.NewField()
	to.MaxLen, key.MaxLen = 30, 70
	to.SetPlaceholder("例如：某市学生资助管理中心")
	key.SetPlaceholder("age1 开头的 62 位字符，粘贴或从文件读取")
	toOf, keyOf := kit.NewLabeled("接收单位", true, to), kit.NewLabeled("接收人公钥", true, key)
	print := kit.NewText("请向接收人核对公钥指纹。", kit.TextMuted)
	admin := newAdminHere(u, true)
	told := func() {
		r := desk.Release{To: "-", Key: strings.TrimSpace(key.Text())}
		if desk.CheckRelease(r) == nil {
			print.SetText("公钥指纹 " + r.Fingerprint() + "，请向接收人核对。")
			return
		}
		print.SetText("请向接收人核对公钥指纹。")
	}
	key.OnChanged = func(string) {
		keyOf.SetError("")
		told()
	}
	to.OnChanged = func(string) { toOf.SetError("") }
	file := kit.NewSecondary("从文件读取…", kit.Icon("folder"), func() {
		kit.NewChooser(u.win, "接收人的公钥文件", kit.ChooserOptions{}, func(path string) {
			k, err := keyIn(path)
			if err != nil {
				keyOf.SetError("文件里没有 age1 开头的公钥")
				return
			}
			keyOf.SetError("")
			key.SetText(k)
			told()
		}).Show()
	})
	var d *kit.Dialog
	named := func() (desk.Release, bool) {
		r := desk.Release{To: strings.TrimSpace(to.Text()), Key: strings.TrimSpace(key.Text())}
		toOf.SetError("")
		keyOf.SetError("")
		if err := desk.CheckRelease(r); err != nil {
			at := toOf
			if key := desk.CheckRelease(desk.Release{To: "-", Key: r.Key}); key != nil && sentence(key) == sentence(err) {
				at = keyOf
			}
			at.SetError(sentence(err))
			return r, false
		}
		return r, true
	}
	afar := kit.NewSecondary("管理员不在场，打电话批准…", kit.Icon("phone"), func() {
		if r, ok := named(); ok {
			d.Close()
			u.callExport(a, r, done)
		}
	})
	d = kit.NewDialog(u.win, "批准导出", container.New(&stacked{gap: 10},
		kit.NewText(u.namer()(a.Operator)+" 申请导出"+strings.Join(fieldNames(a.Fields), "、")+"，"+ofCases(1, a.Count)+"，"+strconv.Itoa(a.Hours)+" 小时："+a.Reason, kit.TextBody),
		toOf, keyOf, container.NewBorder(nil, nil, nil, file, print),
		admin.row, container.NewHBox(afar)), "批准", "以后再批", func() bool {
		r, ok := named()
		if !ok {
			return false
		}
		who, secret, ok := admin.take()
		if !ok {
			return false
		}
		d.YesButton().SetBusy("正在核对…")
		u.act("approve export", func(ctx context.Context) error {
			defer clear(secret)
			_, err := u.desk.ApproveAsk(ctx, a.Code, who, secret, &r)
			return err
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				admin.secretOf.SetError(sentence(err))
				return
			}
			d.Close()
			u.exportApproved(done)
		})
		return false
	})
	d.SetWidth(620)
	d.Show()
}

// keyIn is the first public key in a file.
func keyIn(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 16<<10))
	if err != nil {
		return "", err
	}
	for word := range bytes.FieldsSeq(b) {
		if desk.CheckRelease(desk.Release{To: "-", Key: string(word)}) == nil {
			return string(word), nil
		}
	}
	return "", os.ErrNotExist
}

// releaseRow is a grant to export, with the button that uses it.
func (u *Window) releaseRow(g desk.Given, done func()) fyne.CanvasObject {
	left := g.Total() - len(g.Used)
	button := kit.NewSecondary("导出…", kit.Icon("download"), func() { u.export(g, done) })
	button.SetEnabled(left > 0)
	return kit.Columns([]float32{3, 4, 2}, kit.NewText("导出"+strings.Join(fieldNames(g.Fields), "、"), kit.TextBody),
		kit.NewText(fmt.Sprintf("给 %s，共 %d 件，还剩 %d 件，至 %s：%s", g.Release.To, g.Total(), left,
			g.Until.In(u.deps.Now().Location()).Format("01-02 15:04"), g.Reason), kit.TextCaption), button)
}

// export writes cases by a grant into a folder that is chosen.
func (u *Window) export(g desk.Given, done func()) { u.exportOf(g, g.Cases, done) }

// exportCase exports the case that is open: by a grant that is there, or once
// one was asked for.
func (u *Window) exportCase(id uuid.UUID) {
	var all []desk.Given
	u.act("releases", func(ctx context.Context) (err error) {
		all, err = u.desk.Releases(ctx)
		return err
	}, func(err error) {
		if err != nil {
			u.fail(err)
			return
		}
		for _, g := range all {
			named := slices.Contains(g.Cases, id) && !slices.Contains(g.Used, id)
			if named || g.Count > len(g.Used) {
				u.exportOf(g, []uuid.UUID{id}, nil)
				return
			}
		}
		u.askExport(&id, nil)
	})
}

func (u *Window) exportOf(g desk.Given, cases []uuid.UUID, done func()) {
	which := kit.NewField()
	which.MaxLen = 500
	which.SetPlaceholder("案件编号末 8 位，多件用空格隔开")
	var tails []string
	for _, id := range cases {
		tails = append(tails, loan.ShortID(id))
	}
	which.SetText(strings.Join(tails, " "))
	whichOf := kit.NewLabeled("案件", true, which)
	var d *kit.Dialog
	d = kit.NewDialog(u.win, "导出", container.New(&stacked{gap: 12},
		fact("接收单位", g.Release.To), fact("公钥指纹", g.Release.Fingerprint()), fact("用途", g.Reason),
		fact("件数", fmt.Sprintf("共 %d 件，还剩 %d 件", g.Total(), g.Total()-len(g.Used))), whichOf,
		kit.NewText("每件在写出之前先计数、记入日志；没有写完的也算一件。文件只有接收人能打开。", kit.TextMuted)), "选择文件夹…", "取消", func() bool {
		var cases []uuid.UUID
		d.YesButton().SetBusy("正在查找…")
		u.act("find cases", func(ctx context.Context) (err error) {
			cases, err = u.desk.ByTails(ctx, strings.Fields(which.Text()))
			return err
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err == nil && len(cases) == 0 {
				whichOf.SetError("请填写要导出的案件")
				return
			}
			if err != nil {
				whichOf.SetError(sentence(err))
				return
			}
			whichOf.SetError("")
			kit.NewChooser(u.win, "导出到文件夹", kit.ChooserOptions{Folders: true}, func(path string) { u.exportTo(g, cases, path, d, whichOf, done) }).Show()
		})
		return false
	})
	d.SetWidth(560)
	d.Show()
}

func (u *Window) exportTo(g desk.Given, cases []uuid.UUID, path string, d *kit.Dialog, whichOf *kit.Labeled, done func()) {
	var out desk.Exported
	d.YesButton().SetBusy("正在导出…")
	u.act("export", func(ctx context.Context) (err error) {
		out, err = u.desk.Export(ctx, g.ID, cases, path)
		return err
	}, func(err error) {
		d.YesButton().SetBusy("")
		if done != nil {
			done()
		}
		if err != nil {
			whichOf.SetError(sentence(err))
			return
		}
		d.Close()
		words := fmt.Sprintf("已导出 %d 件、%d 个文件，加密给 %s。", out.Cases, out.Files, g.Release.To)
		if out.Left > 0 {
			words += fmt.Sprintf("另有 %d 项不能导出（笔迹，或本机已没有），文件清单里写明。", out.Left)
		}
		kit.Message(u.win, "导出完成", words+"\n文件："+out.Path, nil)
	})
}
