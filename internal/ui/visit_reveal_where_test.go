package ui

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestWhatIsShownForAWhileStandsInView(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
	r.another("clerk-2", guard.Clerk)
	r.openFor(id)
	v := r.visit()
	r.ui(func() {
		if v.at != stepReceipt {
			t.Fatalf("it opens at %d", v.at)
		}
	})
	for name, k := range map[string]struct {
		from   int
		fields []string
		want   int
	}{
		"from the receipt to the student":        {stepReceipt, []string{"student.phone", "coborrowers.0.phone"}, stepStudent},
		"the co-borrower's alone":                {stepReceipt, []string{"coborrowers.0.phone"}, stepCoborrower},
		"not from where one of them stands":      {stepCoborrower, []string{"student.phone", "coborrowers.0.phone"}, stepCoborrower},
		"not from where all are read back":       {stepReview, []string{"student.phone"}, stepReview},
		"not for pictures, which come by dialog": {stepReceipt, []string{desk.ImagesField}, stepReceipt},
	} {
		r.ui(func() {
			v.show(k.from)
			v.showWhere(k.fields)
			if v.at != k.want {
				t.Errorf("%s: at %d, want %d", name, v.at, k.want)
			}
		})
	}
	r.ui(func() {
		v.show(stepReceipt)
		v.askReveal()
	})
	r.settle()
	r.typeLines("家长来电核对进度") // and Return
	r.settle()
	if got := r.shownText("student.phone"); got != "15400000001" || r.visit().at != stepStudent {
		t.Errorf("at %d the phone is %q", r.visit().at, got)
	}
	r.snap("reveal-delivered")
}
