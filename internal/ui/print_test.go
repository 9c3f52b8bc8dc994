package ui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/printer"
	"doorstep/internal/ui/kit"

	"fyne.io/fyne/v2/test"
)

// testPrinter is a printer that is not there: it keeps what it is sent.
type testPrinter struct {
	mu      sync.Mutex
	printed []printer.Job
	purged  []string
	fail    error
	kill    bool // the program ends while the job is held
	stands  bool // until somebody is at it
}

func newTestPrinter() *testPrinter { return &testPrinter{} }

func (p *testPrinter) printing() Printing {
	return Printing{
		List: func(context.Context) ([]printer.Printer, error) {
			return []printer.Printer{{Name: "受理点激光打印机", Default: true}, {Name: "备用打印机"}}, nil
		},
		Print: func(_ context.Context, j printer.Job) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.printed = append(p.printed, j)
			j.Noted("7")
			if p.stands {
				j.Stopped(true)
			}
			if !p.kill {
				j.Noted("")
			}
			return p.fail
		},
		Purge: func(_ context.Context, job string) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.purged = append(p.purged, job)
			return nil
		},
	}
}

// dialogWords is what the texts of the dialog on top say.
func (r *rig) dialogWords() (words string) {
	r.ui(func() { words = wordsOf(r.dialog()) })
	return words
}

// wordsOf is what the texts of a dialog say; none where there is none.
func wordsOf(d *kit.Dialog) string {
	var b strings.Builder
	if d == nil {
		return ""
	}
	for _, o := range test.LaidOutObjects(d) {
		if x, ok := o.(*kit.Text); ok {
			b.WriteString(x.Text() + "\n")
		}
	}
	return b.String()
}

func TestPrintingWhatTheFamilyTakesHome(t *testing.T) {
	r := newRig(t, kit.Light)
	p := newTestPrinter()
	r.u.deps.Printing = p.printing()
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.ui(func() { v.show(stepReceipt) })
	r.settle()
	p.fail = fault.Say("test", fault.Unavailable, "打印没有成功。", errors.New("jam"))
	r.press("打印回执和合同")
	r.snap("dialog-print")
	r.answer()
	if r.dialog() == nil || !strings.Contains(r.dialogWords(), "打印没有成功") {
		t.Errorf("a printer that fails: the dialog says %q", r.dialogWords())
	}
	p.fail, p.printed = nil, nil
	r.answer()
	if r.dialog() != nil || len(p.printed) != 3 {
		t.Fatalf("%d papers printed, dialog open %v", len(p.printed), r.dialog() != nil)
	}
	for _, j := range p.printed {
		if j.Printer != "受理点激光打印机" || j.Copies != 1 || !bytes.HasPrefix(j.PDF, []byte("%PDF")) {
			t.Errorf("printed %s, %d times", j.Printer, j.Copies)
		}
		d, err := j.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if img, err := d.Draw(t.Context(), 0, 40); err != nil || d.Pages < 1 || img.Bounds().Empty() {
			t.Errorf("a page to be drawn: %d pages, %v", d.Pages, err)
		}
		d.Close()
	}
	r.ui(r.u.purgePrints)
	r.settle()
	if r.dialog() != nil {
		t.Errorf("of what was printed it is said %q", r.dialogWords())
	}
	p.stands, p.fail = true, fault.Say("test", fault.Unavailable, "打印机迟迟没有打印完。", errors.New("late"))
	said := make(chan string, 1)
	print := r.u.deps.Printing.Print
	r.u.deps.Printing.Print = func(ctx context.Context, j printer.Job) error {
		err := print(ctx, j)
		r.u.back(func() { said <- wordsOf(r.dialog()) })
		return err
	}
	r.press("打印回执和合同")
	r.answer()
	if words := <-said; !strings.Contains(words, "打印机停着") {
		t.Errorf("while the printer stands still: %q", words)
	}
	r.ui(func() { r.dialog().Close() })
	p.stands, p.fail, r.u.deps.Printing.Print = false, nil, print
	var jobs []string
	if _, err := r.u.desk.Setting(t.Context(), jobsSetting, &jobs); err != nil || len(jobs) != 0 {
		t.Errorf("noted as held: %q, %v", jobs, err)
	}

	p.kill = true
	r.press("打印回执和合同")
	r.answer()
	r.ui(r.u.purgePrints)
	r.settle()
	if !slices.Equal(p.purged, []string{"7"}) {
		t.Errorf("what the print service still held: deleted %q", p.purged)
	}
	t.Run("what was cut off by a lock is told once, to who printed it", func(t *testing.T) {
		for i, by := range []string{"clerk-7", r.u.desk.Operator().ID, r.u.desk.Operator().ID} {
			if i < 2 {
				if err := r.u.desk.SetSetting(t.Context(), begunSetting, by); err != nil {
					t.Fatal(err)
				}
			}
			r.ui(r.u.purgePrints)
			r.settle()
			if told := strings.Contains(r.dialogWords(), "中断"); told != (i == 1) {
				t.Errorf("%d: told %v", i, told)
			}
			r.ui(func() {
				if d := r.dialog(); d != nil {
					d.Close()
				}
			})
		}
	})
}

