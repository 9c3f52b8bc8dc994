package ui

import (
	"context"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// helpersCard is 辅助程序: programs of others, which a data administrator names.
type helpersCard struct {
	u       *Window
	rows    *fyne.Container
	content fyne.CanvasObject
}

func newHelpersCard(u *Window) *helpersCard {
	k := &helpersCard{u: u, rows: container.NewVBox()}
	k.content = kit.Card("辅助程序", nil,
		kit.NewText("由读卡器厂家或县里提供、装在这台电脑上的小程序。默认不用；没有它，办理照常。程序换过以后要在这里重新确认才会再用。接口见随附的 docs/helpers.md。", kit.TextBody), k.rows)
	k.refresh()
	return k
}

func (k *helpersCard) refresh() {
	var all desk.Helpers
	k.u.run("helpers", func(ctx context.Context) (err error) {
		all, err = k.u.desk.Helpers(ctx)
		return err
	}, func(err error) {
		if err != nil {
			k.u.fail(err)
			return
		}
		k.rows.Objects = []fyne.CanvasObject{
			k.row(all, desk.DecodeCard, "证件芯片照片", "把读卡器读出的照片解出来，放在现场照片旁边供核对"),
			k.row(all, desk.ComparePhoto, "照片比对", "给出现场照片与证件照片的相似度，只是提示，不保存，不影响办理")}
		k.rows.Refresh()
		k.u.arranged()
	})
}

func (k *helpersCard) row(all desk.Helpers, job desk.HelperJob, name, words string) fyne.CanvasObject {
	p, on := all[job]
	state := kit.NewStatusLine(kit.Info, "未启用")
	choose := kit.NewSecondary("选程序", kit.Icon("folder"), func() { k.choose(job, name) })
	choose.SetAbout(name)
	buttons := container.NewHBox(layout.NewSpacer(), choose)
	if on {
		at := strings.LastIndexAny(p.Path, `/\`)
		state.Set(kit.Good, "已启用："+p.Path[at+1:])
		off := kit.NewSecondary("停用", nil, func() { k.set(job, "", name+"已停用。") })
		off.SetAbout(name)
		buttons.Add(off)
	}
	return kit.Columns([]float32{3, 2, 2}, container.NewVBox(kit.NewLine(name, kit.TextBold), kit.NewText(words, kit.TextCaption)), state,
		container.NewVBox(buttons))
}

func (k *helpersCard) choose(job desk.HelperJob, name string) {
	kit.NewChooser(k.u.win, "选择程序："+name, kit.ChooserOptions{}, func(path string) {
		kit.Confirm(k.u.win, "启用这个程序？", "它会得到本案人员的照片。只启用读卡器厂家或县里提供、来源可靠的程序；照片不会由本软件发往别处。\n"+path, "启用", "不启用",
			func() { k.set(job, path, name+"已启用。") })
	}).Show()
}

func (k *helpersCard) set(job desk.HelperJob, path, done string) {
	k.u.act("set helper", func(ctx context.Context) error { return k.u.desk.SetHelper(ctx, job, path) }, func(err error) {
		if err != nil {
			kit.Message(k.u.win, "没有启用", sentence(err), nil)
			return
		}
		kit.Notice(k.u.win, kit.Good, done)
		k.refresh()
	})
}
