package ui

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"

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
	asked   string                    // the case as it was compared last
	seen    string                    // what of it was then shown
	faces   map[string][2]image.Image // portraits that are others, here and in the contract
}

func newCompared(v *visit) *compared {
	c := &compared{v: v, content: container.NewStack()}
	c.content.Hide()
	return c
}

// refresh compares anew where the case, or what of it is shown, has changed; then
// tells that its height may be another.
func (c *compared) refresh(then func()) {
	v := c.v
	left, fields := v.u.desk.Revealed(v.id)
	seen := fmt.Sprint(v.full(), left > 0, fields)
	if seen != c.seen || v.c.Status == loan.Void {
		c.seen, c.asked, c.faces, c.content.Objects = seen, "", nil, nil
		setVisible(c.content, false)
	}
	if v.at != stepReview || v.c.Status == loan.Void {
		return
	}
	key := fmt.Sprint(v.c.Heads, seen)
	if key == c.asked {
		return
	}
	c.asked = key
	k := v.c
	var all []desk.Difference
	faces := map[string][2]image.Image{}
	v.u.run("compare", func(ctx context.Context) (err error) {
		all, err = v.u.desk.Differences(ctx, k)
		for _, d := range all {
			if p, ok := strings.CutPrefix(d.Field, "portrait/"); ok {
				faces[d.Field] = v.u.facesOf(ctx, k, loan.Party(p))
			}
		}
		return err
	}, func(err error) {
		if v.closed || key != c.asked {
			return
		}
		if err != nil {
			c.asked = ""
			return
		}
		c.faces = faces
		c.show(all)
		then()
	})
}

// show sets the sources that differ beside one another, a line for each field.
func (c *compared) show(all []desk.Difference) {
	var fields []string
	var sources []desk.Source
	at := map[string]map[desk.Source]desk.Difference{}
	for _, d := range all {
		if at[d.Field] == nil {
			at[d.Field] = map[desk.Source]desk.Difference{}
			fields = append(fields, d.Field)
		}
		at[d.Field][d.Source] = d
	}
	head, widths := []fyne.CanvasObject{kit.NewText("", kit.TextMuted), kit.NewText("登记内容", kit.TextMuted)}, []float32{1.9, 3}
	for _, s := range []desk.Source{desk.FromCard, desk.FromRoster, desk.FromEarlier, desk.FromCoborrower, desk.FromCorrected} {
		if slices.ContainsFunc(all, func(d desk.Difference) bool { return d.Source == s }) {
			sources = append(sources, s)
			head, widths = append(head, kit.NewText(sourceLabel(s), kit.TextMuted)), append(widths, 3)
		}
	}
	words := "不同不一定是错，请对照原件，问清楚再决定。“—”是与登记内容一致，或没有记载。"
	if !c.v.full() {
		words += "内容已遮盖，按上方“显示…”查看。"
	}
	if slices.ContainsFunc(all, func(d desk.Difference) bool { return d.Withheld }) {
		words += "他人经办的以往案件，以及姓名或身份证号不符的名单内容，只显示遮盖的部分；以往案件由复核员在待复核时对照。"
	}
	rows := []fyne.CanvasObject{kit.NewText(words, kit.TextCaption), container.New(&tableRow{widths}, head...)}
	for _, f := range fields {
		line := []fyne.CanvasObject{kit.NewText(comparedName(f), kit.TextMuted), nil}
		for _, s := range sources {
			d, ok := at[f][s]
			if !ok {
				line = append(line, kit.NewText("—", kit.TextMuted))
				continue
			}
			line[1] = c.value(d, d.Here, 0)
			line = append(line, c.there(d))
		}
		rows = append(rows, container.New(&tableRow{widths}, line...))
	}
	c.content.Objects = []fyne.CanvasObject{kit.Card("与证件、名单和以往登记不同", nil, rows...)}
	setVisible(c.content, len(all) > 0)
	c.content.Refresh()
}

// tableRow gives each cell its share of the width, whatever it would like: what is
// long wraps, so that the cells of all rows stand under one another.
type tableRow struct{ weights []float32 }

func (l *tableRow) MinSize(objs []fyne.CanvasObject) fyne.Size {
	var h float32
	for _, o := range objs {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(0, h)
}

func (l *tableRow) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	var total, x float32
	for _, w := range l.weights {
		total += w
	}
	gap := scaled(12)
	free := s.Width - gap*float32(len(objs)-1)
	for i, o := range objs {
		w := free * l.weights[i] / total
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(w, o.MinSize().Height)) // what wraps knows its height only now
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
		x += w + gap
	}
}

// value is what one side says: of a portrait also the picture, where it can be seen.
func (c *compared) value(d desk.Difference, said string, side int) fyne.CanvasObject {
	if said = plainValue(said); said == "" {
		said = "（空）"
	}
	text := kit.NewText(said, kit.TextBold)
	img := c.faces[d.Field][side]
	if img == nil || d.Source != desk.FromCorrected {
		return text
	}
	f := kit.NewPhotoFrame("", 96, 441.0/358)
	f.SetImage(img)
	f.SetWatermark(c.v.u.desk.Watermark())
	return container.New(&stacked{gap: 2}, text, container.NewHBox(f))
}

// facesOf are a party's portrait as the case has it and as the contract holds it; nil
// what there is not, or is not to be seen.
func (u *Window) facesOf(ctx context.Context, c *loan.Case, p loan.Party) (out [2]image.Image) {
	small := func(b []byte, err error) image.Image {
		if err != nil {
			return nil
		}
		img, err := desk.DecodeImage(b)
		if err != nil {
			return nil
		}
		return shrink(img, thumbSide/2)
	}
	for _, a := range c.Slot(p.Portrait()) {
		out[0] = small(u.desk.Blob(ctx, c.ID, a.Blob))
	}
	out[1] = small(u.desk.SealedPortrait(ctx, c.ID, p))
	return out
}

// comparedName names a field, or a portrait, that is compared.
func comparedName(path string) string {
	if strings.HasPrefix(path, "portrait/") {
		return mendName(path)
	}
	return fieldNames([]string{path})[0]
}

// there is what another source says; of a card also who left it at what was typed, of a
// co-borrower with which other students.
func (c *compared) there(d desk.Difference) fyne.CanvasObject {
	switch {
	case d.Students == 1:
		return kit.NewText("另一名学生："+d.There, kit.TextBold)
	case d.Students > 1:
		return kit.NewText(fmt.Sprintf("另外 %d 名学生：%s等", d.Students, d.There), kit.TextBold)
	}
	text := c.value(d, d.There, 1)
	if d.By == "" {
		return text
	}
	who := c.v.person(d.By) + "，" + c.v.stamp(d.At)
	if d.Kept {
		return container.New(&stacked{gap: 2}, text, kit.NewText("读证后保留登记内容："+who, kit.TextWarn))
	}
	return container.New(&stacked{gap: 2}, text, kit.NewText("填写："+who, kit.TextCaption))
}

func sourceLabel(s desk.Source) string {
	switch s {
	case desk.FromCard:
		return "证件"
	case desk.FromRoster:
		return "预申请名单"
	case desk.FromEarlier:
		return "以往案件"
	case desk.FromCoborrower:
		return "共同借款人的以往案件"
	case desk.FromCorrected:
		return "补正以前"
	}
	return string(s)
}
