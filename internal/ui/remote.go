package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"doorstep/sync/neighbour"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// Afar makes the road to laptops in other places.
type Afar func(*desk.Desk) (*courier.Peers, error)

// farRun is 远程协作 while it is on.
type farRun struct {
	stop context.CancelFunc
	done chan struct{}
}

func (f *farRun) close() {
	f.stop()
	<-f.done
}

// startRemote takes calls of laptops in other places, and lets them be called.
func (u *Window) startRemote() {
	peers, err := u.deps.Afar(u.desk)
	if err != nil {
		u.fail(err)
		return
	}
	in := u.anyRoom()
	if in == nil {
		peers.Close()
		return
	}
	ctx, stop := context.WithCancel(u.ctx)
	f := &farRun{stop: stop, done: make(chan struct{})}
	in.far = f
	go func() {
		defer close(f.done)
		defer peers.Close()
		if err := in.room.Reach(ctx, neighbour.Afar{Who: peers.Who, Call: peers.Call, Answer: peers.Answer}); err != nil && ctx.Err() == nil {
			u.note("remote", err)
		}
	}()
	u.roomChanged(in, in.room.State())
}

// switchRemote switches 远程协作 on for today, or off, by the operator's word.
func (u *Window) switchRemote(on bool) {
	u.act("switch remote", func(ctx context.Context) error { return u.desk.SwitchRemote(ctx, on) }, func(err error) {
		switch {
		case u.shell == nil:
			return
		case err != nil:
			u.fail(err)
		case on && !u.room.isFar():
			u.startRemote()
		case !on && u.room.isFar():
			f := u.room.far
			u.room.far = nil
			u.dropRoom()
			u.works.Go(f.close)
		}
		u.showRoom()
	})
}

// remoteCard is 远程协作 on the screen 同步.
type remoteCard struct {
	u       *Window
	content fyne.CanvasObject
	state   *kit.StatusLine
	peers   *kit.Text
	onOff   *kit.Button
	call    *kit.Button
}

func newRemoteCard(u *Window) *remoteCard {
	c := &remoteCard{u: u, state: kit.NewStatusLine(kit.Info, ""), peers: kit.NewText("", kit.TextMuted)}
	c.onOff = kit.NewSecondary("打开", kit.Icon("online"), func() { u.switchRemote(!u.room.isFar()) })
	c.call = kit.NewSecondary("呼叫电脑", kit.Icon("search"), u.askCall)
	c.content = kit.Card("远程协作", container.NewHBox(c.onOff, c.call), c.state, c.peers)
	return c
}

func (c *remoteCard) refresh() {
	var s *neighbour.State
	if c.u.room.isFar() {
		s = &c.u.room.state
	}
	c.onOff.SetText("打开")
	if s != nil {
		c.onOff.SetText("关闭")
	}
	c.call.SetEnabled(s != nil)
	c.state.Set(remoteWords(s))
	c.peers.SetText(farWords(s))
	c.content.Refresh()
}

// remoteWords says in one sentence how 远程协作 stands.
func remoteWords(s *neighbour.State) (kit.Kind, string) {
	if s == nil {
		return kit.Info, "没有打开"
	}
	here := 0
	for _, p := range s.Peers {
		if p.Online && p.Way != neighbour.Near {
			here++
		}
	}
	switch {
	case here > 0:
		return kit.Good, fmt.Sprintf("已打开，已连接其他受理点 %d 台电脑", here)
	case s.Afar.Err != nil:
		return kit.Warning, "已打开，但中心没有应答，恢复后自动接通：" + sentence(s.Afar.Err)
	case !s.Afar.Asked:
		return kit.Info, "正在联系中心…"
	}
	return kit.Info, fmt.Sprintf("已打开，等候呼叫；现在可以呼叫 %d 台电脑", len(s.Afar.Others))
}

