package ui

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"doorstep/internal/desk"
)

// tellGranted says what the operator was granted of the case, and until when, and fills in
// what was granted last, unless something else was filled in meanwhile.
func (a *revealAsk) tellGranted() {
	for _, box := range a.boxes.boxes {
		box.OnChanged = func(bool) {
			a.keepReason()
			a.offerGlass()
		}
	}
	before := a.boxes.ticked()
	var all []desk.Given
	words := ""
	a.v.u.run("grants", func(ctx context.Context) (err error) {
		if all, err = a.v.u.desk.Grants(ctx); err == nil {
			words, _, err = a.v.u.byReason(ctx, a.v.id)
		}
		return err
	}, func(err error) {
		if err != nil {
			return
		}
		a.which.SetHint(words)
		a.leaves = a.v.leaves(all)
		if words := a.v.grantedWords(a.leaves); words != "" {
			a.granted.SetText(words)
			a.granted.Show()
		}
		if slices.Equal(a.boxes.ticked(), before) {
			a.fillIn()
		}
		a.offerGlass()
		a.content.Refresh()
		a.dialog.Refresh()
	})
}

// fillIn ticks what the grant names that lasts longest, and gives its reason where that is
// the operator's own and no other grant serves. An emergency names all, so that nothing is
// ticked for it.
func (a *revealAsk) fillIn() {
	if len(a.leaves) == 0 {
		return
	}
	g := slices.MaxFunc(a.leaves, func(x, y desk.Given) int { return x.Until.Compare(y.Until) })
	if i := slices.IndexFunc(a.leaves, isEmergency); i >= 0 {
		g = a.leaves[i]
	}
	if of := boxesWithin(g.Fields); len(of) > 0 && !isEmergency(g) {
		for id, box := range a.boxes.boxes {
			box.SetChecked(slices.Contains(of, id))
		}
	}
	own := isEmergency(g) || len(a.leaves) == 1 && g.Asked()
	if own && strings.TrimSpace(a.reason.Text()) == "" {
		a.from = g
		a.keepReason()
	}
}

// keepReason has a reason that was filled in stand for what its grant names alone.
func (a *revealAsk) keepReason() {
	switch fields := a.boxes.chosen(); {
	case a.from.Reason == "":
	case a.reason.Text() == "" && subset(fields, a.from.Fields):
		a.reason.SetText(a.from.Reason)
	case a.reason.Text() == a.from.Reason && !subset(fields, a.from.Fields):
		a.reason.SetText("")
	}
}

// offerGlass offers an emergency but where what is ticked is granted.
func (a *revealAsk) offerGlass() {
	fields, all := a.boxes.chosen(), []string(nil)
	for _, g := range a.leaves {
		all = append(all, g.Fields...)
	}
	granted := len(fields) > 0 && subset(fields, all)
	if a.glass.Visible() == granted {
		setVisible(a.glass, !granted)
		a.content.Refresh()
	}
}

func isEmergency(g desk.Given) bool { return g.By == desk.Emergency }

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(f string) bool { return !slices.Contains(all, f) })
}

// boxesWithin are the boxes all of whose fields are among some, in their order.
func boxesWithin(fields []string) []string {
	return slices.DeleteFunc(boxOrder(), func(id string) bool { return !subset(revealChoices()[id], fields) })
}

// leaves are the grants that let something of the case be seen now.
func (v *visit) leaves(all []desk.Given) (out []desk.Given) {
	for _, g := range all {
		of := slices.Contains(g.Cases, v.id) || slices.Contains(g.Used, v.id) || len(g.Cases) == 0 && len(g.Used)+len(g.Taken)+g.Searched < g.Count
		g.Fields = slices.DeleteFunc(slices.Clone(g.Fields), func(f string) bool { return f == desk.SearchField || f == desk.TakeField })
		if g.Release == nil && of && len(g.Fields) > 0 && g.Lapsed(v.u.deps.Now()) == "" {
			out = append(out, g)
		}
	}
	return out
}

// grantedWords says what leaves let be seen of the case, each field with the last end that
// any of them has for it; empty where there are none.
func (v *visit) grantedWords(leaves []desk.Given) string {
	if i := slices.IndexFunc(leaves, isEmergency); i >= 0 {
		return "紧急查看到 " + v.stamp(leaves[i].Until) + " 为止，可以查看本案全部内容。"
	}
	last := map[string]desk.Given{} // by field
	for _, g := range leaves {
		for _, f := range g.Fields {
			if was, ok := last[f]; !ok || g.Until.After(was.Until) {
				last[f] = g
			}
		}
	}
	ends := map[time.Time][]string{}
	reach := map[time.Time]string{}
	for f, g := range last {
		end := g.Until.UTC()
		ends[end] = append(ends[end], f)
		if g.Count > 0 {
			reach[end] = "（" + reachOf(g) + "）"
		}
	}
	var out []string
	for _, end := range slices.SortedFunc(maps.Keys(ends), time.Time.Compare) {
		out = append(out, strings.Join(boxWords(ends[end]), "、")+"，到 "+v.stamp(end)+" 为止"+reach[end])
	}
	if len(out) == 0 {
		return ""
	}
	return "已批准查看：" + strings.Join(out, "；") + "。"
}

// boxWords name fields as the boxes do, and those of one person alone by themselves.
func boxWords(fields []string) (out []string) {
	for _, id := range boxOrder() {
		of := revealChoices()[id]
		if subset(of, fields) {
			out = append(out, boxLabel(id))
			continue
		}
		out = append(out, fieldNames(slices.DeleteFunc(of, func(f string) bool { return !slices.Contains(fields, f) }))...)
	}
	return out
}
