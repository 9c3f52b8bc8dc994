package loan

func (j *judge) checkStudy() {
	s := j.app.Study
	school, listed := j.ref.Schools.ByCode(s.SchoolCode)
	switch {
	case s.Category == Adult, listed && school.Kind == AdultSchool, !listed && !s.ResearchInstitute:
		j.raise("E-EL-002", "study.school_code", "")
	case !listed || school.Name == s.SchoolName:
	case j.ref.Schools.FormerName(s.SchoolCode, s.SchoolName):
		j.raise("W-EL-012", "study.school_name", "")
	default:
		j.raise("E-EL-011", "study.school_name", "")
	}
	if s.Mode != FullTime {
		j.raise("E-EL-003", "study.mode", "")
	}
	if y := j.app.AcademicYear; y < s.EntryYear || y >= s.EntryYear+s.Years {
		j.raise("E-EL-008", "study.entry_year", "")
	}
}

func (j *judge) checkAmount() {
	if !j.hasPack {
		return
	}
	l, s, p := j.app.Loan, j.app.Study, j.pack
	const field = "loan.amount"
	most := p.Max(s.Level)
	if l.Amount > most {
		j.raise("E-AM-001", field, "")
	}
	if l.Amount < p.Minimum {
		j.raise("E-AM-002", field, "")
	}
	if l.Amount%p.Multiple != 0 {
		j.raise("E-AM-003", field, "")
	}
	total := l.Amount
	if l.Supplementary {
		for _, prior := range l.SameYearPrior {
			if prior.Type == OriginLoan {
				total += prior.Amount
			}
		}
		if total > most {
			j.raise("E-AM-004", field, "")
		}
	}
	if total > s.Tuition+s.Dorm {
		if p.LivingCosts {
			j.raise("W-AM-005", field, "")
		} else {
			j.raise("E-AM-006", field, "")
		}
	}
	if y := j.report.Derived.MaturityYear; y != nil && l.MaturityYear != *y {
		j.raise("E-TM-001", "loan.maturity_year", "")
	}
}

func (j *judge) need(code Code, ok bool, d Doc) {
	if !ok {
		j.raise(code, string(DocSlot(d)), "")
	}
}

func (j *judge) checkPapers() {
	if j.app.Kind == Renewal {
		j.checkRenewal()
		return
	}
	j.need("E-DC-001", j.has(StudentIDCard), StudentIDCard)
	j.need("E-DC-001", j.has(CoborrowerIDCard), CoborrowerIDCard)
	j.need("E-DC-004", j.has(ApplicationForm), ApplicationForm)
	j.need("E-DC-005", j.app.Hardship.PreApplied || j.has(HardshipForm), HardshipForm)
	j.need("E-DC-002", j.has(HukouBook), HukouBook)
	j.need("E-DC-002", !j.app.SeparateHukou || j.has(HukouBook2), HukouBook2)
	if j.app.Study.EntryYear == j.app.AcademicYear {
		j.need("E-DC-003", j.has(AdmissionLetter), AdmissionLetter)
	} else {
		j.need("E-DC-003", j.has(StudentCard) || j.has(XuejiReport) || j.has(SchoolCertificate), StudentCard)
	}
	s := j.app.Signatures
	if s.Student != InPerson {
		j.raise("E-SG-001", "sign/student", StudentParty)
	}
	if s.Coborrower != InPerson {
		j.raise("E-SG-001", "sign/coborrower", CoborrowerParty)
	}
}

func (j *judge) checkRenewal() {
	l, s := j.app.Loan, j.app.Signatures
	if l.Previous == nil {
		j.raise("E-RN-001", "loan.previous", "")
	}
	if p := l.Previous; p != nil && p.GraduatedSince && !p.StudyChangeDone {
		j.raise("E-EL-009", "loan.previous.study_change_done", "")
	}
	if !l.RenewalStatement {
		j.raise("E-RN-003", "loan.renewal_statement", "")
	}
	switch j.app.Channel {
	case Remote:
		if l.Previous != nil && !l.Previous.EContract {
			j.raise("E-RN-004", "loan.previous.e_contract", "")
		}
		if l.KeyInfoChanged {
			j.raise("E-RN-002", "loan.key_info_changed", "")
		}
	case OnSite:
		j.need("E-DC-001", j.has(StudentIDCard) || j.has(CoborrowerIDCard), StudentIDCard)
		j.need("E-DC-004", j.has(ApplicationForm), ApplicationForm)
		if (s.Student == ByProxy || s.Coborrower == ByProxy) && s.ProxyNote == "" {
			j.raise("E-SG-002", "sign/proxy_note", "")
		}
		if s.Student == "" {
			j.raise("E-SG-003", "sign/student", StudentParty)
		}
		if s.Coborrower == "" {
			j.raise("E-SG-003", "sign/coborrower", CoborrowerParty)
		}
	}
}
