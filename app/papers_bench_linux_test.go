package main

import (
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

// BenchmarkContract fills the contract and draws its pages as the window shows
// them, at 96 dpi, through the child process, beside poppler drawing the same
// pages of the same file in the same run.
func BenchmarkContract(b *testing.B) {
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		b.Skip("needs pdftoppm, which is not installed (Debian: poppler-utils)")
	}
	press, in := benchContract(b)
	pdf, err := press.Fill(in)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "contract.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		b.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	pages := &page.Renderer{Command: []string{exe, "page-worker"}}
	var fill, fillCPU, open, ours, theirs time.Duration
	drawn := 0
	for b.Loop() {
		begun, cpu := time.Now(), cpuTime(syscall.RUSAGE_SELF)
		if _, err := press.Fill(in); err != nil {
			b.Fatal(err)
		}
		fill, fillCPU = fill+time.Since(begun), fillCPU+cpuTime(syscall.RUSAGE_SELF)-cpu
		begun = time.Now()
		doc, err := pages.Open(b.Context(), pdf)
		if err != nil {
			b.Fatal(err)
		}
		open += time.Since(begun)
		for n := range doc.Pages() {
			begun = time.Now()
			if _, err := doc.Page(b.Context(), n, 96); err != nil {
				b.Fatal(err)
			}
			ours += time.Since(begun)
			begun = time.Now()
			at := strconv.Itoa(n + 1)
			if err := exec.CommandContext(b.Context(), tool, "-r", "96", "-f", at, "-l", at, path, filepath.Join(b.TempDir(), "p")).Run(); err != nil {
				b.Fatal(err)
			}
			theirs += time.Since(begun)
			drawn++
		}
		doc.Close()
	}
	ms := func(d time.Duration, n int) float64 { return float64(d.Microseconds()) / 1000 / float64(n) }
	b.ReportMetric(ms(fillCPU, b.N), "cpu-ms/fill")
	b.ReportMetric(float64(len(pdf)), "bytes/contract")
	b.ReportMetric(ms(open, b.N), "ms/open")
	b.ReportMetric(ms(ours, drawn), "ms/page")
	b.ReportMetric(float64(ours)/float64(theirs), "page/pdftoppm")
	b.ReportMetric(float64(fill)*float64(drawn)/float64(theirs)/float64(b.N), "fill/pdftoppm-page")
}
