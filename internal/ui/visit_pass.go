package ui

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/neighbour"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// target is a station of a laptop that a case can be passed on to.
type target struct {
	device  uuid.UUID
	name    string
	station loan.Station
	online  bool
	own     bool
	peer    neighbour.Peer // of another laptop
}

// where names the laptop: by its letter, and one in another place by that.
func (t target) where() string {
	if t.peer.Way != neighbour.Near {
		return farName(t.peer.Point, t.device)
	}
	return t.name + " 机"
}

// station is where the case is in the room.
func (v *visit) station() loan.Station {
	own := v.u.desk.Device()
	for _, h := range v.c.Holders {
		if h.Device == own {
			return h.Station
		}
	}
	if s := v.u.seat.Stations; len(s) > 0 {
		return s[0]
	}
	return loan.NumberStation
}

// targets lists where the case can go, the next station on its way first.
func (v *visit) targets() []target {
	if v.u.room == nil {
		return nil
	}
	at := v.station()
	var out []target
	for _, p := range v.u.room.state.Peers {
		for _, s := range p.Stations {
			out = append(out, target{p.Device, p.Name, s, p.Online, false, p})
		}
	}
	for _, s := range v.u.seat.Stations {
		if s != at {
			out = append(out, target{v.u.desk.Device(), v.u.seat.Name, s, true, true, neighbour.Peer{}})
		}
	}
	rank := func(t target) int {
		r := slices.Index(loan.Stations(), t.station) * 4
		if t.station == at.Next() && at.Next() != at {
			r = -4
		}
		if !t.online {
			r += 2
		}
		if t.own {
			r++
		}
		return r
	}
	slices.SortStableFunc(out, func(a, b target) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.name, b.name)) })
	return out
}

// passable says whether the case can be passed on from here now.
func (v *visit) passable() bool {
	switch v.c.Status {
	case loan.Void, loan.Received, loan.Accepted:
		return false
	}
	return v.u.room != nil && v.u.desk.HeldHere(v.c)
}

// showPass puts the button 转交 at the foot where it means something.
func (v *visit) showPass() {
	all := []fyne.CanvasObject{v.main, v.back}
	if v.passable() {
		all = append(all, v.pass)
	}
	if len(all) != len(v.feet.Objects) {
		v.feet.Objects = all
		v.feet.Refresh()
	}
}

// passOn asks where to, with the likeliest place chosen: Return passes it on.
func (v *visit) passOn() {
	if !v.active || !v.passable() {
		return
	}
	v.u.leave() // what is being typed is saved first
	if v.unsaved > 0 {
		kit.Notice(v.u.win, kit.Bad, "还有没保存的内容，请先改正红框处，再转交。")
		return
	}
	all := v.targets()
	if len(all) == 0 {
		kit.Message(v.u.win, "还没有可以转交的工位", "请在“同步”页连接同室的另一台电脑，或呼叫其他受理点的电脑，并在那台电脑上选好工位；或给本机多选几个工位。", nil)
		return
	}
	var d *kit.Dialog
	list := kit.NewList([]kit.Column{{Weight: 2}, {Weight: 4}, {Weight: 3, Right: true}}, func() int { return len(all) }, func(i int) []kit.Cell {
		t := all[i]
		where := kit.Cell{Text: "在线", Color: kit.ColorOK}
		switch {
		case t.own:
			where = kit.Cell{Text: "本机"}
		case !t.online:
			where = kit.Cell{Text: "离线，连上后自动送去", Color: kit.ColorWarn}
		case t.peer.Way != neighbour.Near:
			where.Text = wayWords(t.peer.Way)
		}
		return []kit.Cell{{Text: t.station.Label(), Bold: true}, {Text: t.where()}, where}
	})
	give := func(i int) {
		if i >= 0 && i < len(all) {
			d.Close()
			v.passTo(all[i])
		}
	}
	list.OnOpen = give
	content := container.New(&stacked{gap: 10}, kit.NewText("案件在“"+v.station().Label()+"”工位。上下键选择，回车转交；转到别的电脑后，本机只能查看。", kit.TextBody),
		container.New(&tall{float32(min(len(all), 7)) * 35}, list))
	d = kit.NewDialog(v.u.win, "转交到哪个工位", content, "转交", "取消", func() bool {
		give(list.Selected())
		return false
	})
	d.SetWidth(600)
	d.Show()
	list.Select(0)
}

