package loan

import (
	"slices"
	"time"
)

// Verdict is what the rules say of an application.
type Verdict string

// The verdicts.
const (
	AcceptVerdict Verdict = "accept"
	ReviewVerdict Verdict = "review"
	RejectVerdict Verdict = "reject"
)

// Reference is what the rules look up: policy packs, area codes, schools.
type Reference struct {
	Packs   []Policy
	Areas   *Areas
	Schools *Register
}

// Finding is one code, raised for a field or a person.
type Finding struct {
	Code  Code
	Field string // path of the field to jump to; doc/… for a paper
	Party Party  // whose, or empty
}

// Derived are the values computed beside the verdict; nil or empty is what
// cannot be computed.
type Derived struct {
	StudentAge    *int   `json:"student_age,omitempty"`
	CoborrowerAge *int   `json:"coborrower_age,omitempty"`
	MaxAmount     *int   `json:"max_amount,omitempty"`
	MaturityYear  *int   `json:"maturity_year,omitempty"`
	PolicyPack    string `json:"policy_pack,omitempty"`
	GradYear      *int   `json:"grad_year,omitempty"`
}

// Report is the verdict with its reasons.
type Report struct {
	Verdict  Verdict
	Findings []Finding // in the order of the rules; a code once per person
	Derived  Derived
}

// Codes lists the codes of the report, each once, in the order raised.
func (r Report) Codes() []Code {
	var out []Code
	for _, f := range r.Findings {
		if !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

// Without leaves out findings, and gives the verdict of what remains.
func (r Report) Without(drop func(Finding) bool) Report {
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), drop)
	r.Verdict = verdict(r.Findings)
	return r
}

func verdict(fs []Finding) Verdict {
	v := AcceptVerdict
	for _, f := range fs {
		switch f.Code.Severity() {
		case Reject:
			return RejectVerdict
		case Review:
			v = ReviewVerdict
		}
	}
	return v
}

// judge is one check in hand.
type judge struct {
	ref     *Reference
	app     *Application
	asOf    time.Time
	pack    Policy
	hasPack bool
	report  Report
	student person
	second  []person
}

// person is a Person with what its number tells.
type person struct {
	*Person
	party  Party
	prefix string // of its field paths
	id     IDNumber
	formed bool
	dated  bool
	birth  time.Time
	age    int
}

// Check judges an application as of its signing date. Every code that applies
// is raised (the table in the acceptance cases' README); the application is
// not changed. Without a valid signing date nothing that needs one is judged.
func (r *Reference) Check(a *Application) Report {
	j := &judge{ref: r, app: a}
	j.asOf, _ = a.AsOf.Time()
	if a.AsOf.Valid() {
		j.pack, j.hasPack = policyFor(r.Packs, a.AsOf)
	}
	j.student = j.person(&a.Student, StudentParty, "student.")
	for i := range a.Coborrowers {
		p := j.person(&a.Coborrowers[i].Person, CoborrowerParty, coborrowerPath(i))
		j.second = append(j.second, p)
	}
	j.derive()
	j.checkPerson(j.student)
	for _, p := range j.second {
		j.checkPerson(p)
	}
	j.checkStudent()
	j.checkCoborrowers()
	j.checkStudy()
	j.checkAmount()
	j.checkPapers()
	j.report.Verdict = verdict(j.report.Findings)
	return j.report
}

func coborrowerPath(i int) string { return "coborrowers." + string(rune('0'+i%10)) + "." }

func (j *judge) raise(code Code, field string, party Party) {
	f := Finding{code, field, party}
	if !slices.Contains(j.report.Findings, f) {
		j.report.Findings = append(j.report.Findings, f)
	}
}

func (j *judge) has(d Doc) bool { return slices.Contains(j.app.Docs, d) }

func (j *judge) person(p *Person, party Party, prefix string) person {
	out := person{Person: p, party: party, prefix: prefix}
	out.id, _ = IDNumber(p.IDNo).Canonical()
	out.formed = out.id.WellFormed()
	if !out.formed {
		return out
	}
	birth, ok := out.id.Birth()
	if out.dated = ok && !birth.After(j.asOf); out.dated {
		out.birth, out.age = birth, Age(birth, j.asOf)
	}
	return out
}

func (j *judge) derive() {
	d := &j.report.Derived
	if j.student.dated {
		d.StudentAge = &j.student.age
	}
	if n := len(j.second); n > 0 && j.second[n-1].dated {
		d.CoborrowerAge = &j.second[n-1].age
	}
	s := j.app.Study
	grad := s.EntryYear + s.Years
	known := s.EntryYear > 0 && s.Years > 0
	if known {
		d.GradYear = &grad
	}
	if !j.hasPack {
		return
	}
	d.PolicyPack = j.pack.ID
	most := j.pack.Max(s.Level)
	d.MaxAmount = &most
	if known {
		year := j.pack.MaturityYear(grad, j.asOf.Year())
		d.MaturityYear = &year
	}
}
