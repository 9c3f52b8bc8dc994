package loan

// Missing lists the fields every application needs and this one lacks, as
// paths in the order of the form. The codes of Check say what is wrong with
// what is there; some of these fields no code asks for.
func Missing(a *Application) []string {
	var out []string
	need := func(path string, empty bool) {
		if empty {
			out = append(out, path)
		}
	}
	person := func(prefix string, p *Person) {
		need(prefix+"name", p.Name == "")
		need(prefix+"id_no", p.IDNo == "")
		need(prefix+"birth", p.Birth == "")
		need(prefix+"sex", p.Sex == "")
		need(prefix+"ethnic", p.Ethnic == "")
		need(prefix+"id_valid_to", p.IDValidTo == "")
		need(prefix+"hukou_code", p.HukouCode == "")
		need(prefix+"phone", p.Phone == "")
		need(prefix+"address", p.Address == "")
	}
	person("student.", &a.Student)
	second := Coborrower{}
	if len(a.Coborrowers) > 0 {
		second = a.Coborrowers[0]
	}
	need("coborrowers.0.relation", second.Relation == "")
	person("coborrowers.0.", &second.Person)
	s := a.Study
	need("study.school_name", s.SchoolName == "")
	need("study.major", s.Major == "")
	need("study.mode", s.Mode == "")
	need("study.level", s.Level == "")
	need("study.years", s.Years == 0)
	need("study.entry_year", s.EntryYear == 0)
	need("study.tuition", s.Tuition == 0)
	need("loan.amount", a.Loan.Amount == 0)
	need("loan.purpose", len(a.Loan.Purpose) == 0)
	return out
}

// AcademicYearOf is the year in which the school year of a day begins: from
// May on, intake is for the year to come.
func AcademicYearOf(d Date) int {
	t, err := d.Time()
	if err != nil {
		return 0
	}
	if t.Month() < 5 {
		return t.Year() - 1
	}
	return t.Year()
}
