package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

func TestVisitSteps(t *testing.T) {
	names := []string{"papers", "student", "coborrower", "study", "images", "review", "sign", "receipt"}
	fresh := newRig(t, kit.Light)
	fresh.open(loan.First, false)
	for at, name := range names {
		t.Run(name+" of a new case", func(t *testing.T) {
			(&rig{t, fresh.u}).picture(at, "visit-"+name+"-new")
		})
	}
}

func TestVisitStates(t *testing.T) {
	all := []func(*rig, uuid.UUID){entered, submitted, reviewed, signed, finished}
	var rigs *rig
	var look kit.Variant
	for _, s := range []struct {
		words, name string
		stages, at  int
		look        kit.Variant
	}{
		{"the student filled in", "student-full", 1, stepStudent, kit.Light},
		{"study filled in", "study-full", 1, stepStudy, kit.Light},
		{"pictures", "images-full", 1, stepImages, kit.Light},
		{"the read-back", "review-full", 1, stepReview, kit.Light},
		{"the reviewer's form", "review-waits", 2, stepReview, kit.Light},
		{"fields locked while the reviewer is asked", "student-locked", 2, stepStudent, kit.Light},
		{"the texts before signing", "sign-texts", 3, stepSign, kit.Light},
		{"the sealed contract", "sign-sealed", 4, stepSign, kit.Light},
		{"the co-borrower filled in", "coborrower-full", 1, stepCoborrower, kit.Dark},
		{"the receipt of a finished case", "receipt-queued", 5, stepReceipt, kit.Dark},
	} {
		if s.look != look || rigs == nil {
			rigs, look = newRig(t, s.look), s.look
		}
		t.Run(s.words, func(t *testing.T) {
			r := &rig{t, rigs.u}
			r.open(loan.First, false, all[:s.stages]...)
			r.picture(s.at, "visit-"+s.name)
		})
	}
}

func TestVisitKinds(t *testing.T) {
	t.Run("a renewal asks for the earlier contract", func(t *testing.T) {
		r := newRig(t, kit.Light)
		r.open(loan.Renewal, false)
		r.picture(stepPapers, "visit-papers-renewal")
	})
	t.Run("a supplement asks for this year's loan", func(t *testing.T) {
		r := newRig(t, kit.Light)
		r.open(loan.First, true)
		r.picture(stepPapers, "visit-papers-supplement")
	})
}
