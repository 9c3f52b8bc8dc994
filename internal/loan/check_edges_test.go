package loan_test

import (
	"slices"
	"strings"
	"testing"

	. "doorstep/internal/loan"
)

// born sets a person's number and birth alike; woman takes an even digit.
func born(p *Person, day string, order string) {
	p.IDNo = number("522727" + strings.ReplaceAll(day, "-", "") + order)
	p.Birth = Date(day)
	p.Sex = IDNumber(p.IDNo).Sex()
}

// TestCheckAtTheEdges holds every bound of the table of codes against the day
// or yuan before and after it.
func TestCheckAtTheEdges(t *testing.T) {
	supplement := func(prior, amount int) func(*Application) {
		return func(a *Application) {
			a.Loan.Supplementary, a.Loan.Amount = true, amount
			a.Loan.SameYearPrior = []Prior{{Type: OriginLoan, Amount: prior}}
		}
	}
	guardian := func(day string) func(*Application) {
		return func(a *Application) {
			uncle(a)
			born(&a.Coborrowers[0].Person, day, "991")
		}
	}
	tests := []struct {
		name string
		do   func(*Application)
		want string
	}{
		{"eighteen on the very day: an uncle may", func(a *Application) { uncle(a); born(&a.Student, "2005-08-05", "991") }, ""},
		{"eighteen tomorrow: an uncle may not", func(a *Application) { uncle(a); born(&a.Student, "2005-08-06", "991") }, "E-CB-009"},
		{"eighteen tomorrow, a legal guardian", func(a *Application) {
			uncle(a)
			born(&a.Student, "2005-08-06", "991")
			a.Coborrowers[0].LegalGuardian = true
		}, ""},
		{"a legal guardian of 61 all the same", func(a *Application) { guardian("1962-08-05")(a); a.Coborrowers[0].LegalGuardian = true }, "E-CB-002"},
		{"sixteen on the very day", func(a *Application) { born(&a.Student, "2007-08-05", "991") }, ""},
		{"sixteen tomorrow", func(a *Application) { born(&a.Student, "2007-08-06", "991") }, "R-EL-007"},
		{"an uncle twenty-five on the very day", guardian("1998-08-05"), ""},
		{"an uncle twenty-five tomorrow", guardian("1998-08-06"), "E-CB-002"},
		{"an uncle sixty until today", guardian("1962-08-06"), ""},
		{"an uncle sixty-one today", guardian("1962-08-05"), "E-CB-002"},
		{"an uncle eighteen tomorrow is under age too", guardian("2005-08-06"), "E-CB-002 E-CB-005"},
		{"a father older than sixty", func(a *Application) { born(&a.Coborrowers[0].Person, "1950-01-01", "991") }, ""},
		{"a father sixteen calendar years older", func(a *Application) { born(&a.Coborrowers[0].Person, "1989-12-31", "991") }, ""},
		{"a father fifteen calendar years older", func(a *Application) { born(&a.Coborrowers[0].Person, "1990-01-01", "991") }, "R-CB-008"},
		{"an uncle's age is not held against the student's", guardian("1995-01-01"), ""},
		{"born on a leap day that was", func(a *Application) { born(&a.Student, "2004-02-29", "991") }, ""},
		{"born on a leap day that was not", func(a *Application) { a.Student.IDNo = number("52272720050229991") }, "E-ID-003"},
		{"a leap-day child is not eighteen on 28 February", func(a *Application) {
			uncle(a)
			born(&a.Student, "2004-02-29", "991")
			a.AsOf, a.AcademicYear, a.Study.EntryYear, a.Loan.MaturityYear = "2022-02-28", 2022, 2022, 2041
		}, "E-CB-009"},
		{"a leap-day child is eighteen on 1 March", func(a *Application) {
			uncle(a)
			born(&a.Student, "2004-02-29", "991")
			a.AsOf, a.AcademicYear, a.Study.EntryYear, a.Loan.MaturityYear = "2022-03-01", 2022, 2022, 2041
		}, ""},
		{"born today", func(a *Application) {
			a.Coborrowers[0].IDNo = number("52272720230805991")
			a.Coborrowers[0].Birth = "2023-08-05"
		}, "E-CB-005 R-CB-008"},
		{"born tomorrow tells nothing", func(a *Application) { a.Coborrowers[0].IDNo = number("52272720230806991") }, "E-ID-003"},
		{"a wrong number and its small x", func(a *Application) { a.Student.IDNo = "5227272005031499x" }, "E-ID-001 W-ID-012"},
		{"a full-width digit", func(a *Application) { a.Student.IDNo = "52272720050314991４" }, "E-ID-001"},
		{"a foreigner's card", func(a *Application) { a.Student.IDNo = number("91152220050314991") }, "E-ID-011"},
		{"a residence permit of Taiwan", func(a *Application) { a.Student.IDNo = number("83000020050314991") }, "E-ID-011"},
		{"Taiwan's own code is a province, and unknown below", func(a *Application) { a.Student.IDNo = number("71000120050314991") }, "W-ID-007"},
		{"an abolished county", func(a *Application) { a.Student.IDNo = number("52242520050314991") }, ""},
		{"a renamed county's code in the number", func(a *Application) { a.Student.IDNo = number("41038120050314991") }, ""},
		{"the number's wrong check character hides nothing else", func(a *Application) { a.Student.IDNo, a.Student.Sex = "522727200503149915", Female }, "E-ID-002 E-ID-005"},
		{"the same number, one with a small x", func(a *Application) {
			a.Student.IDNo, a.Student.Birth = "52272719781102991x", "1978-11-02"
		}, "E-ID-008 R-CB-008 W-ID-012"},
		{"a name with 〇", func(a *Application) { a.Student.Name = "韦〇甲" }, ""},
		{"two dots together", func(a *Application) { a.Student.Name = "阿测··甲" }, "E-NM-001"},
		{"a full-width stop as dot, and a rare character", func(a *Application) { a.Student.Name = "阿测．𬎆" }, "W-NM-002 W-NM-004"},
		{"a placeholder hides the rest", func(a *Application) { a.Student.Name = "wei？𬎆" }, "E-NM-003"},
		{"U+9FA5 is old, U+9FA6 is rare", func(a *Application) { a.Student.Name, a.Coborrowers[0].Name = "韦\u9fa5", "韦\u9fa6" }, "W-NM-004"},
		{"the last of the basic block", func(a *Application) { a.Student.Name = "韦\u9fff" }, "W-NM-004"},
		{"a character of plane 3", func(a *Application) { a.Student.Name = "韦\U00030000" }, "W-NM-004"},
		{"a space behind the name", func(a *Application) { a.Student.Name = "韦测甲 " }, "E-NM-001"},
		{"no name", func(a *Application) { a.Student.Name = "" }, "E-NM-001"},
		{"ten characters of address", func(a *Application) { a.Student.Address = "测试乡示例村一组甲乙" }, ""},
		{"the co-borrower's address is not measured", func(a *Application) { a.Coborrowers[0].Address = "" }, ""},
		{"a phone of 12", func(a *Application) { a.Student.Phone = "12400000001" }, "E-PH-001"},
		{"a phone of 19", func(a *Application) { a.Student.Phone = "19900000001" }, ""},
		{"a phone of full-width digits", func(a *Application) { a.Student.Phone = "１５４０００００００１" }, "E-PH-001"},
		{"an old code of the county itself", func(a *Application) {
			a.Student.HukouCode, a.Coborrowers[0].HukouCode, a.Intake.CountyCode = "410307", "410307", "410381"
		}, ""},
		{"a co-borrower's renamed code without a word", func(a *Application) {
			a.Student.HukouCode, a.Coborrowers[0].HukouCode, a.Intake.CountyCode = "410307", "410381", "410307"
		}, ""},
		{"a hukou moved since does not matter", func(a *Application) { a.Student.CurrentHukou = "522728" }, ""},
		{"two co-borrowers are each judged", func(a *Application) {
			b := a.Coborrowers[0]
			b.IDNo, b.HukouCode = a.Student.IDNo, "522728"
			b.Birth = a.Student.Birth
			a.Coborrowers = append(a.Coborrowers, b)
		}, "E-CB-010 E-ID-008 R-CB-003 R-CB-008"},
		{"a reason is not asked of a parent", func(a *Application) { a.Coborrowers[0].NonParentReason = "x" }, ""},
		{"no reason hides the lack of proof", func(a *Application) { a.Coborrowers[0].Relation = MaternalUncle }, "E-CB-006"},
		{"an unnamed relation is no parent's", func(a *Application) { a.Coborrowers[0].Relation = OtherRelation }, "E-CB-006"},
		{"the year before the first", func(a *Application) { a.AcademicYear = 2022 }, "E-DC-003 E-EL-008"},
		{"the last year of study", func(a *Application) {
			a.Study.EntryYear, a.Loan.MaturityYear = 2020, 2039
			studying(a)
		}, ""},
		{"any one paper of the enrolled", func(a *Application) {
			a.Study.EntryYear, a.Loan.MaturityYear = 2020, 2039
			drop(a, AdmissionLetter)
			a.Docs = append(a.Docs, XuejiReport)
		}, ""},
		{"the letter is not the enrolled's paper", func(a *Application) { a.Study.EntryYear, a.Loan.MaturityYear = 2020, 2039 }, "E-DC-003"},
		{"two books", func(a *Application) { a.SeparateHukou = true; a.Docs = append(a.Docs, HukouBook2) }, ""},
		{"the second book alone", func(a *Application) {
			a.SeparateHukou = true
			drop(a, HukouBook)
			a.Docs = append(a.Docs, HukouBook2)
		}, "E-DC-002"},
		{"the minimum", func(a *Application) { a.Loan.Amount = 1000 }, ""},
		{"the cap", func(a *Application) { a.Loan.Amount = 12000 }, "W-AM-005"},
		{"a doctor's cap", func(a *Application) { a.Study.Level, a.Loan.Amount = Doctor, 16000 }, "W-AM-005"},
		{"over a master's cap", func(a *Application) { a.Study.Level, a.Loan.Amount = Master, 16100 }, "E-AM-001 W-AM-005"},
		{"exactly the fees", func(a *Application) { a.Study.Tuition, a.Loan.Amount = 4600, 5800 }, ""},
		{"a supplement that fills the cap", supplement(6200, 5800), "W-AM-005"},
		{"a supplement over the cap", supplement(6300, 5800), "E-AM-004 W-AM-005"},
		{"a supplement within the fees", supplement(1000, 4800), ""},
		{"two earlier loans under a supplement", func(a *Application) {
			supplement(4000, 5000)(a)
			a.Loan.SameYearPrior = append(a.Loan.SameYearPrior, Prior{Type: OriginLoan, Amount: 4000})
		}, "E-AM-004 W-AM-005"},
		{"a supplement beside a campus loan", func(a *Application) {
			supplement(1000, 1000)(a)
			a.Loan.SameYearPrior = append(a.Loan.SameYearPrior, Prior{Type: CampusLoan, Amount: 11000})
		}, "E-EL-004"},
		{"before the first pack nothing is said of amounts", func(a *Application) {
			a.AsOf, a.AcademicYear, a.Study.EntryYear, a.Loan.Amount = "2018-12-31", 2018, 2018, 1
			born(&a.Student, "2000-03-14", "991")
		}, ""},
		{"the last day of an old pack", func(a *Application) {
			a.AsOf, a.AcademicYear, a.Study.EntryYear, a.Loan.MaturityYear = "2021-08-31", 2021, 2021, 2038
			born(&a.Student, "2003-03-14", "991")
			a.Loan.Amount = 8100
		}, "E-AM-001 E-AM-006"},
		{"long studies end at the cap of the term", func(a *Application) { a.Study.Years, a.Loan.MaturityYear = 8, 2045 }, ""},
		{"a renewal from afar asks for no paper and no pen", func(a *Application) {
			renewal(a)
			a.Channel, a.Docs, a.Signatures = Remote, nil, Signatures{}
		}, ""},
		{"a renewal from afar without an earlier contract", func(a *Application) {
			renewal(a)
			a.Channel, a.Loan.Previous = Remote, nil
		}, "E-RN-001"},
		{"a renewal at the desk does not mind a paper contract or changed data", func(a *Application) {
			renewal(a)
			a.Loan.Previous.EContract, a.Loan.KeyInfoChanged = false, true
		}, ""},
		{"a renewal after going on to study, with the change done", func(a *Application) {
			renewal(a)
			a.Loan.Previous.GraduatedSince, a.Loan.Previous.StudyChangeDone = true, true
		}, ""},
		{"a renewal by proxy with a note", func(a *Application) {
			renewal(a)
			a.Signatures = Signatures{Student: ByProxy, Coborrower: InPerson, ProxyNote: "父亲代签"}
		}, ""},
		{"a first loan by proxy, note or not", func(a *Application) {
			a.Signatures = Signatures{Student: ByProxy, Coborrower: InPerson, ProxyNote: "父亲代签"}
		}, "E-SG-001"},
		{"a first loan not yet signed", func(a *Application) { a.Signatures = Signatures{} }, "E-SG-001"},
		{"a former name of another school", func(a *Application) { a.Study.SchoolName = "信阳师范学院" }, "E-EL-011"},
		{"a listed school is matched by code even for an institute", func(a *Application) {
			a.Study.ResearchInstitute, a.Study.SchoolName = true, "某研究院"
		}, "E-EL-011"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := sound()
			tt.do(a)
			var got []string
			for _, c := range reference(t).Check(a).Codes() {
				got = append(got, string(c))
			}
			slices.Sort(got)
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("codes: got %q, want %q", g, tt.want)
			}
		})
	}
}
