package ui

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/neighbour"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"github.com/boombuler/barcode/qr"
)

// roomCard is 同室协作 on the screen 同步.
type roomCard struct {
	u       *Window
	content fyne.CanvasObject
	state   *kit.StatusLine
	peers   *kit.Text
	onOff   *kit.Button
	seat    *kit.Button
	join    *kit.Button
	code    *kit.Button
	far     *remoteCard // nil where the program has none
}

// newRoomCard is the card of 同室协作; nothing in view where the program has
// none.
func newRoomCard(u *Window) fyne.CanvasObject {
	if u.deps.Room == nil {
		o := container.NewWithoutLayout()
		o.Hide()
		return o
	}
	c := &roomCard{u: u, state: kit.NewStatusLine(kit.Info, ""), peers: kit.NewText("", kit.TextMuted)}
	c.onOff = kit.NewSecondary("打开", kit.Icon("online"), func() { u.switchRoom(!u.room.isNear()) })
	c.seat = kit.NewSecondary("本机工位", kit.Icon("manage"), u.askSeat)
	c.join = kit.NewSecondary("连接电脑", kit.Icon("search"), u.askPeer)
	c.code = kit.NewSecondary("本机连接码", kit.Icon("eye"), u.showCode)
	c.content = kit.Card("同室协作", container.NewHBox(c.onOff, c.seat, c.join, c.code), c.state, c.peers)
	u.roomCard = c
	if u.deps.Afar == nil {
		c.refresh()
		return c.content
	}
	c.far = newRemoteCard(u)
	c.refresh()
	return container.New(&stacked{gap: 16}, c.content, c.far.content)
}

func (c *roomCard) refresh() {
	var s *neighbour.State
	if r := c.u.room; r.isNear() {
		s = &r.state
	}
	if c.far != nil {
		c.far.refresh()
	}
	on := s != nil
	if on {
		c.onOff.SetText("关闭")
	} else {
		c.onOff.SetText("打开")
	}
	for _, b := range []*kit.Button{c.join, c.code} {
		b.SetEnabled(on)
	}
	c.state.Set(roomWords(s, c.u.seat))
	c.peers.SetText(peerWords(s, c.u.seat.Name))
	c.content.Refresh()
}

// roomWords says in one sentence how the room stands.
func roomWords(s *neighbour.State, seat desk.Seat) (kit.Kind, string) {
	switch {
	case s == nil:
		return kit.Info, "没有打开"
	case s.Err != nil:
		return kit.Bad, sentence(s.Err)
	case !s.On:
		return kit.Info, "正在打开…"
	}
	me := "已打开，本机是 " + seat.Name + " 机"
	if len(seat.Stations) == 0 {
		return kit.Warning, me + "，还没有选工位，请点“本机工位”"
	}
	me += "（" + stationNames(seat.Stations) + "）"
	here := 0
	for _, p := range s.Peers {
		if p.Online && p.Way == neighbour.Near {
			here++
		}
	}
	switch {
	case here > 0:
		return kit.Good, fmt.Sprintf("%s，已连接 %d 台电脑", me, here)
	case s.Quiet != nil:
		return kit.Warning, sentence(s.Quiet)
	}
	return kit.Info, me + "，正在寻找同室的电脑…"
}

// peerWords names the other laptops, or what opening means; own is this one's letter, which
// another has only until one of the two took another.
func peerWords(s *neighbour.State, own string) string {
	if s == nil {
		return "打开后，同一网络中本县注册的电脑可以互相找到、逐站转交案件，不用互联网；只交出转交给对方的案件。锁定时停止，次日须重新打开。"
	}
	var out []string
	for _, p := range s.Peers {
		if p.Way != neighbour.Near {
			continue
		}
		words := p.Name + " 机"
		switch {
		case p.Name == "":
			words = "一台电脑"
		case p.Name == own && p.Online:
			words = "另一台电脑，代号也是 " + own + "，正在自动改开"
		}
		if len(p.Stations) > 0 {
			words += " " + stationNames(p.Stations)
		}
		switch {
		case p.Online && p.Left > 0:
			words += fmt.Sprintf("（正在送 %d 件）", p.Left)
		case p.Online && p.Err != nil:
			words += "（" + strings.TrimRight(stickSentence(p.Err), "。") + "）"
		case p.Online:
			words += "（在线）"
		case p.Err != nil:
			words += "（未连接：" + strings.TrimRight(stickSentence(p.Err), "。") + "）"
		default:
			words += "（离线）"
		}
		out = append(out, words)
	}
	if len(out) == 0 {
		return "找不到对方时：在对方屏幕上打开“本机连接码”，在本机选“连接电脑”输入。"
	}
	return strings.Join(out, "　")
}

