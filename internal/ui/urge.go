package ui

import (
	"context"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// urgeWord is what would be done to a case's place in the sending.
func urgeWord(now loan.Urgency, key string) string {
	if now != loan.NotUrgent {
		return "不再先传（" + key + "）"
	}
	return "先传这一件（" + key + "）"
}

// mayGoFirst says whether anything of a case can be on its way still: not of one
// that came to its end. What is taken anew of a page goes first from 同步.
func mayGoFirst(s loan.Status) bool {
	return s != loan.Received && s != loan.Accepted && s != loan.Void
}

// askUrgent lets a case go to the centre before others, with the reason, or no
// longer. done runs when it is so.
func (u *Window) askUrgent(id uuid.UUID, name string, now loan.Urgency, done func()) {
	if now != loan.NotUrgent {
		u.urge(id, loan.NotUrgent, done)
		return
	}
	u.run("may urge", func(ctx context.Context) error { return u.desk.MayUrge(ctx, id) }, func(err error) {
		if err != nil {
			u.fail(err)
			return
		}
		if name == "" {
			name = "未填姓名"
		}
		why := kit.NewChoice(kit.Option{ID: string(loan.Urgent), Text: "加急：临近期限"}, kit.Option{ID: string(loan.Disaster), Text: "受灾家庭"})
		why.SetValue(string(loan.Urgent))
		kit.NewDialog(u.win, "先传 "+name+" 的案件",
			container.NewVBox(kit.NewText("这一件的合同和影像排到最前面，传了一半的也一样。原因记入日志。", kit.TextBody), kit.NewLabeled("原因", true, why)),
			"先传", "取消", func() bool {
				u.urge(id, loan.Urgency(why.Value()), done)
				return true
			}).Open()
	})
}

func (u *Window) urge(id uuid.UUID, to loan.Urgency, done func()) {
	u.act("urge", func(ctx context.Context) error {
		_, err := u.desk.Urge(ctx, id, to)
		return err
	}, func(err error) {
		if err != nil {
			u.fail(err)
			return
		}
		u.saved(u.deps.Now())
		u.wake()
		if u.shell == nil {
			return
		}
		if v := u.shell.current; v != nil && v.id == id {
			v.refreshCase()
		}
		done()
	})
}

// urgedName is how the question whether a row's case is to go first calls it.
func urgedName(r desk.Row) string {
	if r.Veiled {
		return rowName(r)
	}
	return r.Name
}

// caseMenu makes the rows of a list of cases offer what can be done to one, by
// the right button, the menu key and F7; changed shows the list anew.
func (u *Window) caseMenu(list *kit.List, rows func() []desk.Row, changed func()) (keys map[fyne.KeyName]func()) {
	urge := func(i int) {
		if all := rows(); i >= 0 && i < len(all) {
			u.askUrgent(all[i].ID, urgedName(all[i]), all[i].Urgency, changed)
		}
	}
	list.Menu = func(i int) *fyne.Menu {
		r := rows()[i]
		first := fyne.NewMenuItem(urgeWord(r.Urgency, "F7"), func() { urge(i) })
		first.Disabled = !mayGoFirst(r.Status)
		return fyne.NewMenu("", fyne.NewMenuItem("打开（回车）", func() { u.shell.open(r.ID) }), first)
	}
	return map[fyne.KeyName]func(){fyne.KeyF7: func() { urge(list.Selected()) }}
}

// askUrgent is for the case in hand.
func (v *visit) askUrgent() {
	if mayGoFirst(v.c.Status) {
		v.u.askUrgent(v.id, v.app().Student.Name, v.c.Urgency, func() {})
	}
}

// urgeButton is the way to it on a step, brought up to date by show.
func (v *visit) urgeButton() (b *kit.Button, show func()) {
	b = kit.NewQuiet("", kit.Icon("upload"), v.askUrgent)
	return b, func() {
		b.SetText(urgeWord(v.c.Urgency, "Ctrl+U"))
		if mayGoFirst(v.c.Status) {
			b.Show()
		} else {
			b.Hide()
		}
	}
}
