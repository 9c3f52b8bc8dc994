package desk

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
)

// fill sets all that can be reached from v by exported fields, each to another value.
func fill(v reflect.Value, path string, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("value %04d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(*n%250 + 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path, n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path, n)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), path, n)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, path, n)
		fill(value, path, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(*n)*1000, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), path+"."+f.Name, n)
			}
		}
	}
}

// left are the paths of values that stand in full in what is handed out masked.
func left(v reflect.Value, path string, out map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			left(v.Elem(), path, out)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			out[path] = out[path] || v.Len() > 0 && !v.IsZero()
			return
		}
		for i := range v.Len() {
			left(v.Index(i), path, out)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			left(v.MapIndex(k), path, out)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			out[path] = out[path] || !v.IsZero()
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				left(v.Field(i), path+"."+f.Name, out)
			}
		}
	case reflect.Interface:
	default:
		whole := !v.IsZero()
		if v.Kind() == reflect.String {
			whole = strings.HasPrefix(v.String(), "value ") // as it was filled in
		}
		out[path] = out[path] || whole
	}
}

// mayStay are the fields of a case that everybody who may open it masked sees.
// Who the people are is not among them, nor how to reach them, nor their need, nor a
// number or code by which somebody else would tell about them. Texts that people wrote
// (Note, Reason) are without values, of which another test tells.
func mayStay() []string {
	out := strings.Fields(`
		.AcceptedAt .Again.At .Again.By .Again.Reason .Aside.Change .Attachments.Blob .Attachments.Media .Attachments.Part .Attachments.Size .Attachments.Slot .Attested .Attests.At
		.Attests.By .Authors .ConsentedAt .Consents .Deciders .Finish.At .Finish.FinishBody.Blobs.Blob .Finish.FinishBody.Blobs.Media
		.Finish.FinishBody.Blobs.Part .Finish.FinishBody.Blobs.Size .Finish.FinishBody.Blobs.Slot .Finish.ID .Handlers .Heads .Movers .Holders.At
		.Holders.By .Holders.Change .Holders.Device .Holders.Name .Holders.Number .Holders.Reason .Holders.Station .ID .Opened .OpenedBy
		.Receipt.ContractNo .Receipt.Finish .Receipt.ReceiptNo .ReceivedAt .Replaced.At .Replaced.Attachment.Blob .Replaced.Attachment.Media
		.Replaced.Attachment.Part .Replaced.Attachment.Size .Replaced.Attachment.Slot .Replaced.By .Replaced.Lost .Retracted.At
		.Retracted.By .Retracted.Party .Retracted.Purpose .Return.Codes .Return.Fields .Return.Note .Review.At .Review.By .Review.Mended .Review.ReviewBody.Note
		.Review.ReviewBody.Pass .Reviewers .Same.Case .Same.Point .Status .Submitted .Ticket.Day .Ticket.Number .TicketBy .Updated .Urgency .Veiled
		.Withdrawn.At .Withdrawn.By .Withdrawn.Party .Withdrawn.Purpose`)
	for _, app := range []string{".App", ".Contract.Voided.Was", ".Former.Voided.Was"} {
		for _, f := range strings.Fields(`
		.AcademicYear .AsOf .Channel .Coborrowers.CivilCapacity .Coborrowers.LegalGuardian .Coborrowers.OpenStudentLoan
		.Coborrowers.Person.Consent .Coborrowers.Person.CurrentHukou .Coborrowers.Person.Ethnic .Coborrowers.Person.HukouCode
		.Coborrowers.Person.IDType .Coborrowers.Person.PhotoOK .Coborrowers.Person.Sex .Coborrowers.Relation .Docs .Hardship.PreApplied
		.Intake.CountyCode .Intake.CountyName .Intake.Device .Intake.Offline .Intake.PointType .Kind .Loan.Amount .Loan.KeyInfoChanged
		.Loan.MaturityYear .Loan.Previous.Amount .Loan.Previous.EContract .Loan.Previous.GraduatedSince .Loan.Previous.StudyChangeDone
		.Loan.Purpose .Loan.RenewalStatement .Loan.SameYearPrior.Amount .Loan.SameYearPrior.Type .Loan.Supplementary .SeparateHukou
		.Signatures.Coborrower .Signatures.Student .Student.Consent .Student.CurrentHukou .Student.Ethnic .Student.HukouCode
		.Student.IDType .Student.PhotoOK .Student.Sex .Study.Category .Study.Dorm .Study.EntryYear .Study.Level .Study.Major .Study.Mode
		.Study.ResearchInstitute .Study.SchoolCode .Study.SchoolName .Study.Tuition .Study.Years`) {
			out = append(out, app+f)
		}
	}
	for _, k := range []string{".Contract", ".Former"} {
		for _, f := range strings.Fields(`
		.By .ContractBody.AsOf .ContractBody.Blob .ContractBody.Clerk .ContractBody.Pages .ContractBody.Signers.Coborrower
		.ContractBody.Signers.Student .ContractBody.Size .ContractBody.Template .Readings.At .Readings.Both .Readings.By .Readings.Millis
		.Readings.Texts .Portraits .Sealed.Blob .Sealed.National.Key .Sealed.National.Signature .Sealed.Size .SealedAt .Signatures.At .Signatures.Clerk
		.Signatures.SignBody.By .Signatures.SignBody.Clauses .Signatures.SignBody.Contract .Signatures.SignBody.Ink
		.Signatures.SignBody.Means .Signatures.SignBody.Party .Signatures.SignBody.Size .Voided.At .Voided.By .Voided.Fields
		.Voided.Reason .Witness.At .Witness.By`) {
			out = append(out, k+f)
		}
	}
	return out
}

