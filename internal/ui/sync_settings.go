package ui

import (
	"strconv"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
)

// syncSettings is the card that says how things are to be carried. What it says
// holds for all who work at this laptop, until it is changed.
type syncSettings struct {
	u       *Window
	card    fyne.CanvasObject
	limit   *kit.Choice
	metered *kit.Choice
	byHand  *kit.Check
	state   *kit.Text
	now     desk.SyncSettings
}

// limits are the speeds to choose from, in bytes a second.
func limits() []int64 { return []int64{0, 1 << 20, 512 << 10, 128 << 10, 32 << 10} }

func newSyncSettings(u *Window) *syncSettings {
	s := &syncSettings{u: u}
	var speeds []kit.Option
	for _, n := range limits() {
		text := "不限"
		if n > 0 {
			text = "每秒 " + size(n)
		}
		speeds = append(speeds, kit.Option{ID: strconv.FormatInt(n, 10), Text: text})
	}
	s.limit = kit.NewChoice(speeds...)
	s.limit.OnChanged = func(id string) {
		v := s.now
		v.Cap, _ = strconv.ParseInt(id, 10, 64) // one of the limits
		u.carryBy(v)
	}
	s.metered = kit.NewChoice(kit.Option{ID: string(desk.MeteredRecords), Text: "只传记录"},
		kit.Option{ID: string(desk.MeteredContracts), Text: "记录和合同"},
		kit.Option{ID: string(desk.MeteredAll), Text: "照常上传"}, kit.Option{ID: string(desk.MeteredNothing), Text: "都不传"})
	s.metered.OnChanged = func(id string) {
		v := s.now
		v.OnMetered = desk.OnMetered(id)
		u.carryBy(v)
	}
	s.byHand = kit.NewCheck("本网络按流量计费（例如手机热点；换回普通网络后请取消）", false)
	s.byHand.OnChanged = func(on bool) {
		v := s.now
		v.Metered = on
		u.carryBy(v)
	}
	s.state = kit.NewText("", kit.TextMuted)
	s.card = kit.Card("上传设置", nil,
		kit.Columns([]float32{1, 1}, kit.NewLabeled("限速", false, s.limit), kit.NewLabeled("网络按流量计费时", false, s.metered)),
		s.byHand, s.state)
	return s
}

// show shows the settings in force.
func (s *syncSettings) show(st courier.State) {
	v := st.Settings
	s.now = v
	if id := strconv.FormatInt(v.Cap, 10); s.limit.Value() != id {
		s.limit.SetValue(id) // one set by the command line is none of these
	}
	if id := string(v.OnMetered); s.metered.Value() != id || id == "" {
		s.metered.SetValue(id)
	}
	if s.byHand.Checked() != v.Metered {
		s.byHand.SetChecked(v.Metered)
	}
	words := "系统未报告本网络按流量计费。"
	switch {
	case v.Metered:
		words = "本网络由操作员标为按流量计费。"
	case st.Metered:
		words = "系统报告本网络按流量计费。"
	}
	if v.Cap > 0 && s.limit.Value() == "" {
		words += "限速为每秒 " + size(v.Cap) + "，由命令行设定。"
	}
	s.state.SetText(words + "以上设置保存在本机，换人登录或重新启动后仍然有效。")
}
