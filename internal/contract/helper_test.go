package contract

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/assets"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// press is made once: parsing 16 MB of fonts in every test would be waste.
var press = sync.OnceValues(NewPress)

func testPress(t testing.TB) *Press {
	t.Helper()
	p, err := press()
	if err != nil {
		t.Fatalf("NewPress: %v", err)
	}
	return p
}

func testTemplate(t testing.TB, name string) []byte {
	t.Helper()
	b, err := fs.ReadFile(assets.Templates(), name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// testTemplates are the templates of the program by their files' names.
func testTemplates(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := fs.Glob(assets.Templates(), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		out[name] = testTemplate(t, name)
	}
	return out
}

func testPacks(t testing.TB) []loan.Policy {
	t.Helper()
	var out []loan.Policy
	for _, b := range assets.PackFiles() {
		p, err := loan.ParsePolicy(b)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// testApp is a made-up family.
func testApp() loan.Application {
	return loan.Application{
		AsOf: "2024-11-05", AcademicYear: 2024, Kind: loan.First, Channel: loan.OnSite,
		Intake: loan.Intake{CountyCode: "522727", CountyName: "平塘县", PointType: "乡镇受理点"},
		Student: loan.Person{Name: "韦测𬎆", IDType: loan.ResidentCard, IDNo: "522727200503149914", Birth: "2005-03-14",
			Sex: loan.Male, Ethnic: "布依族", HukouCode: "522727", IDValidTo: "2033-05-01", Phone: "15400000001",
			Address: "贵州省黔南布依族苗族自治州平塘县测试乡示例村一组001号附一"},
		Coborrowers: []loan.Coborrower{{Person: loan.Person{Name: "韦测乙", IDType: loan.ResidentCard, IDNo: "52272719781102991X",
			Birth: "1978-11-02", Sex: loan.Male, Ethnic: "布依族", HukouCode: "522727", IDValidTo: loan.LongTerm, Phone: "15400000002",
			Address: "贵州省黔南布依族苗族自治州平塘县测试乡示例村一组001号附一"}, Relation: loan.Father}},
		Study: loan.Study{SchoolName: "贵州大学", SchoolCode: "4152010657", Mode: loan.FullTime, Level: loan.Bachelor, Years: 4,
			EntryYear: 2024, Tuition: 4670, Dorm: 1200, Major: "测试专业"},
		Loan:       loan.Terms{Amount: 12000, Purpose: []string{"学费", "住宿费", "生活费"}, MaturityYear: 2043},
		Signatures: loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson},
	}
}

func testInput(t testing.TB) Input {
	t.Helper()
	app := testApp()
	ref := loan.Reference{Packs: testPacks(t)}
	pack, err := ref.PolicyFor(app.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	return Input{
		App: app, Pack: pack, Template: testTemplate(t, "loan-contract-2.json"),
		CaseID:    uuid.MustParse("01930000-1111-7222-8333-444455556666"),
		Portraits: [2][]byte{testPortrait(t, 200), testPortrait(t, 120)},
		Point:     "测试乡受理点", Operator: "测试员甲",
		Strokes: map[loan.Party][]Stroke{loan.StudentParty: testStrokes(1), loan.CoborrowerParty: testStrokes(2)},
		Evidence: []EvidenceLine{
			{"案件与设备", ""},
			{"案件编号", "01930000-1111-7222-8333-444455556666"},
			{"受理终端", "01920000-aaaa-7bbb-8ccc-ddddeeeeffff"},
			{"设备变更链链首", "第 128 号　5f2b7d31c5a0c94e9f0b6a7d8e1f22334455667788990a0b0c0d0e0f10111213"},
			{"阅读", ""},
			{"所读合同", "a3f5c1d2e4b6978812345678909876543210abcdefabcdefabcdefabcdef0123"},
			{"逐页阅读", "第 1 页 42 秒；第 2 页 31 秒；第 3 页 20 秒"},
			{"签名", ""},
			{"借款学生", "现场手写签名，3 笔 180 点，笔迹散列 0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd"},
			{"共同借款人", "现场手写签名，2 笔 120 点，笔迹散列 ffeeddccbbaa00998877665544332211ffeeddccbbaa00998877665544332211"},
		},
		At: time.Date(2024, 11, 5, 2, 30, 0, 0, time.UTC),
	}
}

func testStrokes(seed float64) []Stroke {
	var out []Stroke
	for k := range 3 {
		var s Stroke
		for i := range 60 {
			f := float64(i) / 59
			s.Points = append(s.Points, Point{
				X: float32(0.15 + 0.25*float64(k) + 0.2*f),
				Y: float32(0.5 + 0.3*math.Sin(seed*2+7*f+float64(k))),
				T: uint32(k*800 + i*8),
				P: float32(0.4 + 0.4*math.Sin(3*f)),
			})
		}
		out = append(out, s)
	}
	return out
}

func testPortrait(t testing.TB, tone uint8) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 358, 441))
	for y := range 441 {
		for x := range 358 {
			c := color.RGBA{245, 245, 248, 255}
			dx, dy := float64(x-179), float64(y-190)
			if dx*dx/(80*80)+dy*dy/(110*110) < 1 || y > 330 && math.Abs(dx) < 60+float64(y-330) {
				c = color.RGBA{tone, tone - 20, tone - 40, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// identity is an authority, a device of it and their certificates.
type identity struct {
	authority *seal.Authority
	signer    *seal.Signer
	cert, ca  []byte
}

var certDay = time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)

func newIdentity(t testing.TB, kind seal.CertKind) identity {
	t.Helper()
	a, err := seal.NewAuthority("平塘县学生资助管理中心", 20*365*24*time.Hour, certDay)
	if err != nil {
		t.Fatal(err)
	}
	return issued(t, a, kind, certDay)
}

func issued(t testing.TB, a *seal.Authority, kind seal.CertKind, from time.Time) identity {
	t.Helper()
	s, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	der, err := a.Issue(s.Public(), kind, "01920000-aaaa-7bbb-8ccc-ddddeeeeffff", nil, 365*24*time.Hour, from)
	if err != nil {
		t.Fatal(err)
	}
	return identity{a, s, der, a.Cert().Raw}
}

func (id identity) trust() VerifyOptions { return VerifyOptions{CA: id.authority.Cert()} }

func (id identity) closing(pdf []byte) Closing {
	c := Closing{Signer: id.signer, Cert: id.cert, CA: id.ca}
	d, err := parseDocument(pdf)
	if err != nil {
		return c
	}
	_, fields := formOf(d.revisions[0].objects[catalogObj])
	for _, f := range fields {
		if p, is := partyOf(f.name); is {
			c.Events = append(c.Events, Event{Party: p, Ink: [32]byte{byte(len(p))}, At: Clock(pdf).Add(-time.Minute)})
		}
	}
	return c
}

func (id identity) seal(t testing.TB, pdf []byte) []byte {
	t.Helper()
	out, err := Seal(pdf, id.closing(pdf))
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return out
}

func mustFill(t testing.TB, in Input) []byte {
	t.Helper()
	b, err := testPress(t).Fill(in)
	if err != nil {
		t.Fatalf("Fill: %v", err)
	}
	return b
}

func parseCert(t testing.TB, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tool gives the path of a program, or skips.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func tempFile(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// acceptance is the cases given for the rules, where they are at hand.
func acceptance(t *testing.T) map[string]loan.Application {
	t.Helper()
	b, err := os.ReadFile("../../../shared/cases/acceptance.jsonl")
	if err != nil {
		t.Skip("the acceptance cases are not at hand")
	}
	out := map[string]loan.Application{}
	for l := range bytes.Lines(b) {
		var c struct {
			ID string `json:"id"`
			loan.Application
		}
		if err := json.Unmarshal(l, &c); err != nil {
			t.Fatal(err)
		}
		out[c.ID] = c.Application
	}
	return out
}

// sealedTwice seals a filled contract, and signs it by a second suite besides.
func (id identity) sealedTwice(t testing.TB, base []byte) (sealed, sig []byte, national *seal.Signer) {
	t.Helper()
	national, err := seal.NewKey().NationalSigner("test")
	if err != nil {
		t.Fatal(err)
	}
	c := id.closing(base)
	c.National = national.Public()
	if sealed, err = Seal(base, c); err != nil {
		t.Fatal(err)
	}
	if sig, err = national.SignDocument(sealed); err != nil {
		t.Fatal(err)
	}
	return sealed, sig, national
}