func TestEachFieldOfAMaskedCaseIsOneThatMayBeSeen(t *testing.T) {
	var c loan.Case
	n := 0
	fill(reflect.ValueOf(&c).Elem(), "", &n)
	c.Conflicts = []loan.Conflict{{Field: "student.phone", Values: []loan.ConflictValue{{Value: "value 1"}}}, {Field: "signatures.proxy_note", Values: []loan.ConflictValue{{Value: "value 2"}}}}
	out := map[string]bool{}
	left(reflect.ValueOf(veil(&c)).Elem(), "", out)
	may := mayStay()
	for path, whole := range out {
		if whole && !slices.Contains(may, path) {
			t.Errorf("%s stays in a masked case, and no list says that it may", path)
		}
	}
	for _, path := range may {
		if !out[path] {
			t.Errorf("%s may stay, and is not there", path)
		}
	}
	before := map[string]bool{}
	left(reflect.ValueOf(&c).Elem(), "", before)
	for _, path := range []string{".App.Student.IDNo", ".App.Hardship.Categories", ".Receipt.CheckCode", ".Contract.Signatures.SignBody.ProxyNote", ".App.Loan.Previous.ContractNo"} {
		if !before[path] {
			t.Errorf("%s is gone from the case itself", path)
		}
	}
}

func TestNothingIsInTheComparisonThatAMaskedCaseLeavesOut(t *testing.T) {
	a := loan.Application{}
	a.Student.Name, a.Student.IDNo, a.Student.Ethnic = "韦测甲", "522727200503149914", "布依族"
	a.Coborrowers = []loan.Coborrower{{NonParentReason: "父母在外务工，电话不通"}}
	a.Coborrowers[0].IDOCRName = "韦测乙"
	open := opens(&a)
	for field, want := range map[string]bool{"student.ethnic": true, "student.name": false, "student.id_no": false, "student.phone": false,
		"coborrowers.0.non_parent_reason": false, "coborrowers.0.id_ocr_name": false, "loan.previous": false} {
		if open(field) != want {
			t.Errorf("%s: open is %v", field, open(field))
		}
	}
	if got := withheld("coborrowers.0.non_parent_reason", "父母在外务工"); got != "***" {
		t.Errorf("a reason is shown as %q", got)
	}
}

func TestWhatWasMendedTellsAMaskedCasesNeedToNobody(t *testing.T) {
	c := loan.Case{Review: &loan.ReviewState{Mended: []string{string(loan.DocSlot(loan.HardshipForm)), string(loan.DocSlot(loan.HukouBook)), string(loan.DocSlot(loan.OrphanCertificate)), "hardship.categories", "loan.amount"}}}
	if got, want := veil(&c).Review.Mended, []string{string(loan.DocSlot(loan.HukouBook)), "loan.amount", "other"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(c.Review.Mended) != 5 || c.Review.Mended[0] != string(loan.DocSlot(loan.HardshipForm)) {
		t.Errorf("the case itself has %q", c.Review.Mended)
	}
}
