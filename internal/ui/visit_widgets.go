package ui

import (
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// text binds a line of text.
func (f *form) text(path, label string, required bool, set func(*kit.Field)) *bound {
	field := kit.NewField()
	field.MaxLen = 200
	if set != nil {
		set(field)
	}
	b := &bound{paths: []string{path}, object: field, inner: field, label: kit.NewLabeled(label, required, field)}
	clean := func(s string) string {
		s = strings.TrimSpace(s)
		if strings.HasSuffix(path, ".name") {
			s, _ = loan.NormalizeName(s)
		}
		return s
	}
	b.commit = func() { b.save(map[string]any{path: clean(field.Text())}) }
	field.OnLeave = func(string) { b.commit() }
	b.load = func(a *loan.Application) {
		filter := field.Filter
		field.Filter = nil // what is stored, or its mask, is shown as it is
		field.SetText(textAt(a, path))
		field.Filter = filter
	}
	b.lock = field.SetReadOnly
	return f.add(b)
}

// number binds a small whole number such as a year.
func (f *form) number(path, label string, required bool, digits int) *bound {
	field := kit.NewField()
	field.MaxLen, field.Filter = digits, kit.Digits
	b := &bound{paths: []string{path}, object: field, inner: field, label: kit.NewLabeled(label, required, field)}
	b.commit = func() {
		n, _ := strconv.Atoi(field.Text()) // digits alone; empty is 0
		b.save(map[string]any{path: n})
	}
	field.OnLeave = func(string) { b.commit() }
	b.load = func(a *loan.Application) {
		if n := numberAt(a, path); n > 0 {
			field.SetText(strconv.Itoa(n))
		} else {
			field.SetText("")
		}
	}
	b.lock = field.SetReadOnly
	return f.add(b)
}

// amount binds whole yuan.
func (f *form) amount(path, label string, required bool) *bound {
	field := kit.NewAmount()
	b := &bound{paths: []string{path}, object: field, inner: field.Field(), label: kit.NewLabeled(label, required, field)}
	b.commit = func() {
		yuan, _ := field.Value()
		b.save(map[string]any{path: yuan})
	}
	field.OnLeave = func(int, bool) { b.commit() }
	b.load = func(a *loan.Application) {
		if n := numberAt(a, path); n > 0 {
			field.SetValue(n)
		} else {
			field.Clear()
		}
	}
	b.lock = field.SetReadOnly
	return f.add(b)
}

// date binds a day, or 长期 where that is allowed.
func (f *form) date(path, label string, required bool, set func(*kit.DateField)) *bound {
	field := kit.NewDate()
	field.Now = f.v.u.deps.Now
	if set != nil {
		set(field)
	}
	b := &bound{paths: []string{path}, object: field, inner: field.Field(), label: kit.NewLabeled(label, required, field)}
	b.commit = func() { b.save(map[string]any{path: field.Value()}) }
	field.OnChanged = func(string) { b.commit() }
	field.OnInvalid = func(_, words string) {
		b.visited, b.invalid = true, words
		b.v.refresh()
	}
	b.load = func(a *loan.Application) {
		if f.v.covered(path, a) {
			field.SetValue(coveredDate) // it is no date, so that the field has no value
			return
		}
		field.SetValue(textAt(a, path))
	}
	b.lock = field.SetReadOnly
	return f.add(b)
}

// coveredDate stands for a date that the case has and that is not to be seen.
const coveredDate = "****-**-**"

// covered says whether a field is empty in what is shown because it is masked: the case
// has it.
func (v *visit) covered(path string, shown *loan.Application) bool {
	return v.covering && !v.missing[path] && textAt(shown, path) == ""
}

// pick binds a picker; shown says what the case holds, fields what a choice
// sets.
func (f *form) pick(paths []string, label string, required bool, p *kit.Picker, shown func(*loan.Application) kit.Option, fields func(kit.Option) map[string]any) *bound {
	b := &bound{paths: paths, object: p, inner: p.Field(), label: kit.NewLabeled(label, required, p)}
	b.commit = func() { b.save(fields(p.Value())) }
	p.OnChanged = func(kit.Option) { b.commit() }
	b.load = func(a *loan.Application) { p.SetValue(shown(a)) }
	b.lock = p.SetReadOnly
	return f.add(b)
}

// choice binds one of a few, all seen.
func (f *form) choice(path, label string, required bool, ids ...string) *bound {
	options := make([]kit.Option, len(ids))
	for i, id := range ids {
		options[i] = kit.Option{ID: id, Text: id}
	}
	c := kit.NewChoice(options...)
	b := &bound{paths: []string{path}, object: c, label: kit.NewLabeled(label, required, c)}
	b.commit = func() { b.save(map[string]any{path: c.Value()}) }
	c.OnChanged = func(string) { b.commit() }
	b.load = func(a *loan.Application) { c.SetValue(textAt(a, path)) }
	b.lock = c.SetReadOnly
	return f.add(b)
}

// check binds a yes or no.
func (f *form) check(path, words string) *bound {
	c := kit.NewCheck(words, false)
	note := kit.NewText("", kit.TextBad)
	note.Hide()
	box := container.NewVBox(c, note)
	b := &bound{paths: []string{path}, object: box}
	b.commit = func() { b.save(map[string]any{path: c.Checked()}) }
	c.OnChanged = func(bool) { b.commit() }
	b.load = func(a *loan.Application) { c.SetChecked(flagAt(a, path)) }
	b.lock = func(on bool) { setDisabled(c, on) }
	b.mark = func(fail string) {
		c.SetInvalid(fail != "")
		setNote(box, note, fail)
	}
	return f.add(b)
}

// checks binds a list of words to boxes.
func (f *form) checks(path string, words []string) *bound {
	boxes := make([]*kit.Check, len(words))
	objects := make([]fyne.CanvasObject, len(words))
	note := kit.NewText("", kit.TextBad)
	note.Hide()
	for i, w := range words {
		boxes[i] = kit.NewCheck(w, false)
		objects[i] = boxes[i]
	}
	all := container.NewVBox(kit.Columns(nil, objects...), note)
	b := &bound{paths: []string{path}, object: all}
	b.commit = func() {
		chosen := []string{}
		for i, box := range boxes {
			if box.Checked() {
				chosen = append(chosen, words[i])
			}
		}
		b.save(map[string]any{path: chosen})
	}
	for _, box := range boxes {
		box.OnChanged = func(bool) { b.commit() }
	}
	b.load = func(a *loan.Application) {
		have := listAt(a, path)
		veiled := f.v.covering && len(have) == 0 && path == "hardship.categories"
		for i, box := range boxes {
			box.SetVeiled(veiled)
			box.SetChecked(slices.Contains(have, words[i]))
		}
	}
	b.lock = func(on bool) {
		for _, box := range boxes {
			setDisabled(box, on)
		}
	}
	b.mark = func(fail string) { setNote(all, note, fail) }
	return f.add(b)
}

func listAt(a *loan.Application, path string) []string {
	switch path {
	case "loan.purpose":
		return a.Loan.Purpose
	case "hardship.categories":
		return a.Hardship.Categories
	}
	return nil
}

func setDisabled(d fyne.Disableable, on bool) {
	if on {
		d.Disable()
	} else {
		d.Enable()
	}
}

// setNote shows a line in its container where there is something to say.
func setNote(in *fyne.Container, t *kit.Text, words string) {
	t.SetText(words)
	if t.Visible() == (words != "") {
		return
	}
	setVisible(t, words != "")
	if in != nil {
		in.Refresh()
	}
}
