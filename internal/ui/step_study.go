package ui

import (
	"fmt"
	"strconv"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// studyStep is ④: the school and the loan.
type studyStep struct {
	v       *visit
	content fyne.CanvasObject
	school  *bound
	schools *kit.Picker
	amount  *bound
	tuition *bound
	years   *bound
	sums    *kit.Text
	terms   *kit.Text
	rate    *kit.Text
}

func newStepStudy(v *visit) *studyStep {
	s := &studyStep{v: v, sums: kit.NewText("", kit.TextBody), terms: kit.NewText("", kit.TextBody), rate: kit.NewText("", kit.TextCaption)}
	f := v.form
	f.at = stepStudy
	s.content = cards(s.studyCard(f), s.loanCard(f))
	return s
}

func (s *studyStep) studyCard(f *form) fyne.CanvasObject {
	label := fieldLabel
	picker := kit.NewPicker(s.findSchool)
	picker.Field().Placeholder = "输入校名的一部分或 10 位标识码"
	s.schools = picker
	s.school = f.pick([]string{"study.school_name", "study.school_code"}, label("study.school_name"), true, picker,
		func(a *loan.Application) kit.Option {
			return kit.Option{ID: a.Study.SchoolCode, Text: a.Study.SchoolName}
		}, s.chosenSchool)
	major := f.text("study.major", label("study.major"), true, func(k *kit.Field) { k.MaxLen = 60 })
	level := f.choice("study.level", label("study.level"), true, string(loan.Junior), string(loan.Bachelor), string(loan.Master), string(loan.Doctor))
	mode := f.choice("study.mode", label("study.mode"), true, string(loan.FullTime), string(loan.PartTime))
	kinds := kit.NewFixedPicker([]kit.Option{{ID: "普通", Text: "普通高等教育"}, {ID: "预科", Text: "预科"}, {ID: loan.Adult, Text: "成人教育（自考、网络、函授）"}})
	category := f.pick([]string{"study.category"}, label("study.category"), false, kinds,
		func(a *loan.Application) kit.Option { return categoryOption(a.Study.Category) },
		func(o kit.Option) map[string]any { return map[string]any{"study.category": o.ID} })
	s.years = f.number("study.years", label("study.years"), true, 2)
	entry := f.number("study.entry_year", label("study.entry_year"), true, 4)
	entry.inner.Placeholder = "例如 " + strconv.Itoa(s.v.c.App.AcademicYear)
	s.tuition = f.amount("study.tuition", label("study.tuition"), true)
	dorm := f.amount("study.dorm", label("study.dorm"), false)
	institute := f.check("study.research_institute", "科研院所（名册以外）")
	return kit.Card("就学信息", institute.object,
		kit.Columns([]float32{3, 2}, s.school.label, major.label),
		kit.Columns([]float32{3, 2}, level.label, mode.label),
		kit.Columns([]float32{2, 1, 1, 1.3, 1.3}, category.label, s.years.label, entry.label, s.tuition.label, dorm.label))
}

func categoryOption(id string) kit.Option {
	switch id {
	case "":
		return kit.Option{}
	case "普通":
		return kit.Option{ID: id, Text: "普通高等教育"}
	case loan.Adult:
		return kit.Option{ID: id, Text: "成人教育（自考、网络、函授）"}
	}
	return kit.Option{ID: id, Text: id}
}

func (s *studyStep) loanCard(f *form) fyne.CanvasObject {
	s.amount = f.amount("loan.amount", fieldLabel("loan.amount"), true)
	maturity := f.number("loan.maturity_year", fieldLabel("loan.maturity_year"), true, 4)
	maturity.inner.SetReadOnly(true)
	maturity.lock = func(bool) {}
	maturity.hint = "由入学年份和学制算出"
	purposes := []string{"学费", "住宿费", "生活费"}
	if p, err := s.v.u.desk.Rules().PolicyFor(s.v.u.desk.Today()); err == nil && len(p.Purposes) > 0 {
		purposes = p.Purposes
	}
	purpose := f.checks("loan.purpose", purposes)
	return kit.Card("贷款", nil,
		kit.Columns([]float32{1, 1, 2}, s.amount.label, maturity.label, below(s.sums)),
		kit.NewLine("贷款用途", kit.TextBody), purpose.object, s.terms, s.rate)
}

func (s *studyStep) findSchool(query string) []kit.Option {
	const most = 60
	query = strings.TrimSpace(query)
	register := s.v.u.desk.Rules().Schools
	found := register.Find(query, most)
	if len(found) == 0 {
		for _, g := range register.Schools {
			if len(found) < most && s.v.u.ear.Hears(g.Name, query) {
				found = append(found, g)
			}
		}
	}
	var out []kit.Option
	for _, g := range found {
		detail := g.Code + " " + g.Place
		if g.Level != "" {
			detail += " " + g.Level
		}
		if g.Kind == loan.AdultSchool {
			detail += " 成人高校"
		}
		out = append(out, kit.Option{ID: g.Code, Text: g.Name, Detail: detail})
	}
	return out
}

// chosenSchool sets name and code together, and the level where the school
// has but one.
func (s *studyStep) chosenSchool(o kit.Option) map[string]any {
	fields := map[string]any{"study.school_name": o.Text, "study.school_code": o.ID}
	if g, ok := s.v.u.desk.Rules().Schools.ByCode(o.ID); ok && s.v.draft.Study.Level == "" {
		switch g.Level {
		case string(loan.Junior), string(loan.Bachelor):
			fields["study.level"] = g.Level
		}
	}
	return fields
}

func (s *studyStep) refresh() {
	a, d := &s.v.c.App, s.v.report.Derived
	hint := func(b *bound, text string) {
		if b.hint != text {
			b.hint = text
			b.show()
		}
	}
	code := "从名册中选择；查不到时先更新院校名册"
	if a.Study.SchoolCode != "" {
		code = "标识码 " + a.Study.SchoolCode
	}
	hint(s.school, code)
	s.schools.AllowFree = a.Study.ResearchInstitute
	if d.MaxAmount != nil {
		hint(s.amount, fmt.Sprintf("最高 %s 元", yuan(*d.MaxAmount-s.prior())))
	}
	if d.GradYear != nil {
		hint(s.years, fmt.Sprintf("%d 年毕业", *d.GradYear))
	}
	s.sums.SetText(s.sumWords())
	s.showTerms()
}

// prior is what was lent already in the same school year, for a supplement.
func (s *studyStep) prior() int {
	sum := 0
	if s.v.c.App.Loan.Supplementary {
		for _, p := range s.v.c.App.Loan.SameYearPrior {
			if p.Type == loan.OriginLoan {
				sum += p.Amount
			}
		}
	}
	return sum
}

func (s *studyStep) sumWords() string {
	a := &s.v.c.App
	fees := a.Study.Tuition + a.Study.Dorm
	if fees == 0 {
		return "学费与住宿费填好后，这里显示合计。"
	}
	words := "学费与住宿费合计 " + yuan(fees) + " 元"
	switch rest := a.Loan.Amount + s.prior() - fees; {
	case a.Loan.Amount == 0:
	case rest > 0:
		words += "；超出的 " + yuan(rest) + " 元只能用于生活费"
	case rest < 0:
		words += "；还差 " + yuan(-rest) + " 元由家庭自筹"
	}
	return words
}

func (s *studyStep) showTerms() {
	p, err := s.v.u.desk.Rules().PolicyFor(s.v.c.Application(s.v.u.desk.Today()).AsOf)
	if err != nil {
		s.terms.SetText("")
		s.rate.SetText("今天没有适用的政策包，请先更新政策包。")
		return
	}
	words := "在校期间利息由财政补贴，毕业当年 " + monthDay(p.SubsidyUntil) + "止；毕业后前 " + strconv.Itoa(p.GraceYears) + " 年只还利息"
	if y := s.v.report.Derived.MaturityYear; y != nil {
		words += fmt.Sprintf("；%d 年%s到期", *y, monthDay(p.MaturityDay))
	}
	s.terms.SetText(words + "。")
	s.rate.SetText("利率：" + p.Rate.Text + "　政策包 " + p.ID)
}

// monthDay writes 09-20 as 9月20日.
func monthDay(s string) string {
	m, d, ok := strings.Cut(s, "-")
	if !ok {
		return s
	}
	return strings.TrimLeft(m, "0") + "月" + strings.TrimLeft(d, "0") + "日"
}

// yuan writes an amount with its thousands apart.
func yuan(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (s *studyStep) object() fyne.CanvasObject { return s.content }
func (s *studyStep) shown()                    { kit.Focus(s.school.object) }
func (s *studyStep) left()                     {}
func (s *studyStep) close()                    {}
func (s *studyStep) action() action            { return s.v.next() }