func stationNames(all []loan.Station) string {
	var out []string
	for _, s := range loan.Stations() {
		if slices.Contains(all, s) {
			out = append(out, s.Label())
		}
	}
	return strings.Join(out, "、")
}

// askSeat asks for this laptop's letter and stations.
func (u *Window) askSeat() {
	letter := kit.NewField()
	letter.MaxLen = 2
	letter.SetText(u.seat.Name)
	name := kit.NewLabeled("本机代号（大写字母，同室不能重复）", true, letter)
	boxes := container.NewHBox()
	checks := map[loan.Station]*kit.Check{}
	for _, s := range loan.Stations() {
		c := kit.NewCheck(s.Label(), false)
		c.SetChecked(slices.Contains(u.seat.Stations, s))
		checks[s] = c
		boxes.Add(c)
	}
	content := container.New(&stacked{gap: 12}, name, kit.NewText("本机办理的工位，可选几个", kit.TextCaption), boxes)
	var d *kit.Dialog
	d = kit.NewDialog(u.win, "本机工位", content, "保存", "取消", func() bool {
		s := desk.Seat{Name: strings.ToUpper(strings.TrimSpace(letter.Text()))}
		for _, st := range loan.Stations() {
			if checks[st].Checked() {
				s.Stations = append(s.Stations, st)
			}
		}
		u.takeSeat(s, func(err error) {
			if err != nil {
				name.SetError(sentence(err))
				return
			}
			d.Close()
		})
		return false
	})
	d.SetWidth(600)
	d.Show()
}

// askPeer asks for another laptop's address or code.
func (u *Window) askPeer() {
	field := kit.NewField()
	field.MaxLen = 80
	field.Placeholder = "DN1-… 或 192.168.1.5"
	labeled := kit.NewLabeled("对方的连接码或地址", true, field)
	content := container.New(&stacked{gap: 12}, u.scannable(labeled, field, beginning("DN1-", field, "这不是连接码，请扫对方“本机连接码”里的二维码。")),
		kit.NewText("连接码在对方“同步”页的“本机连接码”里。大小写和横线不用管。", kit.TextCaption))
	d := kit.NewDialog(u.win, "连接电脑", content, "连接", "取消", func() bool {
		if err := u.dialRoom(field.Text()); err != nil {
			labeled.SetError(sentence(err))
			return false
		}
		return true
	})
	d.SetWidth(520)
	d.Show()
}

// showCode shows by what another laptop finds this one.
func (u *Window) showCode() {
	if u.room == nil || len(u.room.state.Codes) == 0 {
		kit.Notice(u.win, kit.Warning, "本机没有连上任何网络，请先连上同一个无线网或网线。")
		return
	}
	s := u.room.state
	content := container.New(&stacked{gap: 14})
	for i := range min(len(s.Codes), 2) { // a third network is not one of a counter
		words := container.New(&stacked{gap: 8}, kit.NewLine(s.Codes[i], kit.TextHeading), kit.NewLine("地址 "+s.Addrs[i], kit.TextMuted))
		content.Add(container.NewBorder(nil, nil, code(s.Codes[i]), nil, inset(16, 48, words)))
	}
	content.Add(kit.NewText("在另一台电脑的“连接电脑”里输入连接码，或用扫码枪、摄像头扫。码里只有本机地址和证书指纹，没有个人信息。", kit.TextCaption))
	d := kit.NewDialog(u.win, "本机连接码", content, "知道了", "", nil)
	d.SetWidth(600)
	d.Show()
}

// code draws a text as a QR code, black on white in every theme.
func code(text string) fyne.CanvasObject { return codeOfSide(text, 160) }

// codeOfSide is code of a size, for a text that is long.
func codeOfSide(text string, size float32) fyne.CanvasObject {
	q, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return gap(1)
	}
	const quiet = 4
	side := q.Bounds().Dx() + 2*quiet
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			img.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	for y := range q.Bounds().Dy() {
		for x := range q.Bounds().Dx() {
			if r, _, _, _ := q.At(x, y).RGBA(); r == 0 {
				img.SetGray(x+quiet, y+quiet, color.Gray{})
			}
		}
	}
	o := canvas.NewImageFromImage(img)
	o.ScaleMode = canvas.ImageScalePixels
	o.FillMode = canvas.ImageFillContain
	o.SetMinSize(fyne.NewSize(scaled(size), scaled(size)))
	return o
}
