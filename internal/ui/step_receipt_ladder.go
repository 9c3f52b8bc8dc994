package ui

import (
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// rung is one line of the ladder.
type rung struct {
	name string
	at   time.Time
	done bool
	now  bool
	off  bool // it will not come, for a consent was taken back
}

func (v *visit) rungs() []rung {
	c := v.c
	out := []rung{{name: "建立案件", at: c.Opened, done: true}}
	reviewed := rung{name: "复核通过"}
	if c.Review != nil && c.Review.Pass {
		reviewed.done, reviewed.at = true, c.Review.At
	}
	sealed := rung{name: "双方签署、合同封存"}
	if c.Contract != nil && c.Contract.Sealed != nil {
		sealed.done, sealed.at = true, c.Contract.SealedAt
	}
	finished := rung{name: "完成受理，排队上传"}
	if c.Finish != nil {
		finished.done, finished.at = true, c.Finish.At
	}
	received := rung{name: "已送达，收到中心回执", done: c.Receipt != nil}
	accepted := rung{name: "中心已受理", done: c.Status == loan.Accepted}
	if received.done {
		received.at = c.ReceivedAt
	}
	if accepted.done {
		accepted.at = c.AcceptedAt
	}
	accepted.off = !accepted.done && len(c.TakenBack()) > 0
	out = append(out, reviewed, sealed, finished, received, accepted)
	for i := range out {
		if !out[i].done && c.Status != loan.Void {
			out[i].now = !out[i].off
			break
		}
	}
	return out
}

func (s *receiptStep) showLadder() {
	var rows []fyne.CanvasObject
	for _, r := range s.v.rungs() {
		text, kind := r.name, kit.Info
		switch {
		case r.done:
			kind = kit.Good
			if !r.at.IsZero() {
				text += "　" + s.v.stamp(r.at)
			}
		case r.now:
			kind = kit.Warning
			text += "　待办"
		case r.off:
			text += "　不再受理"
		}
		rows = append(rows, kit.NewStatusLine(kind, text))
	}
	if back := s.v.c.TakenBack(); len(back) > 0 && s.v.c.Status != loan.Void {
		rows = append(rows, kit.NewStatusLine(kit.Bad, "本人撤回同意　"+s.v.stamp(back[len(back)-1].At)))
	}
	switch s.v.c.Status {
	case loan.Returned:
		rows = append(rows, kit.NewStatusLine(kit.Bad, "中心已退回　"+s.v.stamp(s.v.c.Updated)))
	case loan.Void:
		rows = append(rows, kit.NewStatusLine(kit.Bad, "已作废　"+s.v.stamp(s.v.c.Updated)))
	case loan.Queued:
		rows = append(rows, kit.NewText("材料已安全保存在本机，联网后自动上传。家庭可以先拿临时回执离开。", kit.TextMuted))
	}
	s.ladder.Objects = rows
}

// stopped says whether the case is on its way to an acceptance that will not come, for a
// consent was taken back.
func (v *visit) stopped() bool {
	return (v.c.Status == loan.Queued || v.c.Status == loan.Received) && len(v.c.TakenBack()) > 0
}
