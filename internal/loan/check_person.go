package loan

import (
	"strings"
	"time"
	"unicode/utf8"
)

func (j *judge) checkPerson(p person) {
	j.checkID(p)
	j.checkName(p)
	if !phone(p.Phone) {
		j.raise("E-PH-001", p.prefix+"phone", p.party)
	}
	if !p.PhotoOK {
		j.raise("E-PT-001", "portrait/"+string(p.party), p.party)
	}
	if !p.Consent {
		j.raise("E-CT-001", "consent/"+string(p.party), p.party)
	}
}

func (j *judge) checkID(p person) {
	field := p.prefix + "id_no"
	if _, lower := IDNumber(p.IDNo).Canonical(); lower {
		j.raise("W-ID-012", field, p.party)
	}
	j.checkValidity(p)
	if !p.formed {
		j.raise("E-ID-001", field, p.party)
		return
	}
	j.checkArea(p, field)
	if !p.dated {
		j.raise("E-ID-003", field, p.party)
		return
	}
	if p.id.CheckCharacter() != p.id[17] {
		j.raise("E-ID-002", field, p.party)
	}
	if p.Birth != "" && p.Birth != DateOf(p.birth) {
		j.raise("E-ID-004", p.prefix+"birth", p.party)
	}
	if p.Sex != "" && p.Sex != p.id.Sex() {
		j.raise("E-ID-005", p.prefix+"sex", p.party)
	}
}

func (j *judge) checkArea(p person, field string) {
	two := string(p.id[:2])
	switch {
	case two == "81", two == "82", two == "83", two[0] == '9':
		j.raise("E-ID-011", field, p.party)
	case !provinceCode(two):
		j.raise("E-ID-006", field, p.party)
	case !j.ref.Areas.Known(p.id.Area()):
		j.raise("W-ID-007", field, p.party)
	}
}

func (j *judge) checkValidity(p person) {
	if p.IDValidTo == LongTerm || j.asOf.IsZero() {
		return
	}
	end, err := Date(p.IDValidTo).Time()
	if err != nil {
		return
	}
	switch left := end.Sub(j.asOf) / (24 * time.Hour); {
	case left < 0:
		j.raise("E-ID-009", p.prefix+"id_valid_to", p.party)
	case left <= 30:
		j.raise("W-ID-010", p.prefix+"id_valid_to", p.party)
	}
}

func (j *judge) checkName(p person) {
	field := p.prefix + "name"
	name, dotted := NormalizeName(p.Name)
	if dotted {
		j.raise("W-NM-002", field, p.party)
	}
	switch {
	case nameHasPlaceholder(name):
		j.raise("E-NM-003", field, p.party)
	case !nameWellFormed(name):
		j.raise("E-NM-001", field, p.party)
	case nameRare(name):
		j.raise("W-NM-004", field, p.party)
	}
	if p.IDOCRName != "" {
		if card, _ := NormalizeName(p.IDOCRName); card != name {
			j.raise("E-NM-005", field, p.party)
		}
	}
}

// phone says whether s is a mobile number: 1, then 3 to 9, then nine digits.
func phone(s string) bool {
	if len(s) != 11 || s[0] != '1' || s[1] < '3' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

func (j *judge) checkStudent() {
	s, a := j.student, j.app
	if utf8.RuneCountInString(s.Address) < 10 {
		j.raise("E-AD-001", "student.address", StudentParty)
	}
	hukou, renamed := j.ref.Areas.Current(s.HukouCode)
	if renamed {
		j.raise("W-AD-002", "student.hukou_code", StudentParty)
	}
	if hukou != j.county() {
		j.raise("E-EL-001", "student.hukou_code", StudentParty)
	}
	if s.dated && s.age < 16 {
		j.raise("R-EL-007", "student.id_no", StudentParty)
	}
	for _, p := range a.Loan.SameYearPrior {
		switch {
		case p.Type == CampusLoan:
			j.raise("E-EL-004", "loan.same_year_prior", "")
		case p.Type == OriginLoan && !a.Loan.Supplementary:
			j.raise("E-EL-005", "loan.same_year_prior", "")
		}
	}
}

func (j *judge) county() string {
	c, _ := j.ref.Areas.Current(j.app.Intake.CountyCode)
	return c
}

func (j *judge) checkCoborrowers() {
	switch {
	case len(j.second) == 0:
		j.raise("E-CB-001", "coborrowers.0.name", CoborrowerParty)
	case len(j.second) > 1:
		j.raise("E-CB-010", "coborrowers.1.name", CoborrowerParty)
	}
	for i := range j.app.Coborrowers {
		j.checkCoborrower(&j.app.Coborrowers[i], j.second[i])
	}
}

func (j *judge) checkCoborrower(c *Coborrower, p person) {
	raise := func(code Code, field string) { j.raise(code, p.prefix+field, CoborrowerParty) }
	if p.id != "" && p.id == j.student.id {
		raise("E-ID-008", "id_no")
	}
	if c.Phone != "" && c.Phone == j.student.Phone {
		raise("W-PH-002", "phone")
	}
	if p.dated && !c.Relation.Parent() && (p.age < 25 || p.age > 60) {
		raise("E-CB-002", "id_no")
	}
	if hukou, _ := j.ref.Areas.Current(c.HukouCode); hukou != j.county() {
		raise("R-CB-003", "hukou_code")
	}
	if c.OpenStudentLoan {
		raise("E-CB-004", "open_student_loan")
	}
	if c.CivilCapacity != nil && !*c.CivilCapacity || p.dated && p.age < 18 {
		raise("E-CB-005", "civil_capacity")
	}
	if !c.Relation.Parent() {
		switch {
		case c.NonParentReason == "":
			raise("E-CB-006", "non_parent_reason")
		case !j.has(RelationProof):
			j.raise("E-DC-006", string(DocSlot(RelationProof)), CoborrowerParty)
		}
	}
	if want, ok := c.Relation.sex(); ok && c.Sex != want {
		raise("E-CB-007", "relation")
	}
	if c.Relation.Parent() && p.dated && j.student.dated && j.student.birth.Year()-p.birth.Year() < 16 {
		raise("R-CB-008", "id_no")
	}
	if j.student.dated && j.student.age < 18 && !c.Relation.Parent() && !c.LegalGuardian {
		raise("E-CB-009", "legal_guardian")
	}
}

// sex is what a relation says of its holder, where it says anything.
func (r Relation) sex() (Sex, bool) {
	switch r {
	case Father, PaternalGrandfather, MaternalGrandfather, ElderBrother, PaternalUncle, MaternalUncle:
		return Male, true
	case Mother, PaternalGrandmother, MaternalGrandmother, ElderSister, PaternalAunt, MaternalAunt:
		return Female, true
	}
	return "", false
}
