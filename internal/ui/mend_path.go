package ui

import (
	"strings"

	"doorstep/internal/loan"
)

// mendPath is the field that a returned code is about: the one the centre named, else
// the one the rules raise it for now, else the one the code's words speak of.
func mendPath(r loan.Report, said *loan.ReturnBody, code loan.Code) string {
	if path := said.Fields[code]; path != "" {
		return path
	}
	for _, f := range r.Findings {
		if f.Code == code {
			return f.Field
		}
	}
	if path, ok := mendPaths()[code]; ok {
		return path
	}
	part := string(code)
	if len(part) > 4 {
		part = part[2:4]
	}
	return map[string]string{"ID": "student.id_no", "NM": "student.name", "PH": "student.phone", "AD": "student.address",
		"CB": "coborrowers.0.name", "EL": "study.school_name", "AM": "loan.amount", "TM": "loan.maturity_year",
		"PT": "portrait/student", "CT": "consent/student", "DC": "doc/" + string(loan.StudentIDCard),
		"RN": "loan.previous.contract_no", "SG": "sign/student"}[part]
}

// mendPaths are the fields of codes that are not about the first field their
// letters name.
func mendPaths() map[loan.Code]string {
	doc := func(d loan.Doc) string { return string(loan.DocSlot(d)) }
	return map[loan.Code]string{
		"E-ID-004": "student.birth", "E-ID-005": "student.sex", "E-ID-008": "coborrowers.0.id_no",
		"E-ID-009": "student.id_valid_to", "W-ID-010": "student.id_valid_to",
		"W-PH-002": "coborrowers.0.phone", "W-AD-002": "student.hukou_code",
		"E-CB-002": "coborrowers.0.id_no", "R-CB-003": "coborrowers.0.hukou_code", "E-CB-006": "coborrowers.0.non_parent_reason",
		"E-CB-007": "coborrowers.0.relation", "R-CB-008": "coborrowers.0.id_no", "E-CB-009": "coborrowers.0.relation",
		"E-CB-004": "coborrowers.0.open_student_loan", "E-CB-005": "coborrowers.0.civil_capacity",
		"E-EL-001": "student.hukou_code", "E-EL-003": "study.mode", "E-EL-004": "loan.same_year_prior", "E-EL-005": "loan.same_year_prior",
		"R-EL-007": "student.id_no", "E-EL-008": "study.entry_year", "E-EL-009": "loan.previous.study_change_done",
		"E-DC-002": doc(loan.HukouBook), "E-DC-003": doc(loan.AdmissionLetter), "E-DC-004": doc(loan.ApplicationForm),
		"E-DC-005": doc(loan.HardshipForm), "E-DC-006": doc(loan.RelationProof),
		"E-RN-002": "loan.key_info_changed", "E-RN-003": "loan.renewal_statement",
	}
}

// mendName is the field's name, whose it is with it.
func mendName(path string) string {
	if d, ok := strings.CutPrefix(path, "doc/"); ok {
		return docLabel(loan.Doc(d))
	}
	head, party, _ := strings.Cut(path, "/")
	switch head {
	case "portrait":
		return partyLabel(loan.Party(party)) + "人证照片"
	case "read":
		return partyLabel(loan.Party(party)) + "读卡"
	case "card":
		return partyLabel(loan.Party(party)) + "证件上的照片"
	case "consent":
		return partyLabel(loan.Party(party)) + "同意与授权"
	case "sign":
		return "签名"
	}
	return who(path) + fieldName(path)
}
