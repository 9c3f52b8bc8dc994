package loan_test

import (
	"testing"

	. "doorstep/internal/loan"
)

func reference(t testing.TB) *Reference {
	t.Helper()
	areas, err := ParseAreas([]byte("code\tname\tcity\tprovince\n522727\t平塘县\t黔南布依族苗族自治州\t贵州省\n522728\t罗甸县\t\t\n410307\t偃师区\t洛阳市\t河南省\n"),
		[]byte("522425\t织金县\n410381\t偃师市\n"), []byte("410381\t410307\n"))
	if err != nil {
		t.Fatal(err)
	}
	const head = "code\tname\tkind\tlevel\tplace\tauthority\n"
	schools, err := ParseRegister(reader(head + "4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n4265051599\t和田地区教育学院\tadult\t\t\t新疆\n4141010477\t信阳师范大学\tregular\t本科\t信阳市\t河南省\n"))
	if err != nil {
		t.Fatal(err)
	}
	schools.AddFormer([]byte("4141010477\t信阳师范学院\n"))
	old := Policy{ID: "P2019", SignedFrom: "2019-01-01", UndergraduateMax: 8000, GraduateMax: 12000, Minimum: 1000, Multiple: 100, MaturityBase: 13, MaturityCap: 20}
	now := Policy{ID: "P2021", SignedFrom: "2021-09-01", UndergraduateMax: 12000, GraduateMax: 16000, Minimum: 1000, Multiple: 100, MaturityBase: 15, MaturityCap: 22, LivingCosts: true}
	return &Reference{Packs: []Policy{now, old}, Areas: areas, Schools: schools}
}

// sound is an application that raises no code.
func sound() *Application {
	return &Application{
		AsOf: "2023-08-05", AcademicYear: 2023, Kind: First, Channel: OnSite,
		Intake: Intake{CountyCode: "522727", CountyName: "平塘县", PointType: "乡镇受理点"},
		Student: Person{Name: "韦测甲", IDType: ResidentCard, IDNo: "522727200503149914", Birth: "2005-03-14", Sex: Male,
			Ethnic: "布依族", HukouCode: "522727", IDValidTo: "2033-05-01", Phone: "15400000001",
			Address: "测试乡示例村一组001号附一", PhotoOK: true, Consent: true},
		Coborrowers: []Coborrower{{Relation: Father, Person: Person{Name: "韦测乙", IDType: ResidentCard,
			IDNo: "52272719781102991X", Birth: "1978-11-02", Sex: Male, Ethnic: "布依族", HukouCode: "522727",
			IDValidTo: "长期", Phone: "15400000002", Address: "测试乡示例村一组001号附一", PhotoOK: true, Consent: true}}},
		Study: Study{SchoolName: "贵州大学", SchoolCode: "4152010657", Mode: FullTime, Level: Bachelor,
			Years: 4, EntryYear: 2023, Tuition: 4670, Dorm: 1200},
		Loan:       Terms{Amount: 5800, Purpose: []string{"学费", "住宿费"}, MaturityYear: 2042},
		Docs:       []Doc{StudentIDCard, CoborrowerIDCard, HukouBook, ApplicationForm, AdmissionLetter, HardshipForm},
		Signatures: Signatures{Student: InPerson, Coborrower: InPerson},
	}
}