func (v *visit) passTo(t target) {
	v.do("pass on", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.PassOn(ctx, v.id, t.device, t.name, t.station)
	}, func(err error) {
		if err != nil {
			v.u.fail(err)
			return
		}
		where := t.where() + "“" + t.station.Label() + "”"
		if t.own {
			kit.Notice(v.u.win, kit.Good, "案件转到本机“"+t.station.Label()+"”工位。")
			return
		}
		kit.Notice(v.u.win, kit.Good, "已转交 "+where+"。")
		if s := v.u.shell; s != nil && s.current == v {
			s.current.close()
			s.current = nil
			s.visit("today")
		}
	})
}

// showHolders is the banner of a case that another laptop holds, or two at once. Of one
// that is masked there is what may be shown for a while before.
func (v *visit) showHolders() bool {
	here := v.u.desk.HeldHere(v.c)
	switch {
	case !here && !v.full():
		return false
	case !here:
		v.banner.set(kit.Warning, "只能查看："+sentence(v.u.desk.Handles(v.c)), "强制接手", v.takeOver)
		return true
	case len(v.c.Holders) > 1:
		var at []string
		why := ""
		for _, h := range v.c.Holders {
			at = append(at, desk.Where(h))
			if h.Reason != "" {
				why = "接手原因：" + strings.TrimRight(h.Reason, "。") + "。"
			}
		}
		v.banner.set(kit.Bad, "本案同时在 "+strings.Join(at, "、")+"办理。"+why+"请两边商定，只由一台继续。", "由本机继续", v.takeOver)
		return true
	}
	return false
}

// mayForce says whether the operator may take the case over from another laptop; one that
// was made void nobody takes over.
func (v *visit) mayForce() bool {
	return v.c.Status != loan.Void && !v.u.desk.HeldHere(v.c) && !supervises(v.u.desk.Operator())
}

// takeOver asks for the reason, and then takes the case over by force.
func (v *visit) takeOver() {
	reason := kit.NewField()
	reason.MaxLen = 100
	words := v.takeWords()
	reason.Placeholder = words.example
	labeled := kit.NewLabeled("接手原因", true, reason)
	content := container.New(&stacked{gap: 12}, kit.NewText(words.text, kit.TextBody), labeled)
	station := v.station()
	if len(v.c.Holders) > 0 {
		station = v.c.Holders[0].Station
	}
	d := kit.NewDialog(v.u.win, words.title, content, "接手", "取消", func() bool {
		text := strings.TrimSpace(reason.Text())
		if text == "" {
			labeled.SetError("请写明接手原因")
			return false
		}
		v.do("take over", func(ctx context.Context) (*loan.Case, error) {
			return v.u.desk.TakeOver(ctx, v.id, station, text)
		}, func(err error) {
			switch {
			case desk.NeedsGrant(err):
				v.u.askToTake(words.title, err, text)
			case err != nil:
				v.u.fail(err)
			}
		})
		return true
	})
	d.SetWidth(520)
	d.Show()
}

// askToTake says that the day's cases are used up, and leads to a grant for more.
func (u *Window) askToTake(title string, err error, reason string) {
	kit.Confirm(u.win, title, sentence(err), "申请授权…", "取消", func() {
		u.askCounted(counted{title: "申请继续接手", text: "由系统数据管理员批准后，可以再接手所写的件数。", unit: "最多几件", field: desk.TakeField, most: 20, reason: reason}, nil)
	})
}
