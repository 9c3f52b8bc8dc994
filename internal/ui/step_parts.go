package ui

import (
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// partLabel is what a page shows, on screen.
func partLabel(p loan.Part) string {
	var words []string
	for _, one := range p.Each() {
		words = append(words, map[loan.Part]string{loan.Front: "人像面", loan.Back: "国徽面", loan.HukouCover: "首页",
			loan.HukouHead: "户主页", loan.HukouStudent: "学生本人页", loan.HukouSecond: "共同借款人页", loan.OtherPart: "其他页"}[one])
	}
	return strings.Join(words, "、")
}

// partShort is what a page shows, beneath a small picture.
func partShort(p loan.Part) string {
	var words []string
	for _, one := range p.Each() {
		words = append(words, map[loan.Part]string{loan.Front: "人像", loan.Back: "国徽", loan.HukouCover: "首页",
			loan.HukouHead: "户主", loan.HukouStudent: "学生", loan.HukouSecond: "共借人", loan.OtherPart: "其他"}[one])
	}
	return strings.Join(words, "+")
}

func partLabels(all []loan.Part) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = partLabel(p)
	}
	return strings.Join(words, "、")
}

// nextPart is what the next page of a paper is taken to show: of a card the side
// that is not there yet. Of other papers it is for the clerk to say.
func nextPart(c *loan.Case, d loan.Doc) loan.Part {
	if !d.WholeOnly() {
		return ""
	}
	return firstLacking(c, d)
}

// firstLacking is the first part that no page is said to show, or loan.OtherPart.
func firstLacking(c *loan.Case, d loan.Doc) loan.Part {
	pages := c.Slot(loan.DocSlot(d))
	for _, p := range c.Parts(d) {
		if !slices.ContainsFunc(pages, func(a loan.Attachment) bool { return a.Part.Shows(p) }) {
			return p
		}
	}
	if len(d.Parts()) == 0 {
		return ""
	}
	return loan.OtherPart
}

// heldWords says of a paper of which there are pages how many there are, and what
// is lacking.
func heldWords(c *loan.Case, d loan.Doc) (kit.Kind, string) {
	pages := len(c.Slot(loan.DocSlot(d)))
	lacks := c.Lacks(d)
	switch {
	case d.WholeOnly() && len(lacks) > 0:
		return kit.Warning, "还缺" + partLabels(lacks)
	case d.WholeOnly() && slices.ContainsFunc(c.Slot(loan.DocSlot(d)), func(a loan.Attachment) bool { return a.Part == "" }):
		return kit.Info, fmt.Sprintf("%d 页，请看清正反面是否都在", pages)
	case d.WholeOnly():
		return kit.Good, "正反面都有"
	case len(lacks) > 0:
		words := make([]string, len(lacks))
		for i, p := range lacks {
			words[i] = partShort(p)
		}
		return kit.Info, fmt.Sprintf("%d 页；未标：%s", pages, strings.Join(words, "、"))
	}
	return kit.Good, fmt.Sprintf("%d 页", pages)
}

// partTicks are the marks by which the clerk says what a page shows.
type partTicks struct {
	parts   []loan.Part
	boxes   []*kit.Check
	content fyne.CanvasObject
	none    loan.Part // what no mark means
}

// newPartTicks is nil for a paper without parts.
func newPartTicks(c *loan.Case, slot loan.Slot, part loan.Part, changed func()) *partTicks {
	d, _ := slot.Doc()
	t := &partTicks{parts: c.Parts(d)}
	if len(t.parts) == 0 {
		return nil
	}
	if d.WholeOnly() {
		t.none = loan.OtherPart
	}
	row := container.New(&flow{gap: 14}, inset(0, 5, kit.NewLine("这一页上有：", kit.TextBody)))
	for _, p := range t.parts {
		box := kit.NewCheck(partLabel(p), false)
		box.SetChecked(part.Shows(p))
		box.OnChanged = func(bool) { changed() }
		t.boxes = append(t.boxes, box)
		row.Add(box)
	}
	t.content = row
	return t
}

// part is what the marks say.
func (t *partTicks) part() loan.Part {
	if t == nil {
		return ""
	}
	var on []loan.Part
	for i, box := range t.boxes {
		if box.Checked() {
			on = append(on, t.parts[i])
		}
	}
	if len(on) == 0 {
		return t.none
	}
	return loan.JoinParts(on...)
}

// sides are the two places of a card, and what else there is of it behind them.
func (s *imagesStep) sides(slot loan.Slot, d loan.Doc) fyne.CanvasObject {
	held := s.v.c.Slot(slot)
	out := container.New(&flow{gap: 8})
	shown := map[int]bool{}
	for _, p := range s.v.c.Parts(d) {
		at := slices.IndexFunc(held, func(a loan.Attachment) bool { return a.Part.Shows(p) })
		if at >= 0 {
			shown[at] = true
			out.Add(s.frameOf(held[at], at, 92, 0.63, partLabel(p)))
			continue
		}
		shoot := kit.NewQuiet("拍这面", nil, func() { s.shootPart(slot, p) })
		shoot.SetAbout(docLabel(d) + partLabel(p))
		shoot.SetEnabled(!s.v.locked() && s.busy[slot] == "")
		f := kit.NewPhotoFrame("还缺", 92, 0.63, shoot)
		f.SetIcon("id-card")
		f.SetCaption(kit.Info, partLabel(p))
		out.Add(f)
	}
	for i, a := range held {
		if !shown[i] {
			out.Add(s.thumb(a, i))
		}
	}
	return out
}
