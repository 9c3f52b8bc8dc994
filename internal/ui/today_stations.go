package ui

import (
	"strconv"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// stations are the cases at each station of the room, on 今日.
type stations struct {
	u       *Window
	content *fyne.Container
	counts  *fyne.Container
}

func newStations(u *Window) *stations {
	s := &stations{u: u, counts: container.NewStack()}
	buttons := container.NewHBox(kit.NewSecondary("本机工位", kit.Icon("manage"), u.askSeat), kit.NewSecondary("叫号屏", kit.Icon("eye"), u.openCall))
	s.content = container.NewStack(kit.Card("各工位", buttons, s.counts))
	s.refresh()
	return s
}

// refresh counts anew; without a room and a case in it, and for who does not work at
// the counter, there is nothing in view.
// It says whether the card came into view or went.
func (s *stations) refresh() (turned bool) {
	rows := s.u.desk.AtStations()
	show := s.u.desk.MayCall() && (s.u.room != nil || len(rows) > 0)
	turned = show != s.content.Visible()
	setVisible(s.content, show)
	if !show {
		return turned
	}
	at := map[loan.Station][]desk.Standing{}
	for _, r := range rows {
		for _, h := range r.Held {
			at[h.Station] = append(at[h.Station], r)
		}
	}
	var cells []fyne.CanvasObject
	for _, st := range loan.Stations() {
		cells = append(cells, container.New(&stacked{gap: 2},
			kit.NewLine(st.Label()+"　"+strconv.Itoa(len(at[st])), kit.TextHeading), kit.NewLine(tickets(at[st]), kit.TextMuted)))
	}
	s.counts.Objects = []fyne.CanvasObject{kit.Columns(nil, cells...)}
	s.counts.Refresh()
	return turned
}

// tickets are the numbers of some cases, the longest waiting first.
func tickets(rows []desk.Standing) string {
	var out []string
	for _, r := range rows {
		if r.Ticket == "" {
			continue
		}
		if len(out) == 2 {
			return strings.Join(out, " ") + "…"
		}
		out = append(out, r.Ticket)
	}
	if len(out) == 0 {
		return "—"
	}
	return strings.Join(out, " ")
}

// heldElsewhere says whether another laptop of the room has the case.
func heldElsewhere(r desk.Row) bool { return len(r.Held) > 0 && !r.Here }

// roomWordsOf is a case's number and place in the room, for a list. One that only this
// laptop has, without a number, was never in a room.
func roomWordsOf(r desk.Row) string {
	var out []string
	if r.Ticket != "" {
		out = append(out, r.Ticket)
	}
	if r.Ticket == "" && len(r.Held) == 1 && r.Here {
		return ""
	}
	for _, h := range r.Held {
		place := "另一台电脑"
		switch {
		case h.Own:
			place = "本机"
		case h.Name != "":
			place += "（" + h.Name + " 机）"
		}
		out = append(out, place+h.Station.Label())
	}
	return strings.Join(out, " ")
}
