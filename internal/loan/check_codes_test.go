package loan_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	. "doorstep/internal/loan"
)

func reader(s string) io.Reader { return strings.NewReader(s) }

func renewal(a *Application) {
	a.Docs = append(a.Docs, StudentCard)
	a.Kind = Renewal
	a.Study.EntryYear, a.Loan.MaturityYear = 2022, 2041
	a.Loan.Previous = &Previous{ContractNo: "T-1", EContract: true, Amount: 6000}
	a.Loan.RenewalStatement = true
}

// drop removes a paper.
func drop(a *Application, d Doc) {
	a.Docs = slices.DeleteFunc(a.Docs, func(x Doc) bool { return x == d })
}

func uncle(a *Application) {
	a.Coborrowers[0].Relation = MaternalUncle
	a.Coborrowers[0].NonParentReason = "父母双亡"
	a.Docs = append(a.Docs, RelationProof)
}

func TestCheckRaises(t *testing.T) {
	no := false
	tests := []struct {
		name string
		do   func(*Application)
		want string // codes parted by spaces, sorted
	}{
		{"nothing for a sound application", func(a *Application) {}, ""},
		{"E-ID-001 for a number of the wrong form", func(a *Application) { a.Student.IDNo = "52272720050314991" }, "E-ID-001"},
		{"E-ID-002 for a wrong check character", func(a *Application) { a.Student.IDNo = "522727200503149915" }, "E-ID-002"},
		{"E-ID-003 and no more for a day that does not exist", func(a *Application) { a.Student.IDNo = "522727200502309914" }, "E-ID-003"},
		{"E-ID-003 for a day to come", func(a *Application) { a.Student.IDNo = "522727202403149914" }, "E-ID-003"},
		{"E-ID-004 for another birth", func(a *Application) { a.Student.Birth = "2005-03-15" }, "E-ID-004"},
		{"E-ID-005 for another sex", func(a *Application) { a.Student.Sex = Female }, "E-ID-005"},
		{"E-ID-006 for no province", func(a *Application) { a.Student.IDNo = number("472727200503149") }, "E-ID-006"},
		{"W-ID-007 for an unknown area", func(a *Application) { a.Student.IDNo = number("529999200503149") }, "W-ID-007"},
		{"E-ID-008 for the same number twice", func(a *Application) {
			a.Coborrowers[0].IDNo, a.Coborrowers[0].Birth = a.Student.IDNo, a.Student.Birth
		}, "E-ID-008 R-CB-008"},
		{"E-ID-009 for a card out of date", func(a *Application) { a.Student.IDValidTo = "2023-08-04" }, "E-ID-009"},
		{"W-ID-010 on the last day", func(a *Application) { a.Student.IDValidTo = "2023-08-05" }, "W-ID-010"},
		{"W-ID-010 thirty days before", func(a *Application) { a.Student.IDValidTo = "2023-09-04" }, "W-ID-010"},
		{"nothing thirty-one days before", func(a *Application) { a.Student.IDValidTo = "2023-09-05" }, ""},
		{"E-ID-011 and not E-ID-006 for other cards", func(a *Application) { a.Student.IDNo = number("810000200503149") }, "E-ID-011"},
		{"W-ID-012 for a small x", func(a *Application) { a.Coborrowers[0].IDNo = "52272719781102991x" }, "W-ID-012"},
		{"W-NM-002 for another dot", func(a *Application) { a.Student.Name = "阿测•测甲" }, "W-NM-002"},
		{"E-NM-001 for letters", func(a *Application) { a.Student.Name = "wei测" }, "E-NM-001"},
		{"E-NM-001 for a dot at the end", func(a *Application) { a.Student.Name = "韦测·" }, "E-NM-001"},
		{"E-NM-003 for a box", func(a *Application) { a.Student.Name = "韦□" }, "E-NM-003"},
		{"W-NM-004 for a rare character", func(a *Application) { a.Student.Name = "韦𬎆" }, "W-NM-004"},
		{"E-NM-005 for another name on the card", func(a *Application) { a.Student.IDOCRName = "韦测申" }, "E-NM-005"},
		{"nothing for the card's name with another dot", func(a *Application) { a.Student.Name, a.Student.IDOCRName = "阿测·甲", "阿测•甲" }, ""},
		{"E-PH-001 for a short number", func(a *Application) { a.Student.Phone = "1540000001" }, "E-PH-001"},
		{"W-PH-002 for one phone of both", func(a *Application) { a.Coborrowers[0].Phone = a.Student.Phone }, "W-PH-002"},
		{"E-AD-001 for nine characters", func(a *Application) { a.Student.Address = "测试乡示例村一组甲" }, "E-AD-001"},
		{"W-AD-002 for a renamed code", func(a *Application) {
			a.Student.HukouCode, a.Intake.CountyCode = "410381", "410307"
			a.Coborrowers[0].HukouCode = "410381"
		}, "W-AD-002"},
		{"E-PT-001 without a portrait", func(a *Application) { a.Coborrowers[0].PhotoOK = false }, "E-PT-001"},
		{"E-CT-001 without consent", func(a *Application) { a.Student.Consent = false }, "E-CT-001"},
		{"E-CB-001 without a co-borrower", func(a *Application) { a.Coborrowers = nil }, "E-CB-001"},
		{"E-CB-010 for two", func(a *Application) { a.Coborrowers = append(a.Coborrowers, a.Coborrowers[0]) }, "E-CB-010"},
		{"E-CB-002 for an uncle of 61", func(a *Application) {
			uncle(a)
			a.Coborrowers[0].IDNo, a.Coborrowers[0].Birth = number("522727196208049"), "1962-08-04"
		}, "E-CB-002"},
		{"nothing for an uncle of 44", uncle, ""},
		{"R-CB-003 for another county", func(a *Application) { a.Coborrowers[0].HukouCode = "522728" }, "R-CB-003"},
		{"E-CB-004 for a loan of their own", func(a *Application) { a.Coborrowers[0].OpenStudentLoan = true }, "E-CB-004"},
		{"E-CB-005 without capacity", func(a *Application) { a.Coborrowers[0].CivilCapacity = &no }, "E-CB-005"},
		{"E-CB-006 without a reason", func(a *Application) { uncle(a); a.Coborrowers[0].NonParentReason = "" }, "E-CB-006"},
		{"E-DC-006 without proof", func(a *Application) { uncle(a); drop(a, RelationProof) }, "E-DC-006"},
		{"E-CB-007 for a mother who is a man", func(a *Application) { a.Coborrowers[0].Relation = Mother }, "E-CB-007"},
		{"R-CB-008 for a young father", func(a *Application) {
			a.Coborrowers[0].IDNo, a.Coborrowers[0].Birth = number("522727199001019"), "1990-01-01"
		}, "R-CB-008"},
		{"E-CB-009 for a minor and an uncle", func(a *Application) {
			uncle(a)
			a.Student.IDNo, a.Student.Birth = number("522727200508069"), "2005-08-06"
		}, "E-CB-009"},
		{"E-EL-001 for another county", func(a *Application) { a.Student.HukouCode = "522728" }, "E-EL-001"},
		{"E-EL-002 for an adult school", func(a *Application) { a.Study.SchoolCode = "4265051599" }, "E-EL-002"},
		{"E-EL-002 for adult education", func(a *Application) { a.Study.Category = Adult }, "E-EL-002"},
		{"E-EL-002 for no listed school", func(a *Application) { a.Study.SchoolCode = "4100000000" }, "E-EL-002"},
		{"nothing for a research institute", func(a *Application) { a.Study.SchoolCode, a.Study.ResearchInstitute = "", true }, ""},
		{"E-EL-003 for part time", func(a *Application) { a.Study.Mode = PartTime }, "E-EL-003"},
		{"E-EL-004 for a campus loan", func(a *Application) { a.Loan.SameYearPrior = []Prior{{Type: CampusLoan}} }, "E-EL-004"},
		{"E-EL-005 for a second loan", func(a *Application) { a.Loan.SameYearPrior = []Prior{{Type: OriginLoan}} }, "E-EL-005"},
		{"R-EL-007 under sixteen", func(a *Application) {
			a.Student.IDNo, a.Student.Birth = number("522727200708069"), "2007-08-06"
		}, "R-EL-007"},
		{"E-EL-008 after graduation", func(a *Application) { a.Study.EntryYear, a.Loan.MaturityYear = 2019, 2038; studying(a) }, "E-EL-008"},
		{"E-EL-011 for another name", func(a *Application) { a.Study.SchoolName = "贵大" }, "E-EL-011"},
		{"W-EL-012 for a former name", func(a *Application) { a.Study.SchoolCode, a.Study.SchoolName = "4141010477", "信阳师范学院" }, "W-EL-012"},
		{"E-AM-001 over the cap", func(a *Application) { a.Loan.Amount = 12100 }, "E-AM-001 W-AM-005"},
		{"E-AM-002 and E-AM-003 for 950", func(a *Application) { a.Loan.Amount = 950 }, "E-AM-002 E-AM-003"},
		{"E-AM-004 for both together over the cap", func(a *Application) {
			a.Loan.Supplementary, a.Loan.SameYearPrior = true, []Prior{{Type: OriginLoan, Amount: 8000}}
		}, "E-AM-004 W-AM-005"},
		{"W-AM-005 over the fees", func(a *Application) { a.Loan.Amount = 5900 }, "W-AM-005"},
		{"E-AM-006 over the fees under an old pack", func(a *Application) {
			a.AsOf, a.AcademicYear, a.Study.EntryYear, a.Loan.MaturityYear = "2019-08-05", 2019, 2019, 2036
			a.Student.IDNo, a.Student.Birth = number("522727200103149"), "2001-03-14"
			a.Loan.Amount = 5900
		}, "E-AM-006"},
		{"E-TM-001 for another year", func(a *Application) { a.Loan.MaturityYear = 2041 }, "E-TM-001"},
		{"E-DC-001 without a card", func(a *Application) { drop(a, CoborrowerIDCard) }, "E-DC-001"},
		{"E-DC-002 without the book", func(a *Application) { drop(a, HukouBook) }, "E-DC-002"},
		{"E-DC-002 without the second book", func(a *Application) { a.SeparateHukou = true }, "E-DC-002"},
		{"E-DC-003 without a letter", func(a *Application) { drop(a, AdmissionLetter) }, "E-DC-003"},
		{"E-DC-004 without the form", func(a *Application) { drop(a, ApplicationForm) }, "E-DC-004"},
		{"E-DC-005 without hardship form", func(a *Application) { drop(a, HardshipForm) }, "E-DC-005"},
		{"nothing without hardship form when pre-applied", func(a *Application) { drop(a, HardshipForm); a.Hardship.PreApplied = true }, ""},
		{"E-SG-001 for a proxy", func(a *Application) { a.Signatures.Coborrower = ByProxy }, "E-SG-001"},
		{"nothing for a sound renewal", renewal, ""},
		{"E-RN-001 without an earlier contract", func(a *Application) { renewal(a); a.Loan.Previous = nil }, "E-RN-001"},
		{"E-EL-009 after going on to study", func(a *Application) { renewal(a); a.Loan.Previous.GraduatedSince = true }, "E-EL-009"},
		{"E-RN-003 without a statement", func(a *Application) { renewal(a); a.Loan.RenewalStatement = false }, "E-RN-003"},
		{"E-RN-004 for a paper contract from afar", func(a *Application) { renewal(a); a.Channel = Remote; a.Loan.Previous.EContract = false }, "E-RN-004"},
		{"E-RN-002 for changed data from afar", func(a *Application) { renewal(a); a.Channel = Remote; a.Loan.KeyInfoChanged = true }, "E-RN-002"},
		{"one card is enough for a renewal", func(a *Application) { renewal(a); drop(a, CoborrowerIDCard) }, ""},
		{"E-DC-001 for a renewal without a card", func(a *Application) { renewal(a); drop(a, CoborrowerIDCard); drop(a, StudentIDCard) }, "E-DC-001"},
		{"E-SG-002 for a proxy without a note", func(a *Application) { renewal(a); a.Signatures.Coborrower = ByProxy }, "E-SG-002"},
		{"E-SG-003 for a renewal half signed", func(a *Application) { renewal(a); a.Signatures.Coborrower = "" }, "E-SG-003"},
	}
	raised := map[Code]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := sound()
			tt.do(a)
			r := reference(t).Check(a)
			var got []string
			for _, c := range r.Codes() {
				raised[c] = true
				got = append(got, string(c))
			}
			slices.Sort(got)
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("codes: got %q, want %q", g, tt.want)
			}
			want := AcceptVerdict
			switch {
			case strings.Contains(tt.want, "E-"):
				want = RejectVerdict
			case strings.Contains(tt.want, "R-"):
				want = ReviewVerdict
			}
			if r.Verdict != want {
				t.Errorf("verdict: got %s, want %s", r.Verdict, want)
			}
		})
	}
	if got, want := len(raised), 63; got != want {
		t.Errorf("codes raised by this table: got %d, want %d", got, want)
	}
}

// studying gives a student who began four years ago a card of the school.
func studying(a *Application) { a.Docs = append(a.Docs, StudentCard) }

// number completes the first fifteen or so characters to a sound number whose
// holder is a man.
func number(head string) string {
	n := IDNumber(head + "910"[:17-len(head)] + "0")
	for n[16]%2 == 0 {
		n = n[:16] + "1" + n[17:]
	}
	return string(n[:17]) + string(n.CheckCharacter())
}
