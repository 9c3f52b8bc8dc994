package ui

import (
	"context"
	"encoding/json"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// compared sets the case beside card, roster and earlier contracts, for the
// second person.
type compared struct {
	v       *visit
	content *fyne.Container
	asked   string // the case as it was compared last
}

func newCompared(v *visit) *compared {
	c := &compared{v: v, content: container.NewStack()}
	c.content.Hide()
	return c
}

// refresh compares anew where the case has changed; then tells that its height
// may be another.
func (c *compared) refresh(then func()) {
	v := c.v
	if !v.full() || v.c.Status == loan.Draft {
		c.asked = ""
		setVisible(c.content, false)
		return
	}
	key, err := json.Marshal(v.c.App)
	if err != nil || string(key) == c.asked {
		return
	}
	c.asked = string(key)
	k := v.c
	var all []desk.Difference
	v.u.run("compare", func(ctx context.Context) (err error) {
		all, err = v.u.desk.Differences(ctx, k)
		return err
	}, func(err error) {
		if v.closed || string(key) != c.asked {
			return
		}
		if err != nil {
			c.asked = ""
			return
		}
		c.show(all)
		then()
	})
}

func (c *compared) show(all []desk.Difference) {
	var rows []fyne.CanvasObject
	for _, d := range all {
		rows = append(rows, kit.Columns([]float32{1.6, 3, 1.6, 3}, kit.NewText(fieldNames([]string{d.Field})[0], kit.TextMuted), kit.NewText(d.Here, kit.TextBold),
			kit.NewText(sourceLabel(d.Source), kit.TextMuted), kit.NewText(d.There, kit.TextBold)))
	}
	c.content.Objects = []fyne.CanvasObject{kit.Card("与证件、名单和以往登记不同", nil, append([]fyne.CanvasObject{
		kit.NewText("不同不一定是错，请对照原件，问清楚再决定。", kit.TextCaption)}, rows...)...)}
	setVisible(c.content, len(all) > 0)
	c.content.Refresh()
}

func sourceLabel(s desk.Source) string {
	switch s {
	case desk.FromCard:
		return "身份证"
	case desk.FromRoster:
		return "预申请名单"
	case desk.FromEarlier:
		return "以往案件"
	case desk.FromCorrected:
		return "补正以前"
	}
	return string(s)
}
