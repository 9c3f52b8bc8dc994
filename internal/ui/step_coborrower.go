package ui

import (
	"fmt"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// coborrowerStep is ③.
type coborrowerStep struct {
	v        *visit
	content  fyne.CanvasObject
	person   *personForm
	relation *bound
	reason   *bound
	guardian *bound
	copy     *kit.Button
}

func newStepCoborrower(v *visit) *coborrowerStep {
	const prefix = "coborrowers.0."
	f := v.form
	f.at = stepCoborrower
	s := &coborrowerStep{v: v}
	var relations []kit.Option
	for _, r := range loan.Relations() {
		relations = append(relations, kit.Option{ID: string(r), Text: string(r), Also: alsoCalled(r)})
	}
	s.relation = f.pick([]string{prefix + "relation"}, "与学生关系", true, kit.NewFixedPicker(relations),
		func(a *loan.Application) kit.Option {
			r := textAt(a, prefix+"relation")
			return kit.Option{ID: r, Text: r}
		}, func(o kit.Option) map[string]any { return map[string]any{prefix + "relation": o.ID} })
	s.relation.hint = "只能有一名，父母优先"
	s.reason = f.text(prefix+"non_parent_reason", "父母不能担任的原因", true, func(k *kit.Field) {
		k.MaxLen, k.Placeholder = 100, "例如：父母双亡；父亲病故、母亲失联"
	})
	s.guardian = f.check(prefix+"legal_guardian", "是学生的法定监护人")
	open := f.check(prefix+"open_student_loan", "本人有未结清的国家助学贷款")
	able := f.check(prefix+"civil_capacity", "具有完全民事行为能力")
	able.load = func(box func(*loan.Application)) func(*loan.Application) {
		return func(a *loan.Application) {
			if len(a.Coborrowers) > 0 && a.Coborrowers[0].CivilCapacity == nil {
				b := cloneApplication(*a)
				yes := true
				b.Coborrowers[0].CivilCapacity = &yes
				a = &b
			}
			box(a)
		}
	}(able.load)
	s.person = newPersonForm(v, prefix, loan.CoborrowerParty)
	s.copy = kit.NewSecondary("户籍、地址同学生", kit.Icon("document"), s.copyAddress)
	s.content = cards(
		s.person.card("共同借款人", container.NewHBox(s.person.reader, s.copy), kit.Columns([]float32{1, 2, 1.2}, s.relation.label, s.reason.label, below(s.guardian.object))),
		kit.Card("资格确认", nil, kit.Columns(nil, able.object, open.object)),
		s.person.consent.content)
	return s
}

// copyAddress takes over where the student lives.
func (s *coborrowerStep) copyAddress() {
	a := s.v.draft.Student
	fields := map[string]any{"coborrowers.0.hukou_code": a.HukouCode, "coborrowers.0.address": a.Address}
	s.v.put(fields, func(start bool, err error) {
		if !start && err != nil {
			s.v.u.fail(err)
		}
	})
	kit.Focus(s.person.fields["phone"].object)
}

func (s *coborrowerStep) refresh() {
	second := loan.Coborrower{}
	if list := s.v.c.App.Coborrowers; len(list) > 0 {
		second = list[0]
	}
	other := second.Relation != "" && !second.Relation.Parent()
	age := s.v.report.Derived.StudentAge
	setVisible(s.reason.label, other)
	setVisible(s.guardian.object, other || age != nil && *age < 18)
	s.copy.SetEnabled(!s.v.locked() && s.v.draft.Student.Address != "")
	s.person.reader.SetEnabled(!s.v.locked())
	ageHint(s.v, s.person, s.v.report.Derived.CoborrowerAge)
}

// ageHint says under the birth how old the person is.
func ageHint(v *visit, p *personForm, age *int) {
	b := p.fields["birth"]
	hint := "由身份证号带出"
	if age != nil && v.full() {
		hint = fmt.Sprintf("%d 周岁", *age)
	}
	if b.hint != hint {
		b.hint = hint
		b.show()
	}
}

func setVisible(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (s *coborrowerStep) object() fyne.CanvasObject { return s.content }
func (s *coborrowerStep) shown()                    { kit.Focus(s.relation.object) }
func (s *coborrowerStep) left()                     {}
func (s *coborrowerStep) close()                    {}
func (s *coborrowerStep) action() action            { return s.v.next() }

// alsoCalled are other words that people type for a relation.
func alsoCalled(r loan.Relation) string {
	return map[loan.Relation]string{
		loan.Father: "父亲、爸爸", loan.Mother: "母亲、妈妈", loan.PaternalGrandfather: "爷爷", loan.PaternalGrandmother: "奶奶",
		loan.MaternalGrandfather: "外公、姥爷", loan.MaternalGrandmother: "外婆、姥姥", loan.ElderBrother: "哥哥、兄长", loan.ElderSister: "姐姐",
		loan.PaternalUncle: "伯父、叔叔、伯伯、叔父", loan.PaternalAunt: "姑姑、姑母", loan.MaternalUncle: "舅舅、舅父", loan.MaternalAunt: "姨妈、阿姨、姨母",
	}[r]
}
