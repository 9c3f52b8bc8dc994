package ui

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

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
