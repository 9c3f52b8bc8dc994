package ui

import (
	"context"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// countyCard tells which packs, registers and rosters of the county are in
// force, and takes one that was carried here as a file.
type countyCard struct {
	u       *Window
	content fyne.CanvasObject
	state   *kit.StatusLine
	rows    *fyne.Container
}

func newCountyCard(u *Window) *countyCard {
	k := &countyCard{u: u, state: kit.NewStatusLine(kit.Info, "正在查看…"), rows: container.NewVBox()}
	take := kit.NewSecondary("从文件接收", kit.Icon("folder"), k.choose)
	k.content = kit.Card("县里下发的内容", nil, k.state, k.rows, container.NewHBox(take))
	k.refresh()
	return k
}

// deviceSection is 本机与显示.
type deviceSection struct {
	m      *manage
	county *countyCard
}

func (d *deviceSection) cards() []fyne.CanvasObject {
	all := []fyne.CanvasObject{d.m.device()}
	if f := d.m.u.tenureFact(); f != nil {
		all = append(all, f)
	}
	all = append(all, d.m.packs(), d.county.content, d.m.look())
	if d.m.u.desk.MayManageSettings() {
		all = append(all, newHelpersCard(d.m.u).content)
	}
	return all
}

func (d *deviceSection) refresh() { d.m.turn(ofDevice) }

func (k *countyCard) refresh() {
	var list []desk.InForce
	k.u.run("bulletins", func(ctx context.Context) (err error) {
		list, err = k.u.desk.InForce(ctx)
		return err
	}, func(err error) {
		if err != nil {
			k.state.Set(kit.Bad, sentence(err))
			return
		}
		k.show(list)
	})
}

func (k *countyCard) show(list []desk.InForce) {
	kind, words := kit.Good, "以下内容由县资助中心签名下发，已在本机生效。"
	if len(list) == 0 {
		kind, words = kit.Info, "还没有收到。用的是程序自带的政策包和名册；联网后自动接收，没有网络时可以用文件接收。"
	}
	if err := k.u.desk.Untaken(); err != nil {
		kind, words = kit.Warning, "有内容没有生效："+sentence(err)
	}
	if c := k.u.carrier; c != nil && c.state.BulletinErr != nil {
		kind, words = kit.Bad, fault.Sentence(c.state.BulletinErr)
	}
	k.state.Set(kind, words)
	k.rows.Objects = nil
	for _, b := range list {
		k.rows.Add(kit.Columns([]float32{1.3, 3.4, 1.8}, kit.NewLine(b.Kind.Label(), kit.TextMuted),
			container.NewVBox(kit.NewText(b.Title, kit.TextBold), kit.NewText(b.Detail, kit.TextCaption)),
			container.NewVBox(kit.NewLine(k.u.issued(b), kit.TextBody), kit.NewLine("版本 "+b.Version, kit.TextCaption))))
	}
	k.u.arranged()
}

// issued is when the county issued it.
func (u *Window) issued(b desk.InForce) string {
	return b.Issued.In(u.deps.Now().Location()).Format("2006-01-02 15:04") + " 签发"
}

// choose takes a file that was written at the centre.
func (k *countyCard) choose() {
	kit.NewChooser(k.u.win, "接收县里下发的文件", kit.ChooserOptions{}, func(path string) {
		var got desk.InForce
		k.u.act("take bulletin", func(ctx context.Context) error {
			raw, err := desk.ReadBulletin(path)
			if err == nil {
				got, err = k.u.desk.TakeFile(ctx, raw)
			}
			return err
		}, func(err error) {
			if err != nil {
				kit.Message(k.u.win, "没有采用", sentence(err), nil)
				return
			}
			kit.Notice(k.u.win, kit.Good, got.Kind.Label()+"“"+got.Title+"”已生效，版本 "+got.Version+"。")
			k.u.inHandAnew()
			k.refresh()
		})
	}).Show()
}

// takeUp puts what came down by the network in force on the screens.
func (u *Window) takeUp() {
	if u.shell == nil {
		return // taken up at the next sign-in
	}
	u.act("take up", u.desk.TakeUp, func(err error) {
		if err != nil {
			u.fail(err)
			return
		}
		if u.shell == nil {
			return
		}
		if u.room != nil {
			u.room.room.Wake() // who was shut out is let go at once
		}
		u.inHandAnew()
		u.awaited.hear()
		switch sc := u.shell.screen.(type) {
		case *manage:
			sc.shownNow.refresh()
		case *today:
			sc.refresh()
		}
	})
}

// inHandAnew has the case in hand show what the county's word made of it.
func (u *Window) inHandAnew() {
	if v := u.shell.current; v != nil && !v.closed {
		v.refresh()
		v.hearGrants()
		v.steps[stepReview].(*reviewStep).askAnew()
	}
}