func TestAPrintThatALockCutsOffIsKnownAfterwards(t *testing.T) {
	r := newRig(t, kit.Light)
	ctx, lock := context.WithCancel(t.Context())
	r.u.deps.Printing.Print = func(context.Context, printer.Job) error {
		lock()
		return fault.New("test", fault.Cancelled, ctx.Err())
	}
	if err := r.u.printAll(ctx, "x", 1, [][]byte{{1}}, nil); fault.KindOf(err) != fault.Cancelled {
		t.Fatal(err)
	}
	r.ui(r.u.purgePrints)
	r.settle()
	if words := r.dialogWords(); !strings.Contains(words, "中断") {
		t.Errorf("at the next sign-in it says %q", words)
	}
}

func TestAPrintThatFailsIsToldThoughItsDialogIsClosed(t *testing.T) {
	r := newRig(t, kit.Light)
	p, begun, hold := newTestPrinter().printing(), make(chan struct{}), make(chan struct{})
	p.Print = func(context.Context, printer.Job) error {
		close(begun)
		<-hold
		return fault.Say("test", fault.Unavailable, "打印队列里还留着一份，请在打印机上取消。", errors.New("not purged"))
	}
	r.u.deps.Printing = p
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.ui(func() { v.show(stepReceipt) })
	r.settle()
	r.press("打印回执和合同")
	r.ui(func() { fyneTap(r.dialog().YesButton()) })
	<-begun
	r.ui(func() { r.dialog().Close() })
	close(hold)
	r.until("it is said", func() bool {
		return strings.Contains(strings.Join(allWords(r.u.win.Canvas().Content()), ""), "打印队列里还留着一份")
	})
}

func TestWithoutAPrinterThereIsAWay(t *testing.T) {
	none := fault.Tell("test", fault.Missing, "本机没有可用的打印机。", errors.New("none"))
	for name, c := range map[string]struct {
		list []printer.Printer
		err  error
	}{
		"no printer":                    {nil, none},
		"one that makes files, no more": {[]printer.Printer{{Name: "打印到 PDF", Default: true, Files: true}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			p := newTestPrinter().printing()
			p.List = func(context.Context) ([]printer.Printer, error) { return c.list, c.err }
			r.u.deps.Printing = p
			v := r.open(loan.First, false, entered)
			r.ui(func() { v.steps[stepPapers].(*papersStep).printForms() })
			r.settle()
			if words := r.dialogWords(); !strings.Contains(words, "手写后拍摄") || strings.Contains(words, "手机") {
				t.Errorf("forms: the dialog says %q", words)
			}
			r.ui(func() { r.dialog().Close() })

			v = r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
			r.ui(func() { v.show(stepReceipt) })
			r.settle()
			r.press("打印回执和合同")
			if words := r.dialogWords(); !strings.Contains(words, "打印机") || !strings.Contains(words, "发到家庭的手机") {
				t.Errorf("the dialog says %q", words)
			}
			r.snap("dialog-print-none")
			r.ui(func() {
				if !r.dialog().YesButton().Disabled() {
					t.Error("it can be printed, and there is no printer")
				}
			})
			r.pressIn(r.dialog(), "回执发到手机")
			r.settle()
			if d := v.gift; d == nil || d.paper != desk.PaperReceipt {
				t.Fatalf("to the phone goes %+v, want the receipt", d)
			}
			step := v.steps[stepReceipt].(*receiptStep)
			r.until("the receipt is on the screen", func() bool { return step.pdf != nil && step.view.pdf != nil })
			r.ui(func() { v.gift.dialog.Close() })
			r.settle()
		})
	}
}

// TestNoScreenWritesAPersonsData holds what may write outside the store against a
// list: a request for a password and the auditor's report, which names nobody.
func TestNoScreenWritesAPersonsData(t *testing.T) {
	may := map[string][]string{"whole.go": {"CreateTemp", "writeWhole"}, "recover.go": {"writeWhole"}, "manage_record.go": {"writeWhole"}}
	writes := regexp.MustCompile(`\b(?:os\.)?(CreateTemp|Create|WriteFile|OpenFile|MkdirAll|Rename|writeWhole)\(`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range writes.FindAllStringSubmatch(string(b), -1) {
			if m[1] != "Rename" && !slices.Contains(may[f], m[1]) {
				t.Errorf("%s writes a file by %s: a person's data leave by print, phone or export alone", f, m[1])
			}
		}
	}
}

func TestFormsArePrintedAtTheFirstStep(t *testing.T) {
	r := newRig(t, kit.Light)
	p := newTestPrinter()
	r.u.deps.Printing = p.printing()
	v := r.open(loan.First, false)
	r.ui(func() { v.steps[stepPapers].(*papersStep).printForms() })
	r.settle()
	r.snap("dialog-forms")
	r.answer()
	if len(p.printed) != 2 {
		t.Errorf("%d forms printed, want those that the case lacks", len(p.printed))
	}
}
