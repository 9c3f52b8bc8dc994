package loan

import (
	"slices"
	"strings"
)

// Of is what of the application is a party's own, as that person may see it, with
// nothing of the other party: of the student the person, study, need, the loan and
// other contracts; of the co-borrower the person and the terms of the loan that both
// answer for. The rest is empty. What is there is shared with a.
func (a *Application) Of(p Party) Application {
	out := Application{AcademicYear: a.AcademicYear, Kind: a.Kind, Channel: a.Channel, SeparateHukou: a.SeparateHukou,
		Intake: Intake{CountyCode: a.Intake.CountyCode, CountyName: a.Intake.CountyName, PointType: a.Intake.PointType}}
	if a.Signatures.Of(p) == ByProxy {
		out.Signatures.ProxyNote = a.Signatures.ProxyNote
	}
	if p == CoborrowerParty {
		out.Coborrowers = a.Coborrowers
		out.Loan = Terms{Amount: a.Loan.Amount, Purpose: a.Loan.Purpose, MaturityYear: a.Loan.MaturityYear, Supplementary: a.Loan.Supplementary}
		out.Signatures.Coborrower = a.Signatures.Coborrower
		return out
	}
	out.Student, out.Study, out.Hardship, out.Loan = a.Student, a.Study, a.Hardship, a.Loan
	out.Signatures.Student = a.Signatures.Student
	return out
}

// About says whether what is in the slot tells of the party. Papers of the household
// tell of both, unless the two have books of their own: separate.
func (s Slot) About(p Party, separate bool) bool {
	d, ok := s.Doc()
	if !ok {
		return strings.HasSuffix(string(s), "/"+string(p))
	}
	ofBoth := []Doc{ApplicationForm, RelationProof}
	if !separate {
		ofBoth = append(ofBoth, HukouBook)
	}
	second := d == CoborrowerIDCard || d == HukouBook2
	return slices.Contains(ofBoth, d) || second == (p == CoborrowerParty)
}
