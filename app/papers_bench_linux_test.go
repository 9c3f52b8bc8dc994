package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/loan"
	"doorstep/internal/page"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// benchContract is a filled contract of a made-up family, and how to make it.
func benchContract(b *testing.B) (*contract.Press, contract.Input) {
	b.Helper()
	press, err := contract.NewPress()
	if err != nil {
		b.Fatal(err)
	}
	ref, err := rulebook.Load()
	if err != nil {
		b.Fatal(err)
	}
	pack, err := ref.PolicyFor("2026-08-05")
	if err != nil {
		b.Fatal(err)
	}
	tpl, err := rulebook.TemplateFor(rulebook.LoanContract, loan.First, "2026-08-05")
	if err != nil {
		b.Fatal(err)
	}
	person := func(name, id, phone string) loan.Person {
		return loan.Person{Name: name, IDType: loan.ResidentCard, IDNo: id, Birth: "2005-03-14", Sex: loan.Male, Ethnic: "布依族", HukouCode: "522727",
			IDValidTo: loan.LongTerm, Phone: phone, Address: "贵州省黔南布依族苗族自治州平塘县测试乡示例村一组001号附一"}
	}
	app := loan.Application{AsOf: "2026-08-05", AcademicYear: 2026, Kind: loan.First, Channel: loan.OnSite,
		Intake:      loan.Intake{CountyCode: "522727", CountyName: "平塘县", PointType: "乡镇受理点"},
		Student:     person("韦测𬎆", "522727200503149914", "15400000001"),
		Coborrowers: []loan.Coborrower{{Person: person("韦测乙", "52272719781102991X", "15400000002"), Relation: loan.Father}},
		Study: loan.Study{SchoolName: "贵州大学", SchoolCode: "4152010657", Mode: loan.FullTime, Level: loan.Bachelor, Years: 4, EntryYear: 2026,
			Tuition: 4670, Dorm: 1200, Major: "测试专业"},
		Loan: loan.Terms{Amount: 12000, Purpose: []string{"学费", "住宿费", "生活费"}, MaturityYear: 2045}}
	return press, contract.Input{App: app, Pack: pack, Template: tpl.File, CaseID: uuid.UUID{1}, Point: "测试乡受理点", Operator: "测试员甲",
		At: time.Date(2026, 8, 5, 2, 30, 0, 0, time.UTC)}
}

func cpuTime(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// turns adds up how long each step of a contract took, and how often it was taken.
type turns struct {
	b    *testing.B
	took map[string]time.Duration
	n    map[string]int
}

func (t *turns) time(step string, do func() error) {
	begun := time.Now()
	if err := do(); err != nil {
		t.b.Fatalf("%s: %v", step, err)
	}
	t.took[step] += time.Since(begun)
	t.n[step]++
}

func (t *turns) mean(step string) float64 {
	return float64(t.took[step].Microseconds()) / 1000 / float64(t.n[step])
}

// closer is a terminal that seals what a hand signed, and the authority above it.
func closer(b *testing.B, in contract.Input) (contract.Closing, *seal.Authority) {
	b.Helper()
	authority, err := seal.NewAuthority("测试中心", 365*24*time.Hour, in.At)
	if err != nil {
		b.Fatal(err)
	}
	signer, err := seal.NewSigner()
	if err != nil {
		b.Fatal(err)
	}
	cert, err := authority.Issue(signer.Public(), seal.Device, uuid.UUID{2}.String(), nil, 30*24*time.Hour, in.At)
	if err != nil {
		b.Fatal(err)
	}
	return contract.Closing{Signer: signer, Cert: cert, CA: authority.Cert().Raw,
		Events: []contract.Event{{Party: loan.StudentParty, At: in.At}, {Party: loan.CoborrowerParty, At: in.At}}}, authority
}

// BenchmarkContract takes a contract through its five steps, turn by turn with
// poppler drawing the same pages of the same file: fill it, render a page through
// the child as for paper (150 dpi), sign it with both hands and the point's seal,
// verify that, and preview a page as the window first shows it, the file opened in
// a new child for it and drawn at 96 dpi.
func BenchmarkContract(b *testing.B) {
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		b.Skip("needs pdftoppm, which is not installed (Debian: poppler-utils)")
	}
	press, in := benchContract(b)
	ink := []contract.Stroke{{Points: []contract.Point{{X: .1, Y: .5}, {X: .5, Y: .2, T: 90}, {X: .9, Y: .7, T: 200}}}}
	in.Strokes = map[loan.Party][]contract.Stroke{loan.StudentParty: ink, loan.CoborrowerParty: ink}
	closing, authority := closer(b, in)
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	pages := &page.Renderer{Command: []string{exe, "page-worker"}}
	t := &turns{b: b, took: map[string]time.Duration{}, n: map[string]int{}}
	path := filepath.Join(b.TempDir(), "contract.pdf")
	poppler := func(dpi, page string) error {
		return exec.CommandContext(b.Context(), tool, "-r", dpi, "-f", page, "-l", page, path, filepath.Join(b.TempDir(), "p")).Run()
	}
	var cpu time.Duration
	var pdf, sealed []byte
	for b.Loop() {
		began := cpuTime(syscall.RUSAGE_SELF)
		t.time("fill", func() (err error) { pdf, err = press.Fill(in); return err })
		cpu += cpuTime(syscall.RUSAGE_SELF) - began
		t.time("sign", func() (err error) { sealed, err = contract.Seal(pdf, closing); return err })
		t.time("verify", func() error {
			if r := contract.Verify(sealed, contract.VerifyOptions{CA: authority.Cert()}); !r.OK {
				return errors.New("does not verify")
			}
			return nil
		})
		if err := os.WriteFile(path, sealed, 0o600); err != nil {
			b.Fatal(err)
		}
		t.time("preview", func() error {
			doc, err := pages.Open(b.Context(), sealed)
			if err != nil {
				return err
			}
			defer doc.Close()
			_, err = doc.Page(b.Context(), 0, 96)
			return err
		})
		benchPages(b, t, pages, sealed, poppler)
	}
	for _, step := range []string{"fill", "sign", "verify", "preview", "page"} {
		b.ReportMetric(t.mean(step)/t.mean("poppler-96"), step+"/pdftoppm")
	}
	b.ReportMetric(t.mean("render")/t.mean("poppler-150"), "render/pdftoppm-150dpi")
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(t.n["fill"]), "cpu-ms/fill")
	b.ReportMetric(float64(len(sealed)), "bytes/contract")
	b.ReportMetric(t.mean("page"), "ms/page")
}

// benchPages draws every page in one child, at the window's size and for paper,
// each beside poppler.
func benchPages(b *testing.B, t *turns, pages *page.Renderer, pdf []byte, poppler func(dpi, page string) error) {
	doc, err := pages.Open(b.Context(), pdf)
	if err != nil {
		b.Fatal(err)
	}
	defer doc.Close()
	for n := range doc.Pages() {
		at := strconv.Itoa(n + 1)
		t.time("page", func() error { _, err := doc.Page(b.Context(), n, 96); return err })
		t.time("poppler-96", func() error { return poppler("96", at) })
		t.time("render", func() error { _, err := doc.Page(b.Context(), n, 150); return err })
		t.time("poppler-150", func() error { return poppler("150", at) })
	}
}