// farWords names the laptops in other places, or what opening means.
func farWords(s *neighbour.State) string {
	if s == nil {
		return "打开后，本县其他受理点的电脑可以经中心呼叫本机、互相转交案件，须能连上中心；只交出转交给对方的案件，中心看不到内容。锁定时停止，次日须重新打开。"
	}
	var out []string
	for _, p := range s.Peers {
		if p.Way == neighbour.Near || !p.Online && p.Err == nil && p.Name == "" && p.Point == "" {
			continue
		}
		words := farName(p.Point, p.Device)
		if p.Name != "" {
			words += " " + p.Name + " 机"
		}
		switch {
		case p.Online && p.Left > 0:
			words += fmt.Sprintf("（%s，正在送 %d 件）", wayWords(p.Way), p.Left)
		case p.Online:
			words += "（" + wayWords(p.Way) + "）"
		case p.Err != nil:
			words += "（未连接：" + strings.TrimRight(sentence(p.Err), "。") + "）"
		default:
			words += "（未连接）"
		}
		out = append(out, words)
	}
	if len(out) == 0 {
		return "对方也要打开远程协作，才在“呼叫电脑”里列出。"
	}
	return strings.Join(out, "　")
}

func wayWords(w neighbour.Way) string {
	switch w {
	case neighbour.Direct:
		return "直连"
	case neighbour.Relayed:
		return "经中心中继"
	}
	return "在线"
}

// farName names a laptop by its point, and the end of its id where points have
// several.
func farName(point string, device uuid.UUID) string {
	id := device.String()
	if point == "" {
		point = "电脑"
	}
	return point + "·" + id[len(id)-4:]
}

// askCall asks which laptop in another place to call, or to hang up.
func (u *Window) askCall() {
	if !u.room.isFar() {
		return
	}
	room := u.room.room
	room.Look()
	all := u.room.state.Afar.Others
	for _, p := range u.room.state.Peers {
		if p.Way != neighbour.Near && room.Called(p.Device) && !slices.ContainsFunc(all, func(d neighbour.Other) bool { return d.Device == p.Device }) {
			all = append(all, neighbour.Other{Device: p.Device, Point: p.Point})
		}
	}
	if len(all) == 0 {
		kit.Message(u.win, "现在没有可以呼叫的电脑", "请对方登录、连上中心，并在“同步”页打开远程协作，然后再点“呼叫电脑”。", nil)
		return
	}
	list := kit.NewList([]kit.Column{{Weight: 3}, {Weight: 2, Right: true}}, func() int { return len(all) }, func(i int) []kit.Cell {
		cell := kit.Cell{Text: "可以呼叫"}
		if room.Called(all[i].Device) {
			cell = kit.Cell{Text: "已呼叫，再选即挂断", Color: kit.ColorOK}
		}
		return []kit.Cell{{Text: farName(all[i].Point, all[i].Device), Bold: true}, cell}
	})
	var d *kit.Dialog
	choose := func(i int) {
		if i >= 0 && i < len(all) {
			d.Close()
			u.callOrHangUp(room, all[i].Device)
		}
	}
	list.OnOpen = choose
	content := container.New(&stacked{gap: 10}, kit.NewText("上下键选择，回车呼叫。接通后在案件里用“转交”送过去。", kit.TextBody),
		container.New(&tall{float32(min(len(all), 7)) * 35}, list))
	d = kit.NewDialog(u.win, "呼叫哪台电脑", content, "呼叫", "取消", func() bool {
		choose(list.Selected())
		return false
	})
	d.SetWidth(520)
	d.Show()
	list.Select(0)
}

func (u *Window) callOrHangUp(room *neighbour.Room, device uuid.UUID) {
	if room.Called(device) {
		room.HangUp(device)
		return
	}
	u.act("call", func(ctx context.Context) error {
		if err := u.desk.NoteCall(ctx, device); err != nil {
			return err
		}
		return room.Call(device)
	}, func(err error) {
		if err != nil && u.shell != nil {
			u.fail(err)
		}
	})
}
