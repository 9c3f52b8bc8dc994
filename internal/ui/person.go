package ui

import (
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
)

// peopleOptions are people to choose from. Those of one name are told apart by their
// accounts: a name alone is then nobody's.
func peopleOptions(people []desk.Person) []kit.Option {
	same := map[string]int{}
	for _, p := range people {
		same[p.Name]++
	}
	var out []kit.Option
	for _, p := range people {
		o := kit.Option{ID: p.ID, Text: p.Name, Detail: p.ID}
		if same[p.Name] > 1 {
			o.Text += "（" + p.ID + "）"
		}
		out = append(out, o)
	}
	return out
}

// pickPerson picks who gives a password. What is typed and is nobody stays, and is said
// to be nobody: it is never taken for who was chosen before.
func pickPerson(label string, required bool, people func() []kit.Option) (*kit.Picker, *kit.Labeled) {
	p := kit.NewPicker(func(query string) []kit.Option { return kit.Narrow(people(), query) })
	p.KeepTyped = true
	of := kit.NewLabeled(label, required, p)
	p.OnChanged = func(o kit.Option) { of.SetError(nobody(p, o)) }
	return p, of
}

// nobody says that what was typed is nobody, and what to do; "" where it is somebody, or
// nothing.
func nobody(p *kit.Picker, o kit.Option) string {
	switch {
	case o.ID != "" || o.Text == "":
		return ""
	case p.Offers(o.Text):
		return "姓名没有写全，请从列表中选"
	}
	return "列表里没有这个人。还没在本机启用、或已停用的，请找系统数据管理员"
}

// lastHere is who of those to choose from was at the counter last, and nobody where that
// is not known: who comes back types a password by habit, which must count for nobody else.
func (u *Window) lastHere(options []kit.Option) kit.Option {
	last := u.left.Who
	if last == "" {
		last = u.deps.Door.Last()
	}
	if i := slices.IndexFunc(options, func(o kit.Option) bool { return o.ID == last }); i >= 0 {
		return options[i]
	}
	return kit.Option{}
}

// personIn is who was chosen; false where nobody was, which is then said there, and the
// caret put there.
func personIn(p *kit.Picker, of *kit.Labeled) (kit.Option, bool) {
	o, chosen := personSaid(p, of)
	if !chosen {
		kit.Focus(p)
	}
	return o, chosen
}

// personSaid is personIn that leaves the caret where it is: what is typed next may be a
// password.
func personSaid(p *kit.Picker, of *kit.Labeled) (kit.Option, bool) {
	o := p.Value()
	say := nobody(p, o)
	if o == (kit.Option{}) {
		say = "请选择人员"
	}
	of.SetError(say)
	return o, say == ""
}
